import Testing

@testable import MeshState

/// What gateways listen for, and where they send it.
@Suite struct GatewayTests {
    /// The egress gateway's Service and the hosts outside.
    static let services = """
        apiVersion: v1
        kind: Service
        metadata: {name: istio-egressgateway, namespace: istio-system}
        spec:
          clusterIP: 10.96.0.9
          selector: {istio: egressgateway}
          ports: [{name: http2, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}]
        ---
        kind: ServiceEntry
        metadata: {name: cnn}
        spec: {hosts: [edition.cnn.com], ports: [{number: 80, name: http, protocol: HTTP}, {number: 443, name: tls, protocol: TLS}], resolution: DNS}
        ---
        kind: ServiceEntry
        metadata: {name: db}
        spec: {hosts: [db.example.com], ports: [{number: 3306, name: tcp, protocol: TCP}], resolution: DNS}
        ---

        """

    /// A Gateway with these servers, one a line.
    static func gateway(_ servers: String..., name: String = "gw", namespace: String = "default") -> String {
        gateway(servers, name: name, namespace: namespace)
    }

    static func gateway(_ servers: [String], name: String = "gw", namespace: String = "default") -> String {
        "kind: Gateway\nmetadata: {name: \(name), namespace: \(namespace)}\nspec:\n  selector: {istio: egressgateway}\n"
            + "  servers:\n" + servers.map { "  - \($0)\n" }.joined() + "---\n"
    }

    /// A VirtualService for `gw`, or others.
    static func virtual(
        _ spec: String, name: String = "v", gateways: String = "gw", namespace: String = "default"
    ) -> String {
        "kind: VirtualService\nmetadata: {name: \(name), namespace: \(namespace)}\n"
            + "spec: {gateways: [\(gateways)], \(spec)}\n---\n"
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var objects: String
        var listeners: [String]
        var routes: [String]

        init(_ name: String, _ objects: String, listeners: [String], routes: [String] = []) {
            testDescription = name
            self.objects = objects
            self.listeners = listeners
            self.routes = routes
        }
    }

    static let http = "{port: {number: 80, name: http, protocol: HTTP}, hosts: [edition.cnn.com]}"
    static let toCNN = "http: [{route: [{destination: {host: edition.cnn.com, port: {number: 80}}}]}]"

    static let cases: [Case] = [
        .init("nothing without a Gateway", "", listeners: []),
        .init(
            "HTTP, at the target port of the gateway's Service",
            gateway(http) + virtual("hosts: [edition.cnn.com], \(toCNN)"),
            listeners: ["0.0.0.0_8080: any -> rds http.8080"],
            routes: [
                "http.8080 edition.cnn.com:80(edition.cnn.com): any -> outbound|80||edition.cnn.com (edition.cnn.com:80/*)"
            ]),
        .init(
            "only what is for the gateway, at the server's port",
            gateway(http)
                + virtual(
                    "hosts: [edition.cnn.com], http: [{match: [{gateways: [mesh], port: 80}], directResponse: {status: 200}}, "
                        + "{match: [{gateways: [gw], port: 8080}], directResponse: {status: 201}}, "
                        + "{match: [{gateways: [gw], port: 80, sourceLabels: {app: sleep}}], directResponse: {status: 202}}]",
                    gateways: "gw, mesh"),
            listeners: ["0.0.0.0_8080: any -> rds http.8080"],
            routes: ["http.8080 edition.cnn.com:80(edition.cnn.com): any -> 202 (v:80/*)"]),
        .init(
            "404 without a VirtualService", gateway(http),
            listeners: ["0.0.0.0_8080: any -> rds http.8080"], routes: ["http.8080 blackhole:80"]),
        .init(
            "404 with one for other hosts, or bound to another gateway",
            gateway(http) + virtual("hosts: [www.cnn.com], \(toCNN)")
                + virtual("hosts: [edition.cnn.com], \(toCNN)", name: "w", gateways: "other/gw")
                + virtual("hosts: [edition.cnn.com], exportTo: [.], \(toCNN)", name: "x"),
            listeners: ["0.0.0.0_8080: any -> rds http.8080"], routes: ["http.8080 blackhole:80"]),
        .init(
            "several servers of several Gateways in one route table",
            gateway(http, "{port: {number: 80, name: grpc, protocol: GRPC}, hosts: [\"*.example.com\"]}")
                + gateway(
                    "{port: {number: 80, name: http, protocol: HTTP}, hosts: [b.org]}", name: "g2", namespace: "other")
                + virtual("hosts: [edition.cnn.com, \"a.example.com\"], http: [{directResponse: {status: 200}}]")
                + virtual("hosts: [\"*\"], http: [{directResponse: {status: 201}}]", name: "w", gateways: "other/g2"),
            listeners: ["0.0.0.0_8080: any -> rds http.8080"],
            routes: [
                "http.8080 a.example.com:80(a.example.com): any -> 200 (v:80/*)",
                "http.8080 b.org:80(b.org): any -> 201 (w:80/*)",
                "http.8080 edition.cnn.com:80(edition.cnn.com): any -> 200 (v:80/*)",
            ]),
        .init(
            "hosts for VirtualServices of some namespaces",
            gateway(
                "{port: {number: 80, name: http, protocol: HTTP}, hosts: [./a.org, other/b.org, \"*/c.org\", third/*]}")
                + virtual("hosts: [a.org, b.org, c.org, d.org], http: [{directResponse: {status: 200}}]")
                + virtual(
                    "hosts: [a.org, b.org, c.org], http: [{match: [{uri: {exact: /x}}], directResponse: {status: 201}}]",
                    name: "w", gateways: "default/gw", namespace: "other"),
            listeners: ["0.0.0.0_8080: any -> rds http.8080"],
            routes: [
                "http.8080 a.org:80(a.org): any -> 200 (v:80/*)",
                "http.8080 b.org:80(b.org): /x -> 201 (w:80/x)",
                // What takes everything comes last.
                "http.8080 c.org:80(c.org): /x -> 201 (w:80/x)", "http.8080 c.org:80(c.org): any -> 200 (v:80/*)",
            ]),
        .init(
            "a redirect to HTTPS",
            gateway(
                "{port: {number: 80, name: http, protocol: HTTP}, hosts: [a.org, B.org], tls: {httpsRedirect: true}}")
                + virtual("hosts: [a.org], http: [{directResponse: {status: 200}}]"),
            listeners: ["0.0.0.0_8080: any -> rds http.8080"],
            routes: [
                "http.8080 a.org:80(a.org) https only: any -> 200 (v:80/*)", "http.8080 b.org:80(b.org) https only",
            ]),
        .init(
            "mesh mutual TLS to the gateway, which originates TLS",
            gateway(
                "{port: {number: 80, name: https-port-for-tls-origination, protocol: HTTPS}, hosts: [edition.cnn.com], tls: {mode: ISTIO_MUTUAL}}",
                name: "istio-egressgateway", namespace: "istio-system")
                + virtual(
                    "hosts: [edition.cnn.com], http: [{match: [{gateways: [istio-system/istio-egressgateway], port: 80}], "
                        + "route: [{destination: {host: edition.cnn.com, port: {number: 443}}, weight: 100}]}]",
                    gateways: "istio-system/istio-egressgateway, mesh"),
            listeners: [
                "0.0.0.0_8080: ISTIO_MUTUAL edition.cnn.com -> "
                    + "rds https.80.https-port-for-tls-origination.istio-egressgateway.istio-system"
            ],
            routes: [
                "https.80.https-port-for-tls-origination.istio-egressgateway.istio-system "
                    + "edition.cnn.com:80(edition.cnn.com): any -> outbound|443||edition.cnn.com (edition.cnn.com:443/*)"
            ]),
        .init(
            "HTTPS servers side by side, each with routes of its own",
            gateway(
                "{port: {number: 443, name: one, protocol: HTTPS}, hosts: [b.org, ./a.org], tls: {mode: SIMPLE, credentialName: c}}",
                "{port: {number: 443, name: two, protocol: HTTPS}, hosts: [\"./*.c.org\"], tls: {mode: MUTUAL, credentialName: c}}"
            ) + virtual("hosts: [a.org], http: [{directResponse: {status: 200}}]"),
            listeners: [
                "0.0.0.0_8443: SIMPLE a.org b.org -> rds https.443.one.gw.default",
                "0.0.0.0_8443: MUTUAL *.c.org -> rds https.443.two.gw.default",
            ],
            routes: [
                "https.443.one.gw.default a.org:443(a.org): any -> 200 (v:443/*)",
                "https.443.two.gw.default blackhole:443",
            ]),
        .init(
            "TLS passed on by name",
            gateway("{port: {number: 443, name: tls, protocol: TLS}, hosts: [\"*.cnn.com\"], tls: {mode: PASSTHROUGH}}")
                + virtual(
                    "hosts: [edition.cnn.com], tls: [{match: [{gateways: [mesh], port: 443, sniHosts: [edition.cnn.com]}], "
                        + "route: [{destination: {host: istio-egressgateway.istio-system.svc.cluster.local, subset: cnn}}]}, "
                        + "{match: [{gateways: [gw], port: 443, sniHosts: [edition.cnn.com]}, {port: 80, sniHosts: [x.cnn.com]}], "
                        + "route: [{destination: {host: edition.cnn.com, port: {number: 443}}}]}]", gateways: "mesh, gw"
                ),
            listeners: ["0.0.0.0_8443: edition.cnn.com -> outbound|443||edition.cnn.com"]),
        .init(
            "no chain without a VirtualService, and no listener without a chain",
            gateway(
                "{port: {number: 443, name: tls, protocol: TLS}, hosts: [\"*.cnn.com\"], tls: {mode: PASSTHROUGH}}"),
            listeners: []),
        .init(
            "TLS answered, then TCP",
            gateway(
                "{port: {number: 443, name: tls, protocol: TLS}, hosts: [db.example.com], tls: {mode: ISTIO_MUTUAL}}")
                + virtual(
                    "hosts: [db.example.com], tcp: [{match: [{port: 1}], route: [{destination: {host: x.org}}]}, "
                        + "{match: [{port: 443}], route: [{destination: {host: db.example.com}, weight: 1}, "
                        + "{destination: {host: edition.cnn.com}, weight: 2}]}]"),
            listeners: [
                "0.0.0.0_8443: ISTIO_MUTUAL db.example.com -> "
                    + "outbound|3306||db.example.com*1 + outbound|443||edition.cnn.com*2"
            ]),
        .init(
            "TCP, at a port that the Service does not have",
            gateway("{port: {number: 3306, name: tcp, protocol: TCP}, hosts: [\"*\"]}")
                + virtual("hosts: [db.example.com], tcp: [{route: [{destination: {host: db.example.com}}]}]"),
            listeners: ["0.0.0.0_3306: any -> outbound|3306||db.example.com"]),
        .init(
            "an address of its own",
            gateway("{port: {number: 80, name: http, protocol: HTTP}, bind: 10.0.0.1, hosts: [a.org]}")
                + virtual("hosts: [a.org], http: [{directResponse: {status: 200}}]"),
            listeners: ["10.0.0.1_8080: any -> rds http.8080.10.0.0.1"],
            routes: ["http.8080.10.0.0.1 a.org:80(a.org): any -> 200 (v:80/*)"]),
        .init(
            "Gateways for others, and of other revisions",
            """
            {kind: Gateway, metadata: {name: a}, spec: {selector: {istio: ingressgateway}, servers: [\(http)]}}
            ---
            {kind: Gateway, metadata: {name: b, labels: {istio.io/rev: canary}}, spec: {selector: {istio: egressgateway}, servers: [\(http)]}}
            ---

            """, listeners: []),
        .init(
            "the mesh's own services by the names of their clusters",
            gateway(
                "{port: {number: 15443, name: tls, protocol: TLS}, hosts: [\"*.local\"], tls: {mode: AUTO_PASSTHROUGH}}"
            ),
            listeners: ["443", "80"].map { port in
                let name = "outbound_.\(port)_._.istio-egressgateway.istio-system.svc.cluster.local"
                return "0.0.0.0_15443: istio \(name) -> \(name)"
            }),
    ]

    @Test(arguments: cases) func gateway(_ test: Case) throws {
        let planner = try PlanText.gateway(Self.services + test.objects)
        #expect(PlanText.listeners(planner.plan) == test.listeners)
        #expect(PlanText.routes(planner.plan) == test.routes)
        #expect(planner.report.metrics[PushReport.rejectedConfig] == nil)
        #expect(planner.plan.listeners.allSatisfy { $0.isBound })
        let names = planner.plan.clusters.map(\.name)
        #expect(Set(names).count == names.count && names == names.sorted())
    }

    /// What is left out of a gateway's configuration.
    struct Rejection: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var servers: [String]
        var rules = ""
        var listeners: [String]
        var reason: String
    }

    static let tls = "{port: {number: 443, name: tls, protocol: TLS}, hosts: [\"*.org\"], tls: {mode: PASSTHROUGH}}"
    static let tcp = "{port: {number: 443, name: tcp, protocol: TCP}, hosts: [\"*\"]}"
    static let anyTCP = "hosts: [a.org], tcp: [{route: [{destination: {host: a.org}}]}]"

    static let rejections: [Rejection] = [
        .init(
            testDescription: "a host twice",
            servers: [
                "{port: {number: 443, name: one, protocol: HTTPS}, hosts: [a.org], tls: {mode: SIMPLE}}",
                "{port: {number: 443, name: two, protocol: HTTPS}, hosts: [b.org, a.org], tls: {mode: SIMPLE}}",
            ], listeners: ["0.0.0.0_8443: SIMPLE a.org -> rds https.443.one.gw.default"],
            reason:
                "Gateway default/gw spec.servers[1] is left out: host a.org is another server's on port 8443 already"),
        .init(
            testDescription: "a port name twice",
            servers: [
                "{port: {number: 443, name: one, protocol: HTTPS}, hosts: [a.org], tls: {mode: SIMPLE}}",
                "{port: {number: 443, name: one, protocol: HTTPS}, hosts: [b.org], tls: {mode: SIMPLE}}",
            ], listeners: ["0.0.0.0_8443: SIMPLE a.org -> rds https.443.one.gw.default"],
            reason: "Gateway default/gw spec.servers[1] is left out: port name one is another server's already"),
        .init(
            testDescription: "TCP beside TLS", servers: [tls, tcp], rules: anyTCP, listeners: [],
            reason: "Gateway default/gw spec.servers[1] is left out: port 8443 is a server's with TLS already"),
        .init(
            testDescription: "TLS beside TCP", servers: [tcp, tls], rules: anyTCP,
            listeners: ["0.0.0.0_8443: any -> outbound|443||a.org"],
            reason: "Gateway default/gw spec.servers[1] is left out: port 8443 is a server's for TCP already"),
        .init(
            testDescription: "a name in two rules",
            servers: [tls],
            rules:
                "hosts: [a.org], tls: [{match: [{sniHosts: [a.org]}, {sniHosts: [b.org, A.org]}], route: [{destination: {host: a.org}}]}]",
            listeners: ["0.0.0.0_8443: a.org -> outbound|443||a.org"],
            reason: "Gateway default/gw spec.servers[0] is left out: "
                + "VirtualService default/v spec.tls[0].match[1] has a.org, which is taken already"),
        .init(
            testDescription: "a name passed on and answered",
            servers: [
                tls, "{port: {number: 443, name: one, protocol: HTTPS}, hosts: [a.org], tls: {mode: SIMPLE}}",
            ], rules: "hosts: [a.org], tls: [{match: [{sniHosts: [a.org]}], route: [{destination: {host: a.org}}]}]",
            listeners: ["0.0.0.0_8443: a.org -> outbound|443||a.org"],
            reason: "Gateway default/gw spec.servers[1] is left out: names on port 8443 are another server's already"),
    ]

    @Test(arguments: rejections) func rejected(_ test: Rejection) throws {
        var text = Self.services + Self.gateway(test.servers)
        if !test.rules.isEmpty { text += Self.virtual(test.rules) }
        let planner = try PlanText.gateway(text)
        #expect(PlanText.listeners(planner.plan) == test.listeners)
        #expect(planner.report.metrics[PushReport.rejectedConfig]?["default/gw"]?.message == test.reason)
    }

    @Test func everythingTellsItsReason() throws {
        let text =
            Self.services
            + Self.gateway(
                Self.http, "{port: {number: 443, name: tls, protocol: TLS}, hosts: [a.org], tls: {mode: PASSTHROUGH}}")
            + Self.virtual(
                "hosts: [b.org, edition.cnn.com, a.org], \(Self.toCNN), "
                    + "tls: [{match: [{sniHosts: [a.org]}], route: [{destination: {host: a.org}}]}]")
        let plan = try PlanText.gateway(text).plan
        #expect(
            plan.listeners.flatMap(\.chains).map { PlanText.because($0.because) } == [
                ["Gateway default/gw spec.servers[0]"],
                ["Gateway default/gw spec.servers[1]", "VirtualService default/v spec.tls[0].match[0]"],
            ])
        let host = try #require(plan.routes.first?.virtualHosts.first)
        #expect(
            PlanText.because(host.because)
                == ["Gateway default/gw spec.servers[0]", "VirtualService default/v spec.hosts[1]"])
        #expect(PlanText.because(host.routes[0].because) == ["VirtualService default/v spec.http[0]"])
    }
}
