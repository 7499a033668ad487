public import FoundationEssentials

/// All that was observed of a mesh, folded into one state: the only place where state changes.
///
/// Folding does the work, and only on what an observation touches; a snapshot makes anew only the rows that were touched
/// since the last one. What else it costs is the copy that Swift makes of a list which an older snapshot still holds.
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
    private var blocked = BlockedTable()
    private var sync: [ProxyID: ProxySync] = [:]
    private var policy: OutboundPolicy?
    private var version = ""
    private var resolved: [IPAddress: [String]] = [:]
    private var sources = SourceTable()
    private var actions = ActionTable()

    private var destinations: DestinationIndex?
    private var staleServices = StaleRows<ObjectKey>()
    private var staleEntries = StaleRows<ObjectKey>()
    /// Proxies whose connections are to be made anew.
    private var staleProxies: Set<ProxyID> = []
    private var stale: Set<Section> = Set(Section.allCases)
    private var mustExplain = false
    private var last: MeshSnapshot

    /// A part of a snapshot that is made anew as a whole when something it shows has changed, as it is short.
    private enum Section: CaseIterable { case proxies, blocked }

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
            destinationsMoved(
                traffic.fold(proxy: proxy, clusters: clusters, stats: stats, time: observation.time))
            staleProxies.insert(proxy)
            stale.insert(.proxies)
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

        /// The objects that it is about, as far as they have a name; `before` are those that a whole list replaces.
        func keys(kind: String, before: some Sequence<ObjectKey>) -> Set<ObjectKey> {
            switch self {
            case .all(let objects): Set(before).union(objects.map { ObjectKey(kind: kind, of: $0) })
            case .apply(let object), .delete(let object): [ObjectKey(kind: kind, of: object)]
            }
        }
    }

    private mutating func change(_ resource: String, _ change: ObjectChange, at time: Date) {
        switch resource.prefix(while: { $0 != "." }) {
        case "services":
            staleServices.formUnion(change.keys(kind: "Service", before: services.objects.keys))
            Self.apply(change, to: &services)
            destinationsChanged()
        case "endpoints":
            let keys = change.keys(kind: "Service", before: endpoints.objects.keys)
            staleServices.formUnion(keys.map { ObjectKey(kind: "Service", namespace: $0.namespace, name: $0.name) })
            Self.apply(change, to: &endpoints)
        case "pods":
            changePods(change)
        case "serviceentries":
            changeEntries(change, at: time)
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

    private mutating func changeEntries(_ change: ObjectChange, at time: Date) {
        let keys = change.keys(kind: ServiceEntry.kind, before: entries.keys)
        let before = keys.map { entries[$0]?.entry }
        let hosts = entries.hostsVersion
        switch change {
        case .all(let objects): entries.replaceAll(by: objects, at: time)
        case .apply(let object): entries.apply(object, at: time)
        case .delete(let object): entries.delete(object)
        }
        if entries.hostsVersion != hosts { allConnectionsChanged() }
        staleEntries.formUnion(keys)
        let isElsewhere = zip(keys, before).contains { key, old in
            !DestinationIndex.isSame(old, entries[key]?.entry)
        }
        if isElsewhere { destinations = nil }
        mustExplain = true
    }

    private mutating func changePods(_ change: ObjectChange) {
        let keys = change.keys(kind: "Pod", before: pods.objects.keys)
        let before = pods.objects
        Self.apply(change, to: &pods)
        for key in keys where before[key] != pods.objects[key] { podChanged(key, from: before[key]) }
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
            stale.insert(.proxies)
        }
        if old?.ip != pod?.ip { destinationsChanged() }
    }

    /// What a pod that is gone carried is no connection any more; what it had blocked stays.
    private mutating func forget(_ proxy: ProxyID) {
        destinationsMoved(traffic.remove(proxy))
        blocked.forgetLog(of: proxy)
        staleProxies.insert(proxy)
        stale.insert(.proxies)
    }

    private mutating func sourceEnded(_ source: SourceID) {
        switch source {
        case .admin(let proxy): forget(proxy)
        case .accessLog(let proxy): blocked.forgetLog(of: proxy)
        case .watch, .istiod, .meshtop: break
        }
    }

    /// What goes to these hosts and ports is other than before.
    private mutating func destinationsMoved(_ destinations: [HostPort]) {
        for destination in destinations {
            staleEntries.formUnion(entries.keys(of: destination.host))
            if let service = Service.key(ofHost: destination.host) { staleServices.insert(service) }
        }
    }

    private mutating func allConnectionsChanged() { staleProxies.formUnion(traffic.knownProxies) }

    private mutating func destinationsChanged() {
        destinations = nil
        mustExplain = true
    }

    private mutating func fold(_ policy: OutboundPolicy, version: String) {
        self.policy = policy
        guard version != self.version else { return }
        self.version = version
        entries.judge(by: IstioVersion(parsing: version) ?? .current)
        staleEntries.formUnion(entries.keys)
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
        staleServices.refresh(&last.services, makeService)
        staleEntries.refresh(&last.entries) { [entries, traffic] in entries.summary(of: $0, traffic: traffic) }
        if stale.contains(.proxies) { last.proxies = makeProxies() }
        if let expiry = blocked.nextExpiry, expiry <= time {
            blocked.expire(at: time)
            stale.insert(.blocked)
        }
        if mustExplain, !blocked.events.isEmpty {
            let explainer = BlockedExplainer(index: destinationIndex(), entries: entries)
            blocked.explainAgain(explainer.explainAgain)
            stale.insert(.blocked)
        }
        mustExplain = false
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

    /// Connections lie in the order of their proxies: of one that has news its own stretch is made anew.
    private mutating func refreshConnections() {
        for proxy in staleProxies {
            let workload = podByProxy[proxy]?.workload ?? proxy.pod
            let new = traffic.connections(of: proxy, workload: workload, isEntryHost: entries.hasHost)
            let start = last.connections.firstPlace { $0.id.proxy >= proxy }
            let end = last.connections.firstPlace { $0.id.proxy > proxy }
            if new.count == end - start {
                for (place, connection) in zip(start..<end, new) where last.connections[place] != connection {
                    last.connections[place] = connection
                }
            } else {
                last.connections.replaceSubrange(start..<end, with: new)
            }
        }
        staleProxies.removeAll()
    }

    private func makeService(_ key: ObjectKey) -> ServiceSummary? {
        guard let service = services.objects[key] else { return nil }
        let subsets = endpoints.objects[ObjectKey(kind: "Endpoints", namespace: key.namespace, name: key.name)]?.subsets
        let ready = Set((subsets ?? []).flatMap(\.ready))
        let all = ready.union((subsets ?? []).flatMap(\.notReady))
        let live = Set(service.ports.map(\.number)).reduce(0) { sum, port in
            sum + (traffic.totals[HostPort(host: service.host, port: port)]?.live ?? 0)
        }
        return ServiceSummary(service: service, readyEndpoints: ready.count, totalEndpoints: all.count, live: live)
    }

    private func makeProxies() -> [Proxy] {
        // A proxy on a virtual machine has no pod; istiod alone knows it.
        Set(podByProxy.keys).union(sync.keys).sorted().map { id in
            let pod = podByProxy[id]
            let status = sync[id]
            let vitals = traffic.vitals(of: id)
            return Proxy(
                id: id, workload: pod?.workload ?? id.pod, kind: pod?.proxyKind ?? .sidecar,
                sync: status?.states ?? [:], rejection: status?.lastError, istioVersion: status?.istioVersion ?? "",
                memory: vitals.memory, started: vitals.started, connections: vitals.connections, live: vitals.live)
        }
    }
}
