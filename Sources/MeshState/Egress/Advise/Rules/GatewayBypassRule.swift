/// A host has a way through an egress gateway, and sidecars reach it without.
struct GatewayBypassRule: AdviceRule {
    let name = "gateway-bypass"

    func findings(in context: AdviceContext) -> [Advice] {
        let halves = context.gatewayRoutes.meshHalves
        guard !halves.isEmpty else { return [] }
        var open: [Way: Set<String>] = [:]
        for target in Self.targets(context) {
            let plan = OutboundPlanner(index: context.index, target: target).plan
            for way in Self.directWays(plan) where halves.contains(where: { HostName.covers($0.host, way.host) }) {
                open[way, default: []].insert(target.namespace)
            }
        }
        return open.sorted { ($0.key.host, $0.key.port) < ($1.key.host, $1.key.port) }.compactMap { way, namespaces in
            let half = halves.first { HostName.covers($0.host, way.host) }
            return half.map { advice(way, namespaces.sorted(), $0, context) }
        }
    }

    private struct Way: Hashable {
        var host: String
        var port: Int
        var object: ObjectKey
    }

    /// One of each kind of sidecar: rules may choose by namespace and label.
    private static func targets(_ context: AdviceContext) -> Set<PlanTarget> {
        let pods = context.mesh.pods.filter { $0.proxyKind == .sidecar }
        if pods.isEmpty {
            return Set(context.viewers.map { PlanTarget(namespace: $0, kind: .sidecar) })
        }
        return Set(pods.map(PlanTarget.init))
    }

    /// The clusters outside the mesh that some chain or route leads to.
    private static func directWays(_ plan: ProxyPlan) -> Set<Way> {
        var used: Set<String> = []
        for chain in plan.listeners.flatMap(\.chains) {
            if case .tcp(let clusters) = chain.action { used.formUnion(clusters.map(\.cluster)) }
        }
        for route in plan.routes.flatMap(\.virtualHosts).flatMap(\.routes) {
            if case .forward(let clusters) = route.action { used.formUnion(clusters.map(\.cluster)) }
        }
        return Set(
            plan.clusters.filter { $0.isExternal && used.contains($0.name) }.compactMap { cluster in
                cluster.because.first.map {
                    Way(host: cluster.host.lowercased(), port: cluster.port, object: $0.object)
                }
            })
    }

    private func advice(
        _ way: Way, _ namespaces: [String], _ half: GatewayRoutes.MeshHalf, _ context: AdviceContext
    ) -> Advice {
        let used =
            context.snapshot?.connections.filter { connection in
                connection.id.cluster.host.lowercased() == way.host && connection.id.cluster.port == way.port
                    && connection.total.connections > 0
                    && context.snapshot?.proxies.contains { $0.id == connection.id.proxy && $0.kind == .gateway }
                        == false
            } ?? []
        let workloads = Set(used.map(\.workload)).sorted()
        let seen = workloads.isEmpty ? "" : "; \(AdviceContext.words(workloads)) did"
        return Advice(
            rule: name, object: half.source, field: half.field, others: [way.object],
            message: "\(way.host):\(way.port) is reached past \(half.gatewayService) from namespace"
                + "\(namespaces.count == 1 ? "" : "s") \(AdviceContext.words(namespaces))\(seen)",
            why: "the VirtualService sends other ports or callers of this host to the gateway; for this port the entry "
                + "opens a direct way",
            remedy: "route port \(way.port) by the gateway too, or remove it from \(way.object)")
    }
}
