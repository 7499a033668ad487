import Foundation
import MeshState

/// Writes plans in Envoy's terms for one proxy.
struct ResourceWriter {
    let node: ProxyNode
    let layout: LabLayout
    let context: WriterContext
    let workload: WorkloadCertificates

    init(node: ProxyNode, layout: LabLayout, context: WriterContext, workload: WorkloadCertificates? = nil) {
        self.node = node
        self.layout = layout
        self.context = context
        self.workload = workload ?? WorkloadCertificates(node: node)
    }

    static let blackHole = LastResort.blackHole
    static let passthrough = LastResort.passthrough
    static let inboundPassthrough = "InboundPassthroughCluster"

    var lastResort: LastResort { context.lastResort }

    /// What a proxy has whatever services the mesh holds.
    var standing: EnvoyResources {
        var result = EnvoyResources()
        for cluster in standingClusters { result.clusters[cluster.name] = cluster }
        if node.kind == .sidecar {
            for listener in [virtualOutbound, virtualInbound] { result.listeners[listener.name] = listener }
        }
        return result
    }
}

/// What the writing of a resource depends on beside its own plan.
struct WriterContext: Sendable, Hashable {
    /// How a listener or a route has to treat a cluster that it leads to.
    struct ClusterTraits: Sendable, Hashable {
        /// Where calls are sent whose names are resolved when they come; nil for all other clusters.
        var dynamicPort: Int?
        /// What decides the endpoint, where that is a part of the call.
        var hash: DestinationRule.LoadBalancer?
        /// Seconds; nil for no limit.
        var maxConnectionDuration: Double?

        /// nil for a cluster that needs nothing of the kind.
        init?(_ cluster: ClusterPlan) {
            if case .dynamicDNS(let port) = cluster.discovery { dynamicPort = port }
            switch cluster.settings.loadBalancer {
            case .header, .cookie, .sourceIP, .queryParameter: hash = cluster.settings.loadBalancer
            case .simple, nil: break
            }
            maxConnectionDuration = cluster.settings.connectionPool?.maxConnectionDuration
            if dynamicPort == nil, hash == nil, maxConnectionDuration == nil { return nil }
        }
    }

    let lastResort: LastResort
    /// By name, those alone that need any.
    let traits: [String: ClusterTraits]
    /// Ports with a listener for every address; only of interest where requests of unknown ports are looked into.
    let wildcardPorts: Set<Int>
    /// By the name that a `credentialName` gives.
    let credentials: [String: TLSSecret]

    init(
        lastResort: LastResort, traits: [String: ClusterTraits], wildcardPorts: Set<Int>,
        credentials: [String: TLSSecret]
    ) {
        self.lastResort = lastResort
        self.traits = traits
        self.wildcardPorts = wildcardPorts
        self.credentials = credentials
    }

    init(plan: ProxyPlan, credentials: [String: TLSSecret] = [:]) {
        self.init(
            lastResort: plan.lastResort,
            traits: Dictionary(
                plan.clusters.compactMap { cluster in ClusterTraits(cluster).map { (cluster.name, $0) } },
                uniquingKeysWith: { first, _ in first }),
            wildcardPorts: plan.lastResort.policy == .allowAnyDynamicDNS ? plan.listeners.wildcardPorts : [],
            credentials: credentials)
    }

    /// Whether any call's name is resolved when it comes.
    var resolvesNames: Bool {
        lastResort.policy == .allowAnyDynamicDNS || traits.values.contains { $0.dynamicPort != nil }
    }
}

// MARK: - Words of Envoy's JSON

extension ResourceWriter {
    static func socketAddress(_ address: String, port: Int) -> JSONValue {
        ["socket_address": ["address": .string(address), "port_value": .integer(Int64(port))]]
    }

    /// An extension: its registered name, its type, and its settings.
    static func filter(_ name: String, _ type: String, _ settings: [String: JSONValue] = [:]) -> JSONValue {
        ["name": .string(name), "typed_config": resource(type, settings)]
    }

    /// A message that carries its type.
    static func resource(_ type: String, _ members: [String: JSONValue]) -> JSONValue {
        var object = members
        object["@type"] = .string("type.googleapis.com/\(type)")
        return .object(object)
    }

    /// The file that a resource of its own comes from.
    static func file(_ path: String) -> JSONValue {
        ["path_config_source": ["path": .string(path)], "resource_api_version": "V3"]
    }

    /// The stream that all configuration comes by; what it brings may take its time.
    static let discovery: JSONValue = [
        "ads": [:], "initial_fetch_timeout": "0s", "resource_api_version": "V3",
    ]

    /// A number of things; Envoy keeps them in 32 bits.
    static func count(_ value: Int) -> JSONValue { .integer(Int64(min(max(value, 0), Int(UInt32.max)))) }

    /// The weight of one of some shares; all of them together have to fit 32 bits as well.
    static func weight(_ share: WeightedCluster, of shares: [WeightedCluster]) -> JSONValue {
        count(min(share.weight, Int(UInt32.max) / shares.count))
    }

    /// A time in seconds; Envoy refuses negative ones and those that do not fit its timers.
    static func duration(_ seconds: Double) -> JSONValue {
        let tenYears = 315_360_000.0
        let nanoseconds = Int64(min(max(seconds, 0), tenYears) * 1_000_000_000)
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest == 0 { return .string("\(whole)s") }
        let digits = String(rest)
        return .string("\(whole).\(String(repeating: "0", count: 9 - digits.count))\(digits)s")
    }

    /// A time that has to pass; nil for none. Envoy's timers count milliseconds.
    static func positiveDuration(_ seconds: Double?) -> JSONValue? {
        guard let seconds, seconds > 0 else { return nil }
        return duration(max(seconds, 0.001))
    }

    /// A share in percent, 0 to 100, to the ten-thousandth.
    static func fraction(_ percent: Double) -> JSONValue {
        ["numerator": .integer(Int64(min(max(percent, 0), 100) * 10_000)), "denominator": "MILLION"]
    }

    /// How names are resolved: by the lab's name server.
    static func resolver(_ layout: LabLayout) -> JSONValue {
        filter(
            "envoy.network.dns_resolver.cares",
            "envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
            [
                "resolvers": [socketAddress(layout.nameServerAddress, port: layout.nameServerPort)],
                "dns_resolver_options": ["no_default_search_domain": true],
                "query_timeout_seconds": 1, "query_tries": 2,
            ])
    }

    /// The one cache of the names that calls give; whoever uses it must describe it alike.
    var nameCache: JSONValue {
        [
            "name": "dynamic_dns_cache", "dns_lookup_family": "V4_ONLY", "dns_refresh_rate": "5s",
            "typed_dns_resolver_config": Self.resolver(layout),
        ]
    }
}
