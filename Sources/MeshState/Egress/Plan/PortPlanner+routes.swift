extension PortPlanner {
    mutating func planRoutes(_ part: EgressPart) {
        let wanted = listeners.flatMap(\.chains).compactMap { chain in
            if case .http(let route) = chain.action { route } else { nil }
        }
        if wanted.isEmpty { return }
        var hosts = VirtualHosts(planner: self, part: part)
        report.merge(hosts.report)
        for name in Set(wanted).sorted() {
            if name == String(port) {
                routes.append(RoutePlan(name: name, virtualHosts: hosts.all, catchAll: .lastResort))
            } else if let colon = name.lastIndex(of: ":") {
                // A sniffed service on its own address: whatever the request says, it goes there.
                let own = hosts.ofService(String(name[..<colon])).map { host in
                    var host = host
                    host.domains = ["*"]
                    return host
                }
                routes.append(RoutePlan(name: name, virtualHosts: own.map { [$0] } ?? [], catchAll: .none))
            }
        }
    }
}

/// The virtual hosts of one port: those of VirtualServices first, in their order, then those of the other services.
private struct VirtualHosts {
    private let port: Int
    private let namespace: String
    private(set) var report = PushReport()
    private var hosts: [RoutePlan.VirtualHost] = []
    private var names: Set<String> = []
    private var domains: Set<String> = ["*"]
    /// The hosts of all services of this port, as they are written.
    private var known: Set<String> = []
    /// Places in `hosts`, by the service's host.
    private var places: [String: Int] = [:]

    init(planner: PortPlanner, part: EgressPart) {
        port = planner.port
        namespace = planner.place.target.namespace
        let services = part.services
        known = Set(services.lazy.map(\.service.host))
        var isRouted = Set<Int>()
        if !part.virtualServices.services.isEmpty {
            let rules = HTTPRules(place: planner.place, clusters: planner.clusters)
            for bound in Self.bound(part.virtualServices, services, port: port) {
                let routes = rules.routes(of: part.virtualServices.services[bound.place])
                if routes.isEmpty { continue }
                let source = part.virtualServices.services[bound.place]
                for (field, host) in bound.otherHosts {
                    add(host, [host], routes, because: [Because(source.id, field)], kind: "virtual service")
                }
                for (field, place) in bound.services {
                    isRouted.insert(place)
                    add(services[place], routes, because: [Because(source.id, field)])
                }
            }
        }
        for (place, effective) in services.enumerated()
        where !isRouted.contains(place) && effective.port(port).map({ PortKind($0.parsedProtocol) }) != .tcp {
            let because = Self.because(effective, port: port)
            let host = effective.service.host
            let route = RoutePlan.Route(
                action: .forward([WeightedCluster(cluster: ClusterPlan.name(port: port, host: host))]),
                operation: "\(host):\(port)/*", because: because)
            add(effective, [route], because: because)
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
        _ scope: VirtualServiceScope, _ services: [ServiceIndex.Effective], port: Int
    ) -> [Bound] {
        let placesByHost = Dictionary(
            services.enumerated().map { (HostName.folded($0.element.service.host), $0.offset) },
            uniquingKeysWith: { first, _ in first })
        // For hosts with a `*` the VirtualService that comes closest to a service has it.
        var closest: [Int: [Int]] = [:]
        var matching: Set<Int> = []
        for (place, effective) in services.enumerated() {
            let host = effective.service.host
            matching.formUnion(scope.places(matching: host))
            if let virtual = scope.place(closestTo: host) { closest[virtual, default: []].append(place) }
        }
        let hasWildcards = scope.services.contains { $0.hosts.contains(where: HostName.isWildcard) }
        let index = HostIndex(
            hasWildcards ? services.enumerated().map { (host: $0.element.service.host, number: $0.offset) } : [])
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
                            .filter { HostName.overlap(host, services[$0].service.host) }.map { (field, $0) }
                    }
                } else if let found = placesByHost[HostName.folded(host)] {
                    bound.services.append((field, found))
                } else {
                    bound.otherHosts.append((field, host))
                }
            }
            var seen: Set<Int> = []
            bound.services = bound.services.filter { _, found in
                let kind = services[found].port(port).map { PortKind($0.parsedProtocol) }
                return kind != .tcp && seen.insert(found).inserted
            }
            if port == 80 || !bound.services.isEmpty { result.append(bound) }
        }
        return result
    }

    /// The entry that has the port, and where.
    private static func because(_ effective: ServiceIndex.Effective, port: Int) -> [Because] {
        for row in effective.rows {
            guard let index = row.ports.firstIndex(where: { $0.number == port && $0.parsedProtocol != .udp }) else {
                continue
            }
            let hosts = row.registry == .external ? [Because(row.source, "spec.hosts")] : []
            return hosts + [Because(row.source, "spec.ports[\(index)]")]
        }
        return []
    }

    // MARK: Names and domains

    private mutating func add(
        _ effective: ServiceIndex.Effective, _ routes: [RoutePlan.Route], because: [Because]
    ) {
        let host = effective.service.host
        let (names, short) = domainNames(of: effective)
        let place = hosts.endIndex
        // A short form must not take what is another service's whole name.
        let free =
            short.contains(where: known.contains)
            ? names.filter { !short.contains($0) || !known.contains($0) } : names
        add(host, free, routes, because: because, kind: "service")
        if hosts.endIndex > place { places[host] = place }
    }

    private mutating func add(
        _ host: String, _ wanted: [String], _ routes: [RoutePlan.Route], because: [Because], kind: String
    ) {
        let name = "\(host):\(port)"
        let isNew = names.insert(name).inserted
        let own = isNew ? wanted.filter { domains.insert(HostName.folded($0)).inserted } : []
        if own.count < wanted.count {
            report.add(PushReport.duplicateDomain, key: name, message: "duplicate domain from \(kind): \(name)")
        }
        if !own.isEmpty { hosts.append(.init(name: name, domains: own, routes: routes, because: because)) }
    }

    /// The names and addresses by which a request may mean a service, and those of them that are short forms.
    private func domainNames(of effective: ServiceIndex.Effective) -> (all: [String], short: [String]) {
        let service = effective.service
        var result = [service.host]
        if !HostName.isWildcard(service.host) { result.append(service.host + ".") }
        let short = shortNames(of: service.host)
        result += short
        if service.isHeadless { result += result.map { "*." + $0 } }
        var addresses: Set<String> = []
        for row in effective.rows {
            guard let address = row.address, NetworkPrefix(address)?.isSingleAddress == true else { continue }
            if addresses.insert(address).inserted { result.append(address) }
        }
        return (result, short)
    }

    /// The forms in which a name of the mesh itself can be shortened, here in this namespace.
    private func shortNames(of host: String) -> [String] {
        let ending = ".svc.cluster.local"
        guard host.hasSuffix(ending) else { return [] }
        let parts = host.dropLast(ending.count).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return [] }
        let inNamespace = "\(parts[0]).\(parts[1])"
        return (parts[1] == namespace ? [String(parts[0])] : []) + ["\(inNamespace).svc", inNamespace]
    }
}
