extension OutboundPlanner {
    /// Plans the listeners and routes of a sidecar on one port; nil where it has none.
    ///
    /// `before` is the plan that there was, if all that is another since are the services of the `changed` hosts.
    func planPort(_ port: Int, before: consuming PortPlan? = nil, changed: Set<String> = []) -> PortPlan? {
        let parts = scope.parts.enumerated().compactMap { place, part -> EgressPart? in
            guard let services = part.services[port] else { return nil }
            return EgressPart(
                place: place, port: part.port, bind: part.bind, services: services,
                virtualServices: part.virtualServices)
        }
        if parts.isEmpty { return nil }
        return PortPlanner(
            port: port, parts: parts, target: target, clusters: destinations, before: before, changed: changed
        ).plan
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
