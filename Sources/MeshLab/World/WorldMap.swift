import Foundation
import MeshState

/// The map by which the capture library leads a proxy's connections to the loopback (see CCapture's `capture.h`).
public enum WorldMap {
    /// The file's text: hosts outside, pods behind their inbound capture, and services.
    public static func text(layout: LabLayout) -> String {
        var lines: [String] = []
        for host in OutsideHost.all {
            guard let loopback = layout.loopback(for: host.address) else { continue }
            lines += host.ports.map { port in
                "\(host.address):\(port.number) \(loopback):\(layout.loopbackPort(for: port.number))"
            }
        }
        for workload in LabWorkload.all where workload.served.isEmpty {
            guard let loopback = layout.loopback(for: workload.ip) else { continue }
            lines.append("\(workload.ip) " + hop(to: workload, loopback))
        }
        for service in LabService.all { lines += self.lines(for: service, layout: layout) }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func hop(to workload: LabWorkload, _ loopback: String, port: Int? = nil) -> String {
        switch workload.kind {
        // What comes in is captured, as it would be in the pod.
        case .sidecar: "\(loopback):\(ProxyNode.inboundPort) proxy"
        // A gateway listens itself, on ports of its own choice, and is told who calls, as it would see in the cluster.
        case .gateway: (port.map { "\(loopback):\($0)" } ?? loopback) + " proxy"
        case .none: port.map { "\(loopback):\($0)" } ?? loopback
        }
    }

    /// What the cluster's network does with a service's address for those who have no proxy to choose an endpoint, or
    /// one that hands the connection on as it is.
    private static func lines(for service: LabService, layout: LabLayout) -> [String] {
        guard let workload = service.workloads.first, let loopback = layout.loopback(for: workload.ip) else {
            return []
        }
        var targets = Dictionary(
            service.ports.filter { $0.transport == "TCP" }.map { ($0.number, $0.targetPort ?? $0.number) },
            uniquingKeysWith: { first, _ in first })
        for port in workload.served { targets[port.number] = port.number }
        return targets.sorted { $0.key < $1.key }.map { port, target in
            "\(service.clusterIP):\(port) " + hop(to: workload, loopback, port: layout.loopbackPort(for: target))
        }
    }

    /// Writes the map, or replaces it in one step.
    public static func write(layout: LabLayout) throws {
        try Data(text(layout: layout).utf8).writePrivately(to: layout.worldMapFile)
    }
}
