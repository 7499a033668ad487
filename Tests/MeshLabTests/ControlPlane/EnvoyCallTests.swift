import Foundation
import MeshLab
import MeshState
import Synchronization
import Testing

/// Real calls through a real Envoy with the files that the control plane wrote.
@Suite struct EnvoyCallTests {
    @Test func tcpIsBlockedThenAllowedThenBlockedAgain() async throws {
        var mesh = MeshConfiguration()
        try await TestLab.run(mesh) { lab in
            let server = NamedServer("mysql", host: "127.\(lab.layout.block).113.10", port: 3306, staysOpen: true)
            defer { server.stop() }
            #expect(await lab.tcp("203.0.113.10", 3306).isEmpty)
            #expect(try await lab.counter("tcp.BlackHoleCluster.downstream_cx_total") == 1)
            let line = try await lab.logLine("203.0.113.10:3306")
            #expect(line.contains(#"] "- - -" 0 UH - - "-" 0 0 "#), "\(line)")
            #expect(
                line.hasSuffix(
                    #" - "-" "-" "-" "-" "-" BlackHoleCluster - 203.0.113.10:3306 10.244.0.11:40000 - -"#), "\(line)")

            mesh.entries = [
                .make(
                    "mysql-external", "mysql.example.com", addresses: ["203.0.113.10/32"], ports: [.make(3306, "tcp")])
            ]
            await lab.plane.update(mesh)
            let cluster = "outbound|3306||mysql.example.com"
            let connection = try await lab.eventually("an allowed connection", within: 1) { () -> CapturedConnection? in
                await Loopback.blocking { [sidecar = lab.sidecar.loopback] in
                    let connection = CapturedConnection(
                        sidecar: sidecar, destination: "203.0.113.10", destinationPort: 3306)
                    connection?.send(Array("hello".utf8))
                    if connection?.receiveSome() == "mysql\n" { return connection }
                    connection?.close()
                    return nil
                }
            }
            try await lab.synced()
            #expect(try await lab.counter("cluster.\(cluster);.upstream_cx_active") == 1)
            #expect(try await lab.admin("/clusters").contains("\(cluster)::203.0.113.10:3306::cx_active::1"))

            // Off again: new connections are blocked, and the open one is closed.
            mesh.entries = []
            try await lab.update(mesh)
            #expect(await lab.tcp("203.0.113.10", 3306).isEmpty)
            let rest = await Loopback.blocking { connection.receiveSome() }
            #expect(rest == nil)
            connection.close()
            #expect(try await !lab.admin("/clusters").contains(cluster))
        }
    }

    @Test func httpIsRoutedByHost() async throws {
        var mesh = MeshConfiguration(entries: [
            .make("cnn", "edition.cnn.com", ports: [.make(80, "HTTP")], resolution: .dns)
        ])
        var names: FixedNameServer?
        defer { names?.stop() }
        try await TestLab.run(
            mesh,
            prepare: { layout in
                names = FixedNameServer(
                    host: layout.nameServerAddress, port: layout.nameServerPort,
                    names: ["edition.cnn.com": "203.0.113.11"])
            }
        ) { lab in
            let server = NamedServer("cnn", host: "127.\(lab.layout.block).113.11", port: 10_080)
            defer { server.stop() }
            #expect(await lab.http("203.0.113.11", 80, host: "edition.cnn.com").text.hasSuffix("cnn\n"))
            let sent = server.requests.withLock { $0.first ?? "" }
            #expect(sent.contains("x-envoy-decorator-operation: edition.cnn.com:80/*"), "\(sent)")
            // The port in a Host header and a trailing dot are the same host.
            #expect(await lab.http("203.0.113.11", 80, host: "edition.cnn.com:80").text.hasSuffix("cnn\n"))
            #expect(await lab.http("203.0.113.11", 80, host: "EDITION.CNN.COM.").text.hasSuffix("cnn\n"))
            _ = try await lab.logLine("\"GET /politics HTTP/1.1\" 200 - via_upstream", "outbound|80||edition.cnn.com")

            let blocked = await lab.http("203.0.113.11", 80, host: "www.google.com")
            #expect(blocked.text.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"), "\(blocked)")
            let line = try await lab.logLine("www.google.com")
            #expect(line.contains(#""GET /politics HTTP/1.1" 502 - direct_response - "-" 0 0 "#), "\(line)")
            #expect(
                line.hasSuffix(#""www.google.com" "-" - - 203.0.113.11:80 10.244.0.11:40000 - block_all"#), "\(line)")
            // What is not HTTP on this port goes nowhere.
            #expect(await lab.tls("203.0.113.11", 80, serverName: "edition.cnn.com").isEmpty)

            mesh.entries = []
            try await lab.update(mesh)
            #expect(await lab.http("203.0.113.11", 80, host: "edition.cnn.com").isEmpty)
        }
    }

    @Test func tlsIsChosenByServerName() async throws {
        let mesh = MeshConfiguration(entries: [
            .make(
                "cnn", "edition.cnn.com", ports: [.make(443, "TLS")], resolution: .static,
                endpoints: [EntryEndpoint(address: "203.0.113.11")]),
            .make("wiki", "*.wikipedia.org", ports: [.make(443, "HTTPS")]),
        ])
        try await TestLab.run(mesh) { lab in
            let cnn = NamedServer("cnn", host: "127.\(lab.layout.block).113.11", port: 10_443)
            let other = NamedServer("original", host: "127.\(lab.layout.block).113.10", port: 10_443)
            defer {
                cnn.stop()
                other.stop()
            }
            #expect(await lab.tls("203.0.113.10", 443, serverName: "edition.cnn.com").text == "cnn\n")
            #expect(await lab.tls("203.0.113.10", 443, serverName: "de.wikipedia.org").text == "original\n")
            #expect(await lab.tls("203.0.113.10", 443, serverName: "www.google.com").isEmpty)
            // The name of a blocked call is seen, because this listener looks at names.
            let line = try await lab.logLine("www.google.com")
            #expect(line.hasSuffix("BlackHoleCluster - 203.0.113.10:443 10.244.0.11:40000 www.google.com -"), "\(line)")
            #expect(await lab.tcp("203.0.113.10", 443).isEmpty)
        }
    }

    @Test func allowAnyPassesWhatIsUnknown() async throws {
        let mesh = MeshConfiguration(
            policy: .allowAny,
            entries: [
                .make(
                    "cnn", "edition.cnn.com", ports: [.make(80, "HTTP")], resolution: .static,
                    endpoints: [EntryEndpoint(address: "203.0.113.11")])
            ])
        try await TestLab.run(mesh) { lab in
            let block = lab.layout.block
            let web = NamedServer("web", host: "127.\(block).113.10", port: 10_080)
            let database = NamedServer("database", host: "127.\(block).113.10", port: 5432)
            defer {
                web.stop()
                database.stop()
            }
            #expect(await lab.tcp("203.0.113.10", 5432).text == "database\n")
            #expect(await lab.http("203.0.113.10", 80, host: "www.google.com").text.hasSuffix("web\n"))
            #expect(await lab.tcp("203.0.113.10", 80).text == "web\n")
            _ = try await lab.logLine("www.google.com", " PassthroughCluster ", " allow_any")
            _ = try await lab.logLine("203.0.113.10:5432\" PassthroughCluster")
            // Nothing leaves the lab, whatever the policy.
            #expect(await lab.tcp("198.51.100.99", 5432).isEmpty)
        }
    }

    @Test func unixSocketsAndBlocksOfAddresses() async throws {
        let socketPath = FileManager.default.temporaryDirectory.appending(path: "mt-\(UUID().uuidString.prefix(8))")
            .path
        let mesh = MeshConfiguration(entries: [
            .make(
                "unix", "unix.example.com", addresses: ["203.0.113.70"], ports: [.make(7000, "TCP")],
                resolution: .static, endpoints: [EntryEndpoint(address: "unix://\(socketPath)")]),
            .make(
                "block", "block.example.com", addresses: ["198.51.100.0/24"], ports: [.make(9000, "TCP")],
                resolution: .static, endpoints: [EntryEndpoint(address: "203.0.113.10")]),
        ])
        try await TestLab.run(mesh) { lab in
            let server = NamedServer("block", host: "127.\(lab.layout.block).113.10", port: 9000)
            let unix = UnixServer(path: socketPath)
            defer {
                server.stop()
                unix.stop()
            }
            #expect(await lab.tcp("203.0.113.70", 7000).text == "unix\n")
            #expect(await lab.tcp("198.51.100.77", 9000).text == "block\n")
            #expect(await lab.tcp("198.51.101.77", 9000).isEmpty)
        }
    }

    @Test func inboundReachesTheApplication() async throws {
        let ports: [ServicePort] = [.make(9080, "HTTP"), .make(3306, "TCP"), .make(80, "HTTP")]
        try await TestLab.run(ports: ports) { lab in
            let loopback = lab.sidecar.loopback
            let servers = [9080, 3306, 10_080].map { NamedServer("app\($0)", host: loopback, port: $0) }
            defer { for server in servers { server.stop() } }
            func inbound(_ port: Int, _ text: String) async -> String {
                await Loopback.blocking {
                    let connection = CapturedConnection(
                        sidecar: loopback, port: ProxyNode.inboundPort, destination: "10.244.0.11",
                        destinationPort: port)
                    connection?.send(Array(text.utf8))
                    defer { connection?.close() }
                    return connection?.receiveAll().text ?? ""
                }
            }
            let request = "GET / HTTP/1.1\r\nHost: sleep:9080\r\nConnection: close\r\n\r\n"
            let answer = await inbound(9080, request)
            #expect(answer.hasSuffix("app9080\n"))
            #expect(answer.contains("server: istio-envoy"))
            #expect(await inbound(80, request).hasSuffix("app10080\n"))
            #expect(await inbound(3306, "hello") == "app3306\n")
            #expect(await inbound(4444, "hello") == "")
            #expect(await inbound(ProxyNode.inboundPort, "hello") == "")
            _ = try await lab.logLine("inbound|9080||", "\"GET / HTTP/1.1\" 200")
        }
    }

    @Test func aServiceIsReachedThroughBothSidecars() async throws {
        let ports: [ServicePort] = [.make(9080, "HTTP"), .make(3306, "TCP")]
        let meta = ObjectMeta(name: "reviews", namespace: "default")
        let mesh = MeshConfiguration(
            services: [Service(meta: meta, ports: ports, clusterIP: "10.96.0.7")],
            endpoints: [
                Endpoints(
                    meta: meta, subsets: [.init(ready: ["10.244.0.13"], ports: ["http-9080": 9080, "tcp-3306": 3306])])
            ])
        try await TestLab.run(mesh, peerPorts: ports, certificates: true) { lab in
            let servers = [9080, 3306].map { NamedServer("app\($0)", host: lab.nodes[1].loopback, port: $0) }
            defer { for server in servers { server.stop() } }
            #expect(await lab.http("10.96.0.7", 9080, host: "reviews").text.hasSuffix("app9080\n"))
            #expect(await lab.tcp("10.96.0.7", 3306).text == "app3306\n")
            _ = try await lab.logLine("outbound|9080||reviews.default.svc.cluster.local", "\"10.244.0.13:9080\"")
            _ = try await lab.eventually("the call in the other sidecar's log") {
                let log = lab.log(of: "reviews-1")
                return log.contains(" inbound|9080|| ") && log.contains(" inbound|3306|| ") ? true : nil
            }
            // Nothing but access logs: Envoy has no complaint about its configuration.
            #expect(!lab.log().contains("][warning]"), "\(lab.log())")
        }
    }

    /// What a call to an unknown host does beside one entry, port by port (the rows of istiod's own simulation).
    @Test(arguments: [OutboundPolicy.registryOnly, .allowAny])
    func unknownHostsBesideOneEntry(policy: OutboundPolicy) async throws {
        let kinds = [(80, "HTTP"), (81, ""), (82, "TCP"), (83, "TLS"), (84, "HTTPS"), (85, "GRPC"), (86, "HTTP2")]
        for hasAddress in [true, false] {
            let entries = kinds.map { port, name in
                ServiceEntry.make(
                    "e\(port)", "e\(port).example.com", addresses: hasAddress ? ["198.51.100.4"] : [],
                    ports: [.make(port, name)], resolution: .static, endpoints: [EntryEndpoint(address: "203.0.113.11")]
                )
            }
            try await TestLab.run(MeshConfiguration(policy: policy, entries: entries)) { lab in
                let block = lab.layout.block
                var servers: [NamedServer] = []
                for (port, _) in kinds {
                    servers.append(NamedServer("entry", host: "127.\(block).113.11", port: port + 10_000))
                    servers.append(NamedServer("original", host: "127.\(block).113.10", port: port + 10_000))
                }
                defer { for server in servers { server.stop() } }
                for (port, name) in kinds {
                    let isHTTP = ["HTTP", "HTTP2", "GRPC"].contains(name)
                    let last = policy == .registryOnly ? "" : "original"
                    let captured = !hasAddress && (name.isEmpty || name == "TCP")
                    let plainHTTP =
                        isHTTP || (name.isEmpty && !hasAddress)
                        ? (policy == .registryOnly ? "502" : "original") : captured ? "entry" : last
                    let others = captured ? "entry" : last
                    let comment: Comment = "\(policy) port \(port) \(name) address \(hasAddress)"
                    #expect(short(await lab.http("203.0.113.10", port, host: "foo")) == plainHTTP, comment)
                    #expect(short(await lab.tcp("203.0.113.10", port)) == others, comment)
                    #expect(short(await lab.tls("203.0.113.10", port, serverName: "foo")) == others, comment)
                }
                // Calls to the proxy's own ports go nowhere.
                for port in [15_001, 15_006] where policy == .registryOnly {
                    #expect(await lab.tcp("203.0.113.10", port).isEmpty)
                }
            }
        }
    }

    private func short(_ reply: Reply) -> String {
        if reply.text.hasPrefix("HTTP/1.1 502") { return "502" }
        return reply.text.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
    }
}

/// Answers `unix` on a unix socket.
final class UnixServer: Sendable {
    private let socket: Int32
    private let path: String

    init(path: String) {
        self.path = path
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        self.socket = socket
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        listen(socket, 8)
        Thread.detachNewThread {
            while true {
                let client = accept(socket, nil, nil)
                if client < 0 { return }
                var buffer = [UInt8](repeating: 0, count: 64)
                _ = recv(client, &buffer, buffer.count, 0)
                _ = send(client, "unix\n", 5, Int32(MSG_NOSIGNAL))
                close(client)
            }
        }
    }

    func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
        unlink(path)
    }
}
