import Foundation
import MeshState

/// Writes plans in Envoy's terms for one proxy.
struct ResourceWriter {
    let node: ProxyNode
    let layout: LabLayout
    let lastResort: LastResort

    static let blackHole = LastResort.blackHole
    static let passthrough = LastResort.passthrough
    static let inboundPassthrough = "InboundPassthroughCluster"

    /// What a proxy has whatever the mesh holds.
    var standing: EnvoyResources {
        var result = EnvoyResources()
        for cluster in standingClusters { result.clusters[cluster.name] = cluster }
        if node.kind == .sidecar {
            for listener in [virtualOutbound, virtualInbound] { result.listeners[listener.name] = listener }
        }
        return result
    }

    static func socketAddress(_ address: String, port: Int) -> JSONValue {
        ["socket_address": ["address": .string(address), "port_value": .integer(Int64(port))]]
    }

    /// An extension: its registered name, its type, and its settings.
    static func filter(_ name: String, _ type: String, _ settings: [String: JSONValue] = [:]) -> JSONValue {
        var config = settings
        config["@type"] = .string("type.googleapis.com/\(type)")
        return ["name": .string(name), "typed_config": .object(config)]
    }

    static func resource(_ type: String, _ members: [String: JSONValue]) -> JSONValue {
        var object = members
        object["@type"] = .string("type.googleapis.com/\(type)")
        return .object(object)
    }

    /// The file that a resource of its own comes from.
    static func file(_ path: String) -> JSONValue {
        ["path_config_source": ["path": .string(path)], "resource_api_version": "V3"]
    }
}

// MARK: - Clusters

extension ResourceWriter {
    private static let clusterType = "envoy.config.cluster.v3.Cluster"
    /// Envoy's own limits are low (1024 connections); Istio lifts them.
    private static let noLimit: JSONValue = [
        "thresholds": [
            [
                "max_connections": 4_294_967_295, "max_pending_requests": 4_294_967_295,
                "max_requests": 4_294_967_295, "max_retries": 4_294_967_295, "track_remaining": true,
            ]
        ]
    ]
    private static let maximumStreams: JSONValue = ["max_concurrent_streams": 1_073_741_824]

    private static func httpOptions(_ members: JSONValue) -> JSONValue {
        let type = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
        var options = members
        options["@type"] = .string("type.googleapis.com/\(type)")
        return .object([type: options])
    }

    private static let likeDownstream = httpOptions([
        "use_downstream_protocol_config": ["http_protocol_options": [:], "http2_protocol_options": maximumStreams]
    ])

    fileprivate var standingClusters: [EnvoyResource] {
        func standing(_ name: String, _ members: [String: JSONValue]) -> EnvoyResource {
            var cluster = members
            cluster["name"] = .string(name)
            cluster["alt_stat_name"] = Self.statName(name)
            cluster["connect_timeout"] = "10s"
            return EnvoyResource(name: name, value: Self.resource(Self.clusterType, cluster))
        }
        var result = [standing(Self.blackHole, ["type": "STATIC"])]
        guard node.kind == .sidecar else { return result }
        result.append(
            standing(
                Self.passthrough,
                [
                    "type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED", "circuit_breakers": Self.noLimit,
                    "typed_extension_protocol_options": Self.likeDownstream,
                ]))
        // A workload of the lab listens on the ports that it declares, so nothing is behind any other.
        result.append(standing(Self.inboundPassthrough, ["type": "STATIC"]))
        for port in node.applicationPorts {
            let name = Self.inboundCluster(port)
            let application = MeshEndpoint(
                address: .host(node.loopback, port: layout.loopbackPort(for: port.number)))
            var members: [String: JSONValue] = [
                "type": "STATIC", "circuit_breakers": Self.noLimit,
                "load_assignment": Self.assignment(name, [application]),
            ]
            if port.parsedProtocol.isHTTP2 { members["typed_extension_protocol_options"] = Self.http2 }
            result.append(standing(name, members))
        }
        return result
    }

    private static let http2 = httpOptions(["explicit_http_config": ["http2_protocol_options": maximumStreams]])

    /// The end of a name with dots in it must be told from the statistic that follows, as newer releases of Istio do.
    private static func statName(_ cluster: String) -> JSONValue { .string(cluster + ";") }

    static func inboundCluster(_ port: ServicePort) -> String { "inbound|\(port.number)||" }

    func cluster(_ plan: ClusterPlan) -> JSONValue {
        var istio: [String: JSONValue] = [
            "services": [
                [
                    "host": .string(plan.host), "name": .string(plan.host), "namespace": .string(plan.namespace),
                ]
            ]
        ]
        if plan.isExternal { istio["external"] = true }
        var members: [String: JSONValue] = [
            "name": .string(plan.name), "alt_stat_name": Self.statName(plan.name), "connect_timeout": "10s",
            "circuit_breakers": Self.noLimit,
            "metadata": ["filter_metadata": ["istio": .object(istio)]],
        ]
        switch plan.http {
        case .http1: break
        case .http2: members["typed_extension_protocol_options"] = Self.http2
        case .likeDownstream: members["typed_extension_protocol_options"] = Self.likeDownstream
        }
        switch plan.discovery {
        case .fixed(let endpoints):
            members["type"] = "STATIC"
            members["lb_policy"] = "LEAST_REQUEST"
            members["load_assignment"] = Self.assignment(plan.name, endpoints)
        case .strictDNS(let endpoints):
            members["type"] = "STRICT_DNS"
            members["lb_policy"] = "LEAST_REQUEST"
            members.merge(resolving(plan.name, endpoints)) { first, _ in first }
        case .logicalDNS(let endpoint):
            members["type"] = "LOGICAL_DNS"
            members["lb_policy"] = "LEAST_REQUEST"
            members.merge(resolving(plan.name, [endpoint])) { first, _ in first }
        case .dynamicDNS:
            members["type"] = "STATIC"
        case .originalDestination(let port):
            members["type"] = "ORIGINAL_DST"
            members["lb_policy"] = "CLUSTER_PROVIDED"
            if let port {
                members["original_dst_lb_config"] = ["upstream_port_override": .integer(Int64(port))]
            }
        }
        return Self.resource(Self.clusterType, members)
    }

    /// How names are resolved: by the lab's name server, whose answers live as long as they say.
    private func resolving(_ name: String, _ endpoints: [MeshEndpoint]) -> [String: JSONValue] {
        [
            "dns_lookup_family": "V4_ONLY", "dns_refresh_rate": "5s", "respect_dns_ttl": true,
            // A name server that was away is asked again soon.
            "dns_failure_refresh_rate": ["base_interval": "0.5s", "max_interval": "2s"],
            "typed_dns_resolver_config": Self.filter(
                "envoy.network.dns_resolver.cares",
                "envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
                [
                    "resolvers": [Self.socketAddress(layout.nameServerAddress, port: layout.nameServerPort)],
                    "dns_resolver_options": ["no_default_search_domain": true],
                    "query_timeout_seconds": 1, "query_tries": 2,
                ]),
            "load_assignment": Self.assignment(name, endpoints),
        ]
    }

    private static func assignment(_ name: String, _ endpoints: [MeshEndpoint]) -> JSONValue {
        let members = endpoints.map { endpoint -> JSONValue in
            let address: JSONValue =
                switch endpoint.address {
                case .host(let host, let port): socketAddress(host, port: port)
                case .pipe(let path): ["pipe": ["path": .string(path)]]
                }
            var member: JSONValue = ["endpoint": ["address": address]]
            if endpoint.weight > 0 { member["load_balancing_weight"] = .integer(Int64(endpoint.weight)) }
            return member
        }
        return [
            "cluster_name": .string(name),
            "endpoints": members.isEmpty ? [] : [["lb_endpoints": .array(members)]],
        ]
    }
}
