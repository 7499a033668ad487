public import Foundation
public import MeshState

/// A proxy of the lab as its control plane and its supervisor see it.
public struct ProxyNode: Sendable, Hashable, Identifiable {
    public var id: ProxyID
    public var workload: String
    public var kind: Pod.ProxyKind
    /// The pod's labels, by which selectors choose it.
    public var labels: [String: String]
    /// The pod's address in the mesh, `10.244.0.N`.
    public var ip: String
    /// The same on the loopback: the admin interface is at port 15000, capture at 15001 (outbound) and 15006 (inbound).
    public var loopback: String
    /// The ports that the workload itself listens on, at the loopback address.
    public var applicationPorts: [ServicePort]
    /// Holds this proxy's `bootstrap.json` and a folder each for `cds`, `lds`, `rds`, `eds`.
    public var directory: URL

    public init(
        id: ProxyID, workload: String, kind: Pod.ProxyKind, labels: [String: String], ip: String, loopback: String,
        applicationPorts: [ServicePort], directory: URL
    ) {
        self.id = id
        self.workload = workload
        self.kind = kind
        self.labels = labels
        self.ip = ip
        self.loopback = loopback
        self.applicationPorts = applicationPorts
        self.directory = directory
    }

    public static let adminPort = 15_000
    public static let outboundPort = 15_001
    public static let inboundPort = 15_006
}
