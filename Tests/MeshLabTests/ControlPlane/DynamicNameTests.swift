import MeshState
import Testing

@testable import MeshLab

/// Calls whose names are resolved when they come, and what becomes of calls that nothing takes.
@Suite struct DynamicNameTests {
    private static let names = [
        "de.wikipedia.org": "203.0.113.11", "fr.wikipedia.org": "192.0.2.224", "any.example.com": "203.0.113.11",
    ]

    @Test func theNameInTheCallIsResolved() async throws {
        let host = "*.wikipedia.org"
        let clusters = [
            ClusterPlan.make(host, 443, .dynamicDNS(port: 443)),
            .make(host, 80, .dynamicDNS(port: 80)),
            .make(host, 81, .dynamicDNS(port: 82), http: .http2),
            .make(host, 84, .dynamicDNS(port: 85)),
            .make(host, 82, .dynamicDNS(port: 443), tls: ClusterPlan.originate(.simple)),
            .make(
                host, 83, .dynamicDNS(port: 443), tls: ClusterPlan.originate(.simple) { $0.sni = "en.wikipedia.org" }),
        ]
        let listeners =
            [80, 82, 83, 84].map(ListenerPlan.http) + [
                ListenerPlan(
                    bind: "0.0.0.0", port: 443,
                    chains: [
                        .init(
                            match: .init(serverNames: [host]),
                            action: .tcp([WeightedCluster(cluster: clusters[0].name)]))
                    ])
            ]
        let routes = [80, 82, 83, 84].map { port in
            RoutePlan.make(port, [host: [.to(ClusterPlan.name(port: port, host: host))]])
        }
        try await PlannedLab.run(outside: true, names: Self.names) { planned in
            let lab = planned.lab
            let block = lab.layout.block
            let servers = [10_443, 10_080, 10_085].map {
                NamedServer("server\($0)", host: "127.\(block).113.11", port: $0)
            }
            defer { for server in servers { server.stop() } }
            try await planned.give(ProxyPlan(clusters: clusters, listeners: listeners, routes: routes))
            #expect(await lab.tls("203.0.113.10", 443, serverName: "de.wikipedia.org").text == "server10443\n")
            _ = try await lab.logLine("\"203.0.113.11:443\" outbound|443||*.wikipedia.org")
            #expect(await lab.tls("203.0.113.10", 443, serverName: "none.wikipedia.org").isEmpty)

            #expect(await planned.call("203.0.113.10", 80, host: "de.wikipedia.org").body == "server10080\n")
            #expect(await planned.call("203.0.113.10", 84, host: "de.wikipedia.org").body == "server10085\n")
            #expect(await planned.call("203.0.113.10", 80, host: "none.wikipedia.org").status == 503)
            _ = try await lab.logLine(" 503 DF dns_resolution_failure", "none.wikipedia.org")
            #expect(await planned.call("203.0.113.10", 80, host: "www.google.com").status == 502)

            try await planned.awaitOutside("192.0.2.224", 443)
            for port in [82, 83] {
                let reply = await planned.call("203.0.113.10", port, host: "fr.wikipedia.org")
                #expect(reply.body.contains("<title>Wikipedia, the free encyclopedia</title>"), "\(reply.text)")
            }
        }
    }

    @Test func whatIsUnknownIsLetOutByItsName() async throws {
        let cnn = ClusterPlan.make("edition.cnn.com", 80, at: [.at("203.0.113.10", 80)])
        let proxy = ClusterPlan.make("proxy", 3128, at: [.at("203.0.113.10", 85)])
        var plan = ProxyPlan(
            clusters: [cnn, proxy], listeners: [.http(80)],
            routes: [.make(80, ["edition.cnn.com": [.to(cnn.name)]])], policy: .allowAnyDynamicDNS)
        try await PlannedLab.run(names: Self.names) { planned in
            let lab = planned.lab
            let block = lab.layout.block
            let resolved = [10_080, 10_084].map { NamedServer("resolved", host: "127.\(block).113.11", port: $0) }
            let original = [10_080, 10_084, 10_085].map {
                NamedServer("original\($0)", host: "127.\(block).113.10", port: $0)
            }
            defer { for server in resolved + original { server.stop() } }
            try await planned.give(plan)
            #expect(await planned.call("203.0.113.10", 80, host: "edition.cnn.com").body == "original10080\n")
            #expect(await planned.call("203.0.113.10", 80, host: "any.example.com").body == "resolved\n")
            let line = try await lab.logLine("any.example.com")
            #expect(line.contains(" AllowAnyDynamicDNSCluster ") && line.hasSuffix(" allow_any_dynamic_dns"), "\(line)")
            #expect(await planned.call("203.0.113.10", 80, host: "none.example.com").status == 503)
            // On a port that nobody declared, requests are told from other bytes.
            #expect(await planned.call("203.0.113.10", 84, host: "any.example.com:84").body == "resolved\n")
            #expect(await lab.tcp("203.0.113.10", 84).text == "original10084\n")
            _ = try await lab.logLine("\"203.0.113.10:84\" PassthroughCluster")
            #expect(await lab.tls("203.0.113.10", 84, serverName: "any.example.com").text == "original10084\n")

            // A Sidecar's egressProxy takes what nothing else does.
            plan.lastResort = LastResort(policy: .allowAny, egressProxy: proxy.name)
            try await planned.give(plan)
            #expect(await planned.call("203.0.113.10", 80, host: "any.example.com").body == "original10085\n")
            #expect(await lab.tcp("203.0.113.11", 84).text == "original10085\n")
            plan.lastResort = LastResort(policy: .allowAny, egressProxy: "outbound|3128||none")
            try await planned.give(plan)
            #expect(await planned.call("203.0.113.10", 80, host: "any.example.com").status == 503)
            #expect(await lab.tcp("203.0.113.11", 84).isEmpty)
        }
    }
}
