import MeshState

// MARK: - Filter chains

extension ResourceWriter {
    /// A chain that hands connections on to one cluster.
    static func tcp(_ cluster: String, name: String? = nil, isLogged: Bool = true) -> JSONValue {
        tcp(["stat_prefix": .string(cluster), "cluster": .string(cluster)], name: name, isLogged: isLogged)
    }

    static func tcp(
        _ settings: [String: JSONValue], name: String? = nil, before: [JSONValue] = [], isLogged: Bool = true
    ) -> JSONValue {
        var settings = settings
        if isLogged { settings["access_log"] = AccessLog.ofCalls }
        let proxy = filter(
            "envoy.filters.network.tcp_proxy", "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", settings)
        var chain: JSONValue = ["filters": .array(before + [proxy])]
        if let name { chain["name"] = .string(name) }
        return chain
    }

    /// A chain that divides connections among clusters.
    func tcp(_ clusters: [WeightedCluster], because: [Because]) -> JSONValue {
        let weighted = clusters.filter { $0.weight > 0 }
        let first = weighted.first ?? clusters.first ?? WeightedCluster(cluster: Self.blackHole)
        var settings: [String: JSONValue] = [:]
        if weighted.count > 1 {
            settings["weighted_clusters"] = [
                "clusters": .array(
                    weighted.map { ["name": .string($0.cluster), "weight": Self.weight($0, of: weighted)] })
            ]
            // Such connections are counted under the object that divides them.
            let divider = because.last { $0.object.kind == VirtualService.kind }?.object
            settings["stat_prefix"] = .string(divider.map { "\($0.name).\($0.namespace)" } ?? first.cluster)
        } else {
            settings["cluster"] = .string(first.cluster)
            settings["stat_prefix"] = .string(first.cluster)
        }
        let traits = clusters.compactMap { context.traits[$0.cluster] }
        if let time = Self.positiveDuration(traits.lazy.compactMap(\.maxConnectionDuration).first) {
            settings["max_downstream_connection_duration"] = time
        }
        if traits.contains(where: { $0.hash == .sourceIP }) { settings["hash_policy"] = [["source_ip": [:]]] }
        var before: [JSONValue] = []
        if let port = traits.lazy.compactMap(\.dynamicPort).first {
            before.append(
                Self.filter(
                    "envoy.filters.network.sni_dynamic_forward_proxy",
                    "envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3.FilterConfig",
                    ["dns_cache_config": nameCache, "port_value": .integer(Int64(port))]))
        }
        return Self.tcp(settings, before: before)
    }

    /// A chain that routes requests.
    func http(prefix: String, name: String? = nil, settings: [String: JSONValue]) -> JSONValue {
        var members: [String: JSONValue] = [
            "stat_prefix": .string(prefix), "access_log": AccessLog.ofCalls, "use_remote_address": false,
            "normalize_path": true, "stream_idle_timeout": "0s", "upgrade_configs": [["upgrade_type": "websocket"]],
            // Without a tracer this traces nothing, but it makes Envoy send the route's operation upstream.
            "tracing": [:],
        ]
        var filters = [
            Self.filter("envoy.filters.http.fault", "envoy.extensions.filters.http.fault.v3.HTTPFault")
        ]
        if context.resolvesNames {
            filters += [
                Self.filter(
                    "envoy.filters.http.set_filter_state", "envoy.extensions.filters.http.set_filter_state.v3.Config"),
                Self.filter(
                    "envoy.filters.http.dynamic_forward_proxy",
                    "envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig",
                    ["dns_cache_config": nameCache, "allow_dynamic_host_from_filter_state": true]),
            ]
        }
        filters.append(Self.filter("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router"))
        members["http_filters"] = .array(filters)
        var chain: JSONValue = [
            "filters": [
                Self.filter(
                    "envoy.filters.network.http_connection_manager",
                    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                    members.merging(settings) { $1 })
            ]
        ]
        if let name { chain["name"] = .string(name) }
        return chain
    }
}

extension JSONValue {
    /// This filter chain with the connections that it takes.
    func matching(_ match: JSONValue) -> JSONValue {
        var chain = self
        chain["filter_chain_match"] = match
        return chain
    }
}

// MARK: - Listener filters

/// What looks at a connection before its chain is chosen.
enum Inspector {
    static let tls = ResourceWriter.filter(
        "envoy.filters.listener.tls_inspector",
        "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector")

    /// Reads where a connection comes from and meant to go.
    static func proxyProtocol(isRequired: Bool) -> JSONValue {
        ResourceWriter.filter(
            "envoy.filters.listener.proxy_protocol",
            "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
            isRequired ? [:] : ["allow_requests_without_proxy_protocol": true])
    }

    static func http(exceptPorts ports: Set<Int> = []) -> JSONValue {
        var inspector = ResourceWriter.filter(
            "envoy.filters.listener.http_inspector",
            "envoy.extensions.filters.listener.http_inspector.v3.HttpInspector")
        let rules = ports.sorted().map { port -> JSONValue in
            ["destination_port_range": ["start": .integer(Int64(port)), "end": .integer(Int64(port) + 1)]]
        }
        if let only = rules.first {
            inspector["filter_disabled"] = rules.count == 1 ? only : ["or_match": ["rules": .array(rules)]]
        }
        return inspector
    }

    /// The members of a listener with inspectors; a client that waits for its server to speak is let through in time.
    static func members(_ inspectors: [JSONValue]) -> [String: JSONValue] {
        [
            "listener_filters": .array(inspectors),
            "listener_filters_timeout": .string(ResourceWriter.protocolDetectionTimeout),
            "continue_on_listener_filters_timeout": true,
        ]
    }
}

// MARK: - Access log

enum AccessLog {
    /// Istio's own text format since 1.9.
    private static let format =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% "
        + "%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "
        + "\"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
        + "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
        + "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% "
        + "%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "
        + "%REQUESTED_SERVER_NAME% %ROUTE_NAME%\n"

    private static let logger = ResourceWriter.filter(
        "envoy.access_loggers.file", "envoy.extensions.access_loggers.file.v3.FileAccessLog",
        [
            "path": "/dev/stdout",
            "log_format": ["text_format_source": ["inline_string": .string(format)]],
        ])

    static let ofCalls: JSONValue = [logger]

    /// What a listener itself logs: connections for which it has no chain.
    static let ofListener: JSONValue = {
        var logger = Self.logger
        logger["filter"] = ["response_flag_filter": ["flags": ["NR"]]]
        return [logger]
    }()
}
