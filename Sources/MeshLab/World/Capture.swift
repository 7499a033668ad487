public import Foundation
import MeshState

/// The environment in which a program is captured (see CCapture's `capture.h`).
public enum Capture {
    /// What a program needs to run as if inside a node's pod: its connections go through the sidecar, names come from
    /// the lab, and TLS clients trust the lab's certificate authority.
    public static func environment(for node: ProxyNode, layout: LabLayout, library: URL) -> [String: String] {
        var result = common(ip: node.ip, layout: layout, library: library)
        result.merge(client(layout, namespace: node.id.namespace, loopback: node.loopback)) { $1 }
        result["MESHTOP_PATHS"] = PodMounts(of: node, layout: layout).environmentValue
        // A gateway's pod has no capture: what is called from there goes out as it is.
        if node.kind == .sidecar {
            result["MESHTOP_CAPTURE_MODE"] = "workload"
            result["MESHTOP_SIDECAR"] = "\(node.loopback):\(ProxyNode.outboundPort)"
            result["MESHTOP_NAME_SERVER"] = "\(layout.nameServerAddress):\(layout.workloadNameServerPort)"
        }
        return result
    }

    /// What a program needs to run as if where there is no proxy: in a pod without one, or on a host outside the mesh.
    static func environment(
        outsideAt ip: String, namespace: String?, layout: LabLayout, library: URL
    ) -> [String: String] {
        var result = common(ip: ip, layout: layout, library: library)
        result.merge(client(layout, namespace: namespace, loopback: layout.loopback(for: ip))) { $1 }
        result["MESHTOP_PATHS"] = PodMounts(of: nil, layout: layout).environmentValue
        return result
    }

    /// What a proxy needs so that its connections stay on the loopback, by the world map.
    public static func environment(forProxyOf node: ProxyNode, layout: LabLayout, library: URL) -> [String: String] {
        var result = common(ip: node.ip, layout: layout, library: library)
        result["MESHTOP_PATHS"] = PodMounts(of: node, layout: layout).environmentValue
        return result
    }

    private static func common(ip: String, layout: LabLayout, library: URL) -> [String: String] {
        [
            "LD_PRELOAD": library.path,
            "MESHTOP_CAPTURE_MODE": "world",
            "MESHTOP_WORLD_MAP": layout.worldMapFile.path,
            "MESHTOP_POD_IP": ip,
            "MESHTOP_NAME_SERVER": "\(layout.nameServerAddress):\(layout.nameServerPort)",
            "MESHTOP_EGRESS_RULES": layout.egressRulesFile(for: ip).path,
            "MESHTOP_BLACK_HOLE": "\(layout.blackHoleAddress):\(LabLayout.blackHolePort)",
        ]
    }

    /// What programs have that a proxy does without.
    private static func client(_ layout: LabLayout, namespace: String?, loopback: String?) -> [String: String] {
        let bundle = LabCA(directory: layout.certificateDirectory).bundleFile.path
        var result = [
            "CURL_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle, "REQUESTS_CA_BUNDLE": bundle,
            "NODE_EXTRA_CA_CERTS": bundle,
        ]
        if let loopback { result["MESHTOP_LOCALHOST"] = loopback }
        if let namespace {
            result["MESHTOP_SEARCH"] = "\(namespace).svc.cluster.local,svc.cluster.local,cluster.local"
        }
        return result
    }
}
