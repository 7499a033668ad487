import Foundation
import MeshState

/// The map by which the capture library leads a proxy's connections to the loopback (see CCapture's `capture.h`).
public enum WorldMap {
    /// The file's text: hosts outside, the control plane, gateways, and the pods behind their inbound capture.
    public static func text(layout: LabLayout, nodes: [ProxyNode]) -> String {
        var lines: [String] = []
        for host in OutsideHost.all {
            guard let loopback = layout.loopback(for: host.address) else { continue }
            lines += host.ports.map { "\(host.address):\($0) \(loopback):\(layout.loopbackPort(for: $0))" }
        }
        lines.append("\(LabWorkload.istiod.ip) \(layout.istiodAddress)")
        lines += nodes.map { node in
            switch node.kind {
            // What comes in is captured, as it would be in the pod.
            case .sidecar: "\(node.ip) \(node.loopback):\(ProxyNode.inboundPort) proxy"
            // A gateway listens itself, on ports of its own choice.
            case .gateway, .none: "\(node.ip) \(node.loopback)"
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Writes the map, or replaces it in one step.
    public static func write(layout: LabLayout, nodes: [ProxyNode]) throws {
        try Data(text(layout: layout, nodes: nodes).utf8).writePrivately(to: layout.worldMapFile)
    }
}
