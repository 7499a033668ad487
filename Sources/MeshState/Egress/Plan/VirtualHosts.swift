/// The virtual hosts of one port: those of VirtualServices first, in their order, then those of the other services.
struct VirtualHosts: Sendable {
    let port: Int
    private(set) var report = PushReport()
    /// In the order of their names, as istiod sends them.
    private(set) var all: [RoutePlan.VirtualHost] = []
    private var names: Set<String> = []
    /// The names of the virtual hosts, by the domains that they have.
    private var domains: [String: String] = ["*": ""]
    /// Domains that others wanted too.
    private var contested: Set<String> = []
    /// Short forms that are other services' whole names.
    private var withheld: Set<String> = []
    private let virtualServices: VirtualServiceScope

    init(planner: PortPlanner, part: EgressPart) {
        port = planner.port
        let known = planner.plan.contributions[part.place] ?? OrderedByHost()
        let services = known.all
        virtualServices = part.virtualServices
        var isRouted = Set<Int>()
        if !virtualServices.services.isEmpty {
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
                    add(services[place], routes, because: [Because(source.id, field)], known: known)
                }
            }
        }
        for (place, service) in services.enumerated() where !isRouted.contains(place) {
            if let route = service.route { add(service, [route], because: route.because, known: known) }
        }
        all.sort { $0.name < $1.name }
    }

    /// The virtual host of a service.
    func ofService(_ host: String) -> RoutePlan.VirtualHost? { place(of: "\(host):\(port)").map { all[$0] } }

    private func place(of name: String) -> Int? {
        let place = firstPlace(notBefore: name)
        return place < all.count && all[place].name == name ? place : nil
    }

    private func firstPlace(notBefore name: String) -> Int {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle].name < name { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Puts a service's virtual host in the place of the one before, if nothing else depends on that; false, and nothing
    /// is done, where all is to be made anew.
    mutating func replace(
        _ old: PortContribution?, by new: PortContribution?, known: OrderedByHost<PortContribution>
    ) -> Bool {
        guard report.isEmpty, let host = (new ?? old)?.host, !withheld.contains(host),
            virtualServices.places(matching: host).isEmpty
        else { return false }
        let name = "\(host):\(port)"
        let before = place(of: name)
        for domain in old?.domains ?? [] where domains[domain.folded] != name || contested.contains(domain.folded) {
            return false
        }
        var seen: Set<String> = []
        for domain in new?.domains ?? [] {
            guard domains[domain.folded].map({ $0 == name }) ?? true, seen.insert(domain.folded).inserted,
                !domain.isShort || known[domain.name] == nil
            else { return false }
        }
        for domain in old?.domains ?? [] { domains[domain.folded] = nil }
        if let before { all.remove(at: before) }
        names.remove(name)
        guard let new, let route = new.route else { return true }
        names.insert(name)
        for domain in new.domains { domains[domain.folded] = name }
        all.insert(
            .init(name: name, domains: new.domains.map(\.name), routes: [route], because: route.because),
            at: firstPlace(notBefore: name))
        return true
    }

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
        _ contribution: PortContribution, _ routes: [RoutePlan.Route], because: [Because],
        known: OrderedByHost<PortContribution>
    ) {
        let free = contribution.domains.filter { domain in
            guard domain.isShort, known[domain.name] != nil else { return true }
            withheld.insert(domain.name)
            return false
        }
        add(contribution.host, free, routes, because: because, kind: "service")
    }

    private mutating func add(
        _ host: String, _ wanted: [PortContribution.Domain], _ routes: [RoutePlan.Route], because: [Because],
        kind: String
    ) {
        let name = "\(host):\(port)"
        var own: [String] = []
        if names.insert(name).inserted {
            for domain in wanted {
                if domains[domain.folded] == nil {
                    domains[domain.folded] = name
                    own.append(domain.name)
                } else {
                    contested.insert(domain.folded)
                }
            }
        }
        if own.count < wanted.count {
            report.add(PushReport.duplicateDomain, key: name, message: "duplicate domain from \(kind): \(name)")
        }
        if !own.isEmpty { all.append(.init(name: name, domains: own, routes: routes, because: because)) }
    }
}
