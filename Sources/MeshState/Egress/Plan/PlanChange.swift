/// What of a plan is another than before, by name; nil for what is gone.
package struct PlanChange: Sendable, Hashable {
    package var clusters: [String: ClusterPlan?] = [:]
    package var listeners: [String: ListenerPlan?] = [:]
    package var routes: [String: RoutePlan?] = [:]

    package init() {}

    /// All that there is.
    package init(_ plan: ProxyPlan) {
        note([], plan.clusters, \.clusters, name: \.name)
        note([], plan.listeners, \.listeners, name: \.name)
        note([], plan.routes, \.routes, name: \.name)
    }

    mutating func note(_ before: PortPlan?, _ after: PortPlan?) {
        note(before?.listeners ?? [], after?.listeners ?? [])
        note(before?.routes ?? [], after?.routes ?? [])
    }

    mutating func note(_ before: [ListenerPlan], _ after: [ListenerPlan]) {
        note(before, after, \.listeners, name: \.name)
    }

    mutating func note(_ before: [RoutePlan], _ after: [RoutePlan]) { note(before, after, \.routes, name: \.name) }

    mutating func note(_ before: [ClusterPlan], _ after: [ClusterPlan]) {
        note(before, after, \.clusters, name: \.name)
    }

    /// What leaves one place may come back at another, so that a name that is there stays.
    private mutating func note<Plan: Hashable>(
        _ before: [Plan], _ after: [Plan], _ kind: WritableKeyPath<PlanChange, [String: Plan?]>, name: (Plan) -> String
    ) {
        var left: [String: Plan] = [:]
        for plan in before { left[name(plan)] = plan }
        for plan in after where left.removeValue(forKey: name(plan)) != plan {
            self[keyPath: kind][name(plan)] = plan
        }
        for gone in left.keys where self[keyPath: kind][gone] == nil { self[keyPath: kind][gone] = .some(nil) }
    }
}
