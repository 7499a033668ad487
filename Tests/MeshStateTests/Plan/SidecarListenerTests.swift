import Testing

@testable import MeshState

/// The listeners that a Sidecar makes at ports and addresses of its choice, and what one entry makes on each kind of
/// port.
@Suite struct SidecarListenerTests {
    static let services = """
        {kind: ServiceEntry, metadata: {name: a}, spec: {hosts: [a.org], ports: [{number: 80, name: h, protocol: HTTP}, {number: 443, name: t, protocol: TLS}], resolution: DNS}}
        ---
        {kind: ServiceEntry, metadata: {name: b}, spec: {hosts: [b.org], ports: [{number: 80, name: h, protocol: HTTP}, {number: 443, name: t, protocol: TLS}], resolution: DNS}}
        ---
        {kind: ServiceEntry, metadata: {name: c}, spec: {hosts: [c.org], addresses: [203.0.113.7], ports: [{number: 443, name: t, protocol: TLS}], resolution: DNS}}
        ---
        kind: Sidecar
        metadata: {name: default}
        spec:
          egress:

        """

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// The Sidecar's egress listeners, one a line.
        var egress: [String]
        var listeners: [String]
        var routes: [String]
    }

    static let cases: [Case] = [
        .init(
            testDescription: "a port with some of its services, then the rest",
            egress: ["{port: {number: 80, name: h, protocol: HTTP}, hosts: [./a.org]}", "{hosts: ['*/*']}"],
            listeners: [
                "0.0.0.0_443*: a.org -> outbound|443||a.org", "0.0.0.0_443*: b.org -> outbound|443||b.org",
                "0.0.0.0_80*: http -> rds 80", "203.0.113.7_443*: any -> outbound|443||c.org",
            ],
            routes: ["80 a.org:80(a.org a.org.): any -> outbound|80||a.org (name default, a.org:80/*)"]),
        .init(
            testDescription: "what the rest has at other addresses of that port",
            egress: ["{port: {number: 443, name: t, protocol: TLS}, hosts: [./a.org]}", "{hosts: ['*/*']}"],
            listeners: [
                "0.0.0.0_443*: a.org -> outbound|443||a.org", "0.0.0.0_80*: http -> rds 80",
                "203.0.113.7_443*: any -> outbound|443||c.org",
            ],
            routes: [
                "80 a.org:80(a.org a.org.): any -> outbound|80||a.org (name default, a.org:80/*)",
                "80 b.org:80(b.org b.org.): any -> outbound|80||b.org (name default, b.org:80/*)",
            ]),
        .init(
            testDescription: "requests at an address, where nothing else is called",
            egress: ["{port: {number: 80, name: h, protocol: HTTP}, bind: 127.0.0.1, hosts: [./b.org]}"],
            listeners: ["127.0.0.1_80*: any -> rds 80"],
            routes: ["80 b.org:80(b.org b.org.): any -> outbound|80||b.org (name default, b.org:80/*)"]),
        .init(
            testDescription: "connections at an address: of several services the first has them",
            egress: ["{port: {number: 443, name: t, protocol: TCP}, bind: 127.0.0.1, hosts: [./b.org, ./c.org]}"],
            listeners: ["127.0.0.1_443*: any -> outbound|443||b.org"], routes: []),
        .init(
            testDescription: "a protocol of the listener's own",
            egress: ["{port: {number: 80, name: t, protocol: TCP}, hosts: [./a.org]}"],
            listeners: ["0.0.0.0_80*: any -> outbound|80||a.org"], routes: []),
    ]

    @Test(arguments: cases) func listener(_ test: Case) throws {
        let plan = try PlanText.planner(Self.services + test.egress.map { "  - \($0)\n" }.joined()).plan
        #expect(PlanText.listeners(plan) == test.listeners)
        #expect(PlanText.routes(plan) == test.routes)
    }

    // MARK: One entry on each kind of port

    static let kinds = [
        (80, "HTTP"), (81, ""), (82, "TCP"), (83, "TLS"), (84, "HTTPS"), (85, "GRPC"), (86, "HTTP2"),
    ]

    static func entry(addresses: String) -> String {
        let ports = kinds.map { "{number: \($0), name: p\($0), protocol: '\($1)'}" }.joined(separator: ", ")
        return "{kind: ServiceEntry, metadata: {name: a}, spec: {hosts: [a.org], addresses: [\(addresses)], "
            + "ports: [\(ports)], resolution: STATIC}}"
    }

    @Test(arguments: [
        (
            "1.2.3.4",
            [
                "0.0.0.0_80*: http -> rds 80", "0.0.0.0_85*: http -> rds 85", "0.0.0.0_86*: http -> rds 86",
                "1.2.3.4_81*: http -> rds a.org:81", "1.2.3.4_81*: any -> outbound|81||a.org",
                "1.2.3.4_82*: any -> outbound|82||a.org", "1.2.3.4_83*: any -> outbound|83||a.org",
                "1.2.3.4_84*: any -> outbound|84||a.org",
            ]
        ),
        (
            "",
            [
                "0.0.0.0_80*: http -> rds 80", "0.0.0.0_81*: http -> rds 81", "0.0.0.0_81*: any -> outbound|81||a.org",
                "0.0.0.0_82*: any -> outbound|82||a.org", "0.0.0.0_83*: a.org -> outbound|83||a.org",
                "0.0.0.0_84*: a.org -> outbound|84||a.org", "0.0.0.0_85*: http -> rds 85",
                "0.0.0.0_86*: http -> rds 86",
            ]
        ),
        (
            "1.2.3.0/24",
            [
                "0.0.0.0_80*: http -> rds 80", "0.0.0.0_81*: http -> rds 81",
                "0.0.0.0_81*: 1.2.3.0/24 -> outbound|81||a.org", "0.0.0.0_82*: 1.2.3.0/24 -> outbound|82||a.org",
                "0.0.0.0_83*: a.org 1.2.3.0/24 -> outbound|83||a.org",
                "0.0.0.0_84*: a.org 1.2.3.0/24 -> outbound|84||a.org", "0.0.0.0_85*: http -> rds 85",
                "0.0.0.0_86*: http -> rds 86",
            ]
        ),
    ]) func kindsOfPorts(_ addresses: String, _ expected: [String]) throws {
        #expect(PlanText.listeners(try PlanText.planner(Self.entry(addresses: addresses)).plan) == expected)
    }

    @Test(arguments: [
        // Blocks that are equal when masked: the second is dropped.
        (["1.2.3.4/8"], ["1.5.6.7/8"], "TCP", ["1.0.0.0/8 -> outbound|90||a.org"]),
        // Blocks in each other stay, and the closer one is for Envoy to find.
        (
            ["1.0.0.0/8"], ["1.2.0.0/16"], "TCP",
            ["1.0.0.0/8 -> outbound|90||a.org", "1.2.0.0/16 -> outbound|90||b.org"]
        ),
        (
            ["1.0.0.0/8"], ["1.2.0.0/16"], "TLS",
            ["a.org 1.0.0.0/8 -> outbound|90||a.org", "b.org 1.2.0.0/16 -> outbound|90||b.org"]
        ),
        (["1.0.0.0/8"], [], "TCP", ["1.0.0.0/8 -> outbound|90||a.org", "any -> outbound|90||b.org"]),
        (["0.0.0.0/0"], [], "TCP", ["any -> outbound|90||a.org"]),
        // Of two on one address the first has it.
        (["1.2.3.4"], ["1.2.3.4/32"], "TCP", ["any -> outbound|90||a.org"]),
        (["1.2.3.4"], ["1.2.3.4"], "HTTPS", ["any -> outbound|90||a.org"]),
    ]) func overlapping(_ one: [String], _ other: [String], _ kind: String, _ expected: [String]) throws {
        let text = [("a", one), ("b", other)].map { name, addresses in
            "{kind: ServiceEntry, metadata: {name: \(name)}, spec: {hosts: [\(name).org], resolution: STATIC, "
                + "addresses: [\(addresses.joined(separator: ", "))], ports: [{number: 90, name: p, protocol: \(kind)}]}}"
        }.joined(separator: "\n---\n")
        let planner = try PlanText.planner(text)
        #expect(PlanText.listeners(planner.plan).map { $0.split(separator: ": ")[1] } == expected.map { $0[...] })
        #expect((planner.report.metrics[PushReport.listenerConflict] != nil) == (expected.count == 1))
    }
}
