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
    /// Holds this proxy's `bootstrap.json` the proxy's certificate, and a folder each for `cds`, `lds` and `rds`.
    public var directory: URL
    /// The Kubernetes service account that the workload runs as.
    public var serviceAccount: String
    /// Whether its workload is told the addresses that istiod allocates, for which the proxy then listens.
    public var usesAllocatedAddresses = false

    public init(
        id: ProxyID, workload: String, kind: Pod.ProxyKind, labels: [String: String], ip: String, loopback: String,
        applicationPorts: [ServicePort], directory: URL, serviceAccount: String = "default"
    ) {
        self.id = id
        self.workload = workload
        self.kind = kind
        self.labels = labels
        self.ip = ip
        self.loopback = loopback
        self.applicationPorts = applicationPorts
        self.directory = directory
        self.serviceAccount = serviceAccount
    }

    /// The name that the proxy's certificate carries, `spiffe://cluster.local/ns/NAMESPACE/sa/ACCOUNT`.
    public var spiffeID: String { "spiffe://cluster.local/ns/\(id.namespace)/sa/\(serviceAccount)" }
    /// The proxy's certificate, followed by those that lead to the root, if there are any.
    public var certificateChainFile: URL { directory.appending(path: "cert-chain.pem") }
    public var privateKeyFile: URL { directory.appending(path: "key.pem") }
    /// The certificate of the mesh's authority.
    public var rootCertificateFile: URL { directory.appending(path: "root-cert.pem") }

    /// What decides which configuration it gets.
    package var target: PlanTarget {
        PlanTarget(
            namespace: id.namespace, kind: kind, labels: labels, usesAllocatedAddresses: usesAllocatedAddresses)
    }

    public static let adminPort = 15_000
    public static let outboundPort = 15_001
    public static let inboundPort = 15_006
}
