import Foundation
import MeshState
import Testing

@testable import MeshLab

/// What the lab says is read with the same decoders as what a real mesh says.
@Suite struct DecoderContractTests {
    @Test func theConsoleReadsTheLab() async throws {
        let mesh = MeshConfiguration(entries: [
            .make(
                "cnn", "edition.cnn.com", ports: [.make(80, "HTTP"), .make(443, "TLS")], resolution: .static,
                endpoints: [EntryEndpoint(address: "203.0.113.11")])
        ])
        try await TestLab.run(mesh, gateway: true) { lab in
            let server = NamedServer("cnn", host: "127.\(lab.layout.block).113.11", port: 10_080)
            defer { server.stop() }
            _ = await lab.http("203.0.113.11", 80, host: "edition.cnn.com")
            _ = await lab.http("203.0.113.10", 80, host: "www.google.com")
            _ = await lab.tls("203.0.113.10", 443, serverName: "www.google.com")
            _ = await lab.tcp("203.0.113.10", 3306)

            let view = await lab.plane.debugView()
            let syncs = try ProxySync.list(from: try #require(view.document("syncz")))
            #expect(syncs.map(\.proxy) == lab.nodes.map(\.id))
            #expect(syncs[0].states == ["CDS": .synced, "LDS": .synced, "RDS": .synced, "EDS": .notSent])
            #expect(syncs[0].istioVersion == ControlPlane.version)
            #expect(try OutboundPolicy(mesh: try #require(view.document("mesh"))) == .registryOnly)
            #expect(IstioVersion.shownVersion(ControlPlane.version) == ControlPlane.version)

            let cluster = ClusterName("outbound|80||edition.cnn.com")
            let stats = try ProxyStats(document: try await Self.json(lab, "/stats?usedonly&format=json"))
            #expect(stats.clusters[cluster]?.requestsTotal == 1)
            #expect(stats.blackHoleConnections == 2)
            let clusters = try ClusterStatus.list(from: try await Self.json(lab, "/clusters?format=json"))
            let host = try #require(clusters.first { $0.name == cluster }?.hosts.first)
            #expect(host.address == "203.0.113.11:80" && host.requestsTotal == 1)

            let google = try #require(AccessLogParser.record(try await lab.logLine("block_all")))
            #expect(google.authority == "www.google.com" && google.responseCode == 502)
            #expect(google.routeName == "block_all" && google.downstreamLocal == "203.0.113.10:80")
            let named = try #require(AccessLogParser.record(try await lab.logLine("203.0.113.10:443")))
            #expect(named.serverName == "www.google.com" && named.upstreamCluster == "BlackHoleCluster")
            let blocked = try #require(AccessLogParser.record(try await lab.logLine("203.0.113.10:3306")))
            #expect(blocked.flags == ["UH"] && blocked.method == nil && blocked.upstreamHost == nil)
            let allowed = try #require(AccessLogParser.record(try await lab.logLine("via_upstream")))
            #expect(allowed.upstreamCluster == cluster.description && allowed.upstreamHost == "203.0.113.11:80")
        }
    }

    private static func json(_ lab: TestLab, _ path: String) async throws -> JSONValue {
        let answer = try await lab.admin(path)
        let start = try #require(answer.range(of: "{"), "\(answer)")
        let end = try #require(answer.range(of: "}", options: .backwards))
        return try JSONValue(parsing: String(answer[start.lowerBound..<end.upperBound]))
    }
}
