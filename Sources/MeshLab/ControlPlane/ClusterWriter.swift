import MeshState

// MARK: - Clusters that are always there

extension ResourceWriter {
    private static let clusterType = "envoy.config.cluster.v3.Cluster"
    private static let connectTimeout: JSONValue = "10s"

    var standingClusters: [EnvoyResource] {
        func standing(_ name: String, _ members: [String: JSONValue]) -> EnvoyResource {
            var cluster = members
            cluster["name"] = .string(name)
            cluster["alt_stat_name"] = Self.statName(name)
            cluster["connect_timeout"] = Self.connectTimeout
            return EnvoyResource(name: name, value: Self.resource(Self.clusterType, cluster))
        }
        var result = [standing(Self.blackHole, ["type": "STATIC"])]
        guard node.kind == .sidecar else { return result }
        result.append(
            standing(
                Self.passthrough,
                [
                    "type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED",
                    "circuit_breakers": Self.thresholds(nil),
                    "typed_extension_protocol_options": HTTPOptions(.likeDownstream).value,
                ]))
        if lastResort.policy == .allowAnyDynamicDNS {
            var cluster = Self.dynamicDNS(nameCache, checksNames: false)
            cluster["circuit_breakers"] = Self.thresholds(nil)
            cluster["typed_extension_protocol_options"] = HTTPOptions(.likeDownstream).value
            result.append(standing(LastResort.anyDynamicDNS, cluster))
        }
        // A workload of the lab listens on the ports that it declares, so nothing is behind any other.
        result.append(standing(Self.inboundPassthrough, ["type": "STATIC"]))
        for port in node.applicationPorts {
            let name = Self.inboundCluster(port)
            let application = MeshEndpoint(
                address: .host(node.loopback, port: layout.loopbackPort(for: port.number)))
            var members: [String: JSONValue] = [
                "type": "STATIC", "circuit_breakers": Self.thresholds(nil),
                "load_assignment": Self.assignment(name, [application]),
            ]
            if port.parsedProtocol.isHTTP2 {
                members["typed_extension_protocol_options"] = HTTPOptions(.http2).value
            }
            result.append(standing(name, members))
        }
        return result
    }

    /// The end of a name with dots in it must be told from the statistic that follows, as newer releases of Istio do.
    private static func statName(_ cluster: String) -> JSONValue { .string(cluster + ";") }

    static func inboundCluster(_ port: ServicePort) -> String { "inbound|\(port.number)||" }
}

// MARK: - Clusters of services

extension ResourceWriter {
    func cluster(_ plan: ClusterPlan) -> JSONValue {
        var istio: [String: JSONValue] = [
            "services": [
                [
                    "host": .string(plan.host), "name": .string(plan.host), "namespace": .string(plan.namespace),
                ]
            ]
        ]
        if plan.isExternal { istio["external"] = true }
        if !plan.subset.isEmpty { istio["subset"] = .string(plan.subset) }
        let pool = plan.settings.connectionPool
        var members: [String: JSONValue] = [
            "name": .string(plan.name), "alt_stat_name": Self.statName(plan.name),
            "connect_timeout": Self.positiveDuration(pool?.connectTimeout) ?? Self.connectTimeout,
            "circuit_breakers": Self.thresholds(pool),
            "metadata": ["filter_metadata": ["istio": .object(istio)]],
        ]
        members.merge(discovery(plan)) { $1 }
        if let outliers = plan.settings.outlierDetection {
            members["outlier_detection"] = Self.outlierDetection(outliers)
            // Istio lets no failing endpoint back in for want of good ones, unless it is told to.
            let threshold = min(max(outliers.minHealthPercent ?? 0, 0), 100)
            members["common_lb_config"] = ["healthy_panic_threshold": ["value": .integer(Int64(threshold))]]
        }
        members.merge(transport(plan)) { $1 }
        if let options = HTTPOptions(plan).valueIfNeeded { members["typed_extension_protocol_options"] = options }
        return Self.resource(Self.clusterType, members)
    }

    /// Where the endpoints come from, and how one of them is chosen.
    private func discovery(_ plan: ClusterPlan) -> [String: JSONValue] {
        let original: [String: JSONValue] = ["type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED"]
        if case .dynamicDNS = plan.discovery {
            return Self.dynamicDNS(nameCache, checksNames: HTTPOptions(plan).checksNames)
        }
        if plan.settings.loadBalancer == .simple("PASSTHROUGH") { return original }
        var members = Self.balancing(plan.settings.loadBalancer)
        switch plan.discovery {
        case .fixed(let endpoints):
            members["type"] = "STATIC"
            members["load_assignment"] = Self.assignment(plan.name, endpoints)
        case .strictDNS(let endpoints):
            members["type"] = "STRICT_DNS"
            members.merge(Self.resolving(plan.name, endpoints)) { $1 }
        case .logicalDNS(let endpoint):
            members["type"] = "LOGICAL_DNS"
            members.merge(Self.resolving(plan.name, [endpoint])) { $1 }
        case .originalDestination(let port):
            members = original
            if let port {
                members["original_dst_lb_config"] = ["upstream_port_override": .integer(Int64(port))]
            }
        case .dynamicDNS: break
        }
        return members
    }

    private static func balancing(_ balancer: DestinationRule.LoadBalancer?) -> [String: JSONValue] {
        switch balancer {
        case .simple("ROUND_ROBIN"): ["lb_policy": "ROUND_ROBIN"]
        case .simple("RANDOM"): ["lb_policy": "RANDOM"]
        case .simple, nil: ["lb_policy": "LEAST_REQUEST"]
        case .header, .cookie, .sourceIP, .queryParameter:
            ["lb_policy": "RING_HASH", "ring_hash_lb_config": ["minimum_ring_size": 1024]]
        }
    }

    /// Names are resolved again when their answers say so.
    private static func resolving(_ name: String, _ endpoints: [MeshEndpoint]) -> [String: JSONValue] {
        [
            "dns_lookup_family": "V4_ONLY", "dns_refresh_rate": "5s", "respect_dns_ttl": true,
            // A name server that was away is asked again soon, and not for ever about names that nobody has.
            "dns_failure_refresh_rate": ["base_interval": "0.5s", "max_interval": "30s"],
            "load_assignment": assignment(name, endpoints),
        ]
    }

    /// Endpoints by their locality, in the order of the first of each.
    private static func assignment(_ name: String, _ endpoints: [MeshEndpoint]) -> JSONValue {
        var order: [String] = []
        var members: [String: [MeshEndpoint]] = [:]
        for endpoint in endpoints {
            if members[endpoint.locality] == nil { order.append(endpoint.locality) }
            members[endpoint.locality, default: []].append(endpoint)
        }
        let groups = order.map { locality -> JSONValue in
            let endpoints = members[locality] ?? []
            var group: JSONValue = ["lb_endpoints": .array(endpoints.map(entry))]
            if !locality.isEmpty {
                let parts = locality.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
                group["locality"] = .object(
                    Dictionary(
                        zip(["region", "zone", "sub_zone"], parts.map(JSONValue.string)), uniquingKeysWith: { $1 }))
                group["load_balancing_weight"] = count(endpoints.reduce(0) { $0 + max($1.weight, 1) })
            }
            return group
        }
        return ["cluster_name": .string(name), "endpoints": .array(groups)]
    }

    private static func entry(_ endpoint: MeshEndpoint) -> JSONValue {
        let address: JSONValue =
            switch endpoint.address {
            case .host(let host, let port): socketAddress(host, port: port)
            case .pipe(let path): ["pipe": ["path": .string(path)]]
            }
        var entry: JSONValue = ["endpoint": ["address": address]]
        if endpoint.weight > 0 { entry["load_balancing_weight"] = count(endpoint.weight) }
        if endpoint.hasMeshTLS {
            entry["metadata"] = ["filter_metadata": ["envoy.transport_socket_match": meshTLSMatch]]
        }
        return entry
    }
}

// MARK: - Settings of a DestinationRule

extension ResourceWriter {
    /// Envoy's own limits are low (1024 connections); Istio lifts those that no rule sets.
    private static func thresholds(_ pool: DestinationRule.ConnectionPool?) -> JSONValue {
        func limit(_ value: Int?) -> JSONValue { count(value.flatMap { $0 > 0 ? $0 : nil } ?? Int(UInt32.max)) }
        return [
            "thresholds": [
                [
                    "max_connections": limit(pool?.maxConnections),
                    "max_pending_requests": limit(pool?.http1MaxPendingRequests),
                    "max_requests": limit(pool?.http2MaxRequests), "max_retries": limit(pool?.maxRetries),
                    "track_remaining": true,
                ]
            ]
        ]
    }

    private static func outlierDetection(_ outliers: DestinationRule.OutlierDetection) -> JSONValue {
        var result: JSONValue = ["enforcing_success_rate": 0]
        if let errors = outliers.consecutive5xxErrors {
            result["consecutive_5xx"] = count(errors)
            result["enforcing_consecutive_5xx"] = errors > 0 ? 100 : 0
        }
        if let errors = outliers.consecutiveGatewayErrors {
            result["consecutive_gateway_failure"] = count(errors)
            result["enforcing_consecutive_gateway_failure"] = errors > 0 ? 100 : 0
        }
        if let interval = positiveDuration(outliers.interval) { result["interval"] = interval }
        if let time = positiveDuration(outliers.baseEjectionTime) {
            result["base_ejection_time"] = time
            // Envoy wants it no longer than the longest ejection, which is 300 s unless it is told.
            if outliers.baseEjectionTime ?? 0 > 300 { result["max_ejection_time"] = time }
        }
        if let percent = outliers.maxEjectionPercent, percent > 0 {
            result["max_ejection_percent"] = count(min(percent, 100))
        }
        return result
    }
}

// MARK: - Names that calls give

extension ResourceWriter {
    /// A cluster that resolves the name that the call gives.
    private static func dynamicDNS(_ cache: JSONValue, checksNames: Bool) -> [String: JSONValue] {
        var settings: [String: JSONValue] = ["dns_cache_config": cache]
        // Envoy wants to be told that the name in the call is not what the server's certificate is checked for.
        if !checksNames { settings["allow_insecure_cluster_options"] = true }
        return [
            "lb_policy": "CLUSTER_PROVIDED",
            "cluster_type": filter(
                "envoy.clusters.dynamic_forward_proxy",
                "envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig", settings),
        ]
    }
}

// MARK: - Upstream HTTP

/// How a cluster speaks HTTP to its endpoints.
private struct HTTPOptions {
    private let http: ClusterPlan.UpstreamHTTP
    private var common: [String: JSONValue] = [:]
    private var names: [String: JSONValue] = [:]

    init(_ http: ClusterPlan.UpstreamHTTP) { self.http = http }

    init(_ plan: ClusterPlan) {
        http = plan.upstreamHTTP
        if let pool = plan.settings.connectionPool {
            if let timeout = pool.idleTimeout { common["idle_timeout"] = ResourceWriter.duration(timeout) }
            if let time = ResourceWriter.positiveDuration(pool.maxConnectionDuration) {
                common["max_connection_duration"] = time
            }
            if let requests = pool.maxRequestsPerConnection, requests > 0 {
                common["max_requests_per_connection"] = ResourceWriter.count(requests)
            }
        }
        if case .originate(let tls) = plan.tls, tls.mode == .simple || tls.mode == .mutual {
            if tls.hasAutomaticSNI { names["auto_sni"] = true }
            if tls.hasAutomaticSubjectAltName { names["auto_san_validation"] = true }
        }
    }

    /// Whether TLS asks for the name in the call and checks the server's certificate for it.
    var checksNames: Bool { names.count == 2 }

    /// nil where Envoy's own defaults do.
    var valueIfNeeded: JSONValue? {
        if http == .http1 && common.isEmpty && names.isEmpty { return nil }
        return value
    }

    var value: JSONValue {
        let manyStreams: JSONValue = ["max_concurrent_streams": 1_073_741_824]
        var options: [String: JSONValue] =
            switch http {
            case .http1: ["explicit_http_config": ["http_protocol_options": [:]]]
            case .http2: ["explicit_http_config": ["http2_protocol_options": manyStreams]]
            case .likeDownstream:
                [
                    "use_downstream_protocol_config": [
                        "http_protocol_options": [:], "http2_protocol_options": manyStreams,
                    ]
                ]
            }
        if !common.isEmpty { options["common_http_protocol_options"] = .object(common) }
        if !names.isEmpty { options["upstream_http_protocol_options"] = .object(names) }
        let type = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
        return .object([type: ResourceWriter.resource(type, options)])
    }
}

extension ClusterPlan {
    /// The protocol with a DestinationRule's upgrade to HTTP/2.
    var upstreamHTTP: UpstreamHTTP {
        settings.connectionPool?.h2UpgradePolicy == "UPGRADE" ? .http2 : http
    }
}

extension DestinationRule.ClientTLS {
    /// Whether the server is asked for by the name in the request.
    var hasAutomaticSNI: Bool { sni == nil }
    /// Whether the server's certificate has to carry the name in the request.
    var hasAutomaticSubjectAltName: Bool {
        hasAutomaticSNI && subjectAltNames.isEmpty && insecureSkipVerify != true
    }
}
