import MeshState

/// What one proxy is to be told, before it is written in Envoy's terms. Plans are compared to find what changed.
struct ProxyPlan: Sendable, Hashable {
    var clusters: [ClusterPlan] = []
    var listeners: [ListenerPlan] = []
    var routes: [RoutePlan] = []
    var policy: OutboundPolicy = .registryOnly
}

struct ClusterPlan: Sendable, Hashable {
    enum Discovery: Sendable, Hashable {
        /// Endpoints are written into the cluster (istiod sends them apart). For each file that an Envoy watches it
        /// takes one of the few inotify instances that a user has, so a file for each cluster is out of the question.
        case fixed([MeshEndpoint])
        case strictDNS([MeshEndpoint])
        case logicalDNS(MeshEndpoint)
        /// The connection's own destination; the port may be another.
        case originalDestination(port: Int?)
    }

    enum UpstreamHTTP: Sendable, Hashable { case http1, http2, likeDownstream }

    var name: String
    var host: String
    var namespace: String
    var isExternal: Bool
    var discovery: Discovery
    var http: UpstreamHTTP
}

/// An outbound listener that gets its connections from `virtualOutbound`.
struct ListenerPlan: Sendable, Hashable {
    struct Match: Sendable, Hashable {
        /// The SNI; nil for any.
        var serverName: String?
        /// The original destination; nil for any.
        var prefix: NetworkPrefix?
        /// Plain HTTP only.
        var isHTTP = false

        var isAny: Bool { self == Match() }
    }

    enum Action: Sendable, Hashable {
        /// Requests go where the route configuration of this name says.
        case http(route: String)
        case tcp(cluster: String)
    }

    struct Chain: Sendable, Hashable {
        var match: Match
        var action: Action
    }

    var bind: String
    var port: Int
    var chains: [Chain]

    static let wildcard = "0.0.0.0"
    var name: String { Self.name(bind: bind, port: port) }
    static func name(bind: String, port: Int) -> String { "\(bind)_\(port)" }
    var inspectsTLS: Bool { chains.contains { $0.match.serverName != nil } }
    var inspectsHTTP: Bool { chains.contains { $0.match.isHTTP } }
}

struct RoutePlan: Sendable, Hashable {
    struct VirtualHost: Sendable, Hashable {
        var name: String
        var domains: [String]
        var cluster: String
    }

    var name: String
    var virtualHosts: [VirtualHost]
    /// Whether a last virtual host takes every other name: `block_all` or `allow_any`.
    var hasCatchAll: Bool
}

/// What istiod counts against a push (`/debug/push_status`): by metric, then by key.
struct PushReport: Sendable, Hashable {
    struct Event: Sendable, Hashable {
        var proxy: String
        var message: String
    }

    static let listenerConflict = "pilot_conflict_outbound_listener_tcp_over_current_tcp"
    static let dnsWithoutEndpoints = "pilot_dns_cluster_without_endpoints"
    static let duplicateDomain = "pilot_vservice_dup_domain"

    private(set) var metrics: [String: [String: Event]] = [:]

    mutating func add(_ metric: String, key: String, message: String, proxy: String = "") {
        metrics[metric, default: [:]][key] = Event(proxy: proxy, message: message)
    }

    mutating func merge(_ other: PushReport) {
        for (metric, events) in other.metrics {
            metrics[metric, default: [:]].merge(events) { first, _ in first }
        }
    }
}
