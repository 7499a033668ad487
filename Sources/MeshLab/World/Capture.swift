public import Foundation
import MeshState

/// The environment in which a program is captured (see CCapture's `capture.h`).
public enum Capture {
    /// What a program needs to run as if inside a node's pod: its connections go through the sidecar, names come from
    /// the lab, and TLS clients trust the lab's certificate authority.
    public static func environment(for node: ProxyNode, layout: LabLayout, library: URL) -> [String: String] {
        let bundle = LabCA(directory: layout.certificateDirectory).bundleFile.path
        return [
            "LD_PRELOAD": library.path,
            "MESHTOP_CAPTURE_MODE": "workload",
            "MESHTOP_SIDECAR": "\(node.loopback):\(ProxyNode.outboundPort)",
            "MESHTOP_POD_IP": node.ip,
            "MESHTOP_NAME_SERVER": "\(layout.nameServerAddress):\(layout.nameServerPort)",
            "MESHTOP_SEARCH": "\(node.id.namespace).svc.cluster.local,svc.cluster.local,cluster.local",
            "CURL_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle, "REQUESTS_CA_BUNDLE": bundle,
            "NODE_EXTRA_CA_CERTS": bundle,
        ]
    }

    /// What a proxy needs so that its connections stay on the loopback, by the world map.
    public static func environment(forProxyOf node: ProxyNode, layout: LabLayout, library: URL) -> [String: String] {
        [
            "LD_PRELOAD": library.path,
            "MESHTOP_CAPTURE_MODE": "world",
            "MESHTOP_WORLD_MAP": layout.worldMapFile.path,
            "MESHTOP_POD_IP": node.ip,
            "MESHTOP_NAME_SERVER": "\(layout.nameServerAddress):\(layout.nameServerPort)",
        ]
    }
}
