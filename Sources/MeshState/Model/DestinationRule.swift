/// What happens to calls to a host after they are routed (`networking.istio.io` DestinationRule).
public struct DestinationRule: Sendable, Hashable, Identifiable {
    public var meta: ObjectMeta
    /// As written: a short name belongs to the rule's namespace.
    public var host: String
    public var policy: TrafficPolicy
    public var subsets: [Subset]
    public var exportTo: [String]
    /// The proxies that follow this rule; nil for all.
    public var selectorLabels: [String: String]?

    public init(
        meta: ObjectMeta, host: String, policy: TrafficPolicy = .init(), subsets: [Subset] = [],
        exportTo: [String] = [], selectorLabels: [String: String]? = nil
    ) {
        self.meta = meta
        self.host = host
        self.policy = policy
        self.subsets = subsets
        self.exportTo = exportTo
        self.selectorLabels = selectorLabels
    }

    public static let kind = "DestinationRule"
    public var id: ObjectKey { ObjectKey(kind: Self.kind, namespace: meta.namespace, name: meta.name) }

    /// A named part of a host's endpoints; without labels it is all of them.
    public struct Subset: Sendable, Hashable {
        public var name: String
        public var labels: [String: String]
        /// Blocks that are named here stand in the place of the rule's.
        public var policy: TrafficPolicy

        public init(name: String, labels: [String: String] = [:], policy: TrafficPolicy = .init()) {
            self.name = name
            self.labels = labels
            self.policy = policy
        }
    }

    /// A traffic policy: settings for all ports, and for single ones.
    public struct TrafficPolicy: Sendable, Hashable {
        public var settings: TrafficSettings
        /// By port number; a port that is named here has these settings and none of the others.
        public var portLevel: [Int: TrafficSettings]

        public init(settings: TrafficSettings = .init(), portLevel: [Int: TrafficSettings] = [:]) {
            self.settings = settings
            self.portLevel = portLevel
        }
    }

    /// The four blocks of a traffic policy; nil where one is not named.
    public struct TrafficSettings: Sendable, Hashable {
        public var loadBalancer: LoadBalancer?
        public var connectionPool: ConnectionPool?
        public var outlierDetection: OutlierDetection?
        public var tls: ClientTLS?
        public init() {}
    }

    public enum LoadBalancer: Sendable, Hashable {
        /// `ROUND_ROBIN`, `LEAST_REQUEST`, `RANDOM`, `PASSTHROUGH` …, as written.
        case simple(String)
        /// Consistent hashing by a request header, a cookie, the source's address or a query parameter.
        case header(String), cookie(String), sourceIP, queryParameter(String)
    }

    /// Limits of the connections to a host; nil where none is given. Times are in seconds.
    public struct ConnectionPool: Sendable, Hashable {
        public var maxConnections: Int?
        public var connectTimeout: Double?
        public var maxConnectionDuration: Double?
        public var http1MaxPendingRequests: Int?
        public var http2MaxRequests: Int?
        public var maxRequestsPerConnection: Int?
        public var maxRetries: Int?
        public var idleTimeout: Double?
        /// `UPGRADE`, `DO_NOT_UPGRADE` or `DEFAULT`.
        public var h2UpgradePolicy: String?
        public init() {}
    }

    /// When an endpoint that fails is left out; nil where Envoy's default holds. Times are in seconds.
    public struct OutlierDetection: Sendable, Hashable {
        public var consecutive5xxErrors: Int?
        public var consecutiveGatewayErrors: Int?
        public var interval: Double?
        public var baseEjectionTime: Double?
        public var maxEjectionPercent: Int?
        public var minHealthPercent: Int?
        public init() {}
    }

    /// How connections to a host are secured.
    public struct ClientTLS: Sendable, Hashable {
        public enum Mode: String, Sendable, Hashable, CaseIterable {
            case disable = "DISABLE"
            case simple = "SIMPLE"
            case mutual = "MUTUAL"
            case istioMutual = "ISTIO_MUTUAL"
        }

        public var mode: Mode
        public var sni: String?
        public var subjectAltNames: [String] = []
        /// Files as the proxy sees them.
        public var clientCertificate: String?
        public var privateKey: String?
        public var caCertificates: String?
        /// A Secret that holds all three.
        public var credentialName: String?
        public var insecureSkipVerify: Bool?

        public init(mode: Mode) { self.mode = mode }
    }
}
