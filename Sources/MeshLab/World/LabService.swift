public import MeshState

/// A Service of the lab and the workloads behind it.
public struct LabService: Sendable, Hashable {
    public let name: String
    public let namespace: String
    /// The service is `10.96.0.NUMBER`.
    public let number: Int
    public let labels: [String: String]
    public let selector: [String: String]
    public let ports: [ServicePort]

    public var clusterIP: String { "10.96.0.\(number)" }
    public var host: String { "\(name).\(namespace).svc.cluster.local" }

    /// The workloads that the selector chooses.
    public var workloads: [LabWorkload] {
        LabWorkload.all.filter { workload in
            workload.namespace == namespace && selector.allSatisfy { workload.labels[$0.key] == $0.value }
        }
    }
}

extension LabService {
    private static func port(_ number: Int, _ name: String, _ text: String, target: Int? = nil) -> ServicePort {
        ServicePort(number: number, name: name, protocolText: text, targetPort: target)
    }

    private static func bookinfo(_ name: String, number: Int) -> LabService {
        LabService(
            name: name, namespace: "default", number: number, labels: ["app": name, "service": name],
            selector: ["app": name], ports: [port(9080, "http", "HTTP")])
    }

    /// Bookinfo, the client of the documents' tasks, the mesh's own services, and the nginx outside the mesh.
    public static let all: [LabService] = [
        bookinfo("productpage", number: 20), bookinfo("details", number: 21), bookinfo("reviews", number: 22),
        bookinfo("ratings", number: 23),
        LabService(
            name: "sleep", namespace: "default", number: 25, labels: ["app": "sleep", "service": "sleep"],
            selector: ["app": "sleep"], ports: [port(80, "http", "HTTP")]),
        LabService(
            name: "kube-dns", namespace: "kube-system", number: 10, labels: ["k8s-app": "kube-dns"],
            selector: ["k8s-app": "kube-dns"], ports: [port(53, "dns", "UDP")]),
        LabService(
            name: "istiod", namespace: "istio-system", number: 30, labels: ["app": "istiod", "istio": "pilot"],
            selector: ["app": "istiod"],
            // TCP, whatever they carry: each HTTP port of the mesh costs every Envoy a watched file.
            ports: [
                port(15_010, "grpc-xds", "TCP"), port(15_012, "https-dns", "TCP"),
                port(443, "https-webhook", "TCP", target: 15_017), port(15_014, "http-monitoring", "TCP"),
            ]),
        LabService(
            name: "istio-egressgateway", namespace: "istio-system", number: 31,
            labels: ["app": "istio-egressgateway", "istio": "egressgateway"],
            selector: ["app": "istio-egressgateway", "istio": "egressgateway"],
            ports: [
                port(80, "http2", "HTTP2", target: 8080), port(443, "https", "HTTPS", target: 8443),
                port(15_443, "tls", "TLS"),
            ]),
        LabService(
            name: "my-nginx", namespace: "mesh-external", number: 40, labels: ["run": "my-nginx"],
            selector: ["run": "my-nginx"], ports: [port(443, "https", "HTTPS")]),
    ]
}
