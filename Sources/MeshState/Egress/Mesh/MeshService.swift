/// One row of the registry, as istiod keeps it: a host with one address at most.
///
/// A ServiceEntry gives one row for each pair of a host and an address, a Kubernetes Service gives one.
package struct MeshService: Sendable, Hashable {
    package enum Registry: String, Sendable, Hashable {
        case kubernetes = "Kubernetes"
        case external = "External"
    }

    /// Who may see a service (`exportTo`).
    package enum Visibility: Sendable, Hashable {
        case everyone, nobody
        case namespaces(Set<String>)
    }

    package var source: ObjectKey
    package var registry: Registry
    package var host: String
    package var namespace: String
    /// istiod's `Attributes.Name`: a Service's name, or an entry's host.
    package var attributeName: String
    /// Seconds since 1970; the order of two services is told by whole seconds.
    package var created: Int
    /// An IP address or a CIDR block; nil where a service has none.
    package var address: String?
    /// The IPv4 address that istiod allocated, for proxies that ask for such addresses.
    package var allocatedAddress: String?
    package var ports: [ServicePort]
    package var resolution: ServiceEntry.Resolution
    package var isExternal: Bool
    package var visibility: Visibility
    package var labels: [String: String]
    package var selector: [String: String]?
    /// A Service without a cluster address: its listeners are at its endpoints' addresses.
    package var isHeadless = false
    /// By port number.
    package var endpoints: [Int: [MeshEndpoint]]
    /// Names that a certificate of this service may carry besides its endpoints' own.
    package var subjectAltNames: [String] = []

    /// Every name that a certificate of this service may carry, in the order of the alphabet.
    package var identities: [String] {
        Set(endpoints.values.joined().map(\.identity).filter { !$0.isEmpty }).union(subjectAltNames).sorted()
    }
}
