/// What one proxy is told, before it is written in Envoy's terms.
///
/// Plans are compared to find what changed, and walked to tell where a call goes and why: what a proxy is told and what is
/// said of it come from this one value.
package struct ProxyPlan: Sendable, Hashable {
    package var clusters: [ClusterPlan] = []
    package var listeners: [ListenerPlan] = []
    package var routes: [RoutePlan] = []
    package var lastResort = LastResort()

    package init() {}
}

/// The object, and the field of it, that decided something.
package struct Because: Sendable, Hashable {
    package var object: ObjectKey
    /// Path of the field, such as `spec.http[0].route[1]`.
    package var field: String

    package init(_ object: ObjectKey, _ field: String) {
        self.object = object
        self.field = field
    }
}

/// What becomes of calls that nothing else takes.
package struct LastResort: Sendable, Hashable {
    package var policy: OutboundPolicy
    /// The cluster of a Sidecar's `egressProxy`, in the place of `PassthroughCluster`.
    package var egressProxy: String?
    /// The Sidecar that says so; nil where the mesh's configuration does.
    package var because: Because?

    package init(policy: OutboundPolicy = .registryOnly, egressProxy: String? = nil, because: Because? = nil) {
        self.policy = policy
        self.egressProxy = egressProxy
        self.because = because
    }

    package static let blackHole = "BlackHoleCluster"
    package static let passthrough = "PassthroughCluster"
    /// Resolves the name that the request itself gives.
    package static let anyDynamicDNS = "AllowAnyDynamicDNSCluster"

    /// Where connections go that no filter chain takes.
    package var connectionCluster: String {
        policy == .registryOnly ? Self.blackHole : egressProxy ?? Self.passthrough
    }

    /// Where requests go that no virtual host takes; nil where they are answered with 502.
    package var requestCluster: String? {
        switch policy {
        case .registryOnly: nil
        case .allowAny: egressProxy ?? Self.passthrough
        case .allowAnyDynamicDNS: egressProxy ?? Self.anyDynamicDNS
        }
    }

    /// The name of the last virtual host and of its route.
    package var routeName: String {
        switch policy {
        case .registryOnly: "block_all"
        case .allowAny: "allow_any"
        case .allowAnyDynamicDNS: "allow_any_dynamic_dns"
        }
    }
}

// MARK: - Clusters

package struct ClusterPlan: Sendable, Hashable {
    package enum Discovery: Sendable, Hashable {
        /// Endpoints are written into the cluster (istiod sends them apart).
        case fixed([MeshEndpoint])
        case strictDNS([MeshEndpoint])
        case logicalDNS(MeshEndpoint)
        /// The connection's own destination; the port may be another.
        case originalDestination(port: Int?)
        /// The name that the request or the TLS hello gives, resolved when it comes.
        case dynamicDNS(port: Int)
    }

    package enum UpstreamHTTP: Sendable, Hashable { case http1, http2, likeDownstream }

    /// How connections to the endpoints are secured.
    package enum TLS: Sendable, Hashable {
        case plain
        /// Mesh mutual TLS with the endpoints that speak it, plain text with the others.
        case automatic(sni: String, subjectAltNames: [String])
        /// As a DestinationRule says, with what it leaves open filled in.
        case originate(DestinationRule.ClientTLS)
    }

    /// `outbound|PORT|SUBSET|HOST`.
    package var name: String
    package var host: String
    package var namespace: String
    package var port: Int
    package var subset: String
    package var isExternal: Bool
    package var discovery: Discovery
    package var http: UpstreamHTTP
    package var tls: TLS
    /// Of a DestinationRule, with the port's level, the subset and the rule itself put together; its `tls` is not used.
    package var settings: DestinationRule.TrafficSettings
    /// The service or entry first, then what changed it.
    package var because: [Because]

    package init(
        name: String, host: String, namespace: String, port: Int, subset: String = "", isExternal: Bool,
        discovery: Discovery, http: UpstreamHTTP, tls: TLS = .plain,
        settings: DestinationRule.TrafficSettings = .init(), because: [Because] = []
    ) {
        self.name = name
        self.host = host
        self.namespace = namespace
        self.port = port
        self.subset = subset
        self.isExternal = isExternal
        self.discovery = discovery
        self.http = http
        self.tls = tls
        self.settings = settings
        self.because = because
    }

    /// Istio's name for a service's cluster.
    package static func name(port: Int, subset: String = "", host: String) -> String {
        "outbound|\(port)|\(subset)|\(host)"
    }

    /// The same in the form of a server name: the default SNI of mesh mutual TLS.
    package static func serverName(port: Int, subset: String = "", host: String) -> String {
        "outbound_.\(port)_.\(subset)_.\(host)"
    }
}

/// A cluster and its part of the calls.
package struct WeightedCluster: Sendable, Hashable {
    package var cluster: String
    /// Of the sum of all weights.
    package var weight: Int
    /// Without `Host` and names that begin with a colon.
    package var headers: VirtualService.HeaderChanges
    /// Stands in the place of the request's host on this way alone.
    package var authority: String?
    /// The destination that it is made of; nil where the chain or route tells all.
    package var because: Because?

    package init(
        cluster: String, weight: Int = 100, headers: VirtualService.HeaderChanges = .init(), authority: String? = nil,
        because: Because? = nil
    ) {
        self.cluster = cluster
        self.weight = weight
        self.headers = headers
        self.authority = authority
        self.because = because
    }
}

// MARK: - Listeners

/// A listener: of a sidecar, one that gets its connections from `virtualOutbound`; of a gateway, one that is bound.
package struct ListenerPlan: Sendable, Hashable {
    package struct Match: Sendable, Hashable {
        /// Names in the TLS hello, lower case, `*.` in front for all names below; empty for any, and for none.
        package var serverNames: [String] = []
        /// The original destination; empty for any.
        package var prefixes: [NetworkPrefix] = []
        /// Plain HTTP only (`http/1.1`, `h2c`, no TLS).
        package var isHTTP = false
        /// TLS with a protocol name (ALPN) of the mesh's own mutual TLS only, such as `istio`.
        package var isMeshTLS = false

        package init(
            serverNames: [String] = [], prefixes: [NetworkPrefix] = [], isHTTP: Bool = false, isMeshTLS: Bool = false
        ) {
            self.serverNames = serverNames
            self.prefixes = prefixes
            self.isHTTP = isHTTP
            self.isMeshTLS = isMeshTLS
        }

        package var isAny: Bool { self == Match() }
    }

    package enum Action: Sendable, Hashable {
        /// Requests go where the route configuration of this name says.
        case http(route: String)
        case tcp([WeightedCluster])
    }

    package struct Chain: Sendable, Hashable {
        package var match: Match
        package var action: Action
        /// How TLS is answered; nil where it is passed on or not spoken.
        package var tls: Gateway.ServerTLS?
        package var because: [Because]

        package init(match: Match, action: Action, tls: Gateway.ServerTLS? = nil, because: [Because] = []) {
            self.match = match
            self.action = action
            self.tls = tls
            self.because = because
        }
    }

    package var bind: String
    package var port: Int
    package var chains: [Chain]
    /// Whether it is bound, as a gateway's is; a connection that no chain takes is then closed. Otherwise such a
    /// connection goes the way of the last resort.
    package var isBound: Bool

    package init(bind: String, port: Int, chains: [Chain], isBound: Bool = false) {
        self.bind = bind
        self.port = port
        self.chains = chains
        self.isBound = isBound
    }

    package static let wildcard = "0.0.0.0"
    package var name: String { Self.name(bind: bind, port: port) }
    package static func name(bind: String, port: Int) -> String { "\(bind)_\(port)" }
    package var inspectsTLS: Bool { chains.contains { !$0.match.serverNames.isEmpty || $0.tls != nil } }
    package var inspectsHTTP: Bool { chains.contains { $0.match.isHTTP } }
}

extension [ListenerPlan] {
    /// The ports of those that take connections to every address.
    package var wildcardPorts: Set<Int> { Set(lazy.filter { $0.bind == ListenerPlan.wildcard }.map(\.port)) }
}

// MARK: - Routes

/// A route configuration (RDS).
package struct RoutePlan: Sendable, Hashable {
    package struct VirtualHost: Sendable, Hashable {
        /// `HOST:PORT`.
        package var name: String
        package var domains: [String]
        package var routes: [Route]
        /// Plain HTTP is sent to HTTPS by a redirect.
        package var requiresTLS: Bool
        /// What names the domains: a service's or a VirtualService's hosts.
        package var because: [Because]

        package init(
            name: String, domains: [String], routes: [Route], requiresTLS: Bool = false, because: [Because] = []
        ) {
            self.name = name
            self.domains = domains
            self.routes = routes
            self.requiresTLS = requiresTLS
            self.because = because
        }
    }

    /// One rule for requests: the first whose match fits decides.
    package struct Route: Sendable, Hashable {
        package enum Action: Sendable, Hashable {
            case forward([WeightedCluster])
            case redirect(VirtualService.Redirect)
            case respond(VirtualService.DirectResponse)
        }

        /// What the access log calls it: `default` without a VirtualService, else the rule's name, which may be empty,
        /// and after a dot its match's.
        package var name: String
        /// Its scope has been looked at already; nil takes every request.
        package var match: VirtualService.HTTPMatch?
        package var action: Action
        /// The path's, and the host's whether the rule rewrites it or sets a `Host` header.
        package var rewrite: VirtualService.Rewrite?
        /// Seconds; nil means none.
        package var timeout: Double?
        /// nil means Istio's default.
        package var retries: VirtualService.Retries?
        package var fault: VirtualService.Fault?
        package var mirrors: [MirrorCluster] = []
        /// Without `Host` and names that begin with a colon.
        package var headers: VirtualService.HeaderChanges
        /// `HOST:PORT/*`, sent upstream in `X-Envoy-Decorator-Operation`.
        package var operation: String
        package var because: [Because]

        package init(
            name: String = "default", match: VirtualService.HTTPMatch? = nil, action: Action,
            rewrite: VirtualService.Rewrite? = nil, timeout: Double? = nil, retries: VirtualService.Retries? = nil,
            fault: VirtualService.Fault? = nil, mirrors: [MirrorCluster] = [],
            headers: VirtualService.HeaderChanges = .init(), operation: String, because: [Because] = []
        ) {
            self.name = name
            self.match = match
            self.action = action
            self.rewrite = rewrite
            self.timeout = timeout
            self.retries = retries
            self.fault = fault
            self.mirrors = mirrors
            self.headers = headers
            self.operation = operation
            self.because = because
        }
    }

    package struct MirrorCluster: Sendable, Hashable {
        package var cluster: String
        /// Percent, 0 to 100.
        package var share: Double

        package init(cluster: String, share: Double) {
            self.cluster = cluster
            self.share = share
        }
    }

    /// What takes every name that no virtual host has.
    package enum CatchAll: Sendable, Hashable {
        /// Nothing: a virtual host takes every name already, or Envoy answers 404.
        case none
        /// `block_all` or `allow_any`.
        case lastResort
        /// A gateway's `blackhole:PORT`, which answers 404 where there is no other virtual host.
        case notFound(port: Int)
    }

    package var name: String
    package var virtualHosts: [VirtualHost]
    package var catchAll: CatchAll

    package init(name: String, virtualHosts: [VirtualHost], catchAll: CatchAll) {
        self.name = name
        self.virtualHosts = virtualHosts
        self.catchAll = catchAll
    }
}
