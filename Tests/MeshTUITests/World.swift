import FoundationEssentials
import MeshState

@testable import MeshTUI

/// A small mesh, the one of the Bookinfo documents, at 14:02:31 UTC.
enum World {
    static let now = Date(timeIntervalSince1970: 1_795_269_751)

    static func ago(_ seconds: Double) -> Date { now.addingTimeInterval(-seconds) }

    static func service(
        _ name: String, _ namespace: String = "default", port: Int = 9080, ready: Int = 1, total: Int = 1, live: Int = 0
    )
        -> ServiceSummary
    {
        let meta = ObjectMeta(name: name, namespace: namespace, resourceVersion: "7", labels: ["app": name])
        let service = Service(
            meta: meta, ports: [ServicePort(number: port, name: "http", protocolText: "HTTP")], clusterIP: "10.96.0.11",
            selector: ["app": name])
        return ServiceSummary(service: service, readyEndpoints: ready, totalEndpoints: total, live: live)
    }

    static func entry(
        _ name: String, _ hosts: [String], ports: [(Int, String)], state: EntrySummary.State = .on,
        version: String = "41",
        proxies: Int = 7, live: Int = 0
    ) -> EntrySummary {
        var metadata: JSONValue = ["name": .string(name), "namespace": "default", "resourceVersion": .string(version)]
        var labels: [String: String] = [:]
        if case .off = state { labels["istio.io/rev"] = "meshtop-disabled" }
        if !labels.isEmpty { metadata["labels"] = JSONValue(labels) }
        let object: JSONValue = [
            "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": metadata,
            "spec": [
                "hosts": JSONValue(hosts), "location": "MESH_EXTERNAL", "resolution": "DNS",
                "ports": .array(
                    ports.map { number, name in
                        [
                            "number": .integer(Int64(number)), "name": .string("\(name.lowercased())-\(number)"),
                            "protocol": .string(name),
                        ]
                    }),
            ],
        ]
        let entry = ServiceEntry(
            meta: ObjectMeta(name: name, namespace: "default", resourceVersion: version, labels: labels), hosts: hosts,
            ports: ports.map { ServicePort(number: $0.0, name: "\($0.1.lowercased())-\($0.0)", protocolText: $0.1) },
            resolution: .dns, object: object)
        return EntrySummary(entry: entry, state: state, proxies: proxies, live: live)
    }

    static func connection(
        _ workload: String, _ cluster: String, live: Int = 0, connections: UInt64 = 0, requests: UInt64 = 0,
        perSecond: Double = 0,
        received: UInt64? = 0, sent: UInt64? = 0, endpoints: [String] = []
    ) -> Connection {
        var total = Connection.Counters()
        total.connections = connections
        total.requests = requests
        total.bytesReceived = received
        total.bytesSent = sent
        var rates = Connection.Rates()
        rates.requests = perSecond
        return Connection(
            id: .init(proxy: proxy(workload), cluster: ClusterName(cluster)), workload: workload, live: live,
            total: total,
            rates: rates, endpoints: endpoints)
    }

    static func proxy(_ workload: String) -> ProxyID { ProxyID(pod: "\(workload)-5d9f", namespace: "default") }

    static func blocked(
        _ workload: String, _ target: String, _ port: Int, _ transport: BlockedEgress.Transport, destination: String,
        name: String?, source: BlockedEgress.NameSource?, reason: BlockedEgress.Reason = .noEntry, count: Int,
        first: Double,
        last: Double
    ) -> BlockedEgress {
        BlockedEgress(
            id: .init(workload: workload, namespace: "default", target: target, port: port, transport: transport),
            proxy: proxy(workload), destination: destination, name: name, nameSource: source, reason: reason,
            count: count,
            first: ago(first), last: ago(last))
    }

    static let mysql = blocked(
        "ratings-v2-mysql", "203.0.113.10", 3306, .tcp, destination: "203.0.113.10:3306", name: "mysql.example.com",
        source: .dns, count: 41, first: 58, last: 1)

    static let workloads = [
        "details-v1", "istio-egressgateway", "productpage-v1", "ratings-v1", "ratings-v2-mysql", "reviews-v3", "sleep",
    ]

    /// All sources well, as of `time`.
    static func sources(at time: Date = now) -> [SourceID: SourceState] {
        var sources: [SourceID: SourceState] = [:]
        for resource in ["services", "endpoints", "pods", "serviceentries"] {
            sources[.watch(resource)] = SourceState(condition: .live, lastSuccess: time, interval: 30)
        }
        sources[.istiod] = SourceState(condition: .live, lastSuccess: time, interval: 1)
        for workload in workloads {
            sources[.admin(proxy(workload))] = SourceState(condition: .live, lastSuccess: time, interval: 1)
            sources[.accessLog(proxy(workload))] = SourceState(condition: .live, lastSuccess: time, interval: 5)
        }
        return sources
    }

    static func snapshot(_ change: (inout MeshSnapshot) -> Void = { _ in }) -> MeshSnapshot {
        var snapshot = MeshSnapshot(
            time: now, identity: MeshIdentity(context: "lab", server: "https://127.0.0.1:6443", namespace: "default"),
            policy: .registryOnly, istioVersion: "1.28.0",
            services: [
                service("productpage", live: 2), service("reviews", ready: 3, total: 3, live: 1),
                service("details", live: 1),
                service("ratings", ready: 1, total: 2), service("mysqldb", "vm", port: 3306),
            ],
            entries: [
                entry("cnn", ["edition.cnn.com"], ports: [(80, "HTTP"), (443, "TLS")], live: 2),
                entry("httpbin-ext", ["httpbin.org"], ports: [(80, "HTTP")], state: .off(.revisionLabel), proxies: 0),
                entry(
                    "wiki", ["*.wikipedia.org"], ports: [(443, "TLS")],
                    state: .warning("resolution DNS with a wildcard host"), proxies: 0),
            ],
            proxies: workloads.map {
                Proxy(
                    id: proxy($0), workload: $0, kind: .sidecar, sync: ["CDS": .synced, "LDS": .synced],
                    istioVersion: "1.28.0")
            },
            connections: [
                connection(
                    "productpage-v1", "outbound|9080||reviews.default.svc.cluster.local", live: 1, connections: 3,
                    requests: 310,
                    perSecond: 1.02, received: 2_134, sent: 340),
                connection(
                    "productpage-v1", "outbound|9080||details.default.svc.cluster.local", live: 1, connections: 2,
                    requests: 309,
                    perSecond: 0.98, received: 1_840, sent: 322),
                connection(
                    "sleep", "outbound|80||edition.cnn.com", live: 2, connections: 12, requests: 12, perSecond: 0.4,
                    received: 151_654, sent: 1_210),
                connection(
                    "sleep", "PassthroughCluster", connections: 1, received: 320, sent: 80,
                    endpoints: ["198.51.100.7:25"]),
                connection("sleep", "outbound|443||www.google.com"),
            ],
            blocked: [
                mysql,
                blocked(
                    "sleep", "www.google.com", 80, .http, destination: "203.0.113.30:80", name: "www.google.com",
                    source: .authority, count: 2, first: 300, last: 20),
                blocked(
                    "sleep", "203.0.113.77", 8443, .tcp, destination: "203.0.113.77:8443", name: nil, source: nil,
                    count: 1, first: 500, last: 500),
            ],
            blockedLastMinute: 43, sources: sources())
        change(&snapshot)
        return snapshot
    }

    /// Proxies that tell how they fare, one that rejects its configuration, and rates that have a past.
    static func enliven(_ snapshot: inout MeshSnapshot) {
        for index in snapshot.proxies.indices {
            snapshot.proxies[index].sync = ["CDS": .synced, "LDS": .synced, "EDS": .synced, "RDS": .notSent]
            snapshot.proxies[index].memory = UInt64(9_000_000 + index * 750_000)
            snapshot.proxies[index].started = ago(Double(100 + index * 4000))
            snapshot.proxies[index].connections = index
            snapshot.proxies[index].live = 2 * index
        }
        snapshot.proxies[1].kind = .gateway
        snapshot.proxies[2].rejection = "LDS: error adding listener 0.0.0.0_443: no filter chain matches"
        snapshot.proxies[2].sync["LDS"] = .rejected
        for index in snapshot.connections.indices {
            snapshot.connections[index].history = RateHistory((0..<20).map { Double(($0 * (index + 3)) % 11) })
        }
    }

    static let cnn = ObjectKey(kind: "ServiceEntry", namespace: "default", name: "cnn")

    /// The entry cnn, which is to go in 28 minutes and some seconds.
    static var temporary: EntrySummary {
        var summary = entry("cnn", ["edition.cnn.com"], ports: [(80, "HTTP"), (443, "TLS")], live: 2)
        let annotations = ["meshtop.dev/expires": "2026-11-21T14:31:00Z", "meshtop.dev/on-expiry": "delete"]
        summary.entry.meta.annotations = annotations
        summary.entry.object["metadata"]?["annotations"] = JSONValue(annotations)
        return summary
    }

    static func action(
        _ number: Int64, _ summary: String, ago seconds: Double, before: JSONValue?, after: JSONValue?,
        who: String = "olga", outcome: ActionRecord.Outcome = .done(warnings: []), undoes: Int64? = nil
    ) -> ActionRecord {
        let verb: ActionRecord.Verb = before == nil ? .create : after == nil ? .delete : .replace
        var answer = after
        answer?["metadata"]?["resourceVersion"] = .string("\(40 + number)")
        let isDone = if case .done = outcome { true } else { false }
        return ActionRecord(
            id: .change(number), time: ago(seconds), finished: isDone ? ago(seconds - 0.021) : nil, who: who,
            origin: "console", context: "lab", server: "https://127.0.0.1:6443", summary: summary,
            change: .init(
                target: cnn, verb: verb, before: before, sent: after, answer: isDone ? answer : nil, undoes: undoes),
            outcome: outcome)
    }

    /// What olga and others did, newest first.
    static var actions: [ActionRecord] {
        let object = entry("cnn", ["edition.cnn.com"], ports: [(80, "HTTP"), (443, "TLS")]).entry.object
        var off = object
        off["metadata"]?["labels"] = ["istio.io/rev": "meshtop-disabled"]
        var wider = object
        wider["spec"]?["hosts"] = ["edition.cnn.com", "cnn.com"]
        return [
            ActionRecord(
                id: .message(1), time: ago(5), who: "olga", origin: "console", context: "lab", server: "s",
                summary: "u: you have changed nothing that could be undone",
                outcome: .failed(message: "u: you have changed nothing that could be undone", isConflict: false)),
            action(7, "switch off cnn", ago: 9, before: object, after: off, outcome: .pending),
            action(
                6, "edit cnn", ago: 30, before: object, after: wider,
                outcome: .failed(message: "the object has been modified; please apply your changes", isConflict: true)),
            action(5, "undo switch off cnn", ago: 60, before: off, after: object, undoes: 4),
            action(4, "switch off cnn", ago: 90, before: object, after: off),
            action(3, "expired: cnn is deleted", ago: 600, before: object, after: nil, who: "root", outcome: .unknown),
            action(
                2, "allow edition.cnn.com:443 in cnn", ago: 1000, before: wider, after: object,
                outcome: .done(warnings: ["spec.resolution is deprecated"])),
            action(1, "allow edition.cnn.com:80", ago: 1200, before: nil, after: object, who: "ivan"),
        ]
    }

    /// Ways out of the mesh of every kind, through the egress gateway and around it.
    static func egress(_ snapshot: inout MeshSnapshot) {
        enliven(&snapshot)
        snapshot.proxies[1].id = proxy("istio-egressgateway")
        snapshot.proxies[1].workload = "istio-egressgateway"
        func line(_ workload: String, _ cluster: String, _ rate: Double, live: Int = 1) -> Connection {
            connection(workload, cluster, live: live, connections: 5, requests: 9, perSecond: rate)
        }
        snapshot.connections = [
            line("istio-egressgateway", "outbound|443||edition.cnn.com", 2.5, live: 3),
            line("istio-egressgateway", "outbound|80||api.example.com", 0.5),
            line("productpage-v1", "outbound|9080||reviews.default.svc.cluster.local", 1),
            line("ratings-v2-mysql", "outbound|3306||mysql.example.com", 1),
            line("sleep", "PassthroughCluster", 0, live: 0),
            line("sleep", "outbound|443|cnn|istio-egressgateway.default.svc.cluster.local", 2.5, live: 3),
            line("sleep", "outbound|443||edition.cnn.com", 0.1),
        ].sorted { $0.id < $1.id }
    }

    /// The mesh with something of everything, and with what was done to it.
    static func whole(_ snapshot: inout MeshSnapshot) {
        let usual = snapshot.connections
        egress(&snapshot)
        let known = Set(snapshot.connections.map(\.id))
        snapshot.connections = (snapshot.connections + usual.filter { !known.contains($0.id) }).sorted { $0.id < $1.id }
        for index in snapshot.connections.indices {
            snapshot.connections[index].history = RateHistory((0..<20).map { Double(($0 * (index + 3)) % 11) })
        }
        snapshot.actions = actions
    }

    /// A blocked call for each reason that there is, and names from each source.
    static func blockForEveryReason(_ snapshot: inout MeshSnapshot) {
        let reasons: [BlockedEgress.Reason] = [
            .noEntry, .entryOff(ObjectKey(kind: "ServiceEntry", namespace: "default", name: "httpbin-ext")),
            .otherPort(cnn), .noGatewayRoute,
        ]
        let names: [BlockedEgress.NameSource] = [.authority, .sni, .entry, .registry, .dns, .reverseDNS]
        snapshot.blocked = names.enumerated().map { place, source in
            blocked(
                workloads[place], "203.0.113.\(10 + place)", 443, place % 2 == 0 ? .tls : .tcp,
                destination: "203.0.113.\(10 + place):443", name: "a-rather-long-name-\(place).prod.example.com",
                source: source, reason: reasons[place % reasons.count], count: 1 + 1000 * place, first: 900,
                last: Double(place))
        }
    }

    /// More entries than any screen has lines, with hosts that are longer than it is wide.
    static func many(_ snapshot: inout MeshSnapshot) {
        snapshot.entries = (10..<70).map { number in
            entry(
                "partner-\(number)", ["very-long-subdomain-\(number).eu-central-1.partner-api.example.com"],
                ports: [(443, "TLS"), (80, "HTTP")], live: number)
        }
    }

    /// Three minutes before `now`.
    static var earlier: MeshSnapshot {
        snapshot { snapshot in
            snapshot.time = ago(191)
            snapshot.sources = sources(at: ago(191))
            snapshot.blocked.removeFirst()
            snapshot.entries.removeFirst()
        }
    }

    /// What the whole mesh configuration says, as `meshtop explain` words it, and the events of an entry.
    static func answer(to question: Question) -> Findings {
        switch question.subject {
        case .blocked:
            Findings(lines: [
                "BLOCKED: nothing in the mesh takes 203.0.113.10:3306, and REGISTRY_ONLY blocks it, the client gets: "
                    + "connection reset",
                "", "call  ratings-v2-mysql.default to tcp://mysql.example.com:3306, at 203.0.113.10", "",
                "1  ratings-v2-mysql.default, its sidecar", "   listener      virtualOutbound",
                "   filter chain  virtualOutbound-catchall-tcp", "   cluster       BlackHoleCluster", "", "decided by",
                "   ConfigMap istio-system/istio  data.mesh.outboundTrafficPolicy.mode", "", "remedy",
                "   meshtop allow mysql.example.com:3306 --from ratings-v2-mysql",
            ])
        case .entry:
            Findings(
                lines: [
                    "seen from sleep.default", "edition.cnn.com:80 is allowed: cnn takes it", "  listener 0.0.0.0_80",
                    "  route 80 / edition.cnn.com:80", "  cluster outbound|80||edition.cnn.com",
                ],
                events: .known([
                    ObjectEvent(
                        isWarning: true, reason: "Unreachable", message: "no endpoint answers", source: "prober",
                        count: 3, last: ago(200))
                ]))
        }
    }

    /// What a change would do, as the review is told.
    static let foresight = [
        "lets through: no call that was blocked in the last hour", "cuts:",
        "  sleep.default to outbound|80||edition.cnn.com (2 open)", "seen by:", "  default: sleep",
        "shadowed by: nothing", "shadows: nothing", "advice: nothing",
    ]

    /// What is known besides the mesh.
    static let surroundings = Surroundings(
        themes: [
            Theme.defaultDark, Theme(name: "mono", roles: [:]), Theme(name: "nord", roles: [.ok: Style(isDim: true)]),
        ],
        contexts: ["lab", "production-eu", "production-us"],
        paths: [
            PathInUse(name: "configuration", path: "/home/olga/.config/meshtop/config.yaml", isThere: false),
            PathInUse(name: "state", path: "/home/olga/.local/state/meshtop", isThere: true),
        ], requests: (count: 5312, seconds: 300))

    /// A console that has seen the mesh.
    static func model(
        _ columns: Int = 120, _ rows: Int = 40, focus: PaneID = .services,
        _ change: (inout MeshSnapshot) -> Void = { _ in }
    ) -> AppModel {
        var model = AppModel(size: Size(columns: columns, rows: rows), now: now, contextName: "lab", user: "olga")
        _ = update(&model, .snapshot(snapshot(change)))
        if focus != .services { model.type(String(focus.number)) }
        return model
    }
}

extension AppModel {
    /// Presses keys one after the other; what they want done is returned.
    @discardableResult
    mutating func type(_ keys: Key...) -> [Effect] { keys.flatMap { update(&self, .key($0)) } }

    @discardableResult
    mutating func type(_ text: String) -> [Effect] { text.flatMap { update(&self, .key(.character($0))) } }
}
