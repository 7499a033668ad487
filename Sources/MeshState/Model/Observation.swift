public import FoundationEssentials

/// One thing that a source saw. Sources make these and nothing else; `MeshStore.fold` is where they take effect.
public struct Observation: Sendable {
    public enum Fact: Sendable {
        /// The whole list of a resource's objects: what is not in it is gone.
        case listed(resource: String, objects: [JSONValue])
        /// One object was added or changed.
        case applied(resource: String, object: JSONValue)
        /// One object was deleted; the object is its last state.
        case deleted(resource: String, object: JSONValue)
        /// An Envoy's `/clusters?format=json` together with its `/stats?usedonly&format=json`.
        case traffic(proxy: ProxyID, clusters: [ClusterStatus], stats: ProxyStats)
        /// Lines of an access log, in the order in which they were read.
        case accessLog(proxy: ProxyID, records: [AccessLogRecord])
        /// istiod's `/debug/syncz`.
        case syncStatus([ProxySync])
        /// istiod's `/debug/mesh` and `/version`.
        case mesh(policy: OutboundPolicy, version: String)
        /// An address and a name that resolves to it.
        case resolved(address: String, name: String)
        /// meshtop changed something, is about to, or told the operator of an error.
        case action(ActionRecord)
        /// The source is there and has nothing new.
        case alive
        case failed(reason: String, attempt: Int, retryAt: Date?)
        case denied(reason: String)
        /// The source is gone for good, as its pod is.
        case ended
    }

    public let source: SourceID
    public let time: Date
    public let fact: Fact

    public init(source: SourceID, time: Date, fact: Fact) {
        self.source = source
        self.time = time
        self.fact = fact
    }
}

/// One cluster of Envoy's `/clusters?format=json` (proto `envoy.admin.v3.ClusterStatus`).
public struct ClusterStatus: Sendable, Hashable {
    /// One endpoint of the cluster with its own counters.
    public struct Host: Sendable, Hashable {
        /// `ip:port`, or the path of a unix socket.
        public var address: String
        public var hostname: String
        public var connectionsActive: Int
        public var connectionsTotal: UInt64
        public var connectFailures: UInt64
        public var requestsTotal: UInt64
        public var isHealthy: Bool

        public init(
            address: String, hostname: String = "", connectionsActive: Int = 0, connectionsTotal: UInt64 = 0,
            connectFailures: UInt64 = 0, requestsTotal: UInt64 = 0, isHealthy: Bool = true
        ) {
            self.address = address
            self.hostname = hostname
            self.connectionsActive = connectionsActive
            self.connectionsTotal = connectionsTotal
            self.connectFailures = connectFailures
            self.requestsTotal = requestsTotal
            self.isHealthy = isHealthy
        }
    }

    public var name: ClusterName
    public var hosts: [Host]

    public init(name: ClusterName, hosts: [Host]) {
        self.name = name
        self.hosts = hosts
    }
}

/// What meshtop reads from Envoy's `/stats?usedonly&format=json`.
public struct ProxyStats: Sendable, Hashable {
    /// Counters of a cluster; a member is nil where the proxy's stats matcher leaves it out.
    public struct Cluster: Sendable, Hashable {
        public var connectionsActive: Int?
        public var connectionsTotal: UInt64?
        public var requestsTotal: UInt64?
        public var bytesReceived: UInt64?
        public var bytesSent: UInt64?

        public init(
            connectionsActive: Int? = nil, connectionsTotal: UInt64? = nil, requestsTotal: UInt64? = nil,
            bytesReceived: UInt64? = nil, bytesSent: UInt64? = nil
        ) {
            self.connectionsActive = connectionsActive
            self.connectionsTotal = connectionsTotal
            self.requestsTotal = requestsTotal
            self.bytesReceived = bytesReceived
            self.bytesSent = bytesSent
        }
    }

    public var clusters: [ClusterName: Cluster]
    /// `tcp.BlackHoleCluster.downstream_cx_total`; nil where the stats matcher leaves it out.
    public var blackHoleConnections: UInt64?
    /// `server.uptime` in seconds: when it shrinks, the proxy was restarted and its counters start anew.
    public var uptime: UInt64?
    /// `server.memory_allocated` in bytes; nil where the stats matcher leaves it out.
    public var memoryAllocated: UInt64?
    /// `server.total_connections`: those open to the proxy now; nil where the stats matcher leaves it out.
    public var connections: Int?

    public init(
        clusters: [ClusterName: Cluster] = [:], blackHoleConnections: UInt64? = nil, uptime: UInt64? = nil,
        memoryAllocated: UInt64? = nil, connections: Int? = nil
    ) {
        self.clusters = clusters
        self.blackHoleConnections = blackHoleConnections
        self.uptime = uptime
        self.memoryAllocated = memoryAllocated
        self.connections = connections
    }
}

/// One line of an access log, whatever format and release it was written in; nil stands for `-`.
public struct AccessLogRecord: Sendable, Hashable {
    public var start: Date
    public var method: String?
    public var path: String?
    public var httpProtocol: String?
    public var responseCode: Int
    public var flags: [String]
    public var details: String?
    public var bytesReceived: UInt64
    public var bytesSent: UInt64
    /// Milliseconds.
    public var duration: Int
    public var authority: String?
    public var upstreamHost: String?
    public var upstreamCluster: String?
    /// The original destination, as `ip:port`.
    public var downstreamLocal: String?
    public var downstreamRemote: String?
    public var serverName: String?
    public var routeName: String?

    public init(
        start: Date, method: String? = nil, path: String? = nil, httpProtocol: String? = nil, responseCode: Int = 0,
        flags: [String] = [], details: String? = nil, bytesReceived: UInt64 = 0, bytesSent: UInt64 = 0,
        duration: Int = 0, authority: String? = nil, upstreamHost: String? = nil, upstreamCluster: String? = nil,
        downstreamLocal: String? = nil, downstreamRemote: String? = nil, serverName: String? = nil,
        routeName: String? = nil
    ) {
        self.start = start
        self.method = method
        self.path = path
        self.httpProtocol = httpProtocol
        self.responseCode = responseCode
        self.flags = flags
        self.details = details
        self.bytesReceived = bytesReceived
        self.bytesSent = bytesSent
        self.duration = duration
        self.authority = authority
        self.upstreamHost = upstreamHost
        self.upstreamCluster = upstreamCluster
        self.downstreamLocal = downstreamLocal
        self.downstreamRemote = downstreamRemote
        self.serverName = serverName
        self.routeName = routeName
    }
}

/// One proxy of istiod's `/debug/syncz`.
public struct ProxySync: Sendable, Hashable {
    public var proxy: ProxyID
    public var istioVersion: String
    /// State by type, keyed `CDS`, `LDS`, `EDS`, `RDS`.
    public var states: [String: SyncState]
    /// Envoy's reason for a rejection, where istiod tells it.
    public var lastError: String?

    public init(proxy: ProxyID, istioVersion: String, states: [String: SyncState], lastError: String? = nil) {
        self.proxy = proxy
        self.istioVersion = istioVersion
        self.states = states
        self.lastError = lastError
    }
}
