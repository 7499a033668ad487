/// Where one connection to a service may go.
package struct MeshEndpoint: Sendable, Hashable {
    package enum Address: Sendable, Hashable {
        /// An IP address, or a name for clusters that resolve names.
        case host(String, port: Int)
        /// A unix socket's path; `@name` is an abstract one.
        case pipe(String)
    }

    package var address: Address
    /// Zero where none is given.
    package var weight: Int
    package var labels: [String: String]
    /// `region/zone/subzone`; empty where none is given.
    package var locality: String
    /// Whether a proxy in front of it speaks the mesh's mutual TLS.
    package var hasMeshTLS: Bool
    /// The SPIFFE name under which it answers; empty where it has none.
    package var identity: String

    package init(
        address: Address, weight: Int = 0, labels: [String: String] = [:], locality: String = "",
        hasMeshTLS: Bool = false, identity: String = ""
    ) {
        self.address = address
        self.weight = weight
        self.labels = labels
        self.locality = locality
        self.hasMeshTLS = hasMeshTLS
        self.identity = identity
    }
}
