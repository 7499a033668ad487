import Foundation
import MeshState

/// What the lab's mesh consists of before anyone changes it: a table, and the forms of it that others work with.
public enum LabWorld {
    /// The release of Istio whose names and behaviour the lab follows.
    public static let istioVersion = "1.28.0"
    static let proxyImage = "docker.io/istio/proxyv2:\(istioVersion)"
    static let namespaces = ["default", "istio-system", "kube-system", "mesh-external", "test-egress", "vm"]
    static let nodeName = "lab"
    /// The label by which a namespace asks for sidecars: `enabled`.
    static let injectionLabel = "istio-injection"

    /// The proxies: a sidecar a workload, the egress gateway's own, and the virtual machine's.
    ///
    /// - Parameter capturesNames: whether sidecars answer for names (`ISTIO_META_DNS_CAPTURE`).
    public static func nodes(layout: LabLayout, capturesNames: Bool = false) -> [ProxyNode] {
        LabWorkload.all.compactMap { node(for: $0, layout: layout, capturesNames: capturesNames) }
    }

    /// The proxies that come and go with the injection of sidecars.
    static func injectedNodes(layout: LabLayout, capturesNames: Bool) -> [ProxyNode] {
        [node(for: .injectedSleep, layout: layout, capturesNames: capturesNames)].compactMap(\.self)
    }

    static func node(for workload: LabWorkload, layout: LabLayout, capturesNames: Bool = false) -> ProxyNode? {
        guard workload.kind != .none, let loopback = layout.loopback(for: workload.ip) else { return nil }
        let id = ProxyID(pod: workload.pod, namespace: workload.namespace)
        var node = ProxyNode(
            id: id, workload: workload.name, kind: workload.kind, labels: podLabels(of: workload), ip: workload.ip,
            loopback: loopback, applicationPorts: workload.ports,
            directory: layout.proxyDirectory.appending(path: id.description), serviceAccount: workload.serviceAccount)
        node.usesAllocatedAddresses = capturesNames && workload.kind == .sidecar
        return node
    }

    /// The addresses of the hosts outside, by lower-case name; those of services come from the API's objects.
    public static func addresses() -> [String: String] {
        Dictionary(
            OutsideHost.all.flatMap { host in host.names.map { ($0, host.address) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// Where the product page is served, for a person's browser.
    public static func productPageURL(layout: LabLayout) -> String {
        let address = LabWorkload.all.first { $0.name == "productpage-v1" }.flatMap { layout.loopback(for: $0.ip) }
        return "http://\(address ?? "127.0.0.1"):9080/productpage"
    }

    static func podLabels(of workload: LabWorkload) -> [String: String] {
        var labels = workload.labels
        if let template = workload.template { labels["pod-template-hash"] = template.hash }
        if workload.kind != .none {
            // What the injection of a proxy adds; a gateway takes mutual TLS only where a Gateway says so.
            if workload.kind == .sidecar { labels["security.istio.io/tlsMode"] = "istio" }
            labels["service.istio.io/canonical-name"] = workload.labels["app"] ?? workload.name
            labels["service.istio.io/canonical-revision"] = workload.labels["version"] ?? "latest"
        }
        return labels
    }
}
