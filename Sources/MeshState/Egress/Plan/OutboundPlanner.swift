/// Turns the services that a namespace sees into clusters, listeners and routes, by istiod's rules.
package struct OutboundPlanner {
    let services: [ServiceIndex.Effective]
    let target: PlanTarget
    package var plan = ProxyPlan()
    package var report = PushReport()
    var clusterNames: Set<String> = []

    /// Plans for a proxy.
    package init(index: ServiceIndex, target: PlanTarget) {
        services = index.services(forNamespace: target.namespace)
        self.target = target
        plan.lastResort = LastResort(policy: index.mesh.policy)
        planClusters()
        // A gateway's listeners and routes come from Gateway objects alone.
        if target.kind == .sidecar {
            planListeners()
            planRoutes()
        }
    }
}
