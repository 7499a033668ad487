import Testing

@testable import MeshState

/// Which DestinationRule a proxy follows for a host, and what its clusters become by it.
@Suite struct DestinationRuleTests {
    typealias Settings = DestinationRule.TrafficSettings

    static func settings(_ simple: String? = nil, tls: DestinationRule.ClientTLS? = nil) -> Settings {
        var settings = Settings()
        settings.loadBalancer = simple.map { .simple($0) }
        settings.tls = tls
        return settings
    }

    static func rule(
        _ name: String, _ host: String, namespace: String = "default", exportTo: [String] = [],
        selector: [String: String]? = nil, age: Double = 0, policy: DestinationRule.TrafficPolicy? = nil,
        subsets: [DestinationRule.Subset] = []
    ) -> DestinationRule {
        DestinationRule(
            meta: .make(name, namespace: namespace, age: age), host: host,
            // What a rule says is its own name, so that its choice shows.
            policy: policy ?? .init(settings: settings(name)), subsets: subsets, exportTo: exportTo,
            selectorLabels: selector)
    }

    static let entry = ServiceEntry.make(
        "e", "api.example.com", namespace: "services", ports: [.make(443, "TLS")], resolution: .dns)

    struct Choice: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var rules: [DestinationRule]
        var expected: String?
        var target = PlanTarget(namespace: "default", kind: .sidecar, labels: ["app": "sleep"])
    }

    static let choices: [Choice] = [
        .init(testDescription: "none", rules: [rule("other", "www.example.com")], expected: nil),
        .init(testDescription: "own namespace", rules: [rule("own", "api.example.com")], expected: "own"),
        .init(
            testDescription: "exact before wildcard",
            rules: [rule("wild", "*.example.com", age: 9), rule("exact", "api.example.com")], expected: "exact"),
        .init(
            testDescription: "the longest wildcard",
            rules: [rule("all", "*"), rule("com", "*.com"), rule("example", "*.example.com")], expected: "example"),
        .init(
            testDescription: "a wildcard of the own namespace before an exact host of the service's",
            rules: [rule("theirs", "api.example.com", namespace: "services"), rule("own", "*.com")], expected: "own"),
        .init(
            testDescription: "the service's namespace before the root's",
            rules: [
                rule("theirs", "*.com", namespace: "services"),
                rule("root", "api.example.com", namespace: "istio-system"),
            ], expected: "theirs"),
        .init(
            testDescription: "the root namespace last",
            rules: [rule("root", "*", namespace: "istio-system")], expected: "root"),
        .init(
            testDescription: "what a namespace keeps to itself",
            rules: [rule("theirs", "api.example.com", namespace: "services", exportTo: ["."])], expected: nil),
        .init(
            testDescription: "exported to one namespace",
            rules: [rule("theirs", "api.example.com", namespace: "services", exportTo: ["default"])],
            expected: "theirs"),
        .init(
            testDescription: "exported to others only",
            rules: [rule("own", "api.example.com", exportTo: ["other"])], expected: nil),
        .init(
            testDescription: "a third namespace's rule counts for nothing",
            rules: [rule("third", "api.example.com", namespace: "third")], expected: nil),
        .init(
            testDescription: "for some proxies before one for all",
            rules: [
                rule("all", "api.example.com", age: 9), rule("some", "api.example.com", selector: ["app": "sleep"]),
            ],
            expected: "some"),
        .init(
            testDescription: "for other proxies",
            rules: [rule("all", "api.example.com"), rule("some", "api.example.com", selector: ["app": "web"])],
            expected: "all"),
        .init(
            testDescription: "for some proxies of another namespace",
            rules: [rule("some", "api.example.com", namespace: "services", selector: ["app": "sleep"])], expected: nil),
        .init(
            testDescription: "in the root namespace, the service's own rule comes first",
            rules: [
                rule("root", "*", namespace: "istio-system"), rule("theirs", "api.example.com", namespace: "services"),
            ], expected: "theirs", target: PlanTarget(namespace: "istio-system", kind: .gateway)),
        .init(
            testDescription: "unless it is meant for the root namespace alone",
            rules: [
                rule("root", "*", namespace: "istio-system", exportTo: ["."]),
                rule("theirs", "api.example.com", namespace: "services"),
            ], expected: "root", target: PlanTarget(namespace: "istio-system", kind: .gateway)),
        .init(
            testDescription: "another revision's",
            rules: [
                DestinationRule(
                    meta: .make("foreign", labels: ["istio.io/rev": "meshtop-disabled"]), host: "api.example.com",
                    policy: .init(settings: settings("foreign")))
            ], expected: nil),
    ]

    @Test(arguments: choices) func choice(_ test: Choice) {
        for rules in [test.rules, test.rules.reversed()] {
            let mesh = MeshConfiguration(entries: [Self.entry], destinationRules: rules)
            let cluster = OutboundPlanner(index: ServiceIndex(mesh), target: test.target).plan.clusters.first
            #expect(cluster?.settings.loadBalancer == test.expected.map { .simple($0) })
            #expect(cluster?.because.map(\.object.name) == ["e"] + [test.expected].compactMap { $0 })
        }
    }

    @Test func rulesOfOneNamespaceAndHostAreOne() {
        var older = Self.rule(
            "older", "api.example.com", namespace: "services", age: 2, policy: .init(),
            subsets: [.init(name: "v1", labels: ["version": "v1"])])
        let newer = Self.rule(
            "newer", "api.example.com", namespace: "services", age: 1,
            subsets: [.init(name: "v1", labels: ["version": "x"]), .init(name: "v2")])
        func planner() -> OutboundPlanner {
            PlanTests.planner(MeshConfiguration(entries: [Self.entry], destinationRules: [newer, older]))
        }
        #expect(
            planner().plan.clusters.map(\.name) == [
                // DNS names of the entry itself have no labels, so that v1 has nothing to resolve.
                "outbound|443|v2|api.example.com", "outbound|443||api.example.com",
            ])
        #expect(planner().plan.clusters.last?.settings.loadBalancer == .simple("newer"))
        #expect(
            planner().report.metrics[PushReport.duplicateSubset]?["api.example.com"]?.message
                == "Duplicate subset v1 found while merging destination rules for api.example.com: "
                + "DestinationRule services/older has it, DestinationRule services/newer loses")
        older.policy.settings = Self.settings("older")
        #expect(planner().plan.clusters.last?.settings.loadBalancer == .simple("older"))
    }

    @Test func subsetsChooseEndpointsByLabel() {
        var entry = Self.entry
        entry.resolution = .static
        entry.endpoints = [
            EntryEndpoint(address: "203.0.113.1", labels: ["version": "v1", "x": "y"]),
            EntryEndpoint(address: "203.0.113.2", labels: ["version": "v2"]),
        ]
        let rule = Self.rule(
            "r", "api.example.com", namespace: "services",
            subsets: [
                .init(name: "all"), .init(name: "v1", labels: ["version": "v1"]),
                .init(name: "v3", labels: ["version": "v3"]),
            ])
        let plan = PlanTests.plan(MeshConfiguration(entries: [entry], destinationRules: [rule]))
        #expect(
            PlanTests.describe(plan) == [
                "outbound|443|all|api.example.com fixed [203.0.113.1:443 203.0.113.2:443]",
                "outbound|443|v1|api.example.com fixed [203.0.113.1:443]",
                "outbound|443|v3|api.example.com fixed []",
                "outbound|443||api.example.com fixed [203.0.113.1:443 203.0.113.2:443]",
            ])
        #expect(
            plan.clusters.first { $0.subset == "v1" }?.because.map(\.field)
                == ["spec.ports", "spec.subsets[1]", "spec.trafficPolicy"])
    }

    @Test func aPortsSettingsTakeThePlaceOfAllOthers() throws {
        var entry = Self.entry
        entry.ports = [.make(80, "HTTP"), .make(443, "TLS")]
        var pool = DestinationRule.ConnectionPool()
        pool.maxConnections = 7
        var policy = DestinationRule.TrafficPolicy(settings: Self.settings("all", tls: .init(mode: .simple)))
        policy.settings.connectionPool = pool
        policy.portLevel[80] = Self.settings("port")
        var own = DestinationRule.TrafficPolicy(settings: Self.settings("subset"))
        own.portLevel[443] = Self.settings(tls: .init(mode: .disable))
        let rule = Self.rule(
            "r", "*.example.com", namespace: "services", policy: policy, subsets: [.init(name: "s", policy: own)])
        let plan = PlanTests.plan(MeshConfiguration(entries: [entry], destinationRules: [rule]))
        func settings(_ name: String) throws -> Settings {
            try #require(plan.clusters.first { $0.name == name }).settings
        }
        #expect(try settings("outbound|443||api.example.com") == policy.settings)
        #expect(try settings("outbound|80||api.example.com") == Self.settings("port"))
        #expect(try settings("outbound|80|s|api.example.com") == Self.settings("subset"))
        #expect(try settings("outbound|443|s|api.example.com") == Self.settings(tls: .init(mode: .disable)))
    }

    // MARK: TLS

    static func pod(_ name: String, ip: String, account: String, labels: [String: String] = [:]) -> Pod {
        Pod(
            meta: .make(name, labels: labels), ip: ip, phase: "Running", isReady: true, proxyKind: .sidecar,
            serviceAccount: account)
    }

    static let reviews = MeshConfiguration(
        services: [Service(meta: .make("reviews"), ports: [.make(9080, "HTTP")], clusterIP: "10.96.0.7")],
        endpoints: [
            Endpoints(
                meta: .make("reviews"),
                subsets: [.init(ready: ["10.244.0.1", "10.244.0.2", "10.244.0.3"], ports: ["http-9080": 9080])])
        ],
        pods: [
            pod("r1", ip: "10.244.0.1", account: "b", labels: ["version": "v1"]),
            pod("r2", ip: "10.244.0.2", account: "a"),
            pod("r3", ip: "10.244.0.3", account: "a", labels: ["security.istio.io/tlsMode": "disabled"]),
        ])
    static let reviewsHost = "reviews.default.svc.cluster.local"
    static let accounts = ["spiffe://cluster.local/ns/default/sa/a", "spiffe://cluster.local/ns/default/sa/b"]

    static func tls(_ mesh: MeshConfiguration, _ cluster: String) throws -> ClusterPlan.TLS {
        try #require(PlanTests.plan(mesh).clusters.first { $0.name == cluster }).tls
    }

    @Test func withinTheMeshMutualTLSIsAutomatic() throws {
        var mesh = Self.reviews
        let serverName = "outbound_.9080_._.\(Self.reviewsHost)"
        #expect(
            try Self.tls(mesh, "outbound|9080||\(Self.reviewsHost)")
                == .automatic(sni: serverName, subjectAltNames: Self.accounts))
        let cluster = try #require(PlanTests.plan(mesh).clusters.first)
        guard case .fixed(let endpoints) = cluster.discovery else { throw CancellationError() }
        #expect(endpoints.map(\.hasMeshTLS) == [true, true, false])
        #expect(endpoints.map(\.identity) == [Self.accounts[1], Self.accounts[0], Self.accounts[0]])
        #expect(endpoints[0].labels == ["version": "v1"])

        mesh.destinationRules = [
            Self.rule(
                "r", "reviews", policy: .init(settings: Self.settings(tls: .init(mode: .disable))),
                subsets: [
                    .init(name: "v1", policy: .init(settings: Self.settings(tls: .init(mode: .istioMutual))))
                ])
        ]
        #expect(try Self.tls(mesh, "outbound|9080||\(Self.reviewsHost)") == .plain)
        var expected = DestinationRule.ClientTLS(mode: .istioMutual)
        expected.sni = "outbound_.9080_.v1_.\(Self.reviewsHost)"
        expected.subjectAltNames = Self.accounts
        #expect(try Self.tls(mesh, "outbound|9080|v1|\(Self.reviewsHost)") == .originate(expected))

        var own = DestinationRule.ClientTLS(mode: .istioMutual)
        own.sni = "edition.cnn.com"
        own.subjectAltNames = ["spiffe://x"]
        mesh.destinationRules[0].subsets[0].policy.settings.tls = own
        #expect(try Self.tls(mesh, "outbound|9080|v1|\(Self.reviewsHost)") == .originate(own))
    }

    @Test func outsideTheMeshItIsOriginatedWhereARuleSaysSo() throws {
        var mesh = MeshConfiguration(entries: [Self.entry])
        let cluster = "outbound|443||api.example.com"
        #expect(try Self.tls(mesh, cluster) == .plain)
        mesh.destinationRules = [
            Self.rule("r", "api.example.com", policy: .init(settings: Self.settings(tls: .init(mode: .simple))))
        ]
        #expect(try Self.tls(mesh, cluster) == .originate(.init(mode: .simple)))
        mesh.entries[0].subjectAltNames = ["spiffe://cluster.local/ns/x/sa/y"]
        var expected = DestinationRule.ClientTLS(mode: .simple)
        expected.subjectAltNames = mesh.entries[0].subjectAltNames
        #expect(try Self.tls(mesh, cluster) == .originate(expected))
    }

    @Test func machinesSpeakMutualTLSWhereTheyHaveAnAccount() throws {
        var mesh = MeshConfiguration(entries: [Self.entry])
        mesh.entries[0].location = .internal
        mesh.entries[0].resolution = .static
        mesh.entries[0].endpoints = [
            EntryEndpoint(address: "10.0.0.1", serviceAccount: "db"), EntryEndpoint(address: "10.0.0.2"),
            EntryEndpoint(address: "10.0.0.3", labels: ["security.istio.io/tlsMode": "istio"]),
        ]
        let account = "spiffe://cluster.local/ns/services/sa/db"
        let cluster = try #require(PlanTests.plan(mesh).clusters.first)
        #expect(cluster.tls == .automatic(sni: "outbound_.443_._.api.example.com", subjectAltNames: [account]))
        guard case .fixed(let endpoints) = cluster.discovery else { throw CancellationError() }
        #expect(endpoints.map(\.hasMeshTLS) == [true, false, true])
        #expect(endpoints.map(\.identity) == [account, "", ""])
    }

    // MARK: Destinations

    @Test(
        arguments: [
            (.init(host: "api.example.com"), "outbound|443||api.example.com"),
            (.init(host: "api.example.com", subset: "v1", port: 80), "outbound|80|v1|api.example.com"),
            (.init(host: "reviews"), "outbound|9080||reviews.default.svc.cluster.local"),
            (.init(host: "two"), "outbound|15||two.default.svc.cluster.local"),
            (.init(host: "unknown"), "outbound|15||unknown.default.svc.cluster.local"),
            (.init(host: "un.known", port: 1), "outbound|1||un.known"),
        ] as [(VirtualService.Destination, String)])
    func destination(_ destination: VirtualService.Destination, expected: String) {
        var mesh = Self.reviews
        mesh.entries = [Self.entry]
        mesh.services.append(
            Service(meta: .make("two"), ports: [.make(1, "TCP"), .make(2, "TCP")], clusterIP: "10.96.0.8"))
        let planner = PlanTests.planner(mesh)
        #expect(planner.clusterName(for: destination, namespace: "default", listenerPort: 15) == expected)
        #expect(planner.services(port: 9080).map(\.service.host) == [Self.reviewsHost])
        #expect(planner.service(host: "api.example.com")?.service.port(443)?.protocolText == "TLS")
    }
}

extension MeshService {
    fileprivate func port(_ number: Int) -> ServicePort? { ports.first { $0.number == number } }
}
