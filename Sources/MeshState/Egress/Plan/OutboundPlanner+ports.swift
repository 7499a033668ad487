extension OutboundPlanner {
    /// Plans the listeners and routes of a sidecar, each port for itself.
    mutating func planPorts(_ parts: [EgressPart]) {
        let clusters = DestinationClusters(services)
        var byPort: [Int: [EgressPart]] = [:]
        for part in parts {
            if let port = part.port {
                byPort[port.number, default: []].append(part)
                continue
            }
            var services: [Int: [ServiceIndex.Effective]] = [:]
            for effective in part.services {
                for number in effective.portNumbers { services[number, default: []].append(effective) }
            }
            for (number, members) in services {
                byPort[number, default: []].append(
                    EgressPart(bind: part.bind, services: members, virtualServices: part.virtualServices))
            }
        }
        for (number, parts) in byPort.sorted(by: { $0.key < $1.key }) {
            let planner = PortPlanner(port: number, parts: parts, target: target, clusters: clusters)
            plan.listeners += planner.listeners
            plan.routes += planner.routes
            report.merge(planner.report)
        }
        plan.listeners.sort { $0.name < $1.name }
        plan.routes.sort { $0.name < $1.name }
    }

    /// Plans a gateway's listeners and routes; what is not in a Gateway is not listened for.
    mutating func planGateway(_ index: ServiceIndex, _ bindings: VirtualServiceIndex) {
        let planner = GatewayPlanner(
            index: index, bindings: bindings, target: target, clusters: DestinationClusters(services),
            known: plan.clusters)
        plan.listeners = planner.listeners
        plan.routes = planner.routes
        if !planner.addedClusters.isEmpty {
            plan.clusters = (plan.clusters + planner.addedClusters).sorted { $0.name < $1.name }
        }
        report.merge(planner.report)
    }
}
