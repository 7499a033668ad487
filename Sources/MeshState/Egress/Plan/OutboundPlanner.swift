/// Turns the services that a namespace sees into clusters, listeners and routes, by istiod's rules.
package struct OutboundPlanner {
    private let services: [ServiceIndex.Effective]
    private let target: PlanTarget
    package private(set) var plan = ProxyPlan()
    package private(set) var report = PushReport()
    private var clusterNames: Set<String> = []

    /// Plans for a proxy.
    package init(index: ServiceIndex, target: PlanTarget) {
        services = index.services(forNamespace: target.namespace)
        self.target = target
        plan.lastResort = LastResort(policy: index.mesh.policy)
        planClusters()
        // A gateway's listeners and routes come from Gateway objects alone.
        if target.kind == .sidecar {
            planListeners()
            planRoutes()
        }
    }

    // MARK: Clusters

    private mutating func planClusters() {
        for effective in services {
            for port in effective.service.ports where port.parsedProtocol != .udp {
                planCluster(effective, port: port)
            }
        }
        plan.clusters.sort { $0.name < $1.name }
    }

    private mutating func planCluster(_ effective: ServiceIndex.Effective, port: ServicePort) {
        let service = effective.service
        let name = ClusterPlan.name(port: port.number, host: service.host)
        let endpoints = effective.endpoints(port: port.number).filter {
            Self.isUsable($0.address, in: service)
        }
        let discovery: ClusterPlan.Discovery
        switch service.resolution {
        case .static:
            discovery = .fixed(endpoints)
        case .none:
            // A gateway has no original destination to go to: its cluster stays without endpoints.
            discovery = target.kind == .gateway ? .fixed([]) : .originalDestination(port: Self.override(port))
        case .dns, .dnsRoundRobin:
            guard let first = endpoints.first else {
                report.add(PushReport.dnsWithoutEndpoints, key: name, message: "\(name) has no endpoint to resolve")
                return
            }
            discovery = service.resolution == .dns ? .strictDNS(endpoints) : .logicalDNS(first)
        case .dynamicDNS:
            discovery = .dynamicDNS(port: Self.override(port) ?? port.number)
        }
        guard clusterNames.insert(name).inserted else { return }
        plan.clusters.append(
            ClusterPlan(
                name: name, host: service.host, namespace: service.namespace, port: port.number,
                isExternal: service.isExternal, discovery: discovery, http: Self.http(port.parsedProtocol),
                because: [Because(service.source, "spec.hosts")]))
    }

    /// Whether Envoy takes such an address in a cluster of this kind; one that it does not would cost the whole push.
    private static func isUsable(_ address: MeshEndpoint.Address, in service: MeshService) -> Bool {
        switch address {
        case .host(let host, _): service.resolution != .static || isIPAddress(host)
        case .pipe(let path): service.resolution == .static && path.utf8.count <= longestSocketPath
        }
    }

    private static func isIPAddress(_ text: String) -> Bool {
        NetworkPrefix(text)?.isSingleAddress == true || text.contains(":")
    }

    /// `sun_path` without its final zero.
    private static let longestSocketPath = 107

    private static func override(_ port: ServicePort) -> Int? {
        port.targetPort.flatMap { $0 == 0 || $0 == port.number ? nil : $0 }
    }

    private static func http(_ parsed: PortProtocol) -> ClusterPlan.UpstreamHTTP {
        if parsed.isHTTP2 { return .http2 }
        return kindOf(parsed) == .auto ? .likeDownstream : .http1
    }

    // MARK: Listeners

    /// How a listener treats a port's bytes.
    fileprivate enum PortKind { case http, tcp, auto }

    fileprivate static func kindOf(_ parsed: PortProtocol) -> PortKind {
        parsed.isHTTP ? .http : parsed.isTCP ? .tcp : .auto
    }

    /// Ports of the proxy's own listeners, which a service on every address cannot have.
    private static let reservedPorts: Set<Int> = [15_001, 15_006, 15_021, 15_090]

    private mutating func planListeners() {
        var drafts = ListenerDrafts()
        for effective in services {
            for row in effective.rows {
                for port in row.ports where port.parsedProtocol != .udp {
                    let cluster = ClusterPlan.name(port: port.number, host: row.host)
                    if clusterNames.contains(cluster) { add(row, port: port, cluster: cluster, to: &drafts) }
                }
            }
        }
        report.merge(drafts.report)
        plan.listeners = drafts.listeners
    }

    private func add(_ row: MeshService, port: ServicePort, cluster: String, to drafts: inout ListenerDrafts) {
        let kind = Self.kindOf(port.parsedProtocol)
        for place in Self.places(of: row, port: port) {
            let bind = kind == .http || place.prefix != nil ? ListenerPlan.wildcard : place.bind
            let isWildcard = bind == ListenerPlan.wildcard
            if isWildcard && Self.reservedPorts.contains(port.number) { continue }
            var chains: [ListenerPlan.Chain] = []
            if kind != .tcp {
                let route = isWildcard ? String(port.number) : "\(row.host):\(port.number)"
                chains.append(.init(match: .init(isHTTP: true), action: .http(route: route)))
            }
            if kind != .http {
                // On its own address a service takes any SNI; elsewhere the name tells the services apart.
                let serverName = port.parsedProtocol.isTLS && isWildcard ? row.host.lowercased() : nil
                if let serverName, !Self.canBeServerName(serverName) { continue }
                chains.append(
                    .init(
                        match: .init(
                            serverNames: serverName.map { [$0] } ?? [], prefixes: place.prefix.map { [$0] } ?? []),
                        action: .tcp([WeightedCluster(cluster: cluster)]),
                        because: [Because(row.source, "spec.ports")]))
            }
            drafts.add(chains, bind: bind, port: port.number, parsed: port.parsedProtocol, host: row.host)
        }
    }

    /// The places that a service is called at: an own address, or every address with or without a block to match.
    private static func places(of row: MeshService, port: ServicePort) -> [(bind: String, prefix: NetworkPrefix?)] {
        if kindOf(port.parsedProtocol) == .http { return [(ListenerPlan.wildcard, nil)] }
        if row.isHeadless {
            return (row.endpoints[port.number] ?? []).compactMap { endpoint in
                guard case .host(let address, port.number) = endpoint.address else { return nil }
                return (address, nil)
            }
        }
        guard let address = row.address else { return [(ListenerPlan.wildcard, nil)] }
        guard let prefix = NetworkPrefix(address) else { return [] }
        return prefix.isSingleAddress ? [(prefix.address, nil)] : [(ListenerPlan.wildcard, prefix)]
    }

    /// Envoy takes a `*` only as the whole first label.
    private static func canBeServerName(_ name: String) -> Bool {
        !(name.hasPrefix("*.") ? name.dropFirst(2) : name[...]).contains("*")
    }

    // MARK: Routes

    private mutating func planRoutes() {
        let wanted = plan.listeners.flatMap(\.chains).compactMap { chain in
            if case .http(let route) = chain.action { route } else { nil }
        }
        var byPort: [Int: [ServiceIndex.Effective]] = [:]
        for effective in services {
            for port in effective.service.ports where Self.kindOf(port.parsedProtocol) != .tcp {
                byPort[port.number, default: []].append(effective)
            }
        }
        var made: Set<String> = []
        for name in wanted where made.insert(name).inserted {
            if let port = Int(name) {
                plan.routes.append(routes(port: port, services: byPort[port] ?? []))
            } else if let colon = name.lastIndex(of: ":"), let port = Int(name[name.index(after: colon)...]) {
                // A sniffed service on its own address: whatever the request says, it goes there.
                let cluster = ClusterPlan.name(port: port, host: String(name[..<colon]))
                let host = RoutePlan.VirtualHost(
                    name: name, domains: ["*"], routes: [Self.plainRoute(name, cluster: cluster)])
                plan.routes.append(RoutePlan(name: name, virtualHosts: [host], catchAll: .none))
            }
        }
        plan.routes.sort { $0.name < $1.name }
    }

    private mutating func routes(port: Int, services: [ServiceIndex.Effective]) -> RoutePlan {
        var hosts: [RoutePlan.VirtualHost] = []
        var taken: Set<String> = ["*"]
        for effective in services {
            let cluster = ClusterPlan.name(port: port, host: effective.service.host)
            guard clusterNames.contains(cluster) else { continue }
            let name = "\(effective.service.host):\(port)"
            var domains: [String] = []
            for domain in self.domains(of: effective) {
                if taken.insert(domain.lowercased()).inserted {
                    domains.append(domain)
                } else {
                    report.add(
                        PushReport.duplicateDomain, key: domain,
                        message: "\(name) loses domain \(domain) on port \(port) to an earlier service")
                }
            }
            if !domains.isEmpty { 
                hosts.append(
                    .init(name: name, domains: domains, routes: [Self.plainRoute(name, cluster: cluster)]))
            }
        }
        return RoutePlan(name: String(port), virtualHosts: hosts.sorted { $0.name < $1.name }, catchAll: .lastResort)
    }

    /// Everything for a host goes to its one cluster.
    private static func plainRoute(_ host: String, cluster: String) -> RoutePlan.Route {
        .init(action: .forward([WeightedCluster(cluster: cluster)]), operation: "\(host)/*")
    }

    /// The names and addresses by which a request may mean this service.
    private func domains(of effective: ServiceIndex.Effective) -> [String] {
        let service = effective.service
        var result = [service.host]
        if !service.host.contains("*") { result.append(service.host + ".") }
        if service.registry == .kubernetes {
            let name = service.attributeName
            let short = target.namespace == service.namespace ? [name] : []
            result += short + ["\(name).\(service.namespace).svc", "\(name).\(service.namespace)"]
        }
        var addresses: Set<String> = []
        for row in effective.rows {
            guard let address = row.address, NetworkPrefix(address)?.isSingleAddress == true else { continue }
            if addresses.insert(address).inserted { result.append(address) }
        }
        return result
    }
}

/// Listeners under construction: services that land on the same address and port are merged, or the later one loses.
private struct ListenerDrafts {
    private struct Place: Hashable {
        var bind: String
        var port: Int
    }

    private struct Draft {
        /// The protocol of the first service here.
        let parsed: PortProtocol
        private(set) var chains: [ListenerPlan.Chain] = []
        /// Where each match leads, and for which host.
        private var owners: [ListenerPlan.Match: (action: ListenerPlan.Action, host: String)] = [:]

        init(parsed: PortProtocol) { self.parsed = parsed }

        /// Takes a chain in; returns the host that has its connections already, if it leads elsewhere.
        ///
        /// HTTP services share a chain; of two TCP services with the same match the earlier one stays.
        mutating func add(_ chain: ListenerPlan.Chain, of host: String) -> String? {
            if let owner = owners[chain.match] { return owner.action == chain.action ? nil : owner.host }
            chains.append(chain)
            owners[chain.match] = (chain.action, host)
            return nil
        }
    }

    private var drafts: [Place: Draft] = [:]
    private(set) var report = PushReport()

    mutating func add(_ chains: [ListenerPlan.Chain], bind: String, port: Int, parsed: PortProtocol, host: String) {
        let place = Place(bind: bind, port: port)
        let first = drafts[place]?.parsed ?? parsed
        if first != parsed, Self.serverFirst.contains(parsed) || Self.serverFirst.contains(first) { return }
        for chain in chains {
            // Changed in place: a listener may have thousands of chains.
            guard let owner = drafts[place, default: Draft(parsed: parsed)].add(chain, of: host) else { continue }
            report.add(
                PushReport.listenerConflict, key: "\(bind):\(port)",
                message: "Listener=\(bind):\(port) AcceptedTCP=\(owner) RejectedTCP=\(host) TCPServices=1")
        }
    }

    /// In these protocols the server speaks first, so that nothing can be sniffed beside them.
    private static let serverFirst: Set<PortProtocol> = [.mongo, .mysql]

    var listeners: [ListenerPlan] {
        drafts.map { ListenerPlan(bind: $0.key.bind, port: $0.key.port, chains: $0.value.chains) }
            .sorted { $0.name < $1.name }
    }
}
