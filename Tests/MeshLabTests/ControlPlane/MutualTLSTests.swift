import Foundation
import MeshState
import Synchronization
import Testing

@testable import MeshLab

/// TLS between proxies of the mesh, and towards hosts outside, by real calls.
@Suite struct MutualTLSTests {
    private static let identity = "spiffe://cluster.local/ns/default/sa/default"

    @Test func proxiesOfTheMeshProveWhoTheyAre() async throws {
        let ports: [ServicePort] = [.make(9080, "HTTP"), .make(3306, "TCP")]
        let mesh = MeshEndpoint.at("10.244.0.13", 9080, hasMeshTLS: true)
        func automatic(_ host: String, _ names: [String]) -> ClusterPlan.TLS {
            .automatic(sni: ClusterPlan.serverName(port: 9080, host: host), subjectAltNames: names)
        }
        let clusters = [
            ClusterPlan.make("mesh", 9080, at: [mesh], tls: automatic("mesh", [Self.identity])),
            .make("anybody", 9080, at: [mesh], tls: ClusterPlan.originate(.istioMutual)),
            .make("other", 9080, at: [mesh], tls: automatic("other", [Self.identity + "-other"])),
            .make("plain", 9080, at: [.at("10.244.0.13", 9080)], tls: automatic("plain", [Self.identity])),
            .make(
                "foreign", 9080, at: [mesh],
                tls: ClusterPlan.originate(.simple) { $0.caCertificates = "/etc/certs/root-cert.pem" }),
            .make(
                "database", 3306, at: [.at("10.244.0.13", 3306, hasMeshTLS: true)],
                tls: .automatic(
                    sni: ClusterPlan.serverName(port: 3306, host: "database"), subjectAltNames: [Self.identity])),
        ]
        var plan = ProxyPlan(clusters: clusters, listeners: [.http(80)])
        plan.routes = [.make(80, Dictionary(uniqueKeysWithValues: clusters.map { ($0.host, [.to($0.name)]) }))]
        plan.listeners.append(.tcp("203.0.113.70", 3306, to: [WeightedCluster(cluster: clusters[5].name)]))
        try await PlannedLab.run(peerPorts: ports) { planned in
            let lab = planned.lab
            let peer = lab.nodes[1]
            let application = NamedServer("app", host: peer.loopback, port: 9080)
            let database = NamedServer("database", host: peer.loopback, port: 3306)
            defer {
                application.stop()
                database.stop()
            }
            try await planned.give(plan)
            try await planned.give(ProxyPlan(), to: 1)
            func call(_ host: String) async -> HTTPReply {
                await planned.call(
                    "203.0.113.10", 80, "/\(host)", host: host, headers: ["x-forwarded-client-cert": "By=fake"])
            }
            func sent() -> String { application.requests.withLock { $0.last ?? "" } }

            for host in ["mesh", "anybody"] {
                #expect(await call(host).body == "app\n")
                let certificate = sent().split(separator: "\r\n").first { $0.hasPrefix("x-forwarded-client-cert: ") }
                #expect(certificate?.contains("By=\(Self.identity);") == true, "\(sent())")
                #expect(certificate?.hasSuffix("URI=\(Self.identity)") == true, "\(sent())")
                #expect(!sent().contains("fake"))
                #expect(try await lab.counter("cluster.outbound|9080||\(host);.ssl.handshake") == 1)
                // The other side tells of the name in the TLS hello.
                let line = try await lab.logLine(of: "reviews-1", "GET /\(host) ")
                #expect(line.contains(" inbound|9080|| "), "\(line)")
                #expect(line.hasSuffix(" outbound_.9080_._.\(host) default"), "\(line)")
            }
            #expect(await lab.tcp("203.0.113.70", 3306).text == "database\n")
            _ = try await lab.logLine(of: "reviews-1", " inbound|3306|| ", "outbound_.3306_._.database -")

            #expect(await call("other").status == 503)
            let line = try await lab.logLine("GET /other ")
            #expect(line.contains(" 503 URX,UF ") && line.contains("CERTIFICATE_VERIFY_FAILED"), "\(line)")
            #expect(try await lab.counter("cluster.outbound|9080||other;.ssl.fail_verify_san") > 0)

            // Who speaks no mutual TLS is answered all the same, but an application for HTTP never gets foreign TLS.
            #expect(await call("plain").body == "app\n")
            #expect(!sent().contains("x-forwarded-client-cert"))
            #expect(await call("foreign").status == 503)
            let hello = clientHello(serverName: "foreign.example.com")
            let reply = await Loopback.blocking {
                let connection = CapturedConnection(
                    sidecar: peer.loopback, port: ProxyNode.inboundPort, destination: peer.ip, destinationPort: 3306)
                connection?.send(hello)
                defer { connection?.close() }
                return connection?.receiveSome()
            }
            #expect(reply == "database\n")
        }
    }

    @Test func hostsOutsideAreCalledOverTLS() async throws {
        let cnn = [MeshEndpoint.at("198.51.100.67", 443)]
        let nginx = [MeshEndpoint.at("10.244.0.40", 443)]
        let name = "my-nginx.mesh-external.svc.cluster.local"
        let authority = "/etc/istio/nginx-ca-certs/example.com.crt"
        func files(_ tls: inout DestinationRule.ClientTLS) {
            tls.clientCertificate = "/etc/istio/nginx-client-certs/tls.crt"
            tls.privateKey = "/etc/istio/nginx-client-certs/tls.key"
            tls.caCertificates = authority
        }
        let tls: [(host: String, at: [MeshEndpoint], tls: ClusterPlan.TLS)] = [
            ("edition.cnn.com", cnn, ClusterPlan.originate(.simple)),
            ("stranger.example.com", cnn, ClusterPlan.originate(.simple)),
            ("sni", cnn, ClusterPlan.originate(.simple) { $0.sni = "edition.cnn.com" }),
            ("wrong-sni", cnn, ClusterPlan.originate(.simple) { $0.sni = "stranger.example.com" }),
            ("san", cnn, ClusterPlan.originate(.simple) { $0.subjectAltNames = ["a.example.com", "edition.cnn.com"] }),
            ("wrong-san", cnn, ClusterPlan.originate(.simple) { $0.subjectAltNames = ["a.example.com"] }),
            ("wrong-ca", cnn, ClusterPlan.originate(.simple) { $0.caCertificates = authority }),
            ("no-file", cnn, ClusterPlan.originate(.simple) { $0.caCertificates = "/etc/istio/none.crt" }),
            (
                "unchecked", cnn,
                ClusterPlan.originate(.simple) {
                    $0.caCertificates = authority
                    $0.insecureSkipVerify = true
                }
            ),
            (name, nginx, ClusterPlan.originate(.mutual, files)),
            (
                "no-certificate", nginx,
                ClusterPlan.originate(.simple) { ($0.caCertificates, $0.sni) = (authority, name) }
            ),
            ("credential", nginx, ClusterPlan.originate(.mutual) { ($0.credentialName, $0.sni) = ("client", name) }),
            (
                "half-a-pair", nginx,
                ClusterPlan.originate(.mutual) {
                    files(&$0)
                    $0.privateKey = "/etc/certs/key.pem"
                }
            ),
            ("disabled", cnn, ClusterPlan.originate(.disable)),
        ]
        var clusters = tls.map { ClusterPlan.make($0.host, 443, at: $0.at, tls: $0.tls) }
        clusters.append(
            .make(
                "h2.edition.cnn.com", 443, at: cnn, tls: ClusterPlan.originate(.simple) { $0.sni = "edition.cnn.com" }
            ) {
                var pool = DestinationRule.ConnectionPool()
                pool.h2UpgradePolicy = "UPGRADE"
                $0.connectionPool = pool
            })
        clusters.append(.make("httpbin.org", 443, at: [.at("198.51.100.94", 443)], tls: ClusterPlan.originate(.simple)))
        var plan = ProxyPlan(clusters: clusters, listeners: [.http(80)])
        plan.routes = [.make(80, Dictionary(uniqueKeysWithValues: clusters.map { ($0.host, [.to($0.name)]) }))]
        try await PlannedLab.run(outside: true) { planned in
            let lab = planned.lab
            try await planned.give(plan)
            for (address, port) in [("198.51.100.67", 443), ("10.244.0.40", 443), ("198.51.100.94", 443)] {
                try await planned.awaitOutside(address, port)
            }
            func call(_ host: String, _ path: String = "/") async -> HTTPReply {
                await planned.call("203.0.113.10", 80, path, host: host)
            }
            for host in ["edition.cnn.com", "sni", "san", "unchecked", "h2.edition.cnn.com"] {
                let reply = await call(host)
                #expect(
                    reply.status == 200 && reply.body.contains("<title>CNN Politics</title>"), "\(host): \(reply.text)")
            }
            let handshakes = "cluster.outbound|443||edition.cnn.com;.ssl.handshake"
            #expect(try await lab.counter(handshakes) == 1)
            #expect(try await lab.counter("cluster.outbound|443||h2.edition.cnn.com;.upstream_cx_http2_total") == 1)
            #expect(try await lab.counter("cluster.outbound|443||edition.cnn.com;.upstream_cx_http1_total") == 1)
            let refused = "CERTIFICATE_VERIFY_FAILED"
            for (host, reason) in [
                ("stranger.example.com", refused), ("wrong-sni", refused), ("wrong-san", refused),
                ("wrong-ca", refused), ("no-file", "Secret_is_not_supplied_by_SDS"),
                ("credential", "Secret_is_not_supplied_by_SDS"), ("half-a-pair", "Secret_is_not_supplied_by_SDS"),
            ] {
                #expect(await call(host).status == 503, "\(host)")
                let line = try await lab.logLine("\"\(host)\" \"")
                #expect(line.contains(" 503 URX,UF ") && line.contains(reason), "\(line)")
            }
            #expect(await call("disabled").status != 200)
            #expect(await call(name).body.contains("<title>Welcome to nginx!</title>"))
            #expect(await call("no-certificate").text.contains("No required SSL certificate was sent"))

            // The Secret comes later, and the calls that wanted it get through.
            let authorities = LabCA(directory: lab.layout.certificateDirectory)
            func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }
            let secret = TLSSecret(
                meta: ObjectMeta(name: "client", namespace: "default"),
                certificate: try text(authorities.nginxClient.certificateFile),
                privateKey: try text(authorities.nginxClient.keyFile),
                authorities: try text(authorities.exampleCertificateFile))
            try await planned.give(plan, credentials: ["client": secret])
            #expect(await call("credential").body.contains("Welcome to nginx!"))

            // What a host outside is told beyond the request itself.
            let headers = try JSONValue(parsing: Data(await call("httpbin.org", "/headers").body.utf8))["headers"]
            let names = Set(headers?.objectValue?.keys.map { $0 } ?? [])
            #expect(
                names == [
                    "Host", "X-Envoy-Attempt-Count", "X-Envoy-Decorator-Operation", "X-Forwarded-Proto", "X-Request-Id",
                ], "\(names)")
        }
    }
}
