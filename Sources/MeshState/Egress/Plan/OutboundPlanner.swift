/// Turns the services that a proxy sees into clusters, listeners and routes, by istiod's rules.
package struct OutboundPlanner {
    /// In istiod's order.
    let services: [ServiceIndex.Effective]
    let index: ServiceIndex
    let target: PlanTarget
    package var plan = ProxyPlan()
    package var report: PushReport
    var clusterNames: Set<String> = []
    /// Positions in `services`.
    private let servicesByHost: [String: Int]
    private let servicesByPort: [Int: [Int]]

    /// Plans for a proxy.
    package init(index: ServiceIndex, target: PlanTarget) {
        self.index = index
        self.target = target
        services = index.services(forNamespace: target.namespace)
        report = index.rules.report
        var byHost: [String: Int] = [:]
        var byPort: [Int: [Int]] = [:]
        for (position, effective) in services.enumerated() {
            byHost[effective.service.host] = position
            for port in effective.service.ports { byPort[port.number, default: []].append(position) }
        }
        servicesByHost = byHost
        servicesByPort = byPort
        plan.lastResort = LastResort(policy: index.mesh.policy)
        planClusters()
        let bindings = VirtualServiceIndex(index.mesh.virtualServices)
        switch target.kind {
        case .gateway: planGateway(index, bindings)
        case .sidecar:
            let bound = bindings.services(boundTo: VirtualService.mesh, namespace: target.namespace)
            planPorts([EgressPart(services: services, virtualServices: VirtualServiceScope(bound))])
        case .none: break
        }
    }

    /// The service of a host that this proxy sees.
    package func service(host: String) -> ServiceIndex.Effective? { servicesByHost[host].map { services[$0] } }

    /// The services that have a port of this number, in istiod's order.
    package func services(port: Int) -> [ServiceIndex.Effective] { (servicesByPort[port] ?? []).map { services[$0] } }

    /// The cluster of a VirtualService's destination; `namespace` is the VirtualService's.
    ///
    /// A destination without a port has the only one of its service, else the listener's. A host that is not known has
    /// a name all the same, and calls to it fail.
    package func clusterName(
        for destination: VirtualService.Destination, namespace: String, listenerPort: Int
    ) -> String {
        let host = HostName.expand(destination.host, namespace: namespace)
        let ports = service(host: host)?.service.ports ?? []
        let port = destination.port ?? (ports.count == 1 ? ports[0].number : listenerPort)
        return ClusterPlan.name(port: port, subset: destination.subset ?? "", host: host)
    }
}
