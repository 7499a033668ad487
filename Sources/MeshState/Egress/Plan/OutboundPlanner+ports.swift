extension OutboundPlanner {
    /// Plans the listeners and routes of a sidecar on one port; nil where it has none.
    func planPort(_ port: Int) -> PortPlan? {
        let parts = scope.parts.compactMap { part -> EgressPart? in
            guard let services = part.services[port]?.all else { return nil }
            return EgressPart(
                port: part.port, bind: part.bind, services: services, virtualServices: part.virtualServices)
        }
        if parts.isEmpty { return nil }
        let planner = PortPlanner(port: port, parts: parts, target: target, clusters: destinations)
        return PortPlan(listeners: planner.listeners, routes: planner.routes, report: planner.report)
    }

    /// Plans a gateway's listeners and routes; what is not in a Gateway is not listened for.
    mutating func planGateway(_ index: ServiceIndex) {
        let planner = GatewayPlanner(
            index: index, bindings: index.virtualServices, target: target, clusters: destinations,
            known: { clusters.values.flatMap(\.plans).sorted { $0.name < $1.name } })
        gateway = PortPlan(listeners: planner.listeners, routes: planner.routes, report: planner.report)
        gatewayClusters = planner.addedClusters
    }
}
