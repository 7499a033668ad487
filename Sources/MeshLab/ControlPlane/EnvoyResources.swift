import MeshState

/// One Envoy resource with its text as it is written to a file.
struct EnvoyResource: Sendable, Hashable {
    let name: String
    let value: JSONValue
    let text: String
    let references: ResourceReferences

    init(name: String, value: JSONValue) {
        self.name = name
        self.value = value
        text = value.jsonText()
        references = ResourceReferences(of: value)
    }

    static func == (left: Self, right: Self) -> Bool { left.name == right.name && left.text == right.text }

    func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(text)
    }
}

/// The whole configuration of one proxy, each type by the names of its resources.
struct EnvoyResources: Sendable, Hashable {
    var clusters: [String: EnvoyResource] = [:]
    var listeners: [String: EnvoyResource] = [:]
    var routes: [String: EnvoyResource] = [:]
}

extension EnvoyResources {
    /// Makes the configuration of one proxy from the mesh: the same mesh gives the same resources to the byte.
    init(mesh: MeshConfiguration, node: ProxyNode, layout: LabLayout) {
        let planner = OutboundPlanner(index: ServiceIndex(mesh), target: node.target)
        var cache = ResourceCache()
        self = cache.resources(plan: planner.plan, node: node, layout: layout)
    }
}

/// Resources as they were last made from their plans, so that only what changed is made again.
struct ResourceCache {
    private var clusters: [String: (ClusterPlan, EnvoyResource)] = [:]
    private var listeners: [String: (ListenerPlan, EnvoyResource)] = [:]
    private var routes: [String: (RoutePlan, EnvoyResource)] = [:]
    private var lastResort: LastResort?

    /// The resources of a plan; one cache belongs to one proxy.
    mutating func resources(plan: ProxyPlan, node: ProxyNode, layout: LabLayout) -> EnvoyResources {
        // It is in every listener's and route's last resort.
        if lastResort != plan.lastResort {
            lastResort = plan.lastResort
            listeners = [:]
            routes = [:]
        }
        let writer = ResourceWriter(node: node, layout: layout, lastResort: plan.lastResort)
        var result = writer.standing
        func fill<Plan: Hashable>(
            _ plans: [Plan], _ cache: inout [String: (Plan, EnvoyResource)],
            _ target: WritableKeyPath<EnvoyResources, [String: EnvoyResource]>,
            name: (Plan) -> String, make: (Plan) -> JSONValue
        ) {
            var next: [String: (Plan, EnvoyResource)] = [:]
            for plan in plans {
                let name = name(plan)
                let made: EnvoyResource
                if let known = cache[name], known.0 == plan {
                    made = known.1
                } else {
                    made = EnvoyResource(name: name, value: make(plan))
                }
                next[name] = (plan, made)
                result[keyPath: target][name] = made
            }
            cache = next
        }
        fill(plan.clusters, &clusters, \.clusters, name: \.name, make: writer.cluster)
        fill(plan.listeners, &listeners, \.listeners, name: \.name, make: writer.listener)
        fill(plan.routes, &routes, \.routes, name: \.name, make: writer.route)
        return result
    }
}
