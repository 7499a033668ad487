extension PortPlanner {
    mutating func planRoutes(_ part: EgressPart) {
        var wanted: Set<String> = []
        for listener in plan.listeners {
            for chain in listener.chains { if case .http(let route) = chain.action { wanted.insert(route) } }
        }
        if wanted.isEmpty { return }
        let hosts = VirtualHosts(planner: self, part: part)
        plan.report.merge(hosts.report)
        plan.virtualHosts = hosts
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
