import Foundation
import MeshLab
import MeshState
import Testing

@Suite struct OutsideWorldTests {
    /// What `curl` is asked for and what it has to say.
    private struct Call {
        var url: String
        var head = false
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
    ]

    @Test("The hosts outside answer what the documents print, with a certificate of the lab's authority")
    func answers() async throws {
        try await withWorld { fixture, bundle in
            for call in Self.calls {
                let result = try await curl(
                    call.url, fixture, bundle, options: call.head ? ["-I", "-o", "/dev/null"] : [])
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

    private func withWorld(_ body: (WorldFixture, String) async throws -> Void) async throws {
        try await WorldFixture.use { fixture in
            let authority = LabCA(directory: fixture.layout.certificateDirectory)
            try await authority.prepare()
            let world = OutsideWorld(layout: fixture.layout, identity: authority.outsideWorld)
            let (ready, continuation) = AsyncStream<Void>.makeStream()
            try await during({
                defer { continuation.finish() }
                try await world.run { continuation.yield() }
            }) {
                var events = ready.makeAsyncIterator()
                try #require(await events.next() != nil, "the outside world did not start")
                try await body(fixture, authority.bundleFile.path)
            }
        }
    }

    /// Calls a host at its place on the loopback; the last line tells of the answer.
    private func curl(
        _ url: String, _ fixture: WorldFixture, _ bundle: String, options: [String]
    ) async throws -> CommandResult {
        let parts = try #require(URLComponents(string: url))
        let host = try #require(parts.host)
        let port = parts.scheme == "https" ? 443 : 80
        let table = NameTable(LabWorld.addresses())
        let address = try fixture.address(try #require(table.address(of: host)))
        return try await command(
            ["curl", "-s", "--cacert", bundle, "--connect-to", "\(host):\(port):\(address):\(10_000 + port)"]
                + ["-w", "\n%{http_version} %{http_code} %{content_type} %{size_download}"] + options + [url])
    }
}
