import Foundation
import MeshState
import Testing

@testable import MeshLab

/// Whatever a plan holds, Envoy takes what is written of it: one that it refuses would cost a proxy everything else.
@Suite struct ConfigurationValidityTests {
    private static let layout = LabLayout(
        stateDirectory: FileManager.default.temporaryDirectory.appending(path: "meshtop-valid-\(UUID().uuidString)"),
        block: 9)

    private static let numbers = [Int.min, -1, 0, 1, Int.max]
    private static let times = [-Double.infinity, -1, 0, 1e-12, 0.5, 1e300]

    /// Clusters with every setting at the ends of its range.
    private static var clusters: [ClusterPlan] {
        var result: [ClusterPlan] = []
        let discoveries: [ClusterPlan.Discovery] = [
            .fixed([]), .fixed([.at("203.0.113.1", 80, weight: 3, locality: "us/east/1a"), .at("203.0.113.2", 80)]),
            .strictDNS([.at("a.example.com", 80, locality: "us"), .at("b.example.com", 80, locality: "us/east")]),
            .logicalDNS(.at("a.example.com", 80, weight: 7)), .originalDestination(port: 443),
            .originalDestination(port: nil), .dynamicDNS(port: 8080),
            .fixed([MeshEndpoint(address: .pipe("/run/x")), MeshEndpoint(address: .pipe("@abstract"))]),
        ]
        let balancers: [DestinationRule.LoadBalancer?] = [
            nil, .simple("ROUND_ROBIN"), .simple("RANDOM"), .simple("LEAST_CONN"), .simple("PASSTHROUGH"),
            .simple("whatever"), .header("x"), .cookie("c"), .sourceIP, .queryParameter("q"),
        ]
        for (index, discovery) in discoveries.enumerated() {
            for (number, balancer) in balancers.enumerated() {
                for http in [ClusterPlan.UpstreamHTTP.http1, .http2, .likeDownstream] {
                    result.append(
                        .make("d\(index).b\(number).\(http)", 80, discovery, http: http) { $0.loadBalancer = balancer })
                }
            }
        }
        for (index, number) in numbers.enumerated() {
            for (other, time) in times.enumerated() {
                result.append(
                    .make("n\(index).t\(other)", 80, discoveries[1]) {
                        var pool = DestinationRule.ConnectionPool()
                        (pool.maxConnections, pool.http1MaxPendingRequests, pool.http2MaxRequests) = (
                            number, number, number
                        )
                        (pool.maxRequestsPerConnection, pool.maxRetries) = (number, number)
                        (pool.connectTimeout, pool.maxConnectionDuration, pool.idleTimeout) = (time, time, time)
                        pool.h2UpgradePolicy = number == 1 ? "UPGRADE" : "DO_NOT_UPGRADE"
                        var outliers = DestinationRule.OutlierDetection()
                        (outliers.consecutive5xxErrors, outliers.consecutiveGatewayErrors) = (number, number)
                        (outliers.maxEjectionPercent, outliers.minHealthPercent) = (number, number)
                        (outliers.interval, outliers.baseEjectionTime) = (time, time)
                        ($0.connectionPool, $0.outlierDetection) = (pool, outliers)
                    })
            }
        }
        for mode in DestinationRule.ClientTLS.Mode.allCases {
            for (index, discovery) in discoveries.enumerated() {
                for change in 0..<6 {
                    let tls = ClusterPlan.originate(mode) {
                        if change & 1 == 1 { $0.sni = "a.example.com" }
                        if change & 2 == 2 { $0.subjectAltNames = ["a.b", "spiffe://a/b", "1.2.3.4", "me@a.b", ""] }
                        if change == 3 { $0.insecureSkipVerify = true }
                        if change == 4 { $0.credentialName = "none" }
                        if change == 5 {
                            ($0.clientCertificate, $0.privateKey, $0.caCertificates) = ("/etc/passwd", "/", "none")
                        }
                    }
                    result.append(
                        .make(
                            "tls.\(mode).\(index).\(change)", 80, discovery,
                            http: index.isMultiple(of: 2) ? .http2 : .http1, tls: tls))
                }
                result.append(
                    .make(
                        "auto.\(mode).\(index)", 80, discovery,
                        tls: .automatic(sni: "x", subjectAltNames: ["spiffe://x"])))
            }
        }
        return result
    }

    /// Routes with everything that could be in them.
    private static var routes: [RoutePlan.Route] {
        let texts = [
            "", "a", "%", "%%", "%REQ(x)%", "%NO(%", "a\r\nb: c", "\0", "ü", String(repeating: "x", count: 20_000),
            "100%REQ(", "%START_TIME(%s)%",
        ]
        let patterns = [
            "", "*", ".*", "[", "(", "a{2000}", "(a{100}){100}", "\\1", "(?=a)", "\\pL", "[[:alpha:]]", "a**",
            "\\Qa.b\\E+", "(?i)a", "(?P<n>a)", "x{2,1}", "\\xZZ", "(\\pL{10}){90}",
        ]
        var result: [RoutePlan.Route] = []
        for text in texts {
            result.append(
                .to([WeightedCluster(cluster: "a", weight: 0), WeightedCluster(cluster: "b", weight: 0)]) {
                    $0.headers.request.set = ["x": text, text: "x", "host": text]
                    $0.headers.response.add = ["x": text, text: "x", ":status": "1"]
                    $0.headers.request.remove = [text, "host", ":path", "x"]
                    var rewrite = VirtualService.Rewrite()
                    (rewrite.uri, rewrite.authority) = (text, text)
                    $0.rewrite = rewrite
                    $0.retries = .init(attempts: 1, retryOn: text + ", 503, 99999,,5xx")
                    $0.mirrors = [.init(cluster: "m", share: 0.0001), .init(cluster: "m", share: .nan)]
                })
            var redirect = VirtualService.Redirect()
            (redirect.uri, redirect.authority, redirect.scheme) = (text, text, text)
            result.append(.init(action: .redirect(redirect), operation: "o"))
            result.append(.init(action: .respond(.init(status: 200, body: text)), operation: "o"))
        }
        for pattern in patterns + texts {
            for match in [VirtualService.StringMatch.exact(pattern), .prefix(pattern), .regex(pattern), .present] {
                result.append(
                    RoutePlan.Route.to("a").matching {
                        ($0.uri, $0.method, $0.authority, $0.scheme) = (match, match, match, match)
                        $0.headers = ["x": match]
                        $0.withoutHeaders = ["y": match]
                        $0.queryParameters = ["q": match]
                        $0.ignoresURICase = true
                    })
                result.append(
                    RoutePlan.Route.to("a").matching {
                        ($0.headers, $0.queryParameters) = ([pattern: match], [pattern: match])
                    })
            }
        }
        for number in numbers + [100, 199, 200, 301, 418, 599, 600, 70_000] {
            var redirect = VirtualService.Redirect()
            (redirect.code, redirect.port) = (number, number)
            result.append(.init(action: .redirect(redirect), operation: "o"))
            result.append(
                .init(
                    action: .respond(.init(status: number, body: String(repeating: "x", count: 100_000))),
                    operation: "o"))
            for time in times {
                var fault = VirtualService.Fault()
                (fault.delay, fault.abortStatus, fault.delayShare, fault.abortShare) = (time, number, time, time)
                result.append(
                    .to([WeightedCluster(cluster: "a", weight: number), WeightedCluster(cluster: "b", weight: 1)]) {
                        ($0.timeout, $0.fault) = (time, fault)
                        $0.retries = .init(attempts: number, perTryTimeout: time)
                    })
            }
        }
        result.append(.to([]))
        for cluster in clusters.prefix(60) { result.append(.to(cluster.name)) }
        return result
    }

    private static var listeners: [ListenerPlan] {
        let names = clusters.prefix(120).map(\.name)
        var result = names.enumerated().map { index, name in
            ListenerPlan.tcp(
                "203.0.113.\(index)", 80,
                to: [WeightedCluster(cluster: name), WeightedCluster(cluster: "x", weight: index)])
        }
        var chains: [ListenerPlan.Chain] = []
        for (index, mode) in Gateway.ServerTLS.Mode.allCases.enumerated() {
            for isHTTP in [true, false] {
                var tls = Gateway.ServerTLS(mode: mode)
                if isHTTP { tls.credentialName = "none" } else { tls.subjectAltNames = ["a", "spiffe://b"] }
                chains.append(
                    .init(
                        match: .init(serverNames: ["\(isHTTP)\(index).example.com", "*.\(isHTTP)\(index).example.com"]),
                        action: isHTTP ? .http(route: "80") : .tcp([]), tls: tls))
            }
        }
        chains.append(.init(match: .init(serverNames: ["*"]), action: .tcp([])))
        result.append(ListenerPlan(bind: "0.0.0.0", port: 443, chains: chains, isBound: true))
        result.append(.http(80))
        return result
    }

    @Test func envoyTakesEverythingThatIsWritten() async throws {
        let node = TestLab.node(
            "sleep-1", "default", number: 11, kind: .sidecar,
            ports: [.make(80, "HTTP"), .make(81, "GRPC"), .make(82, "TCP")],
            layout: Self.layout)
        defer { try? FileManager.default.removeItem(at: Self.layout.stateDirectory) }
        try ProxyFiles(node: node).write(bootstrap: [:])
        let clusters = Self.clusters
        let hosts = ["a.example.com", "*.example.com", "*"].enumerated().map {
            RoutePlan.VirtualHost(name: "h\($0)", domains: [$1], routes: Self.routes, requiresTLS: $0 == 1)
        }
        var plan = ProxyPlan(
            clusters: clusters, listeners: Self.listeners,
            routes: [RoutePlan(name: "80", virtualHosts: hosts, catchAll: .none)],
            policy: .allowAnyDynamicDNS)
        try await validate(plan, node)
        plan.listeners = []
        plan.routes = [RoutePlan(name: "80", virtualHosts: [], catchAll: .notFound(port: 80))]
        plan.clusters = []
        plan.lastResort = LastResort(policy: .allowAny, egressProxy: "x")
        try await validate(plan, node)
    }

    private func validate(_ plan: ProxyPlan, _ node: ProxyNode) async throws {
        let resources = EnvoyResources(plan: plan, node: node, layout: Self.layout)
        // Envoy would overlook a null, and with it that something is missing.
        for resource in [resources.clusters, resources.listeners, resources.routes].flatMap(\.values) {
            #expect(!resource.text.contains(":null"), "\(resource.name)")
            #expect(resource.references.problems == [], "\(resource.name)")
        }
        let routes = resources.routes.mapValues(\.value)
        var bootstrap = EnvoyBootstrap.document(node: node, layout: Self.layout)
        bootstrap["dynamic_resources"] = nil
        bootstrap["static_resources"] = [
            "clusters": .array(resources.clusters.values.map { untyped($0.value) }),
            "listeners": .array(resources.listeners.values.map { untyped(inlined($0.value, routes)) }),
        ]
        let file = node.directory.appending(path: "all.json")
        try Data(bootstrap.jsonText().utf8).write(to: file)
        // An error may hold the whole configuration, whose end says what is wrong.
        let script = "\"$0\" \"$@\" >\"$LOG\" 2>&1 || { tail -c 2000 \"$LOG\"; exit 1; }"
        let result = try await command(
            [
                "sh", "-c", script, EnvoyLocator.find().path, "--mode", "validate", "--log-level", "critical",
                "--config-path", file.path,
            ], environment: ["LOG": node.directory.appending(path: "validation.log").path])
        #expect(result.isSuccess, "\(result.output)")
    }

    /// A listener with its routes in the place of the file that they would come from, as validation reads no such file.
    private func inlined(_ value: JSONValue, _ routes: [String: JSONValue]) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map { inlined($0, routes) })
        case .object(var members):
            if let name = members["rds"]?["route_config_name"]?.stringValue, let route = routes[name] {
                members["rds"] = nil
                members["route_config"] = untyped(route)
            }
            return .object(members.mapValues { inlined($0, routes) })
        default: return value
        }
    }

    /// A resource as it stands within another, which knows its type.
    private func untyped(_ resource: JSONValue) -> JSONValue {
        var result = resource
        result["@type"] = nil
        return result
    }
}
