import MeshState
import Testing

/// Envoy's own rules: which chain, which virtual host, which route, and what the client gets.
@Suite struct WalkTests {
    static let sleep = EgressCall.Caller(workload: "sleep", namespace: "default", labels: ["app": "sleep"])

    static func explain(
        _ mesh: MeshConfiguration, _ target: String, _ port: Int, _ speech: EgressCall.Speech, ip: String? = nil,
        host: String? = nil, sni: String? = nil, alpn: [String] = [], path: String = "/",
        headers: [String: String] = [:], from caller: EgressCall.Caller = sleep
    ) -> Explanation {
        var explainer = Explainer(mesh)
        return explainer.explain(
            EgressCall(
                from: caller, to: target, port: port, address: ip.flatMap { IPAddress($0) }, speech: speech, host: host,
                serverName: sni, alpn: alpn, path: path, headers: headers))
    }

    static func entry(
        _ name: String, _ hosts: [String], _ ports: [(Int, String)], addresses: [String] = [],
        resolution: ServiceEntry.Resolution = .dns, endpoints: [EntryEndpoint] = [], exportTo: [String] = [],
        labels: [String: String] = [:], namespace: String = "default"
    ) -> ServiceEntry {
        ServiceEntry(
            meta: ObjectMeta(name: name, namespace: namespace, labels: labels), hosts: hosts, addresses: addresses,
            ports: ports.map { ServicePort(number: $0.0, name: "port-\($0.0)", protocolText: $0.1) },
            resolution: resolution, endpoints: endpoints, exportTo: exportTo)
    }

    @Test func serverNamesGoFromTheExactToTheWidest() {
        let mesh = MeshConfiguration(entries: [
            Self.entry("one", ["www.example.com"], [(443, "TLS")]),
            Self.entry("near", ["*.example.com"], [(443, "TLS")], resolution: .none),
            Self.entry("far", ["*.com"], [(443, "TLS")], resolution: .none),
        ])
        for (name, cluster) in [
            ("www.example.com", "outbound|443||www.example.com"), ("WWW.Example.com", "outbound|443||www.example.com"),
            ("a.b.example.com", "outbound|443||*.example.com"), ("example.com", "outbound|443||*.com"),
            ("example.org", "BlackHoleCluster"),
        ] {
            let result = Self.explain(mesh, "x.invalid", 443, .tls, sni: name)
            #expect(result.cluster == cluster, "\(name)")
            #expect(result.hops.first?.tls?.mode == (cluster == "BlackHoleCluster" ? nil : .passthrough))
        }
        // Without a hello there is no name, and HTTP is no TLS.
        #expect(Self.explain(mesh, "www.example.com", 443, .tcp).cluster == "BlackHoleCluster")
        #expect(Self.explain(mesh, "www.example.com", 443, .http).chain == "PassthroughFilterChain")
    }

    @Test func thereIsNoWayBackFromTheNarrowestBlock() {
        let mesh = MeshConfiguration(entries: [
            Self.entry("web", ["web.example.com"], [(9000, "HTTP")]),
            Self.entry(
                "block", ["block.example.com"], [(9000, "TCP")], addresses: ["198.51.100.0/24"], resolution: .none),
        ])
        // Inside of the block HTTP is not looked at any more.
        let inside = Self.explain(mesh, "web.example.com", 9000, .http, ip: "198.51.100.7")
        #expect(inside.cluster == "outbound|9000||block.example.com")
        #expect(inside.hops.last?.name == "198.51.100.7:9000")
        #expect(
            Self.explain(mesh, "web.example.com", 9000, .http, ip: "198.51.101.7").cluster
                == "outbound|9000||web.example.com")
        #expect(Self.explain(mesh, "web.example.com", 9000, .tcp, ip: "198.51.101.7").cluster == "BlackHoleCluster")
    }

    @Test func virtualHostsGoFromTheExactToTheWidest() {
        let mesh = MeshConfiguration(entries: [
            Self.entry("one", ["www.example.com"], [(80, "HTTP")]),
            Self.entry("near", ["*.example.com"], [(80, "HTTP")], resolution: .none),
            Self.entry("far", ["*.com"], [(80, "HTTP")], resolution: .none),
        ])
        for (host, virtualHost) in [
            ("www.example.com", "www.example.com:80"), ("WWW.example.com:8080", "www.example.com:80"),
            ("www.example.com.", "www.example.com:80"), ("a.example.com", "*.example.com:80"),
            ("example.com", "*.com:80"), ("example.org", "block_all"),
        ] {
            #expect(
                Self.explain(mesh, "x.invalid", 80, .http, host: host).hops.first?.virtualHost == virtualHost, "\(host)"
            )
        }
    }

    @Test func whatTheClientGets() {
        var mesh = MeshConfiguration(entries: [
            Self.entry(
                "none", ["none.example.com"], [(80, "HTTP"), (3306, "TCP")], addresses: ["198.51.100.9"],
                resolution: .static),
            Self.entry("dns", ["dns.example.com"], [(80, "HTTP")]),
        ])
        let empty = Self.explain(mesh, "none.example.com", 80, .http)
        #expect(empty.verdict == .blocked && empty.status == .code(503) && empty.reason.contains("UH"))
        #expect(empty.because.map(\.object.name).allSatisfy { $0 == "none" } && !empty.because.isEmpty)
        let closed = Self.explain(mesh, "none.example.com", 3306, .tcp)
        #expect(closed.verdict == .blocked && closed.status == .reset)
        #expect(closed.listener == "198.51.100.9_3306")
        let found = Self.explain(mesh, "dns.example.com", 80, .http)
        #expect(found.verdict == .allowed && found.status == nil && found.hops.last?.name == "dns.example.com:80")
        mesh.policy = .allowAny
        let passed = Self.explain(mesh, "other.example.com", 80, .http, ip: "203.0.113.5")
        #expect(passed.verdict == .passthrough && passed.route == "allow_any" && passed.cluster == "PassthroughCluster")
        #expect(passed.hops.last?.name == "203.0.113.5:80")
    }

    @Test func oldReleasesHaveNoCatchAllRoute() {
        let mesh = MeshConfiguration(
            policy: .allowAny, entries: [Self.entry("dns", ["dns.example.com"], [(80, "HTTP")])])
        var explainer = Explainer(mesh, version: IstioVersion(1, 0))
        let call = EgressCall(from: Self.sleep, to: "other.example.com", port: 80, speech: .http)
        #expect(explainer.explain(call).status == .code(404))
        #expect(explainer.explain(call).route == nil)
    }

    @Test func whatIsLeftOpenIsSaid() {
        let mesh = MeshConfiguration(
            entries: [
                Self.entry("vip", ["vip.example.com"], [(9000, "TCP")], addresses: ["192.0.2.0/24"], resolution: .none),
                Self.entry("secure", ["secure.example.com"], [(8443, "TLS")]),
            ])
        let known = Self.explain(mesh, "vip.example.com", 9000, .auto)
        #expect(known.call.address == IPAddress("192.0.2.0") && known.call.speech == .tcp && known.verdict == .allowed)
        // An address that no entry names is taken for a name that has none.
        let unknown = Self.explain(mesh, "secure.example.com", 8443, .auto)
        #expect(unknown.call.address == IPAddress("198.51.100.1") && unknown.call.speech == .tls)
        #expect(unknown.assumptions.count == 2)
        #expect(Self.explain(mesh, "203.0.113.9", 9001, .auto).assumptions.count == 1)
    }

    @Test func aWorkloadWithoutSidecarGoesOutUnseen() {
        let caller = EgressCall.Caller(workload: "job", namespace: "default", hasSidecar: false)
        let result = Self.explain(MeshConfiguration(), "203.0.113.9", 443, .tls, from: caller)
        #expect(result.verdict == .passthrough && result.listener == nil)
        #expect(result.hops.map(\.kind) == [.endpoint])
    }
}

/// What an operator most likely meant, where a call is blocked.
@Suite struct NearMissTests {
    @Test(arguments: [
        (
            WalkTests.entry("e", ["a.example.com"], [(80, "HTTP")], labels: ["istio.io/rev": "meshtop-disabled"]),
            "metadata.labels[istio.io/rev]"
        ),
        (WalkTests.entry("e", ["a.example.com"], [(80, "HTTP")], exportTo: ["."], namespace: "other"), "spec.exportTo"),
        (WalkTests.entry("e", ["a.example.com"], [(80, "HTTP")], exportTo: ["~"]), "spec.exportTo"),
        (WalkTests.entry("e", ["*.example.com"], [(8080, "HTTP")]), "spec.ports"),
        (WalkTests.entry("e", ["a.example.com"], [(80, "TLS")]), "spec.ports[0].protocol"),
        (WalkTests.entry("e", ["a.example.com"], [(80, "TCP")], addresses: ["198.51.100.9"]), "spec.addresses"),
    ])
    func theEntryAndItsFieldAreNamed(entry: ServiceEntry, field: String) {
        let mesh = MeshConfiguration(entries: [entry, WalkTests.entry("web", ["b.example.org"], [(80, "HTTP")])])
        let result = WalkTests.explain(mesh, "a.example.com", 80, .http, ip: "203.0.113.5")
        #expect(result.verdict == .blocked && result.status == .code(502))
        #expect(result.because.map(\.field) == ["data.mesh.outboundTrafficPolicy.mode", field])
        #expect(result.hops.first?.notes.count == 1)
    }

    @Test func aSwitchedOffEntryIsTheRemedy() throws {
        var entry = WalkTests.entry(
            "mysql", ["mysql.example.com"], [(3306, "TCP")], addresses: ["203.0.113.10"], resolution: .none)
        entry.meta.labels["istio.io/rev"] = "meshtop-disabled"
        let result = WalkTests.explain(MeshConfiguration(entries: [entry]), "203.0.113.10", 3306, .tcp)
        #expect(result.verdict == .blocked)
        let unknown = WalkTests.explain(MeshConfiguration(), "203.0.113.10", 3306, .tcp)
        #expect(unknown.remedy == .allow(host: "203.0.113.10", port: 3306, workload: "sleep"))
        #expect(unknown.remedy?.text == "meshtop allow 203.0.113.10:3306 --from sleep")
        #expect(result.remedy == .switchOn(entry.id))
    }
}
