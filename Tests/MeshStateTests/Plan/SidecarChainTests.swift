import Testing

@testable import MeshState

/// How connections are routed by sidecars: the filter chains of VirtualServices over the services that there are.
@Suite struct SidecarChainTests {
    static let services = """
        kind: ServiceEntry
        metadata: {name: cnn}
        spec: {hosts: [edition.cnn.com], ports: [{number: 443, name: tls, protocol: TLS}], resolution: DNS}
        ---
        kind: ServiceEntry
        metadata: {name: vip}
        spec: {hosts: [vip.org], addresses: [203.0.113.7], ports: [{number: 443, name: tls, protocol: HTTPS}, {number: 3306, name: tcp, protocol: TCP}], resolution: STATIC}
        ---
        kind: ServiceEntry
        metadata: {name: block}
        spec: {hosts: [block.org], addresses: [198.51.100.0/24], ports: [{number: 8443, name: tls, protocol: TLS}, {number: 9000, name: tcp, protocol: TCP}], resolution: STATIC}
        ---
        kind: ServiceEntry
        metadata: {name: any}
        spec: {hosts: [any.org], ports: [{number: 5000, name: tcp, protocol: TCP}], resolution: STATIC}
        ---
        {apiVersion: v1, kind: Service, metadata: {name: gw, namespace: istio-system}, spec: {clusterIP: 10.96.0.9, ports: [{name: tls, port: 443}]}}
        ---

        """
    static let gateway = "gw.istio-system.svc.cluster.local"
    /// What is listened for without VirtualServices.
    static let plain: [String: String] = [
        "0.0.0.0_443": "0.0.0.0_443*: edition.cnn.com -> outbound|443||edition.cnn.com",
        "203.0.113.7_443": "203.0.113.7_443*: any -> outbound|443||vip.org",
        "203.0.113.7_3306": "203.0.113.7_3306*: any -> outbound|3306||vip.org",
        "0.0.0.0_8443": "0.0.0.0_8443*: block.org 198.51.100.0/24 -> outbound|8443||block.org",
        "0.0.0.0_9000": "0.0.0.0_9000*: 198.51.100.0/24 -> outbound|9000||block.org",
        "0.0.0.0_5000": "0.0.0.0_5000*: any -> outbound|5000||any.org",
        "10.96.0.9_443": "10.96.0.9_443*: any -> outbound|443||\(gateway)",
    ]

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// The rest of the spec of a VirtualService in `default`.
        var spec: String
        /// The listeners that are not as without it.
        var expected: [String: [String]]

        init(_ name: String, _ spec: String, _ expected: [String: [String]]) {
            testDescription = name
            self.spec = spec
            self.expected = expected
        }
    }

    static let cases: [Case] = [
        .init(
            "through an egress gateway",
            """
              hosts: [edition.cnn.com]
              gateways: [mesh, istio-egressgateway]
              tls:
              - match: [{gateways: [mesh], port: 443, sniHosts: [edition.cnn.com]}]
                route: [{destination: {host: \(gateway), subset: cnn, port: {number: 443}}}]
              - match: [{gateways: [istio-egressgateway], port: 443, sniHosts: [edition.cnn.com]}]
                route: [{destination: {host: edition.cnn.com, port: {number: 443}}, weight: 100}]
            """,
            ["0.0.0.0_443": ["edition.cnn.com -> outbound|443|cnn|\(gateway)"]]),
        .init(
            "without mesh",
            """
              hosts: [edition.cnn.com]
              gateways: [istio-egressgateway]
              tls: [{match: [{sniHosts: [edition.cnn.com]}], route: [{destination: {host: \(gateway)}}]}]
            """, [:]),
        .init(
            "names, the same names again, and others",
            """
              hosts: [edition.cnn.com]
              tls:
              - match: [{sniHosts: [a.cnn.com, B.cnn.com]}, {sniHosts: ["*.cnn.com"], destinationSubnets: [10.0.0.0/8]}]
                route: [{destination: {host: edition.cnn.com}}]
              - match: [{sniHosts: [a.cnn.com, B.cnn.com]}, {sniHosts: [b.cnn.com, c.cnn.com]}]
                route: [{destination: {host: other.org, port: {number: 1}}}]
            """,
            [
                "0.0.0.0_443": [
                    "a.cnn.com b.cnn.com -> outbound|443||edition.cnn.com",
                    "*.cnn.com 10.0.0.0/8 -> outbound|443||edition.cnn.com",
                    "c.cnn.com -> outbound|1||other.org",
                ]
            ]),
        .init(
            "rules for other ports, labels and namespaces",
            """
              hosts: [edition.cnn.com]
              tls:
              - match: [{sniHosts: [a.b], port: 8443}, {sniHosts: [a.b], sourceLabels: {app: web}}, {sniHosts: [a.b], sourceNamespace: other}]
                route: [{destination: {host: other.org}}]
            """, [:]),
        .init(
            "names at an address, and those of a block",
            """
              hosts: [vip.org, block.org]
              tls: [{match: [{sniHosts: ["*.org"]}], route: [{destination: {host: any.org, port: {number: 5000}}}]}]
            """,
            [
                "203.0.113.7_443": ["*.org -> outbound|5000||any.org"],
                "0.0.0.0_8443": ["*.org 198.51.100.0/24 -> outbound|5000||any.org"],
            ]),
        .init(
            "names that Envoy cannot match",
            """
              hosts: [edition.cnn.com]
              tls: [{match: [{sniHosts: ["*-cdn.cnn.com"]}], route: [{destination: {host: any.org}}]}]
            """, [:]),
        .init(
            "TCP with weights",
            """
              hosts: [vip.org]
              tcp:
              - route:
                - {destination: {host: any.org, port: {number: 5000}}, weight: 75}
                - {destination: {host: vip.org}, weight: 25}
                - {destination: {host: block.org}, weight: 0}
              - route: [{destination: {host: block.org}}]
            """,
            ["203.0.113.7_3306": ["any -> outbound|5000||any.org*75 + outbound|3306||vip.org*25"]]),
        .init(
            "TCP by block, then the service itself",
            """
              hosts: [any.org]
              tcp:
              - match: [{destinationSubnets: [10.1.0.0/16]}, {destinationSubnets: [10.2.0.0/16, "2001:db8::/32"]}]
                route: [{destination: {host: any.org, subset: ten}}]
              - match: [{destinationSubnets: [10.2.0.0/16, 10.3.0.0/16]}]
                route: [{destination: {host: any.org, subset: three}}]
            """,
            [
                "0.0.0.0_5000": [
                    "10.1.0.0/16 10.2.0.0/16 -> outbound|5000|ten|any.org",
                    "10.3.0.0/16 -> outbound|5000|three|any.org",
                    "any -> outbound|5000||any.org",
                ]
            ]),
        .init(
            "TCP by block, up to what takes the rest",
            """
              hosts: [any.org]
              tcp:
              - {match: [{destinationSubnets: [10.1.0.0/16]}], route: [{destination: {host: any.org, subset: ten}}]}
              - {match: [{port: 5000}], route: [{destination: {host: any.org, subset: rest}}]}
              - {match: [{destinationSubnets: [10.2.0.0/16]}], route: [{destination: {host: any.org, subset: never}}]}
            """,
            [
                "0.0.0.0_5000": [
                    "10.1.0.0/16 -> outbound|5000|ten|any.org", "any -> outbound|5000|rest|any.org",
                ]
            ]),
        .init(
            "TCP by the service's own block",
            """
              hosts: [block.org]
              tcp: [{match: [{destinationSubnets: [198.51.100.9/24]}], route: [{destination: {host: any.org, port: {number: 5000}}}]}]
            """,
            ["0.0.0.0_9000": ["198.51.100.0/24 -> outbound|5000||any.org"]]),
        .init(
            "TCP of a block without a match",
            "  hosts: [block.org]\n  tcp: [{route: [{destination: {host: nowhere}}]}]",
            ["0.0.0.0_9000": ["198.51.100.0/24 -> outbound|9000||nowhere.default.svc.cluster.local"]]),
        .init(
            "a wildcard host",
            "  hosts: [\"*.org\"]\n  tcp: [{match: [{port: 3306}], route: [{destination: {host: any.org}}]}]",
            ["203.0.113.7_3306": ["any -> outbound|5000||any.org"]]),
    ]

    @Test(arguments: cases) func chains(_ test: Case) throws {
        let text = Self.services + "kind: VirtualService\nmetadata: {name: v}\nspec:\n" + test.spec
        let lines = PlanText.listeners(try PlanText.planner(text, labels: ["app": "sleep"]).plan)
        let expected = Self.plain.flatMap { name, line in
            test.expected[name].map { $0.map { "\(name)*: \($0)" } } ?? [line]
        }
        #expect(lines.sorted() == expected.sorted())
    }

    @Test func withoutVirtualServices() throws {
        let lines = PlanText.listeners(try PlanText.planner(Self.services).plan)
        #expect(lines.sorted() == Self.plain.values.sorted())
    }

    @Test func chainsTellTheirReasons() throws {
        let text =
            Self.services + """
                kind: VirtualService
                metadata: {name: v}
                spec:
                  hosts: [any.org, edition.cnn.com]
                  tls: [{match: [{port: 1, sniHosts: [x]}, {sniHosts: [x]}], route: [{destination: {host: any.org}}]}]
                  tcp:
                  - match: [{destinationSubnets: [10.1.0.0/16]}, {destinationSubnets: [10.2.0.0/16]}]
                    route: [{destination: {host: any.org}, weight: 0}, {destination: {host: vip.org}, weight: 1}]
                """
        let plan = try PlanText.planner(text).plan
        func reasons(_ name: String) throws -> [[String]] {
            try #require(plan.listeners.first { $0.name == name }).chains.map { PlanText.because($0.because) }
        }
        #expect(try reasons("0.0.0.0_443") == [["VirtualService default/v spec.tls[0].match[1]"]])
        #expect(
            try reasons("0.0.0.0_5000") == [
                ["VirtualService default/v spec.tcp[0].match[0]", "VirtualService default/v spec.tcp[0].match[1]"],
                ["ServiceEntry default/any spec.ports[0]"],
            ])
        #expect(
            try reasons("0.0.0.0_8443") == [
                [
                    "ServiceEntry default/block spec.ports[0]", "ServiceEntry default/block spec.hosts",
                    "ServiceEntry default/block spec.addresses",
                ]
            ])
        let first = try #require(plan.listeners.first { $0.name == "0.0.0.0_5000" }).chains[0]
        guard case .tcp(let ways) = first.action else { return #expect(Bool(false)) }
        #expect(PlanText.because(ways.compactMap(\.because)) == ["VirtualService default/v spec.tcp[0].route[1]"])
    }

    @Test func whoLosesIsTold() throws {
        let text = """
            {kind: ServiceEntry, metadata: {name: a}, spec: {hosts: [a.org], ports: [{number: 3306, name: t, protocol: TCP}], resolution: STATIC}}
            ---
            {kind: ServiceEntry, metadata: {name: b}, spec: {hosts: [b.org], ports: [{number: 3306, name: t, protocol: TCP}], resolution: STATIC}}
            ---
            {kind: ServiceEntry, metadata: {name: c}, spec: {hosts: [c.org], addresses: [10.0.0.0/8], ports: [{number: 3306, name: t, protocol: MySQL}], resolution: STATIC}}
            ---
            {kind: ServiceEntry, metadata: {name: d}, spec: {hosts: [d.org], ports: [{number: 443, name: t, protocol: TLS}], resolution: STATIC}}
            ---
            {kind: ServiceEntry, metadata: {name: e}, spec: {hosts: [e.org], ports: [{number: 443, name: t, protocol: TLS}], resolution: STATIC}}
            ---
            {kind: VirtualService, metadata: {name: v}, spec: {hosts: ["*.org"], tls: [{match: [{sniHosts: [x]}], route: [{destination: {host: d.org}}]}]}}
            """
        let planner = try PlanText.planner(text)
        #expect(
            PlanText.listeners(planner.plan) == [
                "0.0.0.0_3306*: any -> outbound|3306||a.org", "0.0.0.0_443*: x -> outbound|443||d.org",
            ])
        // Two that want the same of one rule lose nothing.
        let told = planner.report.metrics[PushReport.listenerConflict]
        #expect(told?.keys.sorted() == ["0.0.0.0:3306"])
        #expect(
            told?["0.0.0.0:3306"]?.message
                == "Listener=0.0.0.0:3306 AcceptedTCP=a.org RejectedTCP=c.org TCPServices=1")
    }
}
