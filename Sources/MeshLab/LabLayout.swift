public import Foundation

/// Where one lab keeps its files and which addresses it uses.
///
/// Each lab owns one block `127.B.0.0/16` of the loopback, so that labs run side by side and no port has to be searched.
/// The mesh speaks in addresses that look real; each stands for one on the loopback:
///
/// | in the mesh       | what                                  | on the loopback   |
/// |-------------------|---------------------------------------|-------------------|
/// | `10.244.0.N`      | pods                                  | `127.B.0.N`       |
/// | `10.96.0.N`       | services (a listener, never dialled)  | none              |
/// | `192.0.2.N`       | outside world (TEST-NET-1, RFC 5737)  | `127.B.2.N`       |
/// | `198.51.100.N`    | outside world (TEST-NET-2)            | `127.B.100.N`     |
/// | `203.0.113.N`     | outside world (TEST-NET-3)            | `127.B.113.N`     |
///
/// A port below 1024 needs a privilege to bind; on the loopback such a port is 10000 higher (443 is 10443).
public struct LabLayout: Sendable, Hashable {
    /// `$XDG_STATE_HOME/meshtop/lab`.
    public let stateDirectory: URL
    /// The `B` of `127.B.0.0/16`, 2 to 254.
    public let block: Int

    public init(stateDirectory: URL, block: Int) {
        self.stateDirectory = stateDirectory
        self.block = block
    }

    /// The lab's loopback address for an address of the mesh; nil for one that leads nowhere.
    public func loopback(for address: String) -> String? {
        let parts = address.split(separator: ".").compactMap { Int($0) }
        guard parts.count == 4, (0...255).contains(parts[3]) else { return nil }
        return switch (parts[0], parts[1], parts[2]) {
        case (10, 244, 0): "127.\(block).0.\(parts[3])"
        case (192, 0, 2): "127.\(block).2.\(parts[3])"
        case (198, 51, 100): "127.\(block).100.\(parts[3])"
        case (203, 0, 113): "127.\(block).113.\(parts[3])"
        default: nil
        }
    }

    /// The port that is bound on the loopback for a port of the mesh.
    public func loopbackPort(for port: Int) -> Int { port < 1024 ? port + 10_000 : port }

    public var nameServerAddress: String { "127.\(block).0.2" }
    public var nameServerPort: Int { 15_353 }
    /// Where the control plane serves istiod's debug endpoints: `istiodAddress:15014`.
    public var istiodAddress: String { "127.\(block).0.3" }

    public var databaseFile: URL { stateDirectory.appending(path: "objects.sqlite") }
    public var kubeconfigFile: URL { stateDirectory.appending(path: "kubeconfig") }
    /// Holds `ca.pem`, `ca.key`, and the certificates that it signed.
    public var certificateDirectory: URL { stateDirectory.appending(path: "certs") }
    /// Holds one log a container: `NAMESPACE_POD_CONTAINER.log`.
    public var logDirectory: URL { stateDirectory.appending(path: "logs") }
    /// Holds one directory a proxy, named `POD.NAMESPACE`: bootstrap and xDS files.
    public var proxyDirectory: URL { stateDirectory.appending(path: "proxies") }
    /// The map from addresses of the mesh to the loopback that the capture library reads.
    public var worldMapFile: URL { stateDirectory.appending(path: "world.map") }

    public func logFile(namespace: String, pod: String, container: String) -> URL {
        logDirectory.appending(path: "\(namespace)_\(pod)_\(container).log")
    }
}
