import Foundation
import MeshState

/// What the documents mount into a pod or its proxy, and where the lab has it.
struct PodMounts: Sendable, Hashable {
    /// Beginnings of paths in the pod, and what stands in their place; the first that fits counts.
    private let mounts: [Mount]

    private struct Mount: Sendable, Hashable {
        let prefix: String
        let replacement: String
    }

    /// - Parameter node: the pod's proxy, which has certificates of its own.
    init(of node: ProxyNode?, layout: LabLayout) {
        var mounts: [Mount] = []
        if let node {
            // The names that the reference's example has for them.
            let own = [
                "myclientcert.pem": node.certificateChainFile, "client_private_key.pem": node.privateKeyFile,
                "rootcacerts.pem": node.rootCertificateFile,
            ]
            mounts = own.map { Mount(prefix: "/etc/certs/\($0)", replacement: $1.path) }
            mounts.append(Mount(prefix: "/etc/certs/", replacement: "\(node.directory.path)/"))
        }
        let certificates = LabCA(directory: layout.certificateDirectory).mountedDirectory
        mounts.append(Mount(prefix: "/etc/istio/", replacement: "\(certificates.path)/"))
        let sockets = layout.socketDirectory.appending(path: "example")
        mounts.append(Mount(prefix: "/var/run/example/", replacement: "\(sockets.path)/"))
        self.mounts = mounts
    }

    /// The lab's file for a path in the pod: the path itself where nothing is mounted.
    func file(at path: String) -> String {
        guard let mount = mounts.first(where: { path.hasPrefix($0.prefix) }) else { return path }
        return mount.replacement + path.dropFirst(mount.prefix.count)
    }

    /// The same for the capture library: `MESHTOP_PATHS`.
    var environmentValue: String { mounts.map { "\($0.prefix)=\($0.replacement)" }.joined(separator: "\n") }
}
