public import MeshState

/// A workload of the lab: one pod, as a Deployment of one replica would make it.
public struct LabWorkload: Sendable, Hashable {
    public let name: String
    public let namespace: String
    public let kind: Pod.ProxyKind
    /// The pod's labels, those that its controller adds left out.
    public let labels: [String: String]
    /// The pod is `10.244.0.NUMBER`.
    public let number: Int
    /// The ports that the workload itself listens on.
    public let ports: [ServicePort]
    public let image: String
    /// The Kubernetes service account that it runs as.
    public let serviceAccount: String
    /// What a ReplicaSet and a pod of it append to their names.
    let templateHash: String
    let podSuffix: String

    public var pod: String { "\(name)-\(templateHash)-\(podSuffix)" }
    public var ip: String { "10.244.0.\(number)" }
    /// The container with the workload itself; its name is the log's too.
    public var container: String { labels["app"] ?? name }
}

extension LabWorkload {
    private static let http = ServicePort(number: 9080, name: "http", protocolText: "HTTP")

    private static func bookinfo(
        _ app: String, _ version: String, as name: String? = nil, number: Int, hash: String, suffix: String
    ) -> LabWorkload {
        LabWorkload(
            name: name ?? "\(app)-\(version)", namespace: "default", kind: .sidecar,
            labels: ["app": app, "version": version], number: number, ports: [http],
            image: "docker.io/istio/examples-bookinfo-\(app)-\(version):1.20.3",
            serviceAccount: "bookinfo-\(app)", templateHash: hash, podSuffix: suffix)
    }

    /// Bookinfo, the client of the documents' tasks, and the egress gateway.
    public static let all: [LabWorkload] = [
        bookinfo("productpage", "v1", number: 10, hash: "54bb874995", suffix: "x2x9k"),
        bookinfo("details", "v1", number: 11, hash: "67894999b5", suffix: "hd6tq"),
        bookinfo("reviews", "v3", number: 12, hash: "79b9d4c4c6", suffix: "5m7vw"),
        bookinfo("ratings", "v1", number: 13, hash: "7bdfd65ccc", suffix: "lz8cf"),
        bookinfo("ratings", "v2-mysql", number: 14, hash: "6c68c6c967", suffix: "q4b2n"),
        LabWorkload(
            name: "sleep", namespace: "default", kind: .sidecar, labels: ["app": "sleep"], number: 15, ports: [],
            image: "docker.io/curlimages/curl:8.16.0", serviceAccount: "sleep", templateHash: "7656cf8794", podSuffix: "t9gxd"),
        LabWorkload(
            name: "istio-egressgateway", namespace: "istio-system", kind: .gateway,
            labels: ["app": "istio-egressgateway", "istio": "egressgateway"], number: 16, ports: [],
            image: LabWorld.proxyImage, serviceAccount: "istio-egressgateway-service-account",
            templateHash: "65bdddf685", podSuffix: "kv4rp"),
    ]

    /// The control plane, which has no proxy. The lab process itself is behind its address.
    static let istiod = LabWorkload(
        name: "istiod", namespace: "istio-system", kind: .none, labels: ["app": "istiod", "istio": "pilot"], number: 3,
        ports: [ServicePort(number: 15_014, name: "http-monitoring", protocolText: "HTTP")],
        image: "docker.io/istio/pilot:\(LabWorld.istioVersion)", serviceAccount: "istiod",
        templateHash: "5c4b6d8f7b", podSuffix: "r8w6z")
}
