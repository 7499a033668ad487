/// A proxy at the mesh's edge and what it listens for (`networking.istio.io` Gateway).
public struct Gateway: Sendable, Hashable, Identifiable {
    public var meta: ObjectMeta
    /// Labels of the pods that it is for.
    public var selector: [String: String]
    public var servers: [Server]

    public init(meta: ObjectMeta, selector: [String: String], servers: [Server]) {
        self.meta = meta
        self.selector = selector
        self.servers = servers
    }

    public static let kind = "Gateway"
    public var id: ObjectKey { ObjectKey(kind: Self.kind, namespace: meta.namespace, name: meta.name) }

    /// One port of a gateway, for some hosts.
    public struct Server: Sendable, Hashable {
        public var port: ServicePort
        /// `HOST`, `NAMESPACE/HOST`, `./HOST` or `*/HOST`.
        public var hosts: [String]
        public var tls: ServerTLS?
        public var name: String
        public var bind: String

        public init(port: ServicePort, hosts: [String], tls: ServerTLS? = nil, name: String = "", bind: String = "") {
            self.port = port
            self.hosts = hosts
            self.tls = tls
            self.name = name
            self.bind = bind
        }
    }

    /// How a gateway answers TLS.
    public struct ServerTLS: Sendable, Hashable {
        public enum Mode: String, Sendable, Hashable, CaseIterable {
            case passthrough = "PASSTHROUGH"
            case simple = "SIMPLE"
            case mutual = "MUTUAL"
            case autoPassthrough = "AUTO_PASSTHROUGH"
            case istioMutual = "ISTIO_MUTUAL"
            case optionalMutual = "OPTIONAL_MUTUAL"
        }

        public var mode: Mode
        public var httpsRedirect = false
        public var serverCertificate: String?
        public var privateKey: String?
        public var caCertificates: String?
        public var credentialName: String?
        public var subjectAltNames: [String] = []

        public init(mode: Mode) { self.mode = mode }
    }
}
