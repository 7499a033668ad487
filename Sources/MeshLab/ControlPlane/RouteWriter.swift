import Foundation
import MeshState

extension ResourceWriter {
    func route(_ plan: RoutePlan) -> JSONValue {
        let hosts = plan.virtualHosts.map { virtualHost($0, of: plan) } + (catchAll(plan).map { [$0] } ?? [])
        return Self.resource(Self.routeType, Self.members(name: plan.name, hosts: hosts))
    }

    static let routeType = "envoy.config.route.v3.RouteConfiguration"

    func virtualHost(_ host: RoutePlan.VirtualHost, of plan: RoutePlan) -> JSONValue {
        let answersTLS = plan.name.hasPrefix("https.")
        var result: JSONValue = [
            "name": .string(host.name), "domains": JSONValue(host.domains), "include_request_attempt_count": true,
            "routes": .array(host.routes.compactMap { entry($0, answersTLS: answersTLS) }),
        ]
        if host.requiresTLS { result["require_tls"] = "ALL" }
        return result
    }

    /// The virtual host of all names that no other has.
    func catchAll(_ plan: RoutePlan) -> JSONValue? {
        switch plan.catchAll {
        case .none: nil
        case .lastResort: lastResortHost
        // Without a route nothing is found, which is the answer that is wanted.
        case .notFound(let port): ["name": .string("blackhole:\(port)"), "domains": ["*"]]
        }
    }

    /// The members of a route configuration.
    static func members(name: String, hosts: [JSONValue]) -> [String: JSONValue] {
        [
            "name": .string(name), "virtual_hosts": .array(hosts), "validate_clusters": false,
            "ignore_port_in_host_matching": true, "max_direct_response_body_size_bytes": 1_048_576,
        ]
    }

    /// What takes every request that nothing else took: `block_all` or one that lets it out.
    var lastResortHost: JSONValue {
        let name = JSONValue.string(lastResort.routeName)
        var route: JSONValue = ["name": name, "match": ["prefix": "/"]]
        if let cluster = lastResort.requestCluster {
            route["route"] = ["cluster": .string(cluster), "timeout": "0s"]
        } else {
            route["direct_response"] = ["status": 502]
        }
        return ["name": name, "domains": ["*"], "include_request_attempt_count": true, "routes": [route]]
    }

    /// One route; nil for one that Envoy could not hold, which takes no request.
    private func entry(_ route: RoutePlan.Route, answersTLS: Bool) -> JSONValue? {
        guard let match = RouteMatchWriter.match(route.match) else { return nil }
        var headers = HeaderChangeWriter(route.headers)
        var entry: JSONValue = [
            "name": .string(route.name), "match": match, "decorator": ["operation": .string(route.operation)],
        ]
        switch route.action {
        case .redirect(let redirect):
            guard let value = Self.redirect(redirect, answersTLS: answersTLS) else { return nil }
            entry["redirect"] = value
        case .respond(let response):
            guard (200...599).contains(response.status) else { return nil }
            var value: JSONValue = ["status": .integer(Int64(response.status))]
            if let body = response.body { value["body"] = ["inline_string": .string(body)] }
            entry["direct_response"] = value
        case .forward(let clusters):
            // The headers of an only destination are the route's own.
            if clusters.count == 1, let only = clusters.first { headers.add(only.headers) }
            entry["route"] = forward(route, to: clusters, authority: route.rewrite?.authority ?? headers.authority)
        }
        headers.write(to: &entry)
        var filters: [String: JSONValue] = [:]
        if let fault = route.fault.flatMap(Self.fault) { filters["envoy.filters.http.fault"] = fault }
        if let port = dynamicPort(of: route) {
            filters["envoy.filters.http.set_filter_state"] = Self.dynamicPort(port)
        }
        if !filters.isEmpty { entry["typed_per_filter_config"] = .object(filters) }
        return entry
    }

    // MARK: Forwarding

    private func forward(
        _ route: RoutePlan.Route, to clusters: [WeightedCluster], authority: String?
    ) -> JSONValue {
        var action: JSONValue
        if let timeout = Self.positiveDuration(route.timeout) {
            action = ["timeout": timeout]
        } else {
            // The other way to say so, without which a gRPC request's own timeout would not count. It makes Envoy
            // overlook a timeout beside it.
            action = [
                "timeout": "0s",
                "max_stream_duration": ["max_stream_duration": "0s", "grpc_timeout_header_max": "0s"],
            ]
        }
        // Destinations without a weight get nothing while others have one.
        let weighted = clusters.filter { $0.weight > 0 }
        if clusters.count > 1, !weighted.isEmpty {
            action["weighted_clusters"] = ["clusters": .array(weighted.map { Self.entry($0, of: weighted) })]
        } else {
            action["cluster"] = .string(clusters.first?.cluster ?? Self.blackHole)
        }
        let hashes = clusters.compactMap { context.traits[$0.cluster]?.hash }
        if !hashes.isEmpty { action["hash_policy"] = .array(hashes.compactMap(Self.hashPolicy)) }
        if let policy = Self.retries(route.retries, keepsHost: clusters.count == 1 && !hashes.isEmpty) {
            action["retry_policy"] = policy
        }
        if let uri = route.rewrite?.uri, HeaderText.isValue(uri) { action["prefix_rewrite"] = .string(uri) }
        if let authority, HeaderText.isValue(authority) { action["host_rewrite_literal"] = .string(authority) }
        let mirrors = route.mirrors.filter { $0.share > 0 }.map { mirror -> JSONValue in
            [
                "cluster": .string(mirror.cluster), "trace_sampled": false,
                "runtime_fraction": ["default_value": Self.fraction(mirror.share)],
            ]
        }
        if !mirrors.isEmpty { action["request_mirror_policies"] = .array(mirrors) }
        return action
    }

    private static func entry(_ share: WeightedCluster, of shares: [WeightedCluster]) -> JSONValue {
        let headers = HeaderChangeWriter(share.headers)
        var result: JSONValue = ["name": .string(share.cluster), "weight": weight(share, of: shares)]
        headers.write(to: &result)
        if let authority = share.authority ?? headers.authority, HeaderText.isValue(authority) {
            result["host_rewrite_literal"] = .string(authority)
        }
        return result
    }

    private static func hashPolicy(_ hash: DestinationRule.LoadBalancer) -> JSONValue? {
        switch hash {
        case .header(let name) where HeaderText.isName(name): return ["header": ["header_name": .string(name)]]
        case .cookie(let name) where HeaderText.isName(name): return ["cookie": ["name": .string(name)]]
        case .queryParameter(let name) where !name.isEmpty: return ["query_parameter": ["name": .string(name)]]
        case .sourceIP: return ["connection_properties": ["source_ip": true]]
        case .header, .cookie, .queryParameter, .simple: return nil
        }
    }

    /// How a request is tried again; nil where it is not.
    private static func retries(_ retries: VirtualService.Retries?, keepsHost: Bool) -> JSONValue? {
        if let retries, retries.attempts <= 0 { return nil }
        var policy: JSONValue = [
            "retry_on": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
            "num_retries": count(retries?.attempts ?? 2), "retriable_status_codes": [503],
            "host_selection_retry_max_attempts": 5,
        ]
        // A request that belongs to one endpoint stays with it.
        if !keepsHost {
            policy["retry_host_predicate"] = [
                filter(
                    "envoy.retry_host_predicates.previous_hosts",
                    "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate")
            ]
        }
        if let time = positiveDuration(retries?.perTryTimeout) { policy["per_try_timeout"] = time }
        guard let conditions = retries?.retryOn, !conditions.isEmpty else { return policy }
        // Numbers among the conditions are status codes.
        var names: [String] = []
        var codes: [JSONValue] = []
        for part in conditions.split(separator: ",") {
            let text = part.filter { !$0.isWhitespace }
            if let code = Int64(text), (100...599).contains(code) {
                codes.append(.integer(code))
            } else if !text.isEmpty {
                names.append(text)
            }
        }
        if !codes.isEmpty, !names.contains("retriable-status-codes") { names.append("retriable-status-codes") }
        policy["retry_on"] = .string(names.joined(separator: ","))
        policy["retriable_status_codes"] = .array(codes)
        return policy
    }

    // MARK: Other answers

    private static let redirectCodes = [
        301: "MOVED_PERMANENTLY", 302: "FOUND", 303: "SEE_OTHER", 307: "TEMPORARY_REDIRECT",
        308: "PERMANENT_REDIRECT",
    ]

    private static func redirect(_ redirect: VirtualService.Redirect, answersTLS: Bool) -> JSONValue? {
        guard let code = redirectCodes[redirect.code] else { return nil }
        var result: JSONValue = ["response_code": .string(code)]
        if let host = redirect.authority, HeaderText.isValue(host) { result["host_redirect"] = .string(host) }
        if let path = redirect.uri, HeaderText.isValue(path) { result["path_redirect"] = .string(path) }
        if let scheme = redirect.scheme, !scheme.isEmpty { result["scheme_redirect"] = .string(scheme) }
        let scheme = redirect.scheme ?? (answersTLS ? "https" : "http")
        // The port that a scheme has of itself is not written out.
        if let port = redirect.port, (1...65_535).contains(port), (scheme, port) != ("http", 80),
            (scheme, port) != ("https", 443)
        {
            result["port_redirect"] = .integer(Int64(port))
        }
        return result
    }

    private static func fault(_ fault: VirtualService.Fault) -> JSONValue? {
        var settings: [String: JSONValue] = [:]
        if let delay = positiveDuration(fault.delay) {
            settings["delay"] = ["fixed_delay": delay, "percentage": fraction(fault.delayShare)]
        }
        if let status = fault.abortStatus, (200...599).contains(status) {
            settings["abort"] = ["http_status": .integer(Int64(status)), "percentage": fraction(fault.abortShare)]
        }
        if settings.isEmpty { return nil }
        return resource("envoy.extensions.filters.http.fault.v3.HTTPFault", settings)
    }

    // MARK: Names that requests give

    private func dynamicPort(of route: RoutePlan.Route) -> Int? {
        guard case .forward(let clusters) = route.action else { return nil }
        return clusters.lazy.compactMap { context.traits[$0.cluster]?.dynamicPort }.first
    }

    /// Has a request go to a port, whichever its Host header says.
    private static func dynamicPort(_ port: Int) -> JSONValue {
        resource(
            "envoy.extensions.filters.http.set_filter_state.v3.Config",
            [
                "on_request_headers": [
                    [
                        "object_key": "envoy.upstream.dynamic_port",
                        "format_string": ["text_format_source": ["inline_string": .string(String(port))]],
                    ]
                ]
            ])
    }
}
