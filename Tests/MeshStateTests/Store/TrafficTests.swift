import FoundationEssentials
import MeshState
import Testing

struct TrafficTests {
    private static let cnn = ClusterName("outbound|80||edition.cnn.com")

    private static func cluster(
        _ name: ClusterName, live: Int = 0, total: UInt64 = 0, requests: UInt64 = 0, failures: UInt64 = 0,
        address: String = "203.0.113.80:80"
    ) -> ClusterStatus {
        ClusterStatus(
            name: name,
            hosts: [
                ClusterStatus.Host(
                    address: address, connectionsActive: live, connectionsTotal: total, connectFailures: failures,
                    requestsTotal: requests)
            ])
    }

    @Test("a real proxy's answer: what was used, and what entries opened")
    func captured() throws {
        var mesh = TestMesh()
        mesh.list("pods", [podObject("sleep")])
        mesh.list("serviceentries", [entryObject("cnn", spec: cnnSpec)])
        mesh.traffic(
            try ClusterStatus.list(from: Fixture.json("envoy/sidecar-clusters.json")),
            try ProxyStats(document: Fixture.json("envoy/sidecar-stats-usedonly.json")))
        let connections = mesh.snapshot().connections
        #expect(
            connections.map(\.id.cluster.description) == [
                "outbound|24112||none.example.com", "outbound|3306||mysql.example.com",
                "outbound|443|cnn|istio-egressgateway.istio-system.svc.cluster.local", "outbound|443||*.wikipedia.org",
                // What entries opened is shown before it is used: here, and on the next line.
                "outbound|443||edition.cnn.com", "outbound|7000||unix.example.com", "outbound|80||edition.cnn.com",
                "outbound|81||dead.example.com", "outbound|8444|cnn|istio-egressgateway.istio-system.svc.cluster.local",
                "outbound|9000||cidr.example.com", "outbound|9080||reviews.default.svc.cluster.local",
            ])
        let gateway = try #require(connections.first { $0.id.cluster.port == 443 && $0.id.cluster.subset == "cnn" })
        #expect(gateway.workload == "sleep" && gateway.live == 1 && gateway.rates == nil)
        #expect(gateway.total.connections == 1 && gateway.total.requests == 7)
        #expect(gateway.total.bytesReceived == 1370 && gateway.total.bytesSent == 1052)
        #expect(gateway.endpoints == ["127.0.0.1:24020"])
        let mysql = try #require(connections.first { $0.id.cluster.port == 3306 })
        #expect(mysql.live == 3 && mysql.total.connections == 3)
        #expect(connections.first { $0.id.cluster.port == 81 }?.total.failures == 1)

        // Without the entry, its unused clusters go.
        mesh.list("serviceentries", [])
        #expect(!mesh.snapshot().connections.contains { $0.id.cluster.host == "edition.cnn.com" })
    }

    @Test("with Istio's own stats matcher, the endpoints' numbers do")
    func reduced() throws {
        var mesh = TestMesh()
        mesh.traffic(
            try ClusterStatus.list(from: Fixture.json("envoy/istio-defaultstats-clusters.json")),
            try ProxyStats(document: Fixture.json("envoy/istio-defaultstats-stats-usedonly.json")))
        let mysql = try #require(mesh.snapshot().connections.first { $0.id.cluster.port == 3306 })
        #expect(mysql.total.connections > 0)
        #expect(mysql.total.bytesReceived == nil && mysql.total.bytesSent == nil)
    }

    @Test("rates are those of the last two answers")
    func rates() throws {
        var mesh = TestMesh()
        func stats(_ connections: UInt64, _ requests: UInt64, _ bytes: UInt64, live: Int, uptime: UInt64) -> ProxyStats
        {
            ProxyStats(
                clusters: [
                    Self.cnn: ProxyStats.Cluster(
                        connectionsActive: live, connectionsTotal: connections, requestsTotal: requests,
                        bytesReceived: bytes)
                ], uptime: uptime)
        }
        let status = [Self.cluster(Self.cnn)]
        mesh.traffic(status, stats(10, 20, 1000, live: 1, uptime: 50), at: "12:00:00")
        var row = try #require(mesh.snapshot().connections.first)
        #expect(row.rates == nil && row.lastActive == nil)

        mesh.traffic(status, stats(12, 30, 3000, live: 2, uptime: 52), at: "12:00:02")
        row = try #require(mesh.snapshot().connections.first)
        #expect(row.live == 2 && row.total.connections == 12)
        #expect(row.rates?.connections == 1 && row.rates?.requests == 5 && row.rates?.bytesReceived == 1000)
        #expect(row.rates?.bytesSent == 0)
        #expect(row.lastActive == .at("12:00:02"))

        mesh.traffic(status, stats(12, 30, 3000, live: 2, uptime: 53), at: "12:00:03")
        row = try #require(mesh.snapshot().connections.first)
        #expect(row.rates?.connections == 0)
        #expect(row.lastActive == .at("12:00:02"))

        // A restart: the counters start anew, and there is nothing to compare with.
        mesh.traffic(status, stats(1, 1, 10, live: 1, uptime: 2), at: "12:00:04")
        row = try #require(mesh.snapshot().connections.first)
        #expect(row.total.connections == 1 && row.rates == nil)
        // A restart that the uptime does not show.
        mesh.traffic(status, stats(0, 0, 0, live: 0, uptime: 3), at: "12:00:05")
        #expect(mesh.snapshot().connections.isEmpty)
    }

    @Test("a cluster that comes while the proxy runs counts from zero")
    func newCluster() throws {
        var mesh = TestMesh()
        mesh.traffic([], at: "12:00:00")
        mesh.traffic([Self.cluster(Self.cnn, live: 1, total: 2)], at: "12:00:01")
        let row = try #require(mesh.snapshot().connections.first)
        #expect(row.rates?.connections == 2)
        #expect(row.lastActive == .at("12:00:01"))
    }

    @Test("endpoints that come and go lose nothing of what they counted")
    func movingEndpoints() throws {
        var mesh = TestMesh()
        let name = ClusterName.passthrough
        mesh.traffic([Self.cluster(name, live: 1, total: 5, address: "192.0.2.1:80")], at: "12:00:00")
        mesh.traffic([Self.cluster(name, live: 1, total: 3, address: "192.0.2.2:80")], at: "12:00:01")
        mesh.traffic([ClusterStatus(name: name, hosts: [])], at: "12:00:02")
        let row = try #require(mesh.snapshot().connections.first)
        #expect(row.total.connections == 8 && row.live == 0)
        #expect(row.rates?.connections == 0)
        mesh.traffic([Self.cluster(name, total: 1, address: "192.0.2.2:80")], at: "12:00:03")
        #expect(mesh.snapshot().connections.first?.total.connections == 9)
    }

    @Test("only outbound traffic is shown, and that of a pod that is gone is not")
    func scope() {
        var mesh = TestMesh()
        mesh.list("pods", [podObject("sleep")])
        mesh.traffic([
            Self.cluster(ClusterName("inbound|9080||"), total: 5), Self.cluster(ClusterName("xds-grpc"), total: 5),
            Self.cluster(.passthrough, total: 1), Self.cluster(.blackHole, total: 1), Self.cluster(Self.cnn),
        ])
        #expect(mesh.snapshot().connections.map(\.id.cluster) == [.passthrough])
        mesh.list("serviceentries", [entryObject("cnn", spec: cnnSpec)])
        #expect(mesh.snapshot().entries[0].proxies == 1)
        mesh.list("pods", [])
        #expect(mesh.snapshot().connections.isEmpty)
        #expect(mesh.snapshot().entries[0].proxies == 0)
    }

    @Test("rows are in the order of their proxies and clusters")
    func order() {
        var mesh = TestMesh()
        for pod in ["b", "a", "c"] {
            mesh.traffic(
                [Self.cluster(Self.cnn, total: 1), Self.cluster(.passthrough, total: 1)],
                proxy: ProxyID(pod: pod, namespace: "default"))
        }
        let ids = mesh.snapshot().connections.map(\.id)
        #expect(ids.count == 6 && ids == ids.sorted())
    }
}
