/// How calls to some hosts are routed (`networking.istio.io` VirtualService).
public struct VirtualService: Sendable, Hashable, Identifiable {
    public var meta: ObjectMeta
    public var hosts: [String]
    /// `mesh` for sidecars, else `NAME` or `NAMESPACE/NAME` of Gateways; empty means `mesh`.
    public var gateways: [String]
    public var http: [HTTPRoute]
    public var tls: [L4Route]
    public var tcp: [L4Route]
    public var exportTo: [String]

    public init(
        meta: ObjectMeta, hosts: [String], gateways: [String] = [], http: [HTTPRoute] = [], tls: [L4Route] = [],
        tcp: [L4Route] = [], exportTo: [String] = []
    ) {
        self.meta = meta
        self.hosts = hosts
        self.gateways = gateways
        self.http = http
        self.tls = tls
        self.tcp = tcp
        self.exportTo = exportTo
    }

    public static let kind = "VirtualService"
    /// The gateway name that stands for all sidecars.
    public static let mesh = "mesh"
    public var id: ObjectKey { ObjectKey(kind: Self.kind, namespace: meta.namespace, name: meta.name) }

    /// How a text has to look.
    public enum StringMatch: Sendable, Hashable {
        case exact(String), prefix(String), regex(String)
        /// Any text, as long as there is one (an empty match of a header).
        case present
    }

    /// Which service, subset and port a call is sent to.
    public struct Destination: Sendable, Hashable {
        /// As written: a short name belongs to the VirtualService's namespace.
        public var host: String
        public var subset: String?
        public var port: Int?

        public init(host: String, subset: String? = nil, port: Int? = nil) {
            self.host = host
            self.subset = subset
            self.port = port
        }
    }

    /// One of the destinations among which calls are divided.
    public struct Share: Sendable, Hashable {
        public var destination: Destination
        /// Of the sum of all weights; zero for an only destination without a weight.
        public var weight: Int
        public var headers: HeaderChanges

        public init(destination: Destination, weight: Int = 0, headers: HeaderChanges = .init()) {
            self.destination = destination
            self.weight = weight
            self.headers = headers
        }
    }

    /// What is done to a message's headers.
    public struct HeaderChanges: Sendable, Hashable {
        public struct Operations: Sendable, Hashable {
            public var set: [String: String] = [:]
            public var add: [String: String] = [:]
            public var remove: [String] = []
            public init() {}
        }

        public var request = Operations()
        public var response = Operations()
        public init() {}
    }

    /// Where a rule holds, as far as that is known before any call: all that is named must fit.
    public struct Scope: Sendable, Hashable {
        /// nil means those of the VirtualService.
        public var gateways: [String]?
        public var port: Int?
        public var sourceLabels: [String: String] = [:]
        public var sourceNamespace: String?
        public init() {}
    }

    /// One alternative of an HTTP rule; all that is named must fit.
    public struct HTTPMatch: Sendable, Hashable {
        public var name = ""
        public var scope = Scope()
        public var uri: StringMatch?
        public var ignoresURICase = false
        public var scheme: StringMatch?
        public var method: StringMatch?
        public var authority: StringMatch?
        public var headers: [String: StringMatch] = [:]
        public var withoutHeaders: [String: StringMatch] = [:]
        public var queryParameters: [String: StringMatch] = [:]
        public init() {}

        /// Whether it takes every request that comes within its scope.
        public var isAny: Bool {
            uri == nil && scheme == nil && method == nil && authority == nil && headers.isEmpty
                && withoutHeaders.isEmpty && queryParameters.isEmpty
        }
    }

    public struct Rewrite: Sendable, Hashable {
        public var uri: String?
        public var authority: String?
        public init() {}
    }

    public struct Redirect: Sendable, Hashable {
        public var uri: String?
        public var authority: String?
        public var scheme: String?
        public var port: Int?
        /// 301 where none is given.
        public var code = 301
        public init() {}
    }

    public struct DirectResponse: Sendable, Hashable {
        public var status: Int
        public var body: String?
        public init(status: Int, body: String? = nil) {
            self.status = status
            self.body = body
        }
    }

    public struct Retries: Sendable, Hashable {
        public var attempts: Int
        /// Seconds.
        public var perTryTimeout: Double?
        public var retryOn: String?
        public init(attempts: Int, perTryTimeout: Double? = nil, retryOn: String? = nil) {
            self.attempts = attempts
            self.perTryTimeout = perTryTimeout
            self.retryOn = retryOn
        }
    }

    /// Failures made on purpose; shares are in percent, 0 to 100.
    public struct Fault: Sendable, Hashable {
        /// Seconds.
        public var delay: Double?
        public var delayShare = 100.0
        public var abortStatus: Int?
        public var abortShare = 100.0
        public init() {}
    }

    /// Copies of the requests, of which the answers are dropped.
    public struct Mirror: Sendable, Hashable {
        public var destination: Destination
        /// Percent, 0 to 100.
        public var share: Double
        public init(destination: Destination, share: Double = 100) {
            self.destination = destination
            self.share = share
        }
    }

    /// One rule for requests: it holds if any of its matches fits, or if it has none.
    public struct HTTPRoute: Sendable, Hashable {
        public var name = ""
        public var matches: [HTTPMatch] = []
        public var shares: [Share] = []
        public var redirect: Redirect?
        public var directResponse: DirectResponse?
        public var rewrite: Rewrite?
        /// Seconds; nil means none.
        public var timeout: Double?
        public var retries: Retries?
        public var fault: Fault?
        public var mirrors: [Mirror] = []
        public var headers = HeaderChanges()
        public init() {}
    }

    /// One alternative of a rule for connections.
    public struct L4Match: Sendable, Hashable {
        public var scope = Scope()
        /// Names in the TLS hello; only rules for TLS have them.
        public var sniHosts: [String] = []
        public var destinationSubnets: [String] = []
        public init() {}
    }

    /// One rule for connections: `tls` chooses by SNI, `tcp` by address.
    public struct L4Route: Sendable, Hashable {
        public var matches: [L4Match]
        public var shares: [Share]
        public init(matches: [L4Match] = [], shares: [Share] = []) {
            self.matches = matches
            self.shares = shares
        }
    }
}
