import Foundation
import MeshState
import Synchronization
import Testing

@testable import MeshLab

/// What becomes of real requests by each part of a route.
@Suite struct RouteCallTests {
    private static let one = "outbound|80|one|a.b"
    private static let two = "outbound|80|two|a.b"
    private static let clusters = [
        ClusterPlan.make("a.b", 80, subset: "one", at: [.at("203.0.113.10", 80)]),
        ClusterPlan.make("a.b", 80, subset: "two", at: [.at("203.0.113.11", 80)]),
    ]

    private static func plan(_ hosts: [String: [RoutePlan.Route]], _ more: [ClusterPlan] = []) -> ProxyPlan {
        ProxyPlan(clusters: clusters + more, listeners: [.http(80)], routes: [.make(80, hosts)])
    }

    private static func run(
        _ body: (PlannedLab, _ one: NamedServer, _ two: NamedServer) async throws -> Void
    ) async throws {
        try await PlannedLab.run { planned in
            let block = planned.lab.layout.block
            let one = NamedServer("one", host: "127.\(block).113.10", port: 10_080)
            let two = NamedServer("two", host: "127.\(block).113.11", port: 10_080)
            defer {
                one.stop()
                two.stop()
            }
            try await body(planned, one, two)
        }
    }

    /// A rule's match, and a request that fits it and one that does not.
    private struct MatchCase: Sendable {
        var name: String
        var change: @Sendable (inout VirtualService.HTTPMatch) -> Void
        var fits: Request
        /// nil where every request that gets there fits.
        var misses: Request?
    }

    private struct Request: Sendable {
        var path: String
        var method: String
        var headers: [String: String]

        init(_ path: String = "/x", method: String = "GET", user: String? = nil) {
            self.path = path
            self.method = method
            headers = user.map { ["user": $0] } ?? [:]
        }
    }

    private static let matches: [MatchCase] = [
        .init(name: "prefix", change: { $0.uri = .prefix("/a") }, fits: .init("/abc"), misses: .init("/b")),
        .init(name: "exact", change: { $0.uri = .exact("/a") }, fits: .init("/a?q=1"), misses: .init("/a/")),
        .init(name: "regex", change: { $0.uri = .regex("/[0-9]+") }, fits: .init("/12"), misses: .init("/12a")),
        .init(
            name: "case",
            change: {
                $0.uri = .exact("/a")
                $0.ignoresURICase = true
            }, fits: .init("/A"), misses: .init("/b")),
        .init(
            name: "method", change: { $0.method = .exact("PUT") }, fits: .init(method: "PUT"), misses: .init()),
        .init(
            name: "header", change: { $0.headers = ["user": .exact("jason")] }, fits: .init(user: "jason"),
            misses: .init(user: "mark")),
        .init(
            name: "header-prefix", change: { $0.headers = ["user": .prefix("ja")] }, fits: .init(user: "jason"),
            misses: .init()),
        .init(
            name: "header-present", change: { $0.headers = ["user": .present] }, fits: .init(user: "mark"),
            misses: .init()),
        .init(
            name: "header-any", change: { $0.headers = ["user": .regex("*")] }, fits: .init(user: "mark"),
            misses: .init()),
        .init(
            name: "without", change: { $0.withoutHeaders = ["user": .exact("mark")] }, fits: .init(),
            misses: .init(user: "mark")),
        .init(
            name: "without-any", change: { $0.withoutHeaders = ["user": .present] }, fits: .init(),
            misses: .init(user: "mark")),
        .init(
            name: "query", change: { $0.queryParameters = ["v": .exact("1")] }, fits: .init("/x?v=1"),
            misses: .init("/x?v=2")),
        .init(
            name: "query-present", change: { $0.queryParameters = ["v": .present] }, fits: .init("/x?v="),
            misses: .init()),
        .init(
            name: "authority", change: { $0.authority = .prefix("author") }, fits: .init(), misses: nil),
        .init(name: "scheme", change: { $0.scheme = .exact("http") }, fits: .init(), misses: nil),
    ]

    @Test func requestsAreChosenByTheirMatch() async throws {
        try await Self.run { planned, _, _ in
            var hosts: [String: [RoutePlan.Route]] = [:]
            for test in Self.matches {
                hosts[test.name] = [
                    RoutePlan.Route.to(Self.one).matching(test.change), RoutePlan.Route.to(Self.two),
                ]
            }
            // A match that Envoy could not hold takes nothing, and costs nobody else anything.
            hosts["wrong"] = [
                RoutePlan.Route.to(Self.one).matching { $0.uri = .regex("(?=look)ahead") },
                RoutePlan.Route.to(Self.one).matching { $0.headers = ["no header": .present] },
                RoutePlan.Route.to(Self.two),
            ]
            try await planned.give(Self.plan(hosts))
            for test in Self.matches {
                for (request, expected) in [(test.fits, "one\n"), (test.misses, "two\n")] {
                    guard let request else { continue }
                    let reply = await planned.call(
                        "203.0.113.10", 80, request.path, host: test.name, method: request.method,
                        headers: request.headers)
                    #expect(reply.text.hasSuffix(expected), "\(test.name) \(request): \(reply.text)")
                }
            }
            #expect(await planned.call("203.0.113.10", 80, host: "wrong").body == "two\n")
        }
    }

    @Test func requestsAreAnsweredSlowedBrokenAndSentElsewhere() async throws {
        try await Self.run { planned, one, two in
            var redirect = VirtualService.Redirect()
            redirect.uri = "/v2"
            redirect.authority = "new.example.com"
            redirect.code = 302
            var fault = VirtualService.Fault()
            fault.abortStatus = 418
            // Longer than is asked for below: Envoy's timers may be a few milliseconds early.
            var delay = VirtualService.Fault()
            delay.delay = 0.4
            var never = VirtualService.Fault()
            never.abortStatus = 418
            never.abortShare = 0
            var rewrite = VirtualService.Rewrite()
            rewrite.uri = "/new"
            rewrite.authority = "inner.example.com"
            let slow = ClusterPlan.make("slow", 80, at: [.at("203.0.113.10", 9000)])
            let closed = ClusterPlan.make("closed", 80, at: [.at("203.0.113.10", 9001)])
            var changes = VirtualService.HeaderChanges()
            changes.request.set = ["x-set": "50% of %DOWNSTREAM_REMOTE_ADDRESS%", "Host": "renamed.example.com"]
            changes.request.add = ["x-added": "port %DOWNSTREAM_LOCAL_PORT%"]
            changes.request.remove = ["x-unwanted", ":path"]
            changes.response.set = ["x-answer": "yes"]
            changes.response.remove = ["x-envoy-upstream-service-time"]
            try await planned.give(
                Self.plan(
                    [
                        "timeout": [.to(slow.name) { $0.timeout = 0.2 }],
                        "abort": [.to(Self.one) { $0.fault = fault }],
                        "delay": [.to(Self.one) { $0.fault = delay }],
                        "never": [.to(Self.one) { $0.fault = never }],
                        "redirect": [.init(action: .redirect(redirect), operation: "o")],
                        "respond": [.init(action: .respond(.init(status: 203, body: "direct\n")), operation: "o")],
                        "weights": [
                            .to([
                                WeightedCluster(cluster: Self.one, weight: 50),
                                WeightedCluster(cluster: Self.two, weight: 50),
                                WeightedCluster(cluster: "outbound|80||none", weight: 0),
                            ])
                        ],
                        "mirror": [
                            .to(Self.one) { $0.mirrors = [.init(cluster: Self.two, share: 100)] }
                        ],
                        "rewrite": [
                            RoutePlan.Route.to(Self.one) { $0.rewrite = rewrite }.matching { $0.uri = .prefix("/old") }
                        ],
                        "headers": [.to(Self.one) { $0.headers = changes }],
                        "missing": [.to("outbound|80||not.there")],
                        "half": [
                            .to([
                                WeightedCluster(cluster: "outbound|80||not.there", weight: 1),
                                WeightedCluster(cluster: "outbound|80||nor.there", weight: 1),
                            ])
                        ],
                        "retried": [
                            .to(closed.name) { $0.retries = .init(attempts: 3, retryOn: "connect-failure,503") }
                        ],
                        "once": [.to(closed.name) { $0.retries = .init(attempts: 0) }],
                    ], [slow, closed]))
            let silent = SilentServer(host: "127.\(planned.lab.layout.block).113.10", port: 9000)
            defer { silent.stop() }
            func call(_ host: String, _ path: String = "/", _ headers: [String: String] = [:]) async -> HTTPReply {
                await planned.call("203.0.113.10", 80, path, host: host, headers: headers)
            }

            #expect(await call("timeout").status == 504)
            _ = try await planned.lab.logLine(" 504 UT ", "\"timeout\"")
            #expect(await call("abort").status == 418)
            _ = try await planned.lab.logLine(" 418 FI ", "fault_filter_abort")
            let start = ContinuousClock.now
            #expect(await call("delay").body == "one\n")
            #expect(ContinuousClock.now - start >= .milliseconds(300))
            #expect(await call("never").body == "one\n")

            let moved = await call("redirect", "/v1")
            #expect(moved.status == 302)
            #expect(moved.header("location") == "http://new.example.com/v2")
            let direct = await call("respond")
            #expect(direct.status == 203 && direct.body == "direct\n")

            var seen: Set<String> = []
            for _ in 0..<40 where seen.count < 2 { seen.insert(await call("weights").body) }
            #expect(seen == ["one\n", "two\n"])

            one.requests.withLock { $0 = [] }
            two.requests.withLock { $0 = [] }
            #expect(await call("mirror", "/copy").body == "one\n")
            let copy = try await planned.lab.eventually("the copy") { two.requests.withLock { $0.first } }
            #expect(copy.hasPrefix("GET /copy ") && copy.contains("host: mirror-shadow"), "\(copy)")

            #expect(await call("rewrite", "/old/page").body == "one\n")
            let rewritten = one.requests.withLock { $0.last ?? "" }
            #expect(
                rewritten.hasPrefix("GET /new/page ") && rewritten.contains("host: inner.example.com\r\n"),
                "\(rewritten)")

            let answer = await call("headers", "/", ["x-unwanted": "1", "x-added": "0"])
            #expect(answer.header("x-answer") == "yes")
            #expect(answer.header("x-envoy-upstream-service-time") == nil)
            let sent = one.requests.withLock { $0.last ?? "" }
            for line in ["x-set: 50% of %DOWNSTREAM_REMOTE_ADDRESS%", "host: renamed.example.com", "x-added: port 80"] {
                #expect(sent.contains("\(line)\r\n"), "\(line): \(sent)")
            }
            #expect(!sent.contains("x-unwanted"))

            for host in ["missing", "half"] {
                #expect(await call(host).status == 503)
                _ = try await planned.lab.logLine(" 503 NC cluster_not_found ", "\"\(host)\"")
            }
            #expect(await call("retried").status == 503)
            #expect(try await planned.lab.counter("cluster.\(closed.name);.upstream_rq_retry") == 3)
            #expect(await call("once").status == 503)
            #expect(try await planned.lab.counter("cluster.\(closed.name);.upstream_rq_retry") == 3)
        }
    }

    @Test func aRequestStaysWithItsEndpointAndConnectionsAreDivided() async throws {
        let both = [MeshEndpoint.at("203.0.113.10", 80), .at("203.0.113.11", 80)]
        let hashed = ClusterPlan.make("hashed", 80, at: both) { $0.loadBalancer = .header("user") }
        let turns = ClusterPlan.make("turns", 80, at: both) {
            $0.loadBalancer = .simple("ROUND_ROBIN")
            var pool = DestinationRule.ConnectionPool()
            pool.maxRequestsPerConnection = 1
            pool.connectTimeout = 2
            $0.connectionPool = pool
            var outliers = DestinationRule.OutlierDetection()
            outliers.consecutive5xxErrors = 1
            outliers.interval = 0.05
            outliers.baseEjectionTime = 600
            outliers.maxEjectionPercent = 100
            $0.outlierDetection = outliers
        }
        try await Self.run { planned, one, _ in
            var plan = Self.plan(
                ["hashed": [.to(hashed.name)], "turns": [.to(turns.name)]], [hashed, turns])
            let shares = [WeightedCluster(cluster: Self.one, weight: 1), WeightedCluster(cluster: Self.two, weight: 1)]
            plan.listeners.append(.tcp("203.0.113.70", 7000, to: shares, because: [.virtualService]))
            plan.listeners.append(
                .tcp("203.0.113.70", 7001, to: [WeightedCluster(cluster: "outbound|1||no")], because: [.virtualService])
            )
            try await planned.give(plan)
            let lab = planned.lab

            var byUser: [String: Set<String>] = [:]
            for round in 0..<24 {
                let user = "user\(round % 8)"
                byUser[user, default: []].insert(
                    await planned.call("203.0.113.10", 80, host: "hashed", headers: ["user": user]).body)
            }
            #expect(byUser.values.allSatisfy { $0.count == 1 }, "\(byUser)")
            #expect(byUser.values.reduce(into: Set()) { $0.formUnion($1) } == ["one\n", "two\n"])

            var divided: Set<String> = []
            for _ in 0..<40 where divided.count < 2 { divided.insert(await lab.tcp("203.0.113.70", 7000).text) }
            #expect(divided == ["one\n", "two\n"])
            #expect(try await lab.counter("tcp.vs.default.downstream_cx_total") > 1)
            // Where the cluster is missing, the connection is closed and the rest goes on.
            #expect(await lab.tcp("203.0.113.70", 7001).isEmpty)

            var turn: [String] = []
            for _ in 0..<4 { turn.append(await planned.call("203.0.113.10", 80, host: "turns").body) }
            #expect(turn[0] != turn[1] && turn[0] == turn[2] && turn[1] == turn[3], "\(turn)")
            #expect(try await lab.counter("cluster.\(turns.name);.upstream_cx_total") == 4)
            // An endpoint that fails is left out, so that the other one answers from then on.
            one.stop()
            _ = try await lab.eventually("the failing endpoint's ejection") {
                _ = await planned.call("203.0.113.10", 80, host: "turns")
                return try await lab.counter("cluster.\(turns.name);.outlier_detection.ejections_active") == 1
                    ? true : nil
            }
            for _ in 0..<3 { #expect(await planned.call("203.0.113.10", 80, host: "turns").body == "two\n") }
        }
    }
}

/// Takes connections and never answers.
final class SilentServer: Sendable {
    private let socket: Int32

    init(host: String, port: Int) {
        guard let socket = Loopback.bind(host, port) else { fatalError("\(host):\(port) is taken") }
        self.socket = socket
        listen(socket, 8)
    }

    func stop() { close(socket) }
}
