public import FoundationEssentials

/// An Envoy cluster's name: `outbound|443||edition.cnn.com`, `inbound|9080||`, or one of the built-in ones.
public struct ClusterName: Sendable, Hashable, Comparable, CustomStringConvertible {
    public enum Direction: String, Sendable, Hashable { case outbound, inbound, builtIn }

    public static let blackHole = ClusterName("BlackHoleCluster")
    public static let passthrough = ClusterName("PassthroughCluster")

    public let direction: Direction
    /// Zero for a built-in cluster.
    public let port: Int
    public let subset: String
    /// The host; for a built-in cluster its name.
    public let host: String
    public let description: String

    /// Reads a name as Istio writes it; what has another form is taken as a built-in cluster of that name.
    public init(_ text: String) {
        description = text
        let parts = text.split(separator: "|", omittingEmptySubsequences: false)
        if parts.count == 4, let direction = Direction(rawValue: String(parts[0])), let port = Int(parts[1]) {
            self.direction = direction
            self.port = port
            subset = String(parts[2])
            host = String(parts[3])
        } else {
            direction = .builtIn
            port = 0
            subset = ""
            host = text
        }
    }

    public static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

extension ClusterName: Codable {
    public init(from decoder: any Decoder) throws { self.init(try decoder.singleValueContainer().decode(String.self)) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Traffic of one proxy to one cluster.
public struct Connection: Sendable, Hashable, Identifiable {
    /// Which proxy sends to which cluster.
    public struct ID: Sendable, Hashable, Codable, Comparable {
        public let proxy: ProxyID
        public let cluster: ClusterName

        public init(proxy: ProxyID, cluster: ClusterName) {
            self.proxy = proxy
            self.cluster = cluster
        }

        public static func < (left: Self, right: Self) -> Bool {
            (left.proxy, left.cluster) < (right.proxy, right.cluster)
        }
    }

    /// What was counted since the proxy started.
    public struct Counters: Sendable, Hashable, Codable {
        public var connections: UInt64 = 0
        public var requests: UInt64 = 0
        /// From the destination to the workload; nil where the proxy keeps no such counter.
        public var bytesReceived: UInt64?
        /// From the workload to the destination; nil where the proxy keeps no such counter.
        public var bytesSent: UInt64?
        public var failures: UInt64 = 0

        public init() {}
    }

    /// What the counters grew by in a second, over the last two answers.
    public struct Rates: Sendable, Hashable, Codable {
        public var connections = 0.0
        public var requests = 0.0
        public var bytesReceived: Double?
        public var bytesSent: Double?

        public init() {}
    }

    private struct Content: Hashable, Sendable, Codable {
        var id: ID
        var workload: String
        var live: Int
        var total: Counters
        var rates: Rates?
        var endpoints: [String]
        var lastActive: Date?
        var history = RateHistory()

        /// Of what is recorded, each moment has its own rates: their past need not be written with each of them.
        private enum CodingKeys: CodingKey { case id, workload, live, total, rates, endpoints, lastActive }
    }

    private var shared: Shared<Content>

    /// Which proxy sends to which cluster.
    public var id: ID {
        _read { yield shared.value.id }
        set { shared = shared.with(\.id, newValue) }
    }

    /// Whose proxy it is.
    public var workload: String {
        _read { yield shared.value.workload }
        set { shared = shared.with(\.workload, newValue) }
    }

    /// Open now.
    public var live: Int {
        _read { yield shared.value.live }
        set { shared = shared.with(\.live, newValue) }
    }

    /// What was counted since the proxy started.
    public var total: Counters {
        _read { yield shared.value.total }
        set { shared = shared.with(\.total, newValue) }
    }

    /// nil until two answers are there to compare.
    public var rates: Rates? {
        _read { yield shared.value.rates }
        set { shared = shared.with(\.rates, newValue) }
    }

    /// Addresses of the endpoints that the proxy knows, as `ip:port`.
    public var endpoints: [String] {
        _read { yield shared.value.endpoints }
        set { shared = shared.with(\.endpoints, newValue) }
    }

    /// When a counter last moved while meshtop watched.
    public var lastActive: Date? {
        _read { yield shared.value.lastActive }
        set { shared = shared.with(\.lastActive, newValue) }
    }

    /// Requests a second, or connections where there are more, as the latest answers had them.
    public var history: RateHistory {
        _read { yield shared.value.history }
        set { shared = shared.with(\.history, newValue) }
    }

    public init(
        id: ID, workload: String, live: Int, total: Counters, rates: Rates? = nil, endpoints: [String] = [],
        lastActive: Date? = nil, history: RateHistory = RateHistory()
    ) {
        shared = Shared(
            Content(
                id: id, workload: workload, live: live, total: total, rates: rates, endpoints: endpoints,
                lastActive: lastActive, history: history))
    }
}

extension Connection: Codable {
    public init(from decoder: any Decoder) throws { shared = Shared(try Content(from: decoder)) }

    public func encode(to encoder: any Encoder) throws { try shared.value.encode(to: encoder) }
}
