/// Plans what a gateway listens for, and the routes behind it, from Gateways and the VirtualServices bound to them.
struct GatewayPlanner {
    private let target: PlanTarget
    private let bindings: VirtualServiceIndex
    private let clusters: DestinationClusters
    private var servers: GatewayServers
    /// The VirtualServices of each Gateway.
    private var scopes: [String: [VirtualService]] = [:]
    private(set) var addedClusters: [ClusterPlan] = []
    private(set) var listeners: [ListenerPlan] = []
    private(set) var routes: [RoutePlan] = []
    private(set) var report = PushReport()

    /// `known` gives the clusters of the services that the gateway sees, which calls passed on by mesh names go to.
    init(
        index: ServiceIndex, bindings: VirtualServiceIndex, target: PlanTarget, clusters: DestinationClusters,
        known: () -> [ClusterPlan]
    ) {
        self.target = target
        self.bindings = bindings
        self.clusters = clusters
        servers = GatewayServers(index: index, target: target)
        for place in servers.places {
            for server in place.servers where scopes[server.gateway] == nil {
                scopes[server.gateway] = bindings.services(boundTo: server.gateway, namespace: target.namespace)
            }
        }
        for place in servers.places { planListener(place, known) }
        planRoutes()
        report = servers.report
        listeners.sort { $0.name < $1.name }
        routes.sort { $0.name < $1.name }
    }

    // MARK: Listeners

    private mutating func planListener(_ place: GatewayServers.Place, _ known: () -> [ClusterPlan]) {
        var chains = ChainSet()
        if place.isPlain, let route = place.servers[0].route {
            let chain = ListenerPlan.Chain(
                match: .init(), action: .http(route: route), because: [place.servers[0].because])
            _ = chains.add(chain, for: place.servers[0].gateway)
        } else {
            // Names in hellos that rules have been found for.
            var named: Set<String> = []
            for server in place.servers {
                for chain in self.chains(of: server, named: &named, known) {
                    if chains.add(chain, for: server.gateway) != nil {
                        servers.reject(server, "names on port \(place.port) are another server's already")
                    }
                }
            }
        }
        // A listener that nothing would come of is not made.
        if chains.chains.isEmpty { return }
        listeners.append(
            ListenerPlan(bind: place.bind, port: place.port, chains: chains.chains, isBound: true))
    }

    private mutating func chains(
        of server: GatewayServers.Server, named: inout Set<String>, _ known: () -> [ClusterPlan]
    ) -> [ListenerPlan.Chain] {
        let settings = server.settings
        switch settings.tls?.mode {
        case .passthrough: return passedOn(server, named: &named)
        case .autoPassthrough: return passedOnByMeshNames(server, known())
        default: break
        }
        guard let names = ListenerPlan.Match.serverNames(settings.tls == nil ? [] : server.serverNames) else {
            return []
        }
        let match = ListenerPlan.Match(serverNames: names)
        if let route = server.route {
            return [.init(match: match, action: .http(route: route), tls: settings.tls, because: [server.because])]
        }
        guard let found = firstTCPRule(server) else { return [] }
        return [
            .init(match: match, action: found.action, tls: settings.tls, because: [server.because, found.because])
        ]
    }

    private func rules(_ server: GatewayServers.Server) -> L4Rules {
        L4Rules(
            place: .init(gateway: server.gateway, port: server.settings.port.number, target: target), clusters: clusters
        )
    }

    /// The first `tcp` rule for the server: there is nothing by which to choose among several.
    private func firstTCPRule(_ server: GatewayServers.Server) -> (action: ListenerPlan.Action, because: Because)? {
        let rules = rules(server)
        for service in scopes[server.gateway] ?? [] where !server.common(with: service).isEmpty {
            for (index, rule) in service.tcp.enumerated() {
                let field = "spec.tcp[\(index)]"
                let match = rule.matches.firstIndex { $0.scope.names(rules.place) }
                guard rule.matches.isEmpty || match != nil,
                    let action = rules.action(rule, of: service, field: field)
                else { continue }
                return (action, Because(service.id, match.map { "\(field).match[\($0)]" } ?? field))
            }
        }
        return nil
    }

    /// A chain for each match of the `tls` rules.
    private mutating func passedOn(
        _ server: GatewayServers.Server, named: inout Set<String>
    ) -> [ListenerPlan.Chain] {
        let rules = rules(server)
        var chains: [ListenerPlan.Chain] = []
        for service in scopes[server.gateway] ?? [] where !server.common(with: service).isEmpty {
            for (index, rule) in service.tls.enumerated() {
                let field = "spec.tls[\(index)]"
                guard let action = rules.action(rule, of: service, field: field) else { continue }
                for (number, match) in rule.matches.enumerated() where match.scope.names(rules.place) {
                    guard let names = ListenerPlan.Match.serverNames(match.sniHosts) else { continue }
                    let because = Because(service.id, "\(field).match[\(number)]")
                    if let twice = names.first(where: named.contains) {
                        servers.reject(
                            server, "\(because.object) \(because.field) has \(twice), which is taken already")
                        continue
                    }
                    named.formUnion(names)
                    chains.append(
                        .init(match: .init(serverNames: names), action: action, because: [server.because, because]))
                }
            }
        }
        return chains
    }

    /// A chain for each cluster of the mesh's own services, called by the cluster's name in the hello.
    private mutating func passedOnByMeshNames(
        _ server: GatewayServers.Server, _ known: [ClusterPlan]
    ) -> [ListenerPlan.Chain] {
        var chains: [ListenerPlan.Chain] = []
        let added = Set(addedClusters.map(\.name))
        for cluster in known where !cluster.isExternal && !server.index.overlapping(cluster.host).isEmpty {
            guard server.hosts.contains(where: { HostName.covers($0.host, cluster.host) }) else { continue }
            let name = ClusterPlan.serverName(port: cluster.port, subset: cluster.subset, host: cluster.host)
            chains.append(
                .init(
                    match: .init(serverNames: [name.lowercased()], isMeshTLS: true),
                    action: .tcp([WeightedCluster(cluster: name)]), because: [server.because] + cluster.because))
            if added.contains(name) { continue }
            var copy = cluster
            copy.name = name
            // What comes is TLS of the mesh already.
            copy.tls = .plain
            addedClusters.append(copy)
        }
        return chains
    }

    // MARK: Routes

    private mutating func planRoutes() {
        var byRoute: [String: [GatewayServers.Server]] = [:]
        for server in servers.places.flatMap(\.servers) {
            if let route = server.route { byRoute[route, default: []].append(server) }
        }
        routes = byRoute.map { route($0, servers: $1) }
    }

    private func route(_ name: String, servers: [GatewayServers.Server]) -> RoutePlan {
        var hosts: [String: RoutePlan.VirtualHost] = [:]
        for server in servers {
            let port = server.settings.port.number
            let redirects = server.settings.tls?.httpsRedirect == true
            let rules = HTTPRules(
                place: .init(gateway: server.gateway, port: port, target: target), clusters: clusters,
                isTLS: server.settings.tls != nil)
            for service in scopes[server.gateway] ?? [] {
                let common = server.common(with: service)
                if common.isEmpty { continue }
                let routes = rules.routes(of: service)
                if routes.isEmpty { continue }
                for (field, host) in common {
                    let because = [server.because, Because(service.id, field)]
                    hosts[host, default: Self.empty(host, port)].routes += routes
                    hosts[host]?.because += because
                    if redirects { hosts[host]?.requiresTLS = true }
                }
            }
            guard redirects else { continue }
            for host in server.hosts.map({ $0.host.lowercased() }) {
                hosts[host, default: Self.empty(host, port)].requiresTLS = true
                if hosts[host]?.because.isEmpty == true { hosts[host]?.because = [server.because] }
            }
        }
        let sorted = hosts.values.sorted { $0.name < $1.name }.map { host in
            var host = host
            // What takes every request comes last, whichever VirtualService it is of.
            host.routes = host.routes.filter { !$0.isCatchAll } + host.routes.filter(\.isCatchAll)
            return host
        }
        return RoutePlan(
            name: name, virtualHosts: sorted,
            catchAll: sorted.isEmpty ? .notFound(port: servers[0].settings.port.number) : .none)
    }

    private static func empty(_ host: String, _ port: Int) -> RoutePlan.VirtualHost {
        .init(name: "\(host):\(port)", domains: [host], routes: [])
    }
}
