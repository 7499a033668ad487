import Foundation
import MeshState

/// What the lab's mesh consists of before anyone changes it: a table, and the forms of it that others work with.
public enum LabWorld {
    /// The release of Istio whose names and behaviour the lab follows.
    public static let istioVersion = "1.28.0"
    static let proxyImage = "docker.io/istio/proxyv2:\(istioVersion)"
    static let namespaces = ["default", "istio-system"]
    static let nodeName = "lab"

    /// The proxies: a sidecar a workload, and the egress gateway.
    public static func nodes(layout: LabLayout) -> [ProxyNode] {
        LabWorkload.all.filter { $0.kind != .none }.compactMap { workload in
            guard let loopback = layout.loopback(for: workload.ip) else { return nil }
            let id = ProxyID(pod: workload.pod, namespace: workload.namespace)
            return ProxyNode(
                id: id, workload: workload.name, kind: workload.kind, labels: podLabels(of: workload), ip: workload.ip,
                loopback: loopback, applicationPorts: workload.ports,
                directory: layout.proxyDirectory.appending(path: id.description),
                serviceAccount: workload.serviceAccount)
        }
    }

    /// The addresses that the name server gives at the start, by lower-case name: hosts outside and services.
    public static func addresses() -> [String: String] {
        var result = Dictionary(uniqueKeysWithValues: OutsideHost.all.map { ($0.name, $0.address) })
        for service in LabService.all { result[service.host] = service.clusterIP }
        return result
    }

    /// Where the product page is served, for a person's browser.
    public static func productPageURL(layout: LabLayout) -> String {
        let address = LabWorkload.all.first { $0.name == "productpage-v1" }.flatMap { layout.loopback(for: $0.ip) }
        return "http://\(address ?? "127.0.0.1"):9080/productpage"
    }

    static func podLabels(of workload: LabWorkload) -> [String: String] {
        workload.labels.merging([
            "pod-template-hash": workload.templateHash,
            "service.istio.io/canonical-name": workload.labels["app"] ?? workload.name,
            "service.istio.io/canonical-revision": workload.labels["version"] ?? "latest",
        ]) { $1 }
    }
}
