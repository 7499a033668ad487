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
/// | `10.150.0.N`      | virtual machines                      | `127.B.150.N`     |
/// | `2.2.2.N`         | the reference's machines              | `127.B.22.N`      |
/// | `3.3.3.N`         | the reference's machines              | `127.B.33.N`      |
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
        case (10, 150, 0): "127.\(block).150.\(parts[3])"
        case (2, 2, 2): "127.\(block).22.\(parts[3])"
        case (3, 3, 3): "127.\(block).33.\(parts[3])"
        default: nil
        }
    }

    /// The port that is bound on the loopback for a port of the mesh.
    public func loopbackPort(for port: Int) -> Int { port < 1024 ? port + 10_000 : port }

    public var nameServerAddress: String { "127.\(block).0.2" }
    /// Where proxies and what is outside the mesh ask for names.
    public var nameServerPort: Int { 15_353 }
    /// Where workloads with a proxy ask, who may be told addresses that only their proxy knows.
    public var workloadNameServerPort: Int { 15_053 }
    /// Where the control plane serves proxies their configuration, `istiodAddress:15010`, and istiod's debug endpoints,
    /// `istiodAddress:15014`.
    public var istiodAddress: String { "127.\(block).0.3" }

    /// Where nothing is ever answered, at ``blackHolePort``.
    public var blackHoleAddress: String { "127.\(block).0.4" }
    public static let blackHolePort = 15_009

    public var databaseFile: URL { stateDirectory.appending(path: "objects.sqlite") }
    public var kubeconfigFile: URL { stateDirectory.appending(path: "kubeconfig") }
    /// Holds `ca.pem`, `ca.key`, and the certificates that it signed.
    public var certificateDirectory: URL { stateDirectory.appending(path: "certs") }
    /// Holds one log a container: `NAMESPACE_POD_CONTAINER.log`.
    public var logDirectory: URL { stateDirectory.appending(path: "logs") }
    /// Holds one directory a proxy, named `POD.NAMESPACE`: its bootstrap and certificates.
    public var proxyDirectory: URL { stateDirectory.appending(path: "proxies") }
    /// The map from addresses of the mesh to the loopback that the capture library reads.
    public var worldMapFile: URL { stateDirectory.appending(path: "world.map") }

    /// Holds a file for each pod that network policies limit.
    var egressRulesDirectory: URL { stateDirectory.appending(path: "egress") }
    /// What a pod may reach; there is none where it may reach everything.
    func egressRulesFile(for ip: String) -> URL { egressRulesDirectory.appending(path: ip) }

    /// Holds what listens on a Unix socket. A socket's path is short, so that of a long state folder is elsewhere.
    public var socketDirectory: URL {
        let usual = stateDirectory.appending(path: "run")
        // sun_path has 108 bytes; the names of the lab's own sockets have less than 24.
        if usual.path.utf8.count < 84 { return usual }
        let hash = stateDirectory.path.utf8.reduce(5381 as UInt32) { ($0 << 5) &+ $0 &+ UInt32($1) }
        return URL(filePath: "/tmp/meshtop-\(getuid())/\(String(hash, radix: 36))")
    }

    public func logFile(namespace: String, pod: String, container: String) -> URL {
        logDirectory.appending(path: "\(namespace)_\(pod)_\(container).log")
    }
}
