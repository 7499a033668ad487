import Foundation
import Testing

@testable import MeshState

/// The rules by which the mesh's objects become clusters, listeners and routes.
@Suite struct PlanTests {
    /// A plan's listeners in one line each: `NAME  MATCH -> TARGET, …`.
    static func listeners(_ mesh: MeshConfiguration, namespace: String = "default") -> [String] {
        plan(mesh, namespace: namespace).listeners.map { listener in
            let chains = listener.chains.map { chain in
                var match: [String] = []
                if chain.match.isHTTP { match.append("http") }
                match += chain.match.serverNames.map { "sni=\($0)" }
                match += chain.match.prefixes.map { "\($0.address)/\($0.length)" }
                let target =
                    switch chain.action {
                    case .http(let route): "rds \(route)"
                    case .tcp(let clusters): clusters.map(\.cluster).joined(separator: " ")
                    }
                return "\(match.isEmpty ? "any" : match.joined(separator: "+")) -> \(target)"
            }
            return "\(listener.name)  \(chains.joined(separator: ", "))"
        }
    }

    static func plan(
        _ mesh: MeshConfiguration, namespace: String = "default", kind: Pod.ProxyKind = .sidecar
    ) -> ProxyPlan {
        planner(mesh, namespace: namespace, kind: kind).plan
    }

    static func planner(
        _ mesh: MeshConfiguration, namespace: String = "default", kind: Pod.ProxyKind = .sidecar
    ) -> OutboundPlanner {
        OutboundPlanner(index: ServiceIndex(mesh), target: PlanTarget(namespace: namespace, kind: kind))
    }

    static func entry(
        _ host: String, _ addresses: [String] = [], _ ports: ServicePort..., age: Double = 0
    ) -> ServiceEntry {
        .make(
            "e-\(host)", host, addresses: addresses, ports: ports, resolution: .static,
            endpoints: [EntryEndpoint(address: "203.0.113.1")], age: age)
    }

    struct ListenerCase: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var entries: [ServiceEntry]
        var expected: [String]

        init(_ name: String, _ entries: [ServiceEntry], _ expected: [String]) {
            testDescription = name
            self.entries = entries
            self.expected = expected
        }
    }

    static let listenerCases: [ListenerCase] = [
        .init(
            "HTTP is always on every address", [entry("a.b", ["203.0.113.9"], .make(80, "HTTP"))],
            ["0.0.0.0_80  http -> rds 80"]),
        .init(
            "TCP with an address has its own listener", [entry("a.b", ["203.0.113.9"], .make(3306, "TCP"))],
            ["203.0.113.9_3306  any -> outbound|3306||a.b"]),
        .init(
            "a /32 is an address", [entry("a.b", ["203.0.113.9/32"], .make(3306, "tcp"))],
            ["203.0.113.9_3306  any -> outbound|3306||a.b"]),
        .init(
            "several addresses", [entry("a.b", ["203.0.113.9", "203.0.113.8"], .make(3306, "TCP"))],
            ["203.0.113.8_3306  any -> outbound|3306||a.b", "203.0.113.9_3306  any -> outbound|3306||a.b"]),
        .init(
            "a block is matched on every address", [entry("a.b", ["198.51.100.7/24"], .make(9000, "TCP"))],
            ["0.0.0.0_9000  198.51.100.0/24 -> outbound|9000||a.b"]),
        .init(
            "TCP without an address takes the whole port", [entry("a.b", [], .make(3306, "TCP"))],
            ["0.0.0.0_3306  any -> outbound|3306||a.b"]),
        .init(
            "TLS without an address goes by name", [entry("A.b", [], .make(443, "TLS"))],
            ["0.0.0.0_443  sni=a.b -> outbound|443||A.b"]),
        .init(
            "TLS on its own address takes any name", [entry("a.b", ["203.0.113.9"], .make(443, "HTTPS"))],
            ["203.0.113.9_443  any -> outbound|443||a.b"]),
        .init(
            "TLS with a block goes by name and block", [entry("a.b", ["198.51.100.0/24"], .make(443, "HTTPS"))],
            ["0.0.0.0_443  sni=a.b+198.51.100.0/24 -> outbound|443||a.b"]),
        .init(
            "two TLS names share the port",
            [entry("a.b", [], .make(443, "TLS"), age: 2), entry("*.c.d", [], .make(443, "HTTPS"), age: 1)],
            ["0.0.0.0_443  sni=a.b -> outbound|443||a.b, sni=*.c.d -> outbound|443||*.c.d"]),
        .init("a name that Envoy cannot match has no chain", [entry("*-x.c.d", [], .make(443, "TLS"))], []),
        .init(
            "sniffed without an address", [entry("a.b", [], .make(81, ""))],
            ["0.0.0.0_81  http -> rds 81, any -> outbound|81||a.b"]),
        .init(
            "sniffed with an address", [entry("a.b", ["203.0.113.9"], .make(81, ""))],
            ["203.0.113.9_81  http -> rds a.b:81, any -> outbound|81||a.b"]),
        .init(
            "HTTP services share a listener",
            [entry("a.b", [], .make(80, "HTTP")), entry("c.d", [], .make(80, "GRPC"))],
            ["0.0.0.0_80  http -> rds 80"]),
        .init(
            "HTTP and TCP are merged, whichever is older",
            [entry("a.b", [], .make(80, "TCP"), age: 2), entry("c.d", [], .make(80, "HTTP"), age: 1)],
            ["0.0.0.0_80  any -> outbound|80||a.b, http -> rds 80"]),
        .init(
            "of two TCP services on one port the older wins",
            [entry("a.b", [], .make(3306, "TCP"), age: 1), entry("c.d", [], .make(3306, "TCP"), age: 2)],
            ["0.0.0.0_3306  any -> outbound|3306||c.d"]),
        .init(
            "blocks that cover the same addresses are one",
            [
                entry("a.b", ["198.51.100.1/24"], .make(90, "TCP"), age: 2),
                entry("c.d", ["198.51.100.2/24"], .make(90, "TCP"), age: 1),
            ],
            ["0.0.0.0_90  198.51.100.0/24 -> outbound|90||a.b"]),
        .init(
            "MySQL shares a port with nothing else",
            [entry("a.b", [], .make(3306, "MySQL"), age: 2), entry("c.d", ["10.0.0.0/8"], .make(3306, "TCP"), age: 1)],
            ["0.0.0.0_3306  any -> outbound|3306||a.b"]),
        .init(
            "MySQL with MySQL is merged",
            [
                entry("a.b", ["10.1.0.0/16"], .make(3306, "MYSQL"), age: 2),
                entry("c.d", ["10.2.0.0/16"], .make(3306, "mysql"), age: 1),
            ],
            [
                "0.0.0.0_3306  10.1.0.0/16 -> outbound|3306||a.b, 10.2.0.0/16 -> outbound|3306||c.d"
            ]),
        .init(
            "the proxy's own ports are left out", [entry("a.b", [], .make(15_001, "TCP"), .make(15_090, "HTTP"))], []),
        .init(
            "but not on another address", [entry("a.b", ["203.0.113.9"], .make(15_001, "TCP"))],
            ["203.0.113.9_15001  any -> outbound|15001||a.b"]),
        .init("UDP has no listener", [entry("a.b", [], .make(53, "UDP"))], []),
        .init(
            "IPv6 has no listener", [entry("a.b", ["2001:db8::1"], .make(3306, "TCP"))],
            []),
        .init(
            "what is no address counts for nothing", [entry("a.b", ["nonsense"], .make(3306, "TCP"))],
            ["0.0.0.0_3306  any -> outbound|3306||a.b"]),
    ]

    @Test(arguments: listenerCases) func listener(_ test: ListenerCase) {
        #expect(Self.listeners(MeshConfiguration(entries: test.entries)) == test.expected)
    }

    struct ClusterCase: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var entry: ServiceEntry
        var sidecar: [String]
        var gateway: [String]
    }

    static func describe(_ plan: ProxyPlan) -> [String] {
        plan.clusters.map { cluster in
            let http =
                switch cluster.http {
                case .http1: ""
                case .http2: " h2"
                case .likeDownstream: " sniffed"
                }
            let target =
                switch cluster.discovery {
                case .fixed(let endpoints): "fixed \(text(endpoints))"
                case .strictDNS(let endpoints): "dns \(text(endpoints))"
                case .logicalDNS(let endpoint): "logical \(text([endpoint]))"
                case .dynamicDNS(let port): "dynamic \(port)"
                case .originalDestination(let port): "original \(port.map(String.init) ?? "-")"
                }
            return "\(cluster.name) \(target)\(http)"
        }
    }

    static func text(_ endpoints: [MeshEndpoint]) -> String {
        let texts = endpoints.map { endpoint in
            let address =
                switch endpoint.address {
                case .host(let host, let port): "\(host):\(port)"
                case .pipe(let path): path
                }
            return endpoint.weight > 0 ? "\(address)*\(endpoint.weight)" : address
        }
        return "[\(texts.joined(separator: " "))]"
    }

    static let clusterCases: [ClusterCase] = [
        .init(
            testDescription: "NONE goes where the connection meant to go",
            entry: .make("e", "a.b", ports: [.make(443, "TLS")]),
            sidecar: ["outbound|443||a.b original -"], gateway: ["outbound|443||a.b fixed []"]),
        .init(
            testDescription: "NONE with a target port",
            entry: .make("e", "a.b", ports: [.make(80, "HTTP", target: 443)]),
            sidecar: ["outbound|80||a.b original 443"], gateway: ["outbound|80||a.b fixed []"]),
        .init(
            testDescription: "STATIC: the endpoint's port, the target port, the port",
            entry: .make(
                "e", "a.b", ports: [.make(80, "HTTP", target: 8080), .make(81, "HTTP2")], resolution: .static,
                endpoints: [
                    EntryEndpoint(address: "203.0.113.1", ports: ["http-80": 9090], weight: 3),
                    EntryEndpoint(address: "203.0.113.2"),
                ]),
            sidecar: [
                "outbound|80||a.b fixed [203.0.113.1:9090*3 203.0.113.2:8080]",
                "outbound|81||a.b fixed [203.0.113.1:81*3 203.0.113.2:81] h2",
            ],
            gateway: [
                "outbound|80||a.b fixed [203.0.113.1:9090*3 203.0.113.2:8080]",
                "outbound|81||a.b fixed [203.0.113.1:81*3 203.0.113.2:81] h2",
            ]),
        .init(
            testDescription: "STATIC without endpoints has a cluster all the same",
            entry: .make("e", "a.b", ports: [.make(443, "TLS")], resolution: .static),
            sidecar: ["outbound|443||a.b fixed []"], gateway: ["outbound|443||a.b fixed []"]),
        .init(
            testDescription: "STATIC with unix sockets, and what Envoy would refuse left out",
            entry: .make(
                "e", "a.b", ports: [.make(80, "HTTP")], resolution: .static,
                endpoints: [
                    EntryEndpoint(address: "unix:///var/run/x"), EntryEndpoint(address: "unix://@abstract"),
                    EntryEndpoint(address: "name.example.com"),
                    EntryEndpoint(address: "unix:///" + String(repeating: "x", count: 120)),
                ]),
            sidecar: ["outbound|80||a.b fixed [/var/run/x @abstract]"],
            gateway: ["outbound|80||a.b fixed [/var/run/x @abstract]"]),
        .init(
            testDescription: "DNS resolves the host",
            entry: .make("e", "a.b", ports: [.make(80, "GRPC", target: 8080)], resolution: .dns),
            sidecar: ["outbound|80||a.b dns [a.b:8080] h2"], gateway: ["outbound|80||a.b dns [a.b:8080] h2"]),
        .init(
            testDescription: "DNS resolves its endpoints instead",
            entry: .make(
                "e", "*.a.b", ports: [.make(80, "")], resolution: .dns,
                endpoints: [EntryEndpoint(address: "us.a.b"), EntryEndpoint(address: "203.0.113.1")]),
            sidecar: ["outbound|80||*.a.b dns [us.a.b:80 203.0.113.1:80] sniffed"],
            gateway: ["outbound|80||*.a.b dns [us.a.b:80 203.0.113.1:80]"]),
        .init(
            testDescription: "DNS of a wildcard with nothing to resolve has no cluster",
            entry: .make("e", "*.a.b", ports: [.make(80, "HTTP")], resolution: .dns), sidecar: [], gateway: []),
        .init(
            testDescription: "DNS_ROUND_ROBIN",
            entry: .make("e", "a.b", ports: [.make(80, "HTTP")], resolution: .dnsRoundRobin),
            sidecar: ["outbound|80||a.b logical [a.b:80]"], gateway: ["outbound|80||a.b logical [a.b:80]"]),
        .init(
            testDescription: "UDP has no cluster",
            entry: .make("e", "a.b", ports: [.make(53, "UDP")]), sidecar: [], gateway: []),
    ]

    @Test(arguments: clusterCases) func cluster(_ test: ClusterCase) {
        let mesh = MeshConfiguration(entries: [test.entry])
        #expect(Self.describe(Self.plan(mesh)) == test.sidecar)
        #expect(Self.describe(Self.plan(mesh, kind: .gateway)) == test.gateway)
        #expect(Self.plan(mesh, kind: .gateway).listeners.isEmpty)
    }

    @Test func aSelectorChoosesReadyPodsOfItsNamespace() {
        func pod(_ name: String, _ namespace: String, _ ip: String, ready: Bool = true) -> Pod {
            Pod(
                meta: ObjectMeta(name: name, namespace: namespace, labels: ["app": "db", "x": "y"]), ip: ip,
                phase: "Running", isReady: ready, proxyKind: .sidecar)
        }
        var entry = ServiceEntry.make("e", "a.b", ports: [.make(80, "HTTP")], resolution: .static)
        entry.selectorLabels = ["app": "db"]
        let mesh = MeshConfiguration(
            entries: [entry],
            pods: [
                pod("one", "default", "10.244.0.21"), pod("two", "default", "10.244.0.22", ready: false),
                pod("three", "other", "10.244.0.23"),
            ])
        #expect(Self.describe(Self.plan(mesh)) == ["outbound|80||a.b fixed [10.244.0.21:80]"])
    }
}
