public import FoundationEssentials

/// Calls that the mesh stopped at its edge; identical ones are folded into one.
public struct BlockedEgress: Sendable, Hashable, Codable, Identifiable {
    public enum Transport: String, Sendable, Hashable, Codable { case tcp, tls, http }

    /// What makes two blocked calls identical.
    public struct ID: Sendable, Hashable, Codable, Comparable {
        public let workload: String
        public let namespace: String
        /// Host of the call (HTTP's authority without its port, TLS's SNI), or the original destination's address.
        public let target: String
        public let port: Int
        public let transport: Transport

        public init(workload: String, namespace: String, target: String, port: Int, transport: Transport) {
            self.workload = workload
            self.namespace = namespace
            self.target = target
            self.port = port
            self.transport = transport
        }

        public static func < (left: Self, right: Self) -> Bool {
            (left.namespace, left.workload, left.target, left.port, left.transport.rawValue)
                < (right.namespace, right.workload, right.target, right.port, right.transport.rawValue)
        }
    }

    /// How meshtop knows the name.
    public enum NameSource: String, Sendable, Hashable, Codable {
        case authority, sni
        /// An address of a ServiceEntry, given or allocated.
        case entry
        /// A Service's or a pod's address.
        case registry
        /// A name that resolves to the address, found by asking forwards.
        case dns
        /// Reverse DNS: a guess.
        case reverseDNS
    }

    /// Why it was blocked.
    public enum Reason: Sendable, Hashable, Codable {
        /// No entry or service knows the host or the address (REGISTRY_ONLY).
        case noEntry
        /// An entry that is switched off knows it.
        case entryOff(ObjectKey)
        /// An entry knows the host, but not this port or protocol.
        case otherPort(ObjectKey)
        /// The egress gateway has no route for it.
        case noGatewayRoute
    }

    public var id: ID
    public var proxy: ProxyID
    /// Where the workload meant to go, as `ip:port`; the latest one if they differ.
    public var destination: String
    /// The name behind the destination; nil where nothing knows it.
    public var name: String?
    public var nameSource: NameSource?
    public var reason: Reason
    public var count: Int
    public var first: Date
    public var last: Date

    public init(
        id: ID, proxy: ProxyID, destination: String, name: String?, nameSource: NameSource?, reason: Reason, count: Int,
        first: Date, last: Date
    ) {
        self.id = id
        self.proxy = proxy
        self.destination = destination
        self.name = name
        self.nameSource = nameSource
        self.reason = reason
        self.count = count
        self.first = first
        self.last = last
    }
}
