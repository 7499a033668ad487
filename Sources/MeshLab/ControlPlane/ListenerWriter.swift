import Foundation
import MeshState

extension ResourceWriter {
    private static let listenerType = "envoy.config.listener.v3.Listener"
    private static let proxyProtocol = filter(
        "envoy.filters.listener.proxy_protocol",
        "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol")
    private static let tlsInspector = filter(
        "envoy.filters.listener.tls_inspector",
        "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector")
    private static let httpInspector = filter(
        "envoy.filters.listener.http_inspector",
        "envoy.extensions.filters.listener.http_inspector.v3.HttpInspector")

    /// Istio's own text format since 1.9.
    private static let accessLogFormat =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% "
        + "%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "
        + "\"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
        + "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
        + "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% "
        + "%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "
        + "%REQUESTED_SERVER_NAME% %ROUTE_NAME%\n"

    private static let accessLogger = filter(
        "envoy.access_loggers.file", "envoy.extensions.access_loggers.file.v3.FileAccessLog",
        [
            "path": "/dev/stdout",
            "log_format": ["text_format_source": ["inline_string": .string(accessLogFormat)]],
        ])
    private static let accessLog: JSONValue = [accessLogger]

    /// What a listener itself logs: connections for which it has no chain.
    private static let listenerAccessLog: JSONValue = {
        var logger = accessLogger
        logger["filter"] = ["response_flag_filter": ["flags": ["NR"]]]
        return [logger]
    }()

    // MARK: The listeners that are bound

    /// Takes every outbound connection and hands it to the listener of its original destination.
    var virtualOutbound: EnvoyResource {
        let name = "virtualOutbound"
        let loop = Self.tcp(Self.blackHole, name: "virtualOutbound-blackhole", isLogged: false)
            .matching(["destination_port": .integer(Int64(ProxyNode.outboundPort))])
        let catchAll = Self.tcp(lastResort.connectionCluster, name: "virtualOutbound-catchall-tcp")
        return EnvoyResource(
            name: name,
            value: Self.resource(
                Self.listenerType,
                [
                    "name": .string(name),
                    "address": Self.socketAddress(node.loopback, port: ProxyNode.outboundPort),
                    "traffic_direction": "OUTBOUND", "use_original_dst": true,
                    "listener_filters": [Self.proxyProtocol], "filter_chains": [loop, catchAll],
                    "access_log": Self.listenerAccessLog,
                ]))
    }

    /// Takes every inbound connection; its chains are chosen by the port that was called.
    var virtualInbound: EnvoyResource {
        let name = "virtualInbound"
        var chains = [
            Self.tcp(Self.blackHole, name: "virtualInbound-blackhole", isLogged: false)
                .matching(["destination_port": .integer(Int64(ProxyNode.inboundPort))])
        ]
        for port in node.applicationPorts {
            chains.append(inboundChain(port).matching(["destination_port": .integer(Int64(port.number))]))
        }
        return EnvoyResource(
            name: name,
            value: Self.resource(
                Self.listenerType,
                [
                    "name": .string(name),
                    "address": Self.socketAddress(node.loopback, port: ProxyNode.inboundPort),
                    "traffic_direction": "INBOUND", "listener_filters": [Self.proxyProtocol],
                    "filter_chains": .array(chains),
                    "default_filter_chain": Self.tcp(Self.inboundPassthrough, name: "virtualInbound-catchall-tcp"),
                    "access_log": Self.listenerAccessLog,
                ]))
    }

    private func inboundChain(_ port: ServicePort) -> JSONValue {
        let cluster = Self.inboundCluster(port)
        guard port.parsedProtocol.isHTTP else { return Self.tcp(cluster, name: cluster) }
        let routes: JSONValue = [
            "name": .string(cluster), "validate_clusters": false,
            "virtual_hosts": [
                [
                    "name": .string("inbound|http|\(port.number)"), "domains": ["*"],
                    "routes": [
                        [
                            "name": "default", "match": ["prefix": "/"],
                            "route": ["cluster": .string(cluster), "timeout": "0s"],
                            "decorator": [
                                "operation": .string("\(node.workload).\(node.id.namespace):\(port.number)/*")
                            ],
                        ]
                    ],
                ]
            ],
        ]
        return Self.http(
            prefix: "inbound_0.0.0.0_\(port.number)", name: cluster,
            settings: ["route_config": routes, "server_name": "istio-envoy"])
    }

    // MARK: The listeners behind virtualOutbound

    func listener(_ plan: ListenerPlan) -> JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(plan.name), "address": Self.socketAddress(plan.bind, port: plan.port),
            "bind_to_port": false, "traffic_direction": "OUTBOUND", "access_log": Self.listenerAccessLog,
        ]
        let catchAll = plan.chains.first(where: \.match.isAny)
        if let catchAll, plan.chains.count == 1 {
            members["filter_chains"] = [chain(catchAll, of: plan)]
        } else {
            members["filter_chains"] = .array(
                plan.chains.filter { !$0.match.isAny }.map { chain($0, of: plan) })
            members["default_filter_chain"] =
                catchAll.map { chain($0, of: plan) } ?? Self.tcp(lastResort.connectionCluster, name: "PassthroughFilterChain")
        }
        var inspectors: [JSONValue] = []
        if plan.inspectsTLS { inspectors.append(Self.tlsInspector) }
        if plan.inspectsHTTP { inspectors.append(Self.httpInspector) }
        if !inspectors.isEmpty {
            members["listener_filters"] = .array(inspectors)
            // A client that waits for the server to speak is let through after this time.
            members["listener_filters_timeout"] = .string(Self.protocolDetectionTimeout)
            members["continue_on_listener_filters_timeout"] = true
        }
        return Self.resource(Self.listenerType, members)
    }

    static let protocolDetectionTimeout = "0.5s"

    private func chain(_ chain: ListenerPlan.Chain, of plan: ListenerPlan) -> JSONValue {
        var match: [String: JSONValue] = [:]
        if !chain.match.serverNames.isEmpty { match["server_names"] = JSONValue(chain.match.serverNames) }
        if !chain.match.prefixes.isEmpty {
            match["prefix_ranges"] = .array(
                chain.match.prefixes.map { prefix in
                    ["address_prefix": .string(prefix.address), "prefix_len": .integer(Int64(prefix.length))]
                })
        }
        if chain.match.isHTTP {
            match["application_protocols"] = ["http/1.1", "h2c"]
            match["transport_protocol"] = "raw_buffer"
        }
        let result: JSONValue =
            switch chain.action {
            case .tcp(let clusters): Self.tcp(clusters.first?.cluster ?? Self.blackHole)
            case .http(let route):
                Self.http(
                    prefix: "outbound_\(plan.name)",
                    settings: [
                        "rds": [
                            "route_config_name": .string(route),
                            "config_source": Self.file(ProxyFiles(node: node).routeFile(route).path),
                        ]
                    ])
            }
        return match.isEmpty ? result : result.matching(.object(match))
    }

    // MARK: Chains

    private static func tcp(_ cluster: String, name: String? = nil, isLogged: Bool = true) -> JSONValue {
        var settings: [String: JSONValue] = ["stat_prefix": .string(cluster), "cluster": .string(cluster)]
        if isLogged { settings["access_log"] = accessLog }
        var chain: JSONValue = [
            "filters": [
                filter(
                    "envoy.filters.network.tcp_proxy",
                    "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", settings)
            ]
        ]
        if let name { chain["name"] = .string(name) }
        return chain
    }

    private static func http(prefix: String, name: String? = nil, settings: [String: JSONValue]) -> JSONValue {
        var settings = settings
        settings["stat_prefix"] = .string(prefix)
        settings["access_log"] = accessLog
        settings["use_remote_address"] = false
        settings["normalize_path"] = true
        settings["stream_idle_timeout"] = "0s"
        settings["upgrade_configs"] = [["upgrade_type": "websocket"]]
        // Without a tracer this traces nothing, but it makes Envoy send the route's operation upstream.
        settings["tracing"] = [:]
        settings["http_filters"] = [
            filter("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router")
        ]
        var chain: JSONValue = [
            "filters": [
                filter(
                    "envoy.filters.network.http_connection_manager",
                    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", settings)
            ]
        ]
        if let name { chain["name"] = .string(name) }
        return chain
    }
}

extension JSONValue {
    /// This filter chain with the connections that it takes.
    fileprivate func matching(_ match: JSONValue) -> JSONValue {
        var chain = self
        chain["filter_chain_match"] = match
        return chain
    }
}

// MARK: - Routes

extension ResourceWriter {
    func route(_ plan: RoutePlan) -> JSONValue {
        var hosts = plan.virtualHosts.map { host -> JSONValue in
            [
                "name": .string(host.name), "domains": JSONValue(host.domains),
                "include_request_attempt_count": true, "routes": .array(host.routes.map(Self.entry)),
            ]
        }
        if plan.catchAll == .lastResort { hosts.append(catchAll) }
        return Self.resource(
            "envoy.config.route.v3.RouteConfiguration",
            [
                "name": .string(plan.name), "virtual_hosts": .array(hosts), "validate_clusters": false,
                "ignore_port_in_host_matching": true,
            ])
    }

    private static func entry(_ route: RoutePlan.Route) -> JSONValue {
        var entry: JSONValue = [
            "name": .string(route.name), "match": ["prefix": "/"],
            "decorator": ["operation": .string(route.operation)],
        ]
        if case .forward(let clusters) = route.action, let first = clusters.first {
            entry["route"] = [
                "cluster": .string(first.cluster), "timeout": "0s", "retry_policy": retries,
                "max_stream_duration": ["max_stream_duration": "0s", "grpc_timeout_header_max": "0s"],
            ]
        }
        return entry
    }

    private var catchAll: JSONValue {
        let name = JSONValue.string(lastResort.routeName)
        var route: JSONValue = ["name": name, "match": ["prefix": "/"]]
        if let cluster = lastResort.requestCluster {
            route["route"] = ["cluster": .string(cluster), "timeout": "0s"]
        } else {
            route["direct_response"] = ["status": 502]
        }
        return ["name": name, "domains": ["*"], "include_request_attempt_count": true, "routes": [route]]
    }

    private static let retries: JSONValue = [
        "retry_on": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes", "num_retries": 2,
        "retriable_status_codes": [503], "host_selection_retry_max_attempts": 5,
        "retry_host_predicate": [
            filter(
                "envoy.retry_host_predicates.previous_hosts",
                "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate")
        ],
    ]
}
