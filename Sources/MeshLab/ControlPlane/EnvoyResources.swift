import MeshState

/// One Envoy resource with its text as it is written to a file.
struct EnvoyResource: Sendable, Hashable {
    let name: String
    let value: JSONValue
    let text: String
    let references: ResourceReferences

    /// `mayLack`: clusters that it may name although they do not exist.
    init(name: String, value: JSONValue, mayLack: Set<String> = []) {
        self.name = name
        self.value = value
        text = value.jsonText()
        references = ResourceReferences(of: value, mayLack: mayLack)
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
    private var context: WriterContext?

    /// The resources of a plan; one cache belongs to one proxy.
    mutating func resources(
        plan: ProxyPlan, credentials: [String: TLSSecret] = [:], node: ProxyNode, layout: LabLayout
    ) -> EnvoyResources {
        let context = WriterContext(plan: plan, credentials: credentials)
        if self.context != context {
            listeners = [:]
            routes = [:]
            if self.context?.credentials != credentials { clusters = [:] }
            self.context = context
        }
        let writer = ResourceWriter(node: node, layout: layout, context: context)
        var result = writer.standing
        // A Sidecar names this one.
        let proxy: Set = plan.lastResort.egressProxy.map { [$0] } ?? []
        func fill<Plan: Hashable>(
            _ plans: [Plan], _ cache: inout [String: (Plan, EnvoyResource)],
            _ target: WritableKeyPath<EnvoyResources, [String: EnvoyResource]>,
            name: (Plan) -> String, make: (Plan) -> JSONValue, mayLack: (Plan) -> Set<String>
        ) {
            var next: [String: (Plan, EnvoyResource)] = [:]
            for plan in plans {
                let name = name(plan)
                let made: EnvoyResource
                if let known = cache[name], known.0 == plan {
                    made = known.1
                } else {
                    made = EnvoyResource(name: name, value: make(plan), mayLack: mayLack(plan).union(proxy))
                }
                next[name] = (plan, made)
                result[keyPath: target][name] = made
            }
            cache = next
        }
        fill(plan.clusters, &clusters, \.clusters, name: \.name, make: writer.cluster, mayLack: { _ in [] })
        fill(plan.listeners, &listeners, \.listeners, name: \.name, make: writer.listener, mayLack: \.chosenClusters)
        fill(plan.routes, &routes, \.routes, name: \.name, make: writer.route, mayLack: \.chosenClusters)
        return result
    }
}

/// The clusters that VirtualServices name: calls to one that does not exist fail, and everything else goes on.
extension ListenerPlan {
    fileprivate var chosenClusters: Set<String> {
        var result: Set<String> = []
        for chain in chains where chain.because.nameVirtualService {
            if case .tcp(let clusters) = chain.action { result.formUnion(clusters.map(\.cluster)) }
        }
        return result
    }
}

extension RoutePlan {
    fileprivate var chosenClusters: Set<String> {
        var result: Set<String> = []
        for route in virtualHosts.flatMap(\.routes) where route.because.nameVirtualService {
            if case .forward(let clusters) = route.action { result.formUnion(clusters.map(\.cluster)) }
            result.formUnion(route.mirrors.map(\.cluster))
        }
        return result
    }
}

extension [Because] {
    fileprivate var nameVirtualService: Bool { contains { $0.object.kind == VirtualService.kind } }
}
