import Foundation
import MeshState
import Testing

@testable import MeshLab

@Suite struct OutsideWorldTests {
    /// What `curl` is asked for and what it has to say.
    private struct Call {
        var url: String
        var head = false
        var options: [String] = []
        /// `%{http_version} %{http_code} %{content_type}`, and for a page its size.
        var summary: String
        var body: String? = nil
    }

    private static let html = "text/html; charset=utf-8"
    private static let calls = [
        Call(url: "http://edition.cnn.com/politics", summary: "1.1 301  0"),
        Call(url: "https://edition.cnn.com/politics", summary: "2 200 \(html) 151654"),
        Call(url: "https://edition.cnn.com/politics", head: true, summary: "2 200 \(html) 0"),
        Call(url: "https://www.google.com", head: true, summary: "2 200 \(html) 0"),
        Call(url: "http://www.google.com/", summary: "1.1 200 \(html) 63", body: "<title>Google</title>"),
        Call(
            url: "https://en.wikipedia.org/wiki/Main_Page", summary: "2 200 \(html) 115",
            body: "<title>Wikipedia, the free encyclopedia</title>"),
        Call(
            url: "https://de.wikipedia.org/wiki/Wikipedia:Hauptseite", summary: "2 200 \(html) 120",
            body: "<title>Wikipedia – Die freie Enzyklopädie</title>"),
        Call(url: "http://httpbin.org/status/418", summary: "1.1 418  0"),
        Call(url: "http://httpbin.org/delay/0", summary: "1.1 200 application/json"),
        Call(url: "http://httpbin.org/headers", summary: "1.1 200 application/json", body: #""Host": "httpbin.org""#),
        Call(url: "https://httpbin.org/headers", summary: "2 200 application/json", body: #""Accept": "*/*""#),
        Call(
            url: "http://httpbin.org/headers", options: ["-H", "x-envoy-decorator-operation: a"],
            summary: "1.1 200 application/json", body: #""X-Envoy-Decorator-Operation": "a""#),
        Call(
            url: "https://httpbin.org/get?a=b", summary: "2 200 application/json",
            body: #""url": "https://httpbin.org/get?a=b""#),
        Call(url: "http://httpbin.org/ip", summary: "1.1 200 application/json", body: #""origin": "127.0.0.1""#),
        // One server has all the encyclopedias: what is shown depends on who is asked for, not on where.
        Call(
            url: "https://www.wikipedia.org/", options: ["-H", "host: de.wikipedia.org"], summary: "2 200 \(html) 120",
            body: "<title>Wikipedia – Die freie Enzyklopädie</title>"),
        Call(
            url: "https://www.googleapis.com/books/v1/volumes?q=isbn:0486424618", summary: "2 200 application/json",
            body: #""title": "The Comedy of Errors""#),
        Call(
            url: "http://uk.foo.bar.com:9080/baz", options: ["-H", "host: foo.bar.com"],
            summary: "1.1 200 application/json", body: #""server": "uk.foo.bar.com""#),
        Call(
            url: "http://uk.foo.bar.com:9080/baz", options: ["-H", "host: foo.bar.com"],
            summary: "1.1 200 application/json", body: #""url": "http://foo.bar.com/baz""#),
        Call(
            url: "https://in.foo.bar.com:7443/", summary: "2 200 application/json", body: #""server": "in.foo.bar.com""#
        ),
        Call(url: "http://any.bar.com/", summary: "1.1 200 application/json", body: #""Host": "any.bar.com""#),
        Call(url: "https://istio.io/", head: true, summary: "2 200 application/json"),
        Call(
            url: "https://test-destination.example.com:9443/",
            options: ["-H", "handled-by-egress-gateway: true"], summary: "2 200 application/json",
            body: #""Handled-By-Egress-Gateway": "true""#),
    ]

    @Test("The hosts outside answer what the documents print, with a certificate of the lab's authority")
    func answers() async throws {
        try await withWorld { fixture, authority in
            let bundle = authority.bundleFile.path
            for call in Self.calls {
                let result = try await curl(
                    call.url, fixture, bundle,
                    options: call.options + (call.head ? ["-I", "-o", "/dev/null"] : []))
                let summary = result.output.split(separator: "\n").last ?? ""
                #expect(summary.hasPrefix(call.summary), "\(call.url): \(summary) \(result.errors)")
                if let body = call.body { #expect(result.output.contains(body), "\(result.output)") }
            }
            let redirect = try await curl(
                "http://edition.cnn.com/politics?a=b", fixture, bundle, options: ["-o", "/dev/null", "-D", "-"])
            #expect(redirect.output.contains("HTTP/1.1 301 Moved Permanently\r\n"))
            #expect(redirect.output.lowercased().contains("location: https://edition.cnn.com/politics?a=b\r\n"))
            let old = try await curl(
                "https://edition.cnn.com/", fixture, bundle, options: ["--http1.1", "-o", "/dev/null"])
            #expect(old.output.hasPrefix("\n1.1 200"))
        }
    }

    @Test("nginx welcomes those with a certificate of its authority, and tells the others what is missing")
    func clientCertificates() async throws {
        try await withWorld { fixture, authority in
            let url = "https://my-nginx.mesh-external.svc.cluster.local/"
            let trust = authority.exampleCertificateFile.path
            for port in [443, 31_443] {
                func call(_ options: String...) async throws -> CommandResult {
                    let address = try fixture.address("10.244.0.40")
                    return try await command(
                        ["curl", "-s", "--cacert", trust, "-w", "%{http_version} %{http_code}", "--connect-to"]
                            + ["::\(address):\(fixture.layout.loopbackPort(for: port))"] + options + [url])
                }
                let without = try await call()
                #expect(without.output.contains("<center><h1>400 Bad Request</h1></center>"))
                #expect(without.output.contains("No required SSL certificate was sent"))
                #expect(without.output.hasSuffix("1.1 400"))
                let client = authority.nginxClient
                let with = try await call("--cert", client.certificateFile.path, "--key", client.keyFile.path)
                #expect(with.output.contains("<title>Welcome to nginx!</title>") && with.output.hasSuffix("1.1 200"))
                // A certificate of another authority is refused by TLS itself.
                let wrong = authority.apiServer
                #expect(
                    try await !call("--cert", wrong.certificateFile.path, "--key", wrong.keyFile.path).output
                        .contains("Welcome"))
            }
        }
    }

    @Test("A TCP server greets and then sends back what it gets; a Unix socket speaks HTTP")
    func otherServers() async throws {
        try await withWorld { fixture, authority in
            for port in [9090, 9091] {
                let address = try fixture.address("192.0.2.62")
                let talk = "exec 3<>/dev/tcp/\(address)/\(port); read -u 3 a; echo hi >&3; read -u 3 b; echo $a $b"
                let result = try await command(["bash", "-c", talk])
                #expect(result.output == "hello hi\n", "\(result.errors)")
            }
            let sleep = try fixture.node("sleep")
            try await authority.issue(to: [sleep])
            func greeting(_ certificate: String) async throws -> String {
                let script = """
                    import socket, ssl
                    context = ssl.create_default_context(cafile="\(authority.certificateFile.path)")
                    context.check_hostname = False
                    \(certificate)
                    with socket.create_connection(("\(try fixture.address("2.2.2.2"))", 27018)) as connection:
                        print(context.wrap_socket(connection).recv(100).decode())
                    """
                return try await command(["python3", "-c", script]).output
            }
            let files = "\"\(sleep.certificateChainFile.path)\", \"\(sleep.privateKeyFile.path)\""
            #expect(try await greeting("context.load_cert_chain(\(files))") == "hello\n\n")
            #expect(try await greeting("") == "")
            let socket = fixture.layout.socketDirectory.appending(path: "example/socket").path
            let answer = try await command(["curl", "-s", "--unix-socket", socket, "http://example.unix.local/a"])
            #expect(answer.output.contains(#""server": "example.unix.local""#))
        }
    }

    private func withWorld(_ body: (WorldFixture, LabCA) async throws -> Void) async throws {
        try await WorldFixture.use { fixture in
            let authority = LabCA(directory: fixture.layout.certificateDirectory)
            try await authority.prepare()
            let world = OutsideWorld(layout: fixture.layout, authority: authority)
            let (ready, continuation) = AsyncStream<Void>.makeStream()
            try await during({
                defer { continuation.finish() }
                try await world.run { continuation.yield() }
            }) {
                var events = ready.makeAsyncIterator()
                try #require(await events.next() != nil, "the outside world did not start")
                try await body(fixture, authority)
            }
        }
    }

    /// Calls a host at its place on the loopback; the last line tells of the answer.
    private func curl(
        _ url: String, _ fixture: WorldFixture, _ bundle: String, options: [String]
    ) async throws -> CommandResult {
        let parts = try #require(URLComponents(string: url))
        let host = try #require(parts.host)
        let port = parts.port ?? (parts.scheme == "https" ? 443 : 80)
        let table = NameTable(LabWorld.addresses())
        let address = try fixture.address(try #require(table.address(of: host)))
        return try await command(
            ["curl", "-s", "--cacert", bundle]
                + ["--connect-to", "\(host):\(port):\(address):\(fixture.layout.loopbackPort(for: port))"]
                + ["-w", "\n%{http_version} %{http_code} %{content_type} %{size_download}"] + options + [url])
    }
}
