import Foundation
import MeshState
import Synchronization
import Testing

@testable import MeshLab

/// Calls that leave the mesh by its egress gateway.
@Suite struct GatewayCallTests {
    private static let identity = "spiffe://cluster.local/ns/istio-system/sa/default"
    private static let host = "istio-egressgateway.istio-system.svc.cluster.local"

    /// What the gateway is told.
    private static let gateway: ProxyPlan = {
        let cnn = ClusterPlan.make(
            "edition.cnn.com", 443, .strictDNS([.at("edition.cnn.com", 443)]), tls: ClusterPlan.originate(.simple))
        let direct = ClusterPlan.make("edition.cnn.com", 443, subset: "direct", at: [.at("203.0.113.11", 443)])
        let plain = ClusterPlan.make("plain", 80, at: [.at("203.0.113.10", 80)])
        var mutual = Gateway.ServerTLS(mode: .istioMutual)
        mutual.subjectAltNames = ["spiffe://cluster.local/ns/default/sa/default"]
        var simple = Gateway.ServerTLS(mode: .simple)
        simple.credentialName = "server"
        var client = Gateway.ServerTLS(mode: .mutual)
        client.credentialName = "server"
        var optional = Gateway.ServerTLS(mode: .optionalMutual)
        optional.serverCertificate = "/etc/istio/nginx-client-certs/tls.crt"
        optional.privateKey = "/etc/istio/nginx-client-certs/tls.key"
        optional.caCertificates = "/etc/istio/nginx-ca-certs/example.com.crt"
        var missing = Gateway.ServerTLS(mode: .simple)
        missing.credentialName = "missing"
        let secure = "https.443.https.gateway.default"
        func chain(
            _ name: String, _ action: ListenerPlan.Action, _ tls: Gateway.ServerTLS? = nil
        ) -> ListenerPlan.Chain { .init(match: .init(serverNames: [name]), action: action, tls: tls) }
        let listeners = [
            ListenerPlan(
                bind: "0.0.0.0", port: 8080, chains: [.init(match: .init(), action: .http(route: "http.80"))],
                isBound: true
            ),
            ListenerPlan(
                bind: "0.0.0.0", port: 8443,
                chains: [
                    chain("edition.cnn.com", .tcp([WeightedCluster(cluster: direct.name)]), .init(mode: .passthrough)),
                    chain("mutual.example.com", .http(route: secure), mutual),
                    chain("bytes.example.com", .tcp([WeightedCluster(cluster: plain.name)]), mutual),
                    chain("*.simple.example.com", .http(route: secure), simple),
                    chain("client.example.com", .http(route: secure), client),
                    chain("optional.example.com", .http(route: secure), optional),
                    chain("missing.example.com", .http(route: secure), missing),
                ], isBound: true),
        ]
        func route(_ name: String, _ catchAll: RoutePlan.CatchAll) -> RoutePlan {
            RoutePlan(
                name: name,
                virtualHosts: [
                    .init(name: "edition.cnn.com:80", domains: ["edition.cnn.com"], routes: [.to(cnn.name)]),
                    .init(name: "plain:80", domains: ["plain"], routes: [.to(plain.name)]),
                    .init(name: "tls:80", domains: ["tls"], routes: [.to(plain.name)], requiresTLS: true),
                ], catchAll: catchAll)
        }
        return ProxyPlan(
            clusters: [cnn, direct, plain], listeners: listeners,
            routes: [route("http.80", .notFound(port: 80)), route(secure, .notFound(port: 443))])
    }()

    /// What the sidecar is told.
    private static let sidecar: ProxyPlan = {
        func cluster(_ subset: String, _ port: Int, http: ClusterPlan.UpstreamHTTP = .http1, _ tls: ClusterPlan.TLS)
            -> ClusterPlan
        {
            .make(
                Self.host, port, subset: subset, at: [.at("10.244.0.12", port == 80 ? 8080 : 8443)], http: http,
                tls: tls)
        }
        func istio(_ sni: String, _ names: [String]) -> ClusterPlan.TLS {
            ClusterPlan.originate(.istioMutual) { ($0.sni, $0.subjectAltNames) = (sni, names) }
        }
        func simple(_ sni: String) -> ClusterPlan.TLS {
            ClusterPlan.originate(.simple) { ($0.sni, $0.insecureSkipVerify) = (sni, true) }
        }
        let clusters = [
            cluster("http", 80, http: .http2, .plain),
            cluster("mutual", 443, istio("mutual.example.com", [Self.identity])),
            cluster("bytes", 443, istio("bytes.example.com", [Self.identity])),
            cluster("wrong", 443, istio("mutual.example.com", [Self.identity + "-other"])),
            cluster("tls", 443, .plain),
            cluster("simple", 443, simple("a.simple.example.com")),
            cluster("uncertified", 443, simple("client.example.com")),
            cluster("optional", 443, simple("optional.example.com")),
            cluster("missing", 443, simple("missing.example.com")),
        ]
        func name(_ subset: String, _ port: Int) -> String {
            ClusterPlan.name(port: port, subset: subset, host: Self.host)
        }
        // The port of the call chooses the way, so that any host can be asked for on each.
        let ways = ["http", "mutual", "wrong", "simple", "uncertified", "optional", "missing"]
        var plan = ProxyPlan(clusters: clusters)
        for (index, way) in ways.enumerated() {
            plan.listeners.append(
                ListenerPlan(
                    bind: "203.0.113.20", port: 80 + index, chains: [.init(match: .init(), action: .http(route: way))]))
            plan.routes.append(
                RoutePlan(
                    name: way,
                    virtualHosts: [
                        .init(name: way, domains: ["*"], routes: [.to(name(way, way == "http" ? 80 : 443))])
                    ], catchAll: .none))
        }
        plan.listeners.append(.tcp("203.0.113.20", 443, to: [WeightedCluster(cluster: name("tls", 443))]))
        plan.listeners.append(.tcp("203.0.113.20", 9000, to: [WeightedCluster(cluster: name("bytes", 443))]))
        return plan
    }()

    @Test func callsLeaveByTheGateway() async throws {
        try await PlannedLab.run(gateway: true, outside: true, names: ["edition.cnn.com": "198.51.100.67"]) { planned in
            let lab = planned.lab
            let block = lab.layout.block
            let plain = NamedServer("plain", host: "127.\(block).113.10", port: 10_080)
            let tls = NamedServer("tls", host: "127.\(block).113.11", port: 10_443)
            defer {
                plain.stop()
                tls.stop()
            }
            let certificates = LabCA(directory: lab.layout.certificateDirectory)
            let secret = TLSSecret(
                meta: ObjectMeta(name: "server", namespace: "istio-system"),
                certificate: try String(contentsOf: certificates.nginx.certificateFile, encoding: .utf8),
                privateKey: try String(contentsOf: certificates.nginx.keyFile, encoding: .utf8),
                authorities: try String(contentsOf: certificates.exampleCertificateFile, encoding: .utf8))
            try await planned.give(Self.gateway, to: 1, credentials: ["server": secret])
            try await planned.give(Self.sidecar)
            try await planned.awaitOutside("198.51.100.67", 443)
            let (http, mutual, wrong, simple, uncertified, optional, missing) = (80, 81, 82, 83, 84, 85, 86)
            func call(_ way: Int, _ host: String) async -> HTTPReply {
                await planned.call("203.0.113.20", way, "/politics", host: host)
            }
            func gatewayLine(_ parts: String...) async throws -> String {
                try await lab.eventually("a line of the gateway's log with \(parts)") {
                    lab.log(of: "istio-egressgateway-1").split(separator: "\n").map(String.init)
                        .last { line in parts.allSatisfy { line.contains($0) } }
                }
            }

            // Plain to the gateway, TLS from there: the documents' TLS origination.
            for way in [http, mutual] {
                let reply = await call(way, "edition.cnn.com")
                #expect(reply.status == 200 && reply.body.contains("CNN Politics"), "\(reply.text.prefix(200))")
            }
            let line = try await gatewayLine("\"GET /politics HTTP/2\" 200 - via_upstream", "\"edition.cnn.com\"")
            #expect(line.contains(" \"10.244.0.11\" "), "\(line)")
            #expect(line.contains("\"198.51.100.67:443\" outbound|443||edition.cnn.com 10.244.0.12:"), "\(line)")
            #expect(line.contains(" 10.244.0.12:8080 10.244.0.11:") && line.hasSuffix(" - default"), "\(line)")
            _ = try await gatewayLine(
                "\"GET /politics HTTP/1.1\" 200", " 10.244.0.12:8443 ", " mutual.example.com default")
            #expect(try await lab.counter("listener.0.0.0.0_8443.ssl.handshake", node: 1) == 1)

            // Whom a plain call of the mesh comes from is told on; what the client claims is not.
            let reply = await planned.call(
                "203.0.113.20", mutual, host: "plain", headers: ["x-forwarded-client-cert": "By=fake"])
            #expect(reply.body == "plain\n")
            #expect(reply.header("server") == "envoy")
            let sent = plain.requests.withLock { $0.last ?? "" }
            #expect(sent.contains("URI=spiffe://cluster.local/ns/default/sa/default"), "\(sent)")
            #expect(!sent.contains("fake"))
            #expect(sent.contains("x-forwarded-for: 10.244.0.11\r\n"), "\(sent)")
            #expect(await lab.tcp("203.0.113.20", 9000).text == "plain\n")

            // One call that is passed on counts as one, and the name in its TLS hello is what chose the way.
            let counter = "cluster.outbound|443|direct|edition.cnn.com;.upstream_cx_total"
            #expect(try await lab.counter(counter, node: 1) == 0)
            #expect(await lab.tls("203.0.113.20", 443, serverName: "edition.cnn.com").text == "tls\n")
            #expect(try await lab.counter(counter, node: 1) == 1)
            let passed = try await gatewayLine("outbound|443|direct|edition.cnn.com")
            #expect(
                passed.contains("] \"- - -\" 0 - - - \"-\" ") && passed.hasSuffix(" edition.cnn.com -"), "\(passed)")

            // What nobody declared.
            #expect(await call(http, "www.google.com").status == 404)
            _ = try await gatewayLine(" 404 NR route_not_found ", "\"www.google.com\"")
            let unknown = await lab.tls("203.0.113.20", 443, serverName: "www.google.com")
            #expect(unknown.isEmpty)
            _ = try await gatewayLine(" 0 NR filter_chain_not_found ", " www.google.com -")
            #expect(try await lab.counter("listener.0.0.0.0_8443.no_filter_chain_match", node: 1) == 1)

            // Other certificates.
            #expect(await call(wrong, "plain").status == 503)
            _ = try await lab.logLine("CERTIFICATE_VERIFY_FAILED", "outbound|443|wrong|")
            #expect(await call(simple, "plain").body == "plain\n")
            #expect(await call(optional, "plain").body == "plain\n")
            #expect(await call(uncertified, "plain").status == 503)
            #expect(try await lab.counter("listener.0.0.0.0_8443.ssl.fail_verify_no_cert", node: 1) > 0)
            #expect(await call(missing, "plain").status == 503)
            let redirect = await call(http, "tls")
            #expect(redirect.status == 301 && redirect.header("location") == "https://tls/politics", "\(redirect.text)")
            #expect(await call(simple, "tls").body == "plain\n")

            // Whoever calls the gateway's address on the loopback is served as well.
            let direct = try await lab.get(lab.nodes[1].loopback, 8080, "/")
            #expect(direct.hasPrefix("HTTP/1.1 404 Not Found") && direct.contains("server: istio-envoy"), "\(direct)")
        }
    }
}
