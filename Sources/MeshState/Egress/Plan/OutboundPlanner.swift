/// Turns what a proxy knows of the mesh into clusters, listeners and routes, by istiod's rules.
///
/// It follows changes: what a change does not touch is not planned again.
package struct OutboundPlanner: Sendable {
    let target: PlanTarget
    /// Not the whole index, which then is nobody else's when it is changed.
    var rules: DestinationRuleIndex
    var scope: ProxyScope
    /// By host.
    var clusters: [String: HostClusters] = [:]
    /// A sidecar's, by port.
    var ports: [Int: PortPlan] = [:]
    var gateway = PortPlan()
    /// Clusters of a gateway besides those of services.
    var gatewayClusters: [ClusterPlan] = []
    var destinations = DestinationClusters([])

    /// Plans for a proxy from nothing.
    package init(index: ServiceIndex, target: PlanTarget) {
        rules = index.rules
        self.target = target
        scope = ProxyScope(index, target: target)
        planEverything(index)
    }

    private mutating func planEverything(_ index: ServiceIndex) {
        clusters = [:]
        for host in scope.byHost.keys { clusters[host] = planClusters(of: host) }
        destinations = DestinationClusters(Array(scope.byHost.values))
        ports = [:]
        switch target.kind {
        case .sidecar: for port in Set(scope.parts.flatMap(\.services.keys)) { ports[port] = planPort(port) }
        case .gateway: planGateway(index)
        case .none: break
        }
    }

    /// Plans again what a change of the mesh touches; returns what is another for it.
    package mutating func follow(_ change: ServiceIndex.Change, _ index: ServiceIndex) -> PlanChange {
        var result = PlanChange()
        rules = index.rules
        if change.changesScopes {
            let before = self
            scope = ProxyScope(index, target: target)
            planEverything(index)
            for host in Set(before.clusters.keys).union(clusters.keys) {
                result.note(before.clusters[host]?.plans ?? [], clusters[host]?.plans ?? [])
            }
            for port in Set(before.ports.keys).union(ports.keys) { result.note(before.ports[port], ports[port]) }
            result.note(before.gateway, gateway)
            result.note(before.gatewayClusters, gatewayClusters)
            return result
        }
        let changedPorts = scope.refresh(change.hosts, index)
        var changed = change.hosts
        for ruled in change.ruledHosts {
            changed.formUnion(
                HostName.isWildcard(ruled) ? scope.byHost.keys.filter { HostName.covers(ruled, $0) } : [ruled])
        }
        for host in changed {
            let before = clusters[host]?.plans ?? []
            clusters[host] = planClusters(of: host)
            result.note(before, clusters[host]?.plans ?? [])
        }
        // Where calls are sent without a port, the number of the service's ports decides.
        let isSentElsewhere = change.hosts.reduce(false) { result, host in
            let isOther = destinations.update(host, scope.byHost[host])
            return result || isOther && scope.isDestination(host)
        }
        switch target.kind {
        case .sidecar:
            let all = isSentElsewhere ? Set(scope.parts.flatMap(\.services.keys)).union(ports.keys) : changedPorts
            for port in all {
                // Taken out, so that it is changed in place.
                let before = ports.removeValue(forKey: port)
                let (listeners, routes) = (before?.listeners ?? [], before?.routes ?? [])
                ports[port] =
                    isSentElsewhere ? planPort(port) : planPort(port, before: consume before, changed: change.hosts)
                result.note(listeners, ports[port]?.listeners ?? [])
                result.note(routes, ports[port]?.routes ?? [])
            }
        case .gateway:
            let (before, clustersBefore) = (gateway, gatewayClusters)
            planGateway(index)
            result.note(before, gateway)
            result.note(clustersBefore, gatewayClusters)
        case .none: break
        }
        return result
    }

    /// The ports that something listens on for every address.
    package var wildcardPorts: Set<Int> { (ports.values.flatMap(\.listeners) + gateway.listeners).wildcardPorts }

    // MARK: What comes of it

    package var lastResort: LastResort { scope.lastResort }

    package var plan: ProxyPlan {
        var plan = ProxyPlan()
        plan.lastResort = lastResort
        plan.clusters = (clusters.values.flatMap(\.plans) + gatewayClusters).sorted { $0.name < $1.name }
        let parts = Array(ports.values) + [gateway]
        plan.listeners = parts.flatMap(\.listeners).sorted { $0.name < $1.name }
        plan.routes = parts.flatMap(\.routes).sorted { $0.name < $1.name }
        return plan
    }

    /// The names of clusters whose endpoints are known apart from names, and that have none.
    package var emptyClusters: [String] {
        clusters.values.flatMap(\.plans).filter { $0.discovery == .fixed([]) }.map(\.name)
    }

    /// What istiod would count against a push of this plan.
    package var report: PushReport {
        var report = rules.report
        for part in clusters.values { report.merge(part.report) }
        for part in ports.values { report.merge(part.report) }
        report.merge(gateway.report)
        for effective in scope.byHost.values { report.note(effective) }
        return report
    }

    /// The services that this proxy gets, in the order in which they count.
    package var services: [ServiceIndex.Effective] { scope.services }

    /// The service of a host that this proxy gets.
    package func service(host: String) -> ServiceIndex.Effective? { scope.byHost[host] }

    /// The services that it listens for on a port, in the order in which they count.
    package func services(port: Int) -> [ServiceIndex.Effective] {
        scope.parts.flatMap { $0.services[port]?.all ?? [] }
    }

    /// The cluster of a VirtualService's destination, see ``ProxyScope/clusterName(for:namespace:listenerPort:)``.
    package func clusterName(
        for destination: VirtualService.Destination, namespace: String, listenerPort: Int
    ) -> String {
        scope.clusterName(for: destination, namespace: namespace, listenerPort: listenerPort)
    }
}

/// What is planned for one host.
struct HostClusters: Sendable {
    var plans: [ClusterPlan] = []
    var report = PushReport()
}
