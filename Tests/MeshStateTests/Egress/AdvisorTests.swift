import FoundationEssentials
import MeshState
import Testing

/// Each situation that the advisor is for, and that it says nothing where there is nothing to say.
@Suite struct AdvisorTests {
    struct Situation: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var yaml: String
        /// `RULE KIND NAMESPACE/NAME FIELD: a part of the message`.
        var expected: [String]

        init(_ name: String, _ yaml: String, _ expected: String...) {
            testDescription = name
            self.yaml = yaml
            self.expected = expected
        }
    }

    /// An entry in few words: `NAME HOST PORT/PROTOCOL[,…] RESOLUTION` and further lines of its spec.
    static func entry(
        _ name: String, _ host: String, _ ports: String, _ resolution: String = "DNS", namespace: String = "default",
        created: String = "2026-11-21T08:00:00Z", _ more: String = ""
    ) -> String {
        let list = ports.split(separator: ",").map { port in
            let parts = port.split(separator: "/", omittingEmptySubsequences: false)
            return "  - {number: \(parts[0]), name: p\(parts[0]), protocol: \"\(parts[1])\"}"
        }.joined(separator: "\n")
        return """
            ---
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: \(name), namespace: \(namespace), creationTimestamp: "\(created)"}
            spec:
              hosts: ["\(host)"]
              resolution: \(resolution)
              ports:
            \(list)
            \(more)

            """
    }

    static let gateway = """
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: egress, namespace: default}
        spec:
          selector: {istio: egressgateway}
          servers:
          - {port: {number: 80, name: http, protocol: HTTP}, hosts: [edition.cnn.com]}

        """

    static func route(gateways: String = "[egress, mesh]", _ rules: String) -> String {
        """
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: by-gateway, namespace: default}
        spec:
          hosts: [edition.cnn.com]
          gateways: \(gateways)
          http:
        \(rules)

        """
    }

    static let meshHalf = """
          - match: [{gateways: [mesh], port: 80}]
            route: [{destination: {host: istio-egressgateway.istio-system.svc.cluster.local, port: {number: 80}}}]
        """
    static let gatewayHalf = """
          - match: [{gateways: [egress], port: 80}]
            route: [{destination: {host: edition.cnn.com, port: {number: 80}}}]
        """

    static func originating(_ port: Int, _ mode: String = "SIMPLE") -> String {
        """
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: originate, namespace: default}
        spec:
          host: edition.cnn.com
          trafficPolicy:
            portLevelSettings:
            - {port: {number: \(port)}, tls: {mode: \(mode)}}

        """
    }

    static let cnn = entry("cnn", "edition.cnn.com", "80/HTTP")

    static let situations: [Situation] = [
        .init(
            "the older of two entries wins",
            entry("first", "a.example.com", "443/TLS", created: "2026-11-21T07:00:00Z")
                + entry("second", "a.example.com", "443/HTTPS", "NONE"),
            "same-host ServiceEntry default/second spec.hosts: ServiceEntry default/first, which wins for namespace "
                + "default; this one is ignored"),
        .init(
            "ports of alike entries are merged",
            entry("first", "a.example.com", "443/TLS", created: "2026-11-21T07:00:00Z")
                + entry("second", "a.example.com", "80/HTTP"),
            "same-host ServiceEntry default/second spec.hosts: only port 80 came in beside it"),
        .init(
            "the own namespace wins over an older entry",
            entry("first", "a.example.com", "443/TLS", namespace: "apps", created: "2026-11-21T07:00:00Z")
                + entry("second", "a.example.com", "443/TLS"),
            "same-host ServiceEntry apps/first spec.hosts: ServiceEntry default/second, which wins for namespace default",
            "same-host ServiceEntry default/second spec.hosts: ServiceEntry apps/first, which wins for namespace apps"),
        .init(
            "one address and port for two hosts",
            entry("a", "a.example.com", "5432/TCP", "NONE", created: "2026-11-21T07:00:00Z", "  addresses: [192.0.2.1]")
                + entry("b", "b.example.com", "5432/TCP", "NONE", "  addresses: [192.0.2.1/32]"),
            "address-conflict ServiceEntry default/b spec.addresses: b.example.com never gets a connection: "
                + "192.0.2.1:5432 belongs to a.example.com"),
        .init(
            "TCP without an address, NONE", entry("db", "db.example.com", "3306/TCP", "NONE"),
            "port-capture ServiceEntry default/db spec.addresses: open to every address on the Internet"),
        .init(
            "TCP without an address, DNS", entry("db", "db.example.com", "3306/TCP"),
            "port-capture ServiceEntry default/db spec.addresses: is led to db.example.com in silence"),
        .init(
            "no protocol without an address", entry("any", "any.example.com", "8443/"),
            "port-capture ServiceEntry default/any spec.addresses: every connection other than plain HTTP on port 8443"),
        .init(
            "two of them on one port",
            entry("a", "a.example.com", "3306/TCP", created: "2026-11-21T07:00:00Z")
                + entry("b", "b.example.com", "3306/TCP"),
            "port-capture ServiceEntry default/a spec.addresses: port 3306",
            "address-conflict ServiceEntry default/b spec.addresses: port 3306 without an address belongs to a.example.com",
            "port-capture ServiceEntry default/b spec.addresses: port 3306"),
        .init(
            "a narrower host under a wildcard",
            entry("wide", "*.example.com", "443/TLS", "NONE") + entry("narrow", "api.example.com", "443/TLS"),
            "wildcard-shadow ServiceEntry default/wide spec.hosts: calls to api.example.com on port 443 do not go by "
                + "*.example.com"),
        .init(
            "a namespace that does not exist",
            entry("a", "a.example.com", "443/TLS", "DNS", "  exportTo: [., shop]"),
            "export-to-nobody ServiceEntry default/a spec.exportTo[1]: the namespace shop, which does not exist"),
        .init(
            "hidden, but routed",
            entry("cnn", "edition.cnn.com", "80/HTTP", "DNS", "  exportTo: [\"~\"]")
                + route(gateways: "[mesh]", "  - route: [{destination: {host: edition.cnn.com}}]"),
            "hidden-but-routed ServiceEntry default/cnn spec.exportTo: VirtualService default/by-gateway names its host"
        ),
        .init(
            "NONE behind the gateway",
            entry("cnn", "edition.cnn.com", "80/HTTP", "NONE") + gateway + route(meshHalf + "\n" + gatewayHalf),
            "none-behind-gateway ServiceEntry default/cnn spec.resolution: 503 UH"),
        .init(
            "without mesh in spec.gateways", cnn + gateway + route(gateways: "[egress]", meshHalf + "\n" + gatewayHalf),
            "gateway-half VirtualService default/by-gateway spec.gateways: no sidecar sends it there",
            "gateway-half VirtualService default/by-gateway spec.http[0].match[0]: it is for mesh, which is not in "
                + "spec.gateways"),
        .init(
            "without the gateway's half", cnn + gateway + route(meshHalf),
            "gateway-half VirtualService default/by-gateway spec.http[0].match[0]: no rule tells the gateway where"),
        .init(
            "without the mesh's half", cnn + gateway + route(gateways: "[egress]", gatewayHalf),
            "gateway-half VirtualService default/by-gateway spec.gateways: no sidecar sends it there"),
        .init(
            "the Gateway has another host",
            cnn + gateway.replacing("edition.cnn.com", with: "www.cnn.com") + route(meshHalf + "\n" + gatewayHalf),
            "gateway-half Gateway default/egress spec.servers: it does not listen for edition.cnn.com"),
        .init(
            "TLS within TLS", entry("cnn", "edition.cnn.com", "443/HTTPS") + originating(443),
            "double-tls DestinationRule default/originate spec.trafficPolicy.portLevelSettings: TLS within TLS (SIMPLE)"
        ),
        .init(
            "HTTPS goes past the gateway",
            entry("cnn", "edition.cnn.com", "80/HTTP,443/TLS") + gateway + route(meshHalf + "\n" + gatewayHalf),
            "gateway-bypass VirtualService default/by-gateway spec.http[0].match[0]: edition.cnn.com:443 is reached past "
                + "istio-egressgateway"),
        .init("a clean way through the gateway", cnn + gateway + route(meshHalf + "\n" + gatewayHalf)),
        .init("TLS originated where it belongs", cnn + originating(80)),
        .init(
            "TLS switched off for a port", entry("cnn", "edition.cnn.com", "443/HTTPS") + originating(443, "DISABLE")),
        .init(
            "alike under a wildcard",
            entry("wide", "*.example.com", "443/TLS", "NONE") + entry("n", "b.example.com", "443/TLS", "NONE")),
        .init(
            "two hosts, two addresses",
            entry("a", "a.example.com", "5432/TCP", "NONE", "  addresses: [192.0.2.1]")
                + entry("b", "b.example.com", "5432/TCP", "NONE", "  addresses: [192.0.2.2]")),
        .init(
            "an entry for another control plane",
            entry("db", "db.example.com", "3306/TCP").replacing(
                "namespace: default,", with: "namespace: default, labels: {istio.io/rev: other},")),
    ]

    @Test(arguments: situations)
    func names(_ situation: Situation) throws {
        let found = Advisor.findings(in: try .yaml(situation.yaml), namespaces: ["default", "apps", "istio-system"])
        let texts = found.map { "\($0.rule) \($0.object) \($0.field): \($0.message)" }
        #expect(texts.count == situation.expected.count, "\(texts)")
        for (text, expected) in zip(texts, situation.expected) {
            let parts = expected.split(separator: ": ", maxSplits: 1)
            #expect(text.hasPrefix(parts[0] + ": "), "\(text)")
            #expect(text.contains(parts[1]), "\(text)")
        }
        for advice in found {
            #expect(!advice.why.isEmpty && !advice.remedy.isEmpty)
        }
    }

    // MARK: What the proxies tell

    static let time = Date.at("12:00:00")

    static func snapshot(_ connections: [Connection]) -> MeshSnapshot {
        MeshSnapshot(
            time: time, identity: MeshIdentity(context: "lab", server: "https://127.0.0.1"),
            proxies: [
                Proxy(id: ProxyID(pod: "sleep", namespace: "default"), workload: "sleep", kind: .sidecar),
                Proxy(id: ProxyID(pod: "egress", namespace: "istio-system"), workload: "egress", kind: .gateway),
            ], connections: connections)
    }

    static func connection(
        _ cluster: String, pod: String = "sleep", namespace: String = "default", total: UInt64, endpoints: [String]
    ) -> Connection {
        var counters = Connection.Counters()
        counters.connections = total
        return Connection(
            id: .init(proxy: ProxyID(pod: pod, namespace: namespace), cluster: ClusterName(cluster)), workload: pod,
            live: 0, total: counters, endpoints: endpoints)
    }

    @Test(arguments: [
        (
            "nobody finds an address", [connection("outbound|80||edition.cnn.com", total: 0, endpoints: [])],
            ["unresolved-name", "unused-entry"]
        ),
        (
            "found and never used", [connection("outbound|80||edition.cnn.com", total: 0, endpoints: ["192.0.2.1:80"])],
            ["unused-entry"]
        ),
        ("found and used", [connection("outbound|80||edition.cnn.com", total: 1, endpoints: ["192.0.2.1:80"])], []),
    ])
    func hearsTheProxies(_ name: String, _ connections: [Connection], _ expected: [String]) throws {
        let found = Advisor.findings(in: try .yaml(Self.cnn), snapshot: Self.snapshot(connections))
        #expect(found.map(\.rule) == expected)
    }

    @Test func aNewEntryMayBeUnused() throws {
        let mesh = try MeshConfiguration.yaml(Self.cnn)
        let idle = [Self.connection("outbound|80||edition.cnn.com", total: 0, endpoints: ["192.0.2.1:80"])]
        #expect(Advisor.findings(in: mesh, snapshot: Self.snapshot(idle), unusedAfter: 5 * 3600).isEmpty)
    }

    @Test func tellsWhoWentPastTheGateway() throws {
        let mesh = try MeshConfiguration.yaml(
            Self.entry("cnn", "edition.cnn.com", "80/HTTP,443/TLS") + Self.gateway
                + Self.route(Self.meshHalf + "\n" + Self.gatewayHalf))
        let used = [
            Self.connection("outbound|443||edition.cnn.com", total: 3, endpoints: ["192.0.2.1:443"]),
            Self.connection(
                "outbound|443||edition.cnn.com", pod: "egress", namespace: "istio-system", total: 3,
                endpoints: ["192.0.2.1:443"]),
        ]
        let found = Advisor.findings(in: mesh, snapshot: Self.snapshot(used))
        #expect(found.map(\.rule) == ["gateway-bypass"])
        #expect(found.first?.message.hasSuffix("from namespace default; sleep did") == true)
    }

    @Test func everyRuleHasASituation() {
        let shown = Set(
            Self.situations.flatMap(\.expected).compactMap { $0.split(separator: " ").first.map(String.init) })
        let live: Set = ["unresolved-name", "unused-entry"]
        #expect(Set(Advisor.rules.map(\.name)) == shown.union(live))
    }
}

extension MeshConfiguration {
    /// The mesh of some YAML documents.
    static func yaml(_ text: String, policy: OutboundPolicy = .registryOnly) throws -> MeshConfiguration {
        var mesh = MeshConfiguration(policy: policy)
        for object in try YAMLText.parse(text) { _ = try mesh.add(object) }
        return mesh
    }
}

extension String {
    fileprivate func replacing(_ part: String, with other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}
