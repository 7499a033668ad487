public import MeshState

extension KubernetesClient {
    /// The mesh's outbound policy, as istiod tells it, else as the ConfigMap `istio` sets it.
    ///
    /// - Throws: what keeps both from being read.
    public func outboundPolicy(istioNamespace: String = "istio-system") async throws -> OutboundPolicy {
        do {
            let answer = try await getThroughService(
                "istiod", namespace: istioNamespace, port: 15_014, path: "debug/mesh", what: "istiod's debug/mesh")
            return try OutboundPolicy(mesh: document(answer))
        } catch let failure as RequestFailure where [.denied, .notFound].contains(failure.kind) {
            let map = try await get(.configMaps, namespace: istioNamespace, name: "istio")
            guard let policy = try OutboundPolicy(configMap: map) else { throw failure }
            return policy
        }
    }
}
