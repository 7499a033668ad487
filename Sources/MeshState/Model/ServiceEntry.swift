/// A port of a Service or a ServiceEntry.
public struct ServicePort: Sendable, Hashable, Codable {
    public var number: Int
    public var name: String
    /// As written: a ServiceEntry's `protocol`, or for a Service what its port name or `appProtocol` implies.
    public var protocolText: String
    /// The port of the endpoints; nil where it is the same.
    public var targetPort: Int?

    public init(number: Int, name: String, protocolText: String, targetPort: Int? = nil) {
        self.number = number
        self.name = name
        self.protocolText = protocolText
        self.targetPort = targetPort
    }

    public var parsedProtocol: PortProtocol { PortProtocol(parsing: protocolText) }
}

/// An endpoint written inside a ServiceEntry: Istio's WorkloadEntry without metadata.
public struct EntryEndpoint: Sendable, Hashable, Codable {
    /// An IP address, a name, `unix:///absolute/path` or `unix://@abstract`; may be empty where `network` is set.
    public var address: String
    /// Port numbers by the service port's name.
    public var ports: [String: Int]
    public var labels: [String: String]
    public var network: String
    public var locality: String
    public var weight: Int
    public var serviceAccount: String

    public init(
        address: String, ports: [String: Int] = [:], labels: [String: String] = [:], network: String = "",
        locality: String = "", weight: Int = 0, serviceAccount: String = ""
    ) {
        self.address = address
        self.ports = ports
        self.labels = labels
        self.network = network
        self.locality = locality
        self.weight = weight
        self.serviceAccount = serviceAccount
    }
}

/// A ServiceEntry: hosts that the mesh is told of (`networking.istio.io` v1, v1beta1 and v1alpha3 alike).
public struct ServiceEntry: Sendable, Hashable, Codable, Identifiable {
    public enum Location: String, Sendable, Hashable, Codable, CaseIterable {
        case external = "MESH_EXTERNAL"
        case `internal` = "MESH_INTERNAL"
    }

    /// Where the endpoints come from (NONE: the connection's own destination).
    public enum Resolution: String, Sendable, Hashable, Codable, CaseIterable {
        case none = "NONE"
        case `static` = "STATIC"
        case dns = "DNS"
        case dnsRoundRobin = "DNS_ROUND_ROBIN"
        case dynamicDNS = "DYNAMIC_DNS"
    }

    public var meta: ObjectMeta
    public var hosts: [String]
    /// IP addresses and CIDR blocks.
    public var addresses: [String]
    public var ports: [ServicePort]
    public var location: Location
    public var resolution: Resolution
    public var endpoints: [EntryEndpoint]
    public var exportTo: [String]
    public var subjectAltNames: [String]
    /// nil where the entry has no `workloadSelector`.
    public var selectorLabels: [String: String]?
    /// Addresses that istiod allocated (`status.addresses`), by host.
    public var allocatedAddresses: [String: [String]]
    /// The whole object as the API gave it, so that an edit loses nothing that meshtop does not know.
    public var object: JSONValue

    public init(
        meta: ObjectMeta, hosts: [String], addresses: [String] = [], ports: [ServicePort] = [],
        location: Location = .external, resolution: Resolution = .none, endpoints: [EntryEndpoint] = [],
        exportTo: [String] = [], subjectAltNames: [String] = [], selectorLabels: [String: String]? = nil,
        allocatedAddresses: [String: [String]] = [:], object: JSONValue = .null
    ) {
        self.meta = meta
        self.hosts = hosts
        self.addresses = addresses
        self.ports = ports
        self.location = location
        self.resolution = resolution
        self.endpoints = endpoints
        self.exportTo = exportTo
        self.subjectAltNames = subjectAltNames
        self.selectorLabels = selectorLabels
        self.allocatedAddresses = allocatedAddresses
        self.object = object
    }

    public static let kind = "ServiceEntry"
    public var id: ObjectKey { ObjectKey(kind: Self.kind, namespace: meta.namespace, name: meta.name) }
}
