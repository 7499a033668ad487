import Foundation
import MeshState

/// Numbers that are the same in every run of a seed.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

/// Meshes that change from moment to moment.
struct RandomMesh {
    private var random: Seeded
    private(set) var snapshot: MeshSnapshot

    static let identity = MeshIdentity(context: "lab", server: "https://127.0.0.1:6443", namespace: nil)

    init(seed: UInt64, start: Date, size: Int = 6) {
        random = Seeded(seed)
        snapshot = MeshSnapshot(time: start, identity: Self.identity, istioVersion: "1.28.0")
        for _ in 0..<size { add() }
        sort()
    }

    private mutating func number(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    private mutating func name() -> String {
        ["ratings", "näme", "a b", "日本", "x-1", "\"quoted\"", "sleep", "vm/db"][number(8)] + "\(number(1000))"
    }

    private mutating func key(_ kind: String) -> ObjectKey { ObjectKey(kind: kind, namespace: "ns\(number(3))", name: name()) }

    private mutating func meta(_ key: ObjectKey) -> ObjectMeta {
        ObjectMeta(
            name: key.name, namespace: key.namespace, uid: "u", resourceVersion: "\(number(1_000_000))",
            generation: Int64(number(9)), creationTime: snapshot.time.addingTimeInterval(-0.25),
            labels: ["app": name()], annotations: number(2) == 0 ? [:] : ["a/b": "{\"x\":null}"])
    }

    private mutating func entry() -> EntrySummary {
        let key = key(ServiceEntry.kind)
        let state: EntrySummary.State = [.on, .off(.revisionLabel), .warning("no address")][number(3)]
        return EntrySummary(
            entry: ServiceEntry(
                meta: meta(key), hosts: [name()], addresses: ["10.0.0.1/32"],
                ports: [ServicePort(number: 80, name: "http", protocolText: "HTTP", targetPort: number(2) == 0 ? nil : 81)],
                location: .internal, resolution: .dns,
                endpoints: [EntryEndpoint(address: "unix:///x", ports: ["http": 1], labels: ["v": "1"], weight: 3)],
                exportTo: ["~"], selectorLabels: number(2) == 0 ? nil : [:], allocatedAddresses: ["h": ["240.0.0.1"]],
                object: ["spec": ["n": .null, "d": .number(1.5), "i": 7, "b": [true, "1"]], "metadata": ["name": .string(key.name)]]),
            state: state, proxies: number(9), live: number(5))
    }

    private mutating func connection() -> Connection {
        var total = Connection.Counters()
        total.connections = UInt64(number(1_000_000))
        total.bytesReceived = number(2) == 0 ? nil : UInt64(number(1_000_000_000))
        var rates = Connection.Rates()
        rates.requests = Double(number(1000)) / 7
        let id = Connection.ID(
            proxy: ProxyID(pod: name(), namespace: "default"), cluster: ClusterName("outbound|\(number(99))||\(name())"))
        return Connection(
            id: id, workload: name(), live: number(4), total: total, rates: number(2) == 0 ? nil : rates,
            endpoints: ["10.0.0.1:80"], lastActive: snapshot.time.addingTimeInterval(-Double(number(100)) / 3))
    }

    private mutating func blocked() -> BlockedEgress {
        let reason: BlockedEgress.Reason = [.noEntry, .noGatewayRoute, .otherPort(key("Service")), .entryOff(key("X"))][number(4)]
        return BlockedEgress(
            id: .init(workload: name(), namespace: "d", target: name(), port: number(65536), transport: .tls),
            proxy: ProxyID(pod: name(), namespace: "d"), destination: "1.2.3.4:1", name: number(2) == 0 ? nil : name(),
            nameSource: number(2) == 0 ? nil : .reverseDNS, reason: reason, count: number(100),
            first: snapshot.time.addingTimeInterval(-50), last: snapshot.time.addingTimeInterval(-Double(number(50))))
    }

    private mutating func action() -> ActionRecord {
        ActionRecord(
            id: number(2) == 0 ? .change(Int64(number(1000))) : .message(number(1000)),
            time: snapshot.time.addingTimeInterval(-Double(number(1000))), who: "ann", origin: "console", context: "lab",
            server: "s", summary: name(),
            change: number(2) == 0
                ? nil : .init(target: key("ServiceEntry"), verb: .replace, before: ["a": .null], sent: ["a": "\u{1B}"]),
            outcome: [.pending, .unknown, .done(warnings: ["w"]), .failed(message: "m", isConflict: true)][number(4)])
    }

    private mutating func service() -> ServiceSummary {
        ServiceSummary(
            service: Service(meta: meta(key("Service")), ports: [], clusterIP: nil, selector: ["app": "x"]),
            readyEndpoints: number(3), totalEndpoints: 3, live: number(4))
    }

    private mutating func proxy() -> Proxy {
        Proxy(
            id: ProxyID(pod: name(), namespace: "d"), workload: name(), kind: .gateway,
            sync: ["CDS": .synced, "LDS": .rejected], rejection: number(2) == 0 ? nil : name(), istioVersion: "1.28")
    }

    private mutating func source() -> (SourceID, SourceState) {
        let id: SourceID = [.istiod, .watch(name()), .admin(ProxyID(pod: name(), namespace: "d"))][number(3)]
        let time = snapshot.time
        let condition: SourceState.Condition = [
            .live, .connecting, .denied(reason: "no"), .failing(reason: name(), attempt: number(9), retryAt: time),
            .failing(reason: name(), attempt: 1, retryAt: nil),
        ][number(5)]
        // A healthy source is told of as having spoken just now.
        return (id, SourceState(condition: condition, lastSuccess: condition == .live ? time : nil, interval: 10))
    }

    private mutating func add() {
        snapshot.services.append(service())
        snapshot.entries.append(entry())
        snapshot.proxies.append(proxy())
        snapshot.connections.append(connection())
        snapshot.blocked.append(blocked())
        snapshot.actions.append(action())
        let (id, state) = source()
        snapshot.sources[id] = state
    }

    /// The order of the store, with each identifier once.
    private mutating func sort() {
        func once<Element: Identifiable>(_ list: [Element]) -> [Element] where Element.ID: Hashable {
            var seen: Set<Element.ID> = []
            return list.filter { seen.insert($0.id).inserted }
        }
        snapshot.services = once(snapshot.services).sorted { $0.id < $1.id }
        snapshot.entries = once(snapshot.entries).sorted { $0.id < $1.id }
        snapshot.proxies = once(snapshot.proxies).sorted { $0.id < $1.id }
        snapshot.connections = once(snapshot.connections).sorted { $0.id < $1.id }
        snapshot.blocked = once(snapshot.blocked).sorted { ($0.last, $1.id) > ($1.last, $0.id) }
        snapshot.actions = once(snapshot.actions).sorted { ($0.time, $0.id) > ($1.time, $1.id) }
    }

    /// The mesh some seconds later, with things added, changed and gone.
    mutating func step(_ seconds: Double) {
        snapshot.time += seconds
        for _ in 0..<number(4) {
            switch number(9) {
            case 0: add()
            case 1: if !snapshot.connections.isEmpty { snapshot.connections[0].live += 1 }
            case 2: if !snapshot.entries.isEmpty { snapshot.entries.removeFirst() }
            case 3: if !snapshot.connections.isEmpty { snapshot.connections[snapshot.connections.count / 2].rates = nil }
            case 4: snapshot.policy = [nil, .allowAny, .registryOnly][number(3)]
            case 5: snapshot.blockedLost += 1
            case 6: if !snapshot.blocked.isEmpty { snapshot.blocked[0].name = nil }
            case 7: if let key = snapshot.sources.keys.sorted().first { snapshot.sources[key] = nil }
            default: if !snapshot.proxies.isEmpty { snapshot.proxies[0].rejection = name() }
            }
        }
        for (id, state) in snapshot.sources where state.condition == .live { snapshot.sources[id]?.lastSuccess = snapshot.time }
        sort()
    }
}

extension MeshSnapshot {
    /// The first thing in which it differs from another one; nil where it does not.
    func difference(from other: MeshSnapshot) -> String? {
        if services != other.services { return "services" }
        if entries != other.entries { return "entries" }
        if proxies != other.proxies { return "proxies" }
        if connections != other.connections { return "connections" }
        if blocked != other.blocked { return "blocked" }
        if actions != other.actions { return "actions" }
        if sources != other.sources { return "sources" }
        if policy != other.policy || istioVersion != other.istioVersion { return "policy" }
        if blockedLost != other.blockedLost || blockedLastMinute != other.blockedLastMinute { return "blocked counts" }
        if identity != other.identity { return "identity" }
        return time == other.time ? nil : "time \(time.timeIntervalSince1970) \(other.time.timeIntervalSince1970)"
    }
}
