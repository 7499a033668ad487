extension PortPlanner {
    mutating func planRoutes(_ part: EgressPart) {
        var wanted: Set<String> = []
        for listener in plan.listeners {
            for chain in listener.chains { if case .http(let route) = chain.action { wanted.insert(route) } }
        }
        if wanted.isEmpty { return }
        var hosts = VirtualHosts(planner: self, part: part)
        plan.report.merge(hosts.report)
        for name in wanted.sorted() {
            if name == String(port) {
                plan.routes.append(RoutePlan(name: name, virtualHosts: hosts.all, catchAll: .lastResort))
            } else if let colon = name.lastIndex(of: ":") {
                // A sniffed service on its own address: whatever the request says, it goes there.
                let own = hosts.ofService(String(name[..<colon])).map { host in
                    var host = host
                    host.domains = ["*"]
                    return host
                }
                plan.routes.append(RoutePlan(name: name, virtualHosts: own.map { [$0] } ?? [], catchAll: .none))
            }
        }
    }
}

/// The virtual hosts of one port: those of VirtualServices first, in their order, then those of the other services.
private struct VirtualHosts {
    private let port: Int
    private(set) var report = PushReport()
    private var hosts: [RoutePlan.VirtualHost] = []
    private var names: Set<String> = []
    private var domains: Set<String> = ["*"]
    private let known: OrderedByHost<PortContribution>
    /// Places in `hosts`, by the service's host.
    private var places: [String: Int] = [:]

    init(planner: PortPlanner, part: EgressPart) {
        port = planner.port
        known = planner.plan.contributions[part.place] ?? OrderedByHost()
        let services = known.all
        var isRouted = Set<Int>()
        if !part.virtualServices.services.isEmpty {
            let rules = HTTPRules(place: planner.place, clusters: planner.clusters)
            for bound in Self.bound(part.virtualServices, services, port: port) {
                let routes = rules.routes(of: part.virtualServices.services[bound.place])
                if routes.isEmpty { continue }
                let source = part.virtualServices.services[bound.place]
                for (field, host) in bound.otherHosts {
                    add(
                        host, [.init(name: host, folded: HostName.folded(host), isShort: false)], routes,
                        because: [Because(source.id, field)], kind: "virtual service")
                }
                for (field, place) in bound.services {
                    isRouted.insert(place)
                    add(services[place], routes, because: [Because(source.id, field)])
                }
            }
        }
        for (place, service) in services.enumerated() where !isRouted.contains(place) {
            if let route = service.route { add(service, [route], because: route.because) }
        }
    }

    /// In the order of their names, as istiod sends them.
    var all: [RoutePlan.VirtualHost] { hosts.sorted { $0.name < $1.name } }

    mutating func ofService(_ host: String) -> RoutePlan.VirtualHost? { places[host].map { hosts[$0] } }

    // MARK: What VirtualServices route

    private struct Bound {
        /// The VirtualService's place in the scope.
        var place: Int
        /// Places of the services that it routes, each after the field of the host.
        var services: [(field: String, place: Int)] = []
        /// Its hosts that are no services, each after its field.
        var otherHosts: [(field: String, host: String)] = []
    }

    /// What each VirtualService has on this port.
    ///
    /// One without any service here is left out, but for port 80, where it is kept whatever its hosts are.
    private static func bound(
        _ scope: VirtualServiceScope, _ services: [PortContribution], port: Int
    ) -> [Bound] {
        let placesByHost = Dictionary(
            services.enumerated().map { (HostName.folded($0.element.host), $0.offset) },
            uniquingKeysWith: { first, _ in first })
        // For hosts with a `*` the VirtualService that comes closest to a service has it.
        var closest: [Int: [Int]] = [:]
        var matching: Set<Int> = []
        for (place, service) in services.enumerated() {
            let host = service.host
            matching.formUnion(scope.places(matching: host))
            if let virtual = scope.place(closestTo: host) { closest[virtual, default: []].append(place) }
        }
        let hasWildcards = scope.services.contains { $0.hosts.contains(where: HostName.isWildcard) }
        let index = HostIndex(
            hasWildcards ? services.enumerated().map { (host: $0.element.host, number: $0.offset) } : [])
        var result: [Bound] = []
        for (place, service) in scope.services.enumerated() where port == 80 || matching.contains(place) {
            var bound = Bound(place: place)
            for (number, host) in service.hosts.enumerated() {
                let field = "spec.hosts[\(number)]"
                if HostName.isWildcard(host) {
                    if index.overlapping(host).isEmpty {
                        bound.otherHosts.append((field, host))
                    } else {
                        bound.services += (closest[place] ?? [])
                            .filter { HostName.overlap(host, services[$0].host) }.map { (field, $0) }
                    }
                } else if let found = placesByHost[HostName.folded(host)] {
                    bound.services.append((field, found))
                } else {
                    bound.otherHosts.append((field, host))
                }
            }
            var seen: Set<Int> = []
            bound.services = bound.services.filter { _, found in
                services[found].route != nil && seen.insert(found).inserted
            }
            if port == 80 || !bound.services.isEmpty { result.append(bound) }
        }
        return result
    }

    // MARK: Names and domains

    private mutating func add(
        _ contribution: PortContribution, _ routes: [RoutePlan.Route], because: [Because]
    ) {
        let place = hosts.endIndex
        let free = contribution.domains.filter { !$0.isShort || known[$0.name] == nil }
        add(contribution.host, free, routes, because: because, kind: "service")
        if hosts.endIndex > place { places[contribution.host] = place }
    }

    private mutating func add(
        _ host: String, _ wanted: [PortContribution.Domain], _ routes: [RoutePlan.Route], because: [Because],
        kind: String
    ) {
        let name = "\(host):\(port)"
        let isNew = names.insert(name).inserted
        let own = isNew ? wanted.filter { domains.insert($0.folded).inserted }.map(\.name) : []
        if own.count < wanted.count {
            report.add(PushReport.duplicateDomain, key: name, message: "duplicate domain from \(kind): \(name)")
        }
        if !own.isEmpty { hosts.append(.init(name: name, domains: own, routes: routes, because: because)) }
    }
}
