public import FoundationEssentials

/// All that was observed of a mesh, folded into one state: the only place where state changes.
///
/// Folding does the work, and only on what an observation touches; a snapshot puts together what is there and makes
/// anew only the sections that changed since the last one.
public struct MeshStore: Sendable {
    private let identity: MeshIdentity
    private var services = ObjectTable<Service>(kind: "Service") { object throws(DecodeError) in
        try Service(object: object)
    }
    private var endpoints = ObjectTable<Endpoints>(kind: "Endpoints") { object throws(DecodeError) in
        try Endpoints(object: object)
    }
    private var pods = ObjectTable<Pod>(kind: "Pod") { object throws(DecodeError) in try Pod(object: object) }
    private var entries = EntryTable()
    private var podByProxy: [ProxyID: Pod] = [:]
    private var traffic = TrafficTable()
    private var connectionsByProxy: [ProxyID: [Connection]] = [:]
    private var blocked = BlockedTable()
    private var sync: [ProxyID: ProxySync] = [:]
    private var policy: OutboundPolicy?
    private var version = ""
    private var resolved: [IPAddress: [String]] = [:]
    private var sources = SourceTable()
    private var actions = ActionTable()

    private var destinations: DestinationIndex?
    private var stale: Set<Section> = Set(Section.allCases)
    private var staleProxies: Set<ProxyID> = []
    private var mustExplain = false
    private var last: MeshSnapshot

    /// A part of a snapshot that is made anew when something it shows has changed.
    private enum Section: CaseIterable { case services, entries, proxies, connections, blocked }

    public init(identity: MeshIdentity) {
        self.identity = identity
        last = MeshSnapshot(time: Date(timeIntervalSince1970: 0), identity: identity)
    }

    // MARK: - Folding

    /// Takes in one observation.
    public mutating func fold(_ observation: Observation) {
        sources.note(observation)
        switch observation.fact {
        case .listed(let resource, let objects): change(resource, .all(objects), at: observation.time)
        case .applied(let resource, let object): change(resource, .apply(object), at: observation.time)
        case .deleted(let resource, let object): change(resource, .delete(object), at: observation.time)
        case .traffic(let proxy, let clusters, let stats):
            traffic.fold(proxy: proxy, clusters: clusters, stats: stats, time: observation.time)
            trafficChanged(proxy)
        case .accessLog(let proxy, let records): fold(records, of: proxy, at: observation.time)
        case .syncStatus(let list):
            sync = Dictionary(list.map { ($0.proxy, $0) }, uniquingKeysWith: { _, last in last })
            stale.insert(.proxies)
        case .mesh(let policy, let version): fold(policy, version: version.madeSafe)
        case .resolved(let address, let name):
            fold(name: name.madeSafe, of: address)
        case .action(let action): actions.fold(action)
        case .ended: sourceEnded(observation.source)
        case .alive, .failed, .denied: break
        }
    }

    private enum ObjectChange {
        case all([JSONValue])
        case apply(JSONValue)
        case delete(JSONValue)
    }

    private mutating func change(_ resource: String, _ change: ObjectChange, at time: Date) {
        switch resource.prefix(while: { $0 != "." }) {
        case "services":
            Self.apply(change, to: &services)
            stale.insert(.services)
            destinationsChanged()
        case "endpoints":
            Self.apply(change, to: &endpoints)
            stale.insert(.services)
        case "pods":
            changePods(change)
        case "serviceentries":
            let hosts = entries.hosts
            switch change {
            case .all(let objects): entries.replaceAll(by: objects, at: time)
            case .apply(let object): entries.apply(object, at: time)
            case .delete(let object): entries.delete(object)
            }
            if entries.hosts != hosts { allConnectionsChanged() }
            stale.insert(.entries)
            destinationsChanged()
        // Other resources are watched for their sources' sake alone.
        default: break
        }
    }

    private static func apply<Object>(_ change: ObjectChange, to table: inout ObjectTable<Object>) {
        switch change {
        case .all(let objects): table.replaceAll(by: objects)
        case .apply(let object): table.apply(object)
        case .delete(let object): table.delete(object)
        }
    }

    private mutating func changePods(_ change: ObjectChange) {
        let keys: Set<ObjectKey>
        switch change {
        case .all: keys = Set(pods.objects.keys)
        case .apply(let object), .delete(let object): keys = [ObjectKey(kind: "Pod", of: object)]
        }
        let before = pods.objects
        Self.apply(change, to: &pods)
        var changed = keys
        if case .all = change { changed.formUnion(pods.objects.keys) }
        for key in changed where before[key] != pods.objects[key] { podChanged(key, from: before[key]) }
    }

    private mutating func podChanged(_ key: ObjectKey, from old: Pod?) {
        let pod = pods.objects[key]
        let proxy = ProxyID(pod: key.name, namespace: key.namespace)
        let hadProxy = podByProxy[proxy] != nil
        let hasProxy = pod.map { $0.proxyKind != .none && !["Succeeded", "Failed"].contains($0.phase) } ?? false
        podByProxy[proxy] = hasProxy ? pod : nil
        if hadProxy, !hasProxy { forget(proxy) }
        if hadProxy || hasProxy {
            staleProxies.insert(proxy)
            stale.formUnion([.proxies, .connections])
        }
        if old?.ip != pod?.ip { destinationsChanged() }
    }

    /// What a pod that is gone carried is no connection any more; what it had blocked stays.
    private mutating func forget(_ proxy: ProxyID) {
        traffic.remove(proxy)
        connectionsByProxy[proxy] = nil
        blocked.forgetLog(of: proxy)
        stale.formUnion([.connections, .entries, .services])
    }

    private mutating func sourceEnded(_ source: SourceID) {
        switch source {
        case .admin(let proxy): forget(proxy)
        case .accessLog(let proxy): blocked.forgetLog(of: proxy)
        case .watch, .istiod, .meshtop: break
        }
    }

    private mutating func trafficChanged(_ proxy: ProxyID) {
        staleProxies.insert(proxy)
        stale.formUnion([.connections, .entries, .services])
    }

    private mutating func allConnectionsChanged() {
        staleProxies.formUnion(traffic.knownProxies)
        stale.insert(.connections)
    }

    private mutating func destinationsChanged() {
        destinations = nil
        mustExplain = true
        stale.insert(.blocked)
    }

    private mutating func fold(_ policy: OutboundPolicy, version: String) {
        self.policy = policy
        guard version != self.version else { return }
        self.version = version
        entries.judge(by: IstioVersion(parsing: version) ?? .current)
        stale.insert(.entries)
    }

    // MARK: - Blocked calls

    /// Several names may lead to one address; the first few that were found are kept.
    private mutating func fold(name: String, of address: String) {
        guard let address = IPAddress(address) else { return }
        let known = resolved[address, default: []]
        guard !known.contains(name), known.count < 8 else { return }
        resolved[address] = known + [name]
        destinationsChanged()
    }

    private mutating func fold(_ records: [AccessLogRecord], of proxy: ProxyID, at time: Date) {
        guard !records.isEmpty else { return }
        let pod = podByProxy[proxy]
        let index = destinationIndex()
        let entries = entries
        blocked.fold(
            records, proxy: proxy, workload: pod?.workload ?? proxy.pod, isGateway: pod?.proxyKind == .gateway,
            isOld: IstioVersion(parsing: version).map { $0 < IstioVersion(1, 1, 3) } ?? false, time: time
        ) { call, start, before in
            BlockedExplainer(index: index, entries: entries).explain(call, at: start, before: before)
        }
        stale.insert(.blocked)
    }

    private mutating func destinationIndex() -> DestinationIndex {
        if let destinations { return destinations }
        let index = DestinationIndex(
            entries: entries.sorted.map(\.entry), services: Array(services.objects.values),
            pods: Array(pods.objects.values), resolved: resolved)
        destinations = index
        return index
    }

    // MARK: - Snapshots

    /// What is known at this moment.
    public mutating func snapshot(at time: Date) -> MeshSnapshot {
        last.time = time
        last.policy = policy
        last.istioVersion = version
        refreshConnections()
        if stale.contains(.services) { last.services = makeServices() }
        if stale.contains(.entries) { last.entries = entries.summaries(traffic: traffic) }
        if stale.contains(.proxies) { last.proxies = makeProxies() }
        if let expiry = blocked.nextExpiry, expiry <= time {
            blocked.expire(at: time)
            stale.insert(.blocked)
        }
        if mustExplain {
            let explainer = BlockedExplainer(index: destinationIndex(), entries: entries)
            blocked.explainAgain(explainer.explainAgain)
            mustExplain = false
        }
        if stale.contains(.blocked) {
            last.blocked = blocked.events.values.sorted { ($0.last, $1.id) > ($1.last, $0.id) }
            last.blockedLost = blocked.lost
        }
        last.blockedLastMinute = blocked.lastMinute(at: time)
        last.sources = sources.states(unreadable: unreadable)
        last.actions = actions.actions
        stale.removeAll()
        return last
    }

    /// What healthy watches told and nobody could read. Entries that have a name are shown themselves.
    private var unreadable: [SourceID: String] {
        let complaints = [
            "services": services.complaint, "endpoints": endpoints.complaint, "pods": pods.complaint,
            "serviceentries": entries.complaint,
        ]
        return Dictionary(
            complaints.compactMap { name, reason in reason.map { (SourceID.watch(name), $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    private mutating func refreshConnections() {
        guard stale.contains(.connections) else { return }
        for proxy in staleProxies {
            let workload = podByProxy[proxy]?.workload ?? proxy.pod
            connectionsByProxy[proxy] = traffic.connections(of: proxy, workload: workload, entryHosts: entries.hosts)
        }
        staleProxies.removeAll()
        last.connections = connectionsByProxy.sorted { $0.key < $1.key }.flatMap(\.value)
    }

    private func makeServices() -> [ServiceSummary] {
        services.objects.values.sorted { $0.id < $1.id }.map { service in
            let key = ObjectKey(kind: "Endpoints", namespace: service.meta.namespace, name: service.meta.name)
            let subsets = endpoints.objects[key]?.subsets ?? []
            let ready = Set(subsets.flatMap(\.ready))
            let all = ready.union(subsets.flatMap(\.notReady))
            let live = Set(service.ports.map(\.number)).reduce(0) { sum, port in
                sum + (traffic.totals[HostPort(host: service.host, port: port)]?.live ?? 0)
            }
            return ServiceSummary(service: service, readyEndpoints: ready.count, totalEndpoints: all.count, live: live)
        }
    }

    private func makeProxies() -> [Proxy] {
        // A proxy on a virtual machine has no pod; istiod alone knows it.
        Set(podByProxy.keys).union(sync.keys).sorted().map { id in
            let pod = podByProxy[id]
            let status = sync[id]
            return Proxy(
                id: id, workload: pod?.workload ?? id.pod, kind: pod?.proxyKind ?? .sidecar,
                sync: status?.states ?? [:],
                rejection: status?.lastError, istioVersion: status?.istioVersion ?? "")
        }
    }
}
