import MeshState

/// A way to the admin interface of the mesh's Envoys.
protocol ProxyAdmin: Sendable {
    /// GET of a path of the admin interface.
    ///
    /// - Throws: `RequestFailure` or `CancellationError`.
    func get(_ path: String, query: [(String, String)], of proxy: ProxyID, deadline: Duration) async throws -> [UInt8]
}

/// The way through the API's pod proxy.
///
/// It needs an admin interface that listens on the pod's address. Istio's listens on the pod's loopback alone, where
/// the API cannot reach it.
struct APIProxyAdmin: ProxyAdmin {
    static let port = 15_000

    let client: KubernetesClient

    func get(_ path: String, query: [(String, String)], of proxy: ProxyID, deadline: Duration) async throws -> [UInt8] {
        do {
            return try await client.getThroughPod(
                proxy.pod, namespace: proxy.namespace, port: Self.port, path: path, query: query,
                what: "Envoy admin of \(proxy)", deadline: deadline)
        } catch var failure as RequestFailure {
            switch failure.kind {
            case .refused(500), .refused(502), .refused(503), .refused(504):
                failure.message =
                    "the API cannot reach Envoy's admin port \(Self.port) of \(proxy) (\(failure.message)); where it"
                    + " listens on the pod's loopback alone, a port-forward is needed"
            case .denied:
                failure.message += "; reading counters needs the right to get pods/proxy"
            default: break
            }
            throw failure
        }
    }
}
