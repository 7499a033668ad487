import Foundation
import MeshState
import Testing

@testable import MeshLab

@Suite struct CaptureTests {
    /// A program, what it runs, and the port that it asks for at edition.cnn.com.
    struct Client: Sendable, CustomTestStringConvertible {
        var words: [String]
        var port = 80
        var answer: String? = "via sidecar"
        var testDescription: String { words[0] }
    }

    static let clients = [
        Client(words: ["curl", "-sS", "http://edition.cnn.com/politics"]),
        Client(words: ["wget", "-qO-", "http://edition.cnn.com/politics"]),
        Client(words: ["openssl", "s_client", "-connect", "edition.cnn.com:443"], port: 443, answer: nil),
        Client(words: [
            "python3", "-c", "import urllib.request as u; print(u.urlopen('http://edition.cnn.com/').read().decode())",
        ]),
        Client(words: [
            "perl", "-MIO::Socket::INET", "-e",
            "my $s = IO::Socket::INET->new(PeerAddr => 'edition.cnn.com:80') or die; print $s->peerhost, \"\\n\"; "
                + "print $s \"GET / HTTP/1.0\\r\\n\\r\\n\"; print <$s>",
        ]),
        Client(words: [
            "bash", "-c", "exec 3<>/dev/tcp/edition.cnn.com/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3",
        ]),
        Client(words: [
            "node", "-e",
            "require('http').get('http://edition.cnn.com/', r => r.on('data', d => console.log(String(d))))",
        ]),
        Client(
            words: [
                "mariadb", "--no-defaults", "-h", "edition.cnn.com", "-u", "x", "--connect-timeout=2", "-e", "select 1",
            ], port: 3306, answer: nil),
    ].filter { isInstalled($0.words[0]) }

    private static func isInstalled(_ name: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
        }
    }

    @Test("A program's connection goes to the sidecar and names its destination", arguments: clients)
    func connection(client: Client) async throws {
        try await withSidecar { fixture, sidecar in
            let result = try await command(client.words, environment: try fixture.captured(as: "sleep"))
            if let answer = client.answer { #expect(result.output.contains(answer), "\(result)") }
            let header = try #require(sidecar.headers.first)
            #expect(sidecar.headers.count == 1)
            #expect(header.destination == "198.51.100.67")
            #expect(header.destinationPort == client.port)
            #expect(header.source == "10.244.0.15")
        }
    }

    @Test func names() async throws {
        try await withSidecar { fixture, _ in
            let lines = try await python(
                """
                import socket
                def tried(call):
                    try: print(call())
                    except OSError as error: print(type(error).__name__, error.args[0])
                first = lambda *a: socket.getaddrinfo(*a, type=socket.SOCK_STREAM)[0][4][0]
                tried(lambda: first("edition.cnn.com", 80))
                tried(lambda: first("details", 80))
                tried(lambda: first("istiod.istio-system", 80))
                tried(lambda: first("de.wikipedia.org.", 80))
                tried(lambda: socket.gethostbyname_ex("reviews")[2])
                tried(lambda: first("127.0.0.1", 80))
                tried(lambda: first("localhost", 80, socket.AF_INET))
                tried(lambda: first("nowhere.example", 80) == socket.EAI_NONAME)
                tried(lambda: first("edition.cnn.com", 80, socket.AF_INET6))
                tried(lambda: socket.gethostbyname_ex("nowhere.example"))
                print(socket.EAI_NONAME, socket.EAI_NODATA)
                # Backwards, and by the resolver itself, the machine's own name servers would be asked.
                tried(lambda: socket.gethostbyaddr("198.51.100.67"))
                tried(lambda: socket.getnameinfo(("198.51.100.67", 8080), 0)[0])
                import ctypes, errno
                libc, answer = ctypes.CDLL(None, use_errno=True), ctypes.create_string_buffer(512)
                print(libc.res_query(b"example.com", 1, 1, answer, 512), ctypes.get_errno() == errno.ENETUNREACH)
                """, try fixture.captured(as: "sleep"))
            #expect(
                lines == [
                    "198.51.100.67", "10.96.0.21", "10.96.0.30", "192.0.2.224", "['10.96.0.22']", "127.0.0.1",
                    "127.0.0.1", "gaierror -2", "gaierror -5", "gaierror -2", "-2 -5", "herror 1", "198.51.100.67",
                    "-1 True",
                ])
        }
    }

    @Test("Without a name server no name is known, and none is asked of the machine's own")
    func noNameServer() async throws {
        try await WorldFixture.use { fixture in
            let lines = try await python(
                """
                import socket
                try: print(socket.getaddrinfo("edition.cnn.com", 80))
                except OSError as error: print(error.args[0] == socket.EAI_AGAIN)
                """, try fixture.captured(as: "sleep"))
            #expect(lines == ["True"])
        }
    }

    @Test("The peer's name survives dup, fork and other connections, and is never another socket's")
    func peerNames() async throws {
        try await withSidecar { fixture, sidecar in
            let lines = try await python(
                """
                import os, socket, threading
                s = socket.create_connection(("198.51.100.67", 80))
                print(s.getpeername(), s.getsockname()[0])
                d = s.dup(); number = s.fileno(); s.close(); print(d.getpeername())
                n = socket.create_connection(("\(fixture.node("sleep").loopback)", 15001))
                print(n.fileno() == number, n.getpeername()[0])
                if os.fork() == 0: os._exit(0 if d.getpeername()[1] == 80 else 1)
                print(os.wait()[1])
                v = socket.socket(socket.AF_INET6); v.connect(("::ffff:198.51.100.67", 443)); print(v.getpeername()[:2])
                wrong = []
                def one(port):
                    with socket.create_connection(("198.51.100.67", port)) as c:
                        if c.getpeername() != ("198.51.100.67", port): wrong.append(port)
                threads = [threading.Thread(target=one, args=(p,)) for p in range(1000, 1064)]
                for t in threads: t.start()
                for t in threads: t.join()
                print(wrong)
                """, try fixture.captured(as: "sleep"))
            #expect(
                lines == [
                    "('198.51.100.67', 80) 10.244.0.15", "('198.51.100.67', 80)",
                    "True \(try fixture.node("sleep").loopback)", "0", "('::ffff:198.51.100.67', 443)", "[]",
                ])
            let ports = try await awaited("64 connections of threads") {
                let ports = Set(sidecar.headers.map(\.destinationPort)).filter { (1000..<1064).contains($0) }
                return ports.count == 64 ? ports : nil
            }
            #expect(ports == Set(1000..<1064))
        }
    }

    @Test("A non-blocking connection is made at once, with one header however often it is asked for")
    func nonBlocking() async throws {
        try await withSidecar { fixture, sidecar in
            let lines = try await python(
                """
                import errno, socket
                s = socket.socket(); s.setblocking(False)
                codes = [s.connect_ex(("198.51.100.67", 80)) for _ in range(3)]
                print([errno.errorcode.get(c, c) for c in codes])
                s.setblocking(True); s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n"); print(s.recv(15).decode())
                """, try fixture.captured(as: "sleep"))
            #expect(lines == ["[0, 'EISCONN', 'EISCONN']", "HTTP/1.1 200 OK"])
            #expect(sidecar.headers.map(\.payload) == ["GET / HTTP/1.0\r\n\r\n"])
        }
    }

    @Test func sidecarIsDown() async throws {
        try await WorldFixture.use { fixture in
            let lines = try await python(
                """
                import errno, socket
                for blocking in (True, False):
                    s = socket.socket(); s.setblocking(blocking)
                    print(errno.errorcode[s.connect_ex(("198.51.100.67", 80))])
                """, try fixture.captured(as: "sleep"))
            #expect(lines == ["ECONNREFUSED", "ECONNREFUSED"])
        }
    }

    /// Every way to send something to an address that the lab does not hold. 192.0.2.1 is in no map.
    private static let waysOut = """
        import errno, socket
        def tried(call):
            try: call(); print("LEFT")
            except OSError as error: print(errno.errorcode.get(error.errno, error.errno))
        four, six = socket.AF_INET, socket.AF_INET6
        udp, tcp = socket.SOCK_DGRAM, socket.SOCK_STREAM
        out = ("192.0.2.1", 53)
        tried(lambda: socket.socket(four, udp).connect(out))
        tried(lambda: socket.socket(four, udp).sendto(b"x", out))
        tried(lambda: socket.socket(four, udp).sendmsg([b"x"], [], 0, out))
        tried(lambda: socket.socket(six, udp).sendto(b"x", ("2001:db8::1", 53)))
        tried(lambda: socket.socket(six, udp).sendto(b"x", ("::ffff:192.0.2.1", 53)))
        tried(lambda: socket.socket(six, tcp).connect(("2001:db8::1", 80)))
        tried(lambda: socket.socket(four, tcp).sendto(b"x", socket.MSG_FASTOPEN, out))
        """

    @Test("No datagram and no IPv6 leaves a workload, nor anything a program whose mode makes no sense")
    func nothingLeaves() async throws {
        try await WorldFixture.use { fixture in
            var environment = try fixture.captured(as: "sleep")
            #expect(try await python(Self.waysOut, environment) == Array(repeating: "ENETUNREACH", count: 7))
            environment["MESHTOP_CAPTURE_MODE"] = "wrold"
            let connecting = "\ntried(lambda: socket.socket(four, tcp).connect(('198.51.100.67', 80)))"
            #expect(
                try await python(Self.waysOut + connecting, environment) == Array(repeating: "ENETUNREACH", count: 8))
        }
    }

    @Test("Under the world map only mapped addresses are reached, as the map says at that moment")
    func worldMap() async throws {
        try await WorldFixture.use { fixture in
            let inbound = FakeSidecar(host: "127.\(fixture.layout.block).0.12", port: 15_006)
            defer { inbound.stop() }
            let outside = NamedServer("outside", host: "127.\(fixture.layout.block).113.10", port: 3306)
            defer { outside.stop() }
            try WorldMap.write(layout: fixture.layout)
            let environment = Capture.environment(
                forProxyOf: try fixture.node("sleep"), layout: fixture.layout,
                library: try WorldFixture.captureLibrary())
            let lines = try await python(
                Self.waysOut + """

                    def call(address, port):
                        s = socket.create_connection((address, port)); s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
                        print(s.getpeername(), s.recv(4096).decode().split("\\r\\n")[-1].strip())
                    call("203.0.113.10", 3306)
                    call("10.244.0.12", 9080)
                    tried(lambda: socket.create_connection(("203.0.113.10", 3307)))
                    tried(lambda: socket.create_connection(("203.0.113.99", 80)))
                    import os
                    with open("\(fixture.layout.worldMapFile.path).new", "w") as new:
                        new.write("203.0.113.99:80 127.\(fixture.layout.block).113.10:3306")
                    os.rename("\(fixture.layout.worldMapFile.path).new", "\(fixture.layout.worldMapFile.path)")
                    call("203.0.113.99", 80)
                    tried(lambda: socket.create_connection(("203.0.113.10", 3306)))
                    os.remove("\(fixture.layout.worldMapFile.path)")
                    tried(lambda: socket.create_connection(("203.0.113.99", 80)))
                    """, environment)
            #expect(
                lines == Array(repeating: "ENETUNREACH", count: 7) + [
                    "('203.0.113.10', 3306) outside", "('10.244.0.12', 9080) via sidecar", "ENETUNREACH", "ENETUNREACH",
                    "('203.0.113.99', 80) outside", "ENETUNREACH", "ENETUNREACH",
                ])
            let header = try #require(inbound.headers.first)
            #expect(header.source == "10.244.0.15")
            #expect(header.destination == "10.244.0.12")
            #expect(header.destinationPort == 9080)
        }
    }

    @Test("A map that leads off the loopback leads nowhere")
    func mapStaysOnLoopback() async throws {
        try await WorldFixture.use { fixture in
            try Data("203.0.113.10:3306 192.0.2.1:3306\n".utf8).write(to: fixture.layout.worldMapFile)
            let environment = Capture.environment(
                forProxyOf: try fixture.node("sleep"), layout: fixture.layout,
                library: try WorldFixture.captureLibrary())
            let lines = try await python(
                """
                import errno, socket
                print(errno.errorcode[socket.socket().connect_ex(("203.0.113.10", 3306))])
                """, environment)
            #expect(lines == ["ENETUNREACH"])
        }
    }

    @Test("The pod's own 127.0.0.1 has the proxy's ports, hands low ports to the sidecar, and leaves the rest alone")
    func localhost() async throws {
        try await withSidecar { fixture, sidecar in
            let node = try fixture.node("sleep")
            let admin = NamedServer("admin", host: node.loopback, port: ProxyNode.adminPort)
            defer { admin.stop() }
            let lines = try await python(
                """
                import errno, socket
                def call(port):
                    s = socket.create_connection(("127.0.0.1", port)); s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
                    print(s.getpeername(), s.recv(4096).decode().split("\\r\\n")[-1].strip())
                call(15000)
                call(80)
                own = socket.socket(); own.bind(("127.0.0.1", 0)); own.listen()
                print(socket.create_connection(own.getsockname()).getpeername() == own.getsockname())
                """, try fixture.captured(as: "sleep"))
            #expect(lines == ["('127.0.0.1', 15000) admin", "('127.0.0.1', 80) via sidecar", "True"])
            #expect(sidecar.headers.map(\.destination) == ["127.0.0.1"])
        }
    }

    @Test("A pod's files and Unix sockets are the lab's, for whatever opens them")
    func mountedPaths() async throws {
        try await WorldFixture.use { fixture in
            let node = try fixture.node("sleep")
            let authority = LabCA(directory: fixture.layout.certificateDirectory)
            try await authority.prepare()
            try await authority.issue(to: [node])
            let environment = try fixture.captured(as: "sleep")
            let chain = try String(contentsOf: node.certificateChainFile, encoding: .utf8)
            #expect(try await command(["cat", "/etc/certs/cert-chain.pem"], environment: environment).output == chain)
            for file in ["/etc/certs/root-cert.pem", "/etc/istio/nginx-ca-certs/example.com.crt"] {
                let result = try await command(["openssl", "x509", "-noout", "-in", file], environment: environment)
                #expect(result.isSuccess, "\(file): \(result.errors)")
            }
            let folder = fixture.layout.socketDirectory.appending(path: "example")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let lines = try await python(
                """
                import os, socket
                server = socket.socket(socket.AF_UNIX); server.bind("\(folder.path)/socket"); server.listen()
                socket.socket(socket.AF_UNIX).connect("/var/run/example/socket"); print("connected")
                print(len(open("/etc/certs/key.pem").read()) > 100, os.path.exists("/etc/certs/none"))
                try: open("/etc/certs/none")
                except OSError as error: print(type(error).__name__)
                try: open("/etc/istio")
                except OSError as error: print(type(error).__name__)
                """, environment)
            #expect(lines == ["connected", "True False", "FileNotFoundError", "FileNotFoundError"])
        }
    }

    // MARK: Helpers

    /// A sidecar of `sleep` and a name server that knows the lab's world.
    private func withSidecar(_ body: (WorldFixture, FakeSidecar) async throws -> Void) async throws {
        try await WorldFixture.use { fixture in
            let sidecar = FakeSidecar(host: try fixture.node("sleep").loopback, port: ProxyNode.outboundPort)
            defer { sidecar.stop() }
            let server = try await MeshLab.NameServer(
                names: try WorldFixture.names(), for: .workload, address: fixture.layout.nameServerAddress,
                port: fixture.layout.workloadNameServerPort)
            try await during({ try await server.run() }) { try await body(fixture, sidecar) }
        }
    }

    private func python(_ script: String, _ environment: [String: String]) async throws -> [String] {
        let result = try await command(["python3", "-c", script], environment: environment)
        #expect(result.isSuccess, "\(result.errors)")
        return result.output.split(separator: "\n").map(String.init)
    }
}
