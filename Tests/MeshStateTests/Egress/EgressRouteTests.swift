import MeshState
import Testing

/// The way through an egress gateway: what it is made of, that calls take it, and what it is refused for.
struct EgressRouteTests {
    private static func entry(_ spec: JSONValue, name: String = "cnn") throws -> ServiceEntry {
        try ServiceEntry(object: [
            "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry",
            "metadata": ["name": .string(name), "namespace": "default", "resourceVersion": "1"], "spec": spec,
        ])
    }

    private static let gateway = Service(
        meta: ObjectMeta(name: "istio-egressgateway", namespace: "istio-system"),
        ports: [
            ServicePort(number: 80, name: "http2", protocolText: "HTTP2", targetPort: 8080),
            ServicePort(number: 443, name: "https", protocolText: "HTTPS", targetPort: 8443),
        ], clusterIP: "10.96.0.20", selector: ["app": "istio-egressgateway", "istio": "egressgateway"])

    private static let spec: JSONValue = [
        "hosts": ["edition.cnn.com", "www.cnn.com"], "resolution": "DNS",
        "ports": [
            ["number": 8080, "name": "http", "protocol": "HTTP"], ["number": 443, "name": "tls", "protocol": "TLS"],
            ["number": 9000, "name": "tcp", "protocol": "TCP"],
        ],
    ]

    @Test func itLeadsThereAndOn() throws {
        let route = try EgressRoute(for: Self.entry(Self.spec), among: [Self.gateway])
        #expect(route.manifests.map { $0["kind"] } == ["Gateway", "VirtualService"])
        for manifest in route.manifests { #expect(ManifestChange.problems(in: manifest).isEmpty) }
        #expect(
            route.summary
                == "edition.cnn.com www.cnn.com, port 8080, 443, by way of istio-egressgateway.istio-system; "
                + "port 9000 still goes directly")
        let spec = route.manifests[1]["spec"]
        #expect(spec?["http"]?[0]?["match"] == [["gateways": ["mesh"], "port": 8080]])
        #expect(
            spec?["http"]?[2]?["match"]
                == [["gateways": ["cnn-egressgateway"], "port": 80, "authority": ["exact": "www.cnn.com"]]])
        #expect(spec?["http"]?[2]?["route"]?[0]?["destination"]?["port"] == ["number": 8080])
        #expect(spec?["tls"]?[1]?["match"]?[0]?["sniHosts"] == ["edition.cnn.com"])
    }

    private static let wrong: [(change: JSONValue, words: String)] = [
        (["hosts": ["*.cnn.com"], "resolution": "NONE"], "has no address"),
        (["resolution": "NONE"], "has resolution NONE"), (["exportTo": ["."]], "is not exported to istio-system"),
        (["ports": [["number": 3306, "name": "tcp", "protocol": "TCP"]]], "no port of cnn speaks HTTP or TLS"),
        (
            [
                "ports": [
                    ["number": 80, "name": "a", "protocol": "HTTP"], ["number": 81, "name": "b", "protocol": "HTTP"],
                ]
            ], "2 ports for HTTP"
        ),
    ]

    @Test("what no way leads to", arguments: wrong)
    func refused(_ change: JSONValue, _ words: String) throws {
        var spec = Self.spec
        for (name, value) in change.objectValue ?? [:] { spec[name] = value }
        let entry = try Self.entry(spec)
        let refusal = #expect(throws: ChangeRefusal.self) { try EgressRoute(for: entry, among: [Self.gateway]) }
        #expect(refusal?.reason.contains(words) == true, "\(refusal?.reason ?? "")")
    }

    @Test func withoutAGatewayThereIsNoWay() throws {
        let entry = try Self.entry(Self.spec)
        let refusal = #expect(throws: ChangeRefusal.self) { try EgressRoute(for: entry, among: []) }
        #expect(refusal?.reason.hasPrefix("there is no egress gateway") == true)
    }
}
