import MeshState

/// One Envoy resource as JSON.
struct EnvoyResource: Sendable, Hashable {
    let name: String
    let value: JSONValue
    /// Clusters that it may name although they do not exist.
    var mayLack: Set<String> = []
    /// Clusters that it leads to without naming them.
    var clusters: Set<String> = []

    var text: String { value.jsonText() }
    var references: ResourceReferences { ResourceReferences(of: value, mayLack: mayLack, clusters: clusters) }
}

/// The whole configuration of one proxy, each type by the names of its resources.
struct EnvoyResources: Sendable, Hashable {
    var clusters: [String: EnvoyResource] = [:]
    var listeners: [String: EnvoyResource] = [:]
    var routes: [String: EnvoyResource] = [:]

    subscript(type: DiscoveryType) -> [String: EnvoyResource] {
        switch type {
        case .cds: clusters
        case .lds: listeners
        case .rds: routes
        }
    }
}

extension EnvoyResources {
    /// Writes the configuration of one proxy from its plan: the same plan gives the same resources.
    init(plan: ProxyPlan, credentials: [String: TLSSecret] = [:], node: ProxyNode, layout: LabLayout) {
        let writer = ResourceWriter(
            node: node, layout: layout, context: WriterContext(plan: plan, credentials: credentials))
        self = writer.standing
        for plan in plan.clusters { clusters[plan.name] = writer.resource(plan) }
        for plan in plan.listeners { listeners[plan.name] = writer.resource(plan) }
        for plan in plan.routes { routes[plan.name] = writer.resource(plan) }
    }

    /// Writes the configuration of one proxy from the mesh.
    init(mesh: MeshConfiguration, node: ProxyNode, layout: LabLayout) {
        let planner = OutboundPlanner(index: ServiceIndex(mesh), target: node.target)
        self.init(
            plan: planner.plan,
            credentials: TLSSecret.credentials(in: node.id.namespace, of: mesh.secrets), node: node, layout: layout)
    }
}

extension ResourceWriter {
    func resource(_ plan: ClusterPlan) -> EnvoyResource { EnvoyResource(name: plan.name, value: cluster(plan)) }

    func resource(_ plan: ListenerPlan) -> EnvoyResource {
        let shared = SharedChain(plan, traits: context.traits)
        return EnvoyResource(
            name: plan.name, value: listener(plan, shared), mayLack: plan.chosenClusters.union(namedBySidecar),
            clusters: shared?.clusters ?? [])
    }

    func resource(_ plan: RoutePlan) -> EnvoyResource {
        EnvoyResource(name: plan.name, value: route(plan), mayLack: mayLack(plan))
    }

    /// Clusters that routes may lead to although they do not exist.
    func mayLack(_ plan: RoutePlan) -> Set<String> { plan.chosenClusters.union(namedBySidecar) }

    /// The cluster of a Sidecar's `egressProxy`.
    var namedBySidecar: Set<String> { lastResort.egressProxy.map { [$0] } ?? [] }
}

/// The clusters that VirtualServices name: calls to one that does not exist fail, and everything else goes on.
extension ListenerPlan {
    fileprivate var chosenClusters: Set<String> {
        var result: Set<String> = []
        for place in chains.indices where chains[place].because.nameVirtualService {
            let chain = chains[place]
            if case .tcp(let clusters) = chain.action { result.formUnion(clusters.map(\.cluster)) }
        }
        return result
    }
}

extension RoutePlan {
    fileprivate var chosenClusters: Set<String> {
        var result: Set<String> = []
        for host in virtualHosts {
            for route in host.routes where route.because.nameVirtualService {
                if case .forward(let clusters) = route.action { result.formUnion(clusters.map(\.cluster)) }
                result.formUnion(route.mirrors.map(\.cluster))
            }
        }
        return result
    }
}

extension [Because] {
    fileprivate var nameVirtualService: Bool { contains { $0.object.kind == VirtualService.kind } }
}
