extension OutboundPlanner {
    mutating func planRoutes() {
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
