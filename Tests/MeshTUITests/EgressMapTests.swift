import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// The ways out of the mesh, as they are drawn.
@Suite struct EgressMapTests {
    private static func mesh(_ snapshot: inout MeshSnapshot) {
        World.enliven(&snapshot)
        snapshot.proxies[1].id = World.proxy("istio-egressgateway")
        snapshot.proxies[1].workload = "istio-egressgateway"
        func line(_ workload: String, _ cluster: String, _ rate: Double, live: Int = 1) -> Connection {
            World.connection(workload, cluster, live: live, connections: 5, requests: 9, perSecond: rate)
        }
        snapshot.connections = [
            line("istio-egressgateway", "outbound|443||edition.cnn.com", 2.5, live: 3),
            line("istio-egressgateway", "outbound|80||api.example.com", 0.5),
            line("productpage-v1", "outbound|9080||reviews.default.svc.cluster.local", 1),
            line("ratings-v2-mysql", "outbound|3306||mysql.example.com", 1),
            line("sleep", "PassthroughCluster", 0, live: 0),
            line("sleep", "outbound|443|cnn|istio-egressgateway.default.svc.cluster.local", 2.5, live: 3),
            line("sleep", "outbound|443||edition.cnn.com", 0.1),
        ].sorted { $0.id < $1.id }
    }

    private func ways(_ model: AppModel) -> [String] {
        var context = model.context
        context.medium = .table
        return model.current.rows.map { row in
            ["who", "gateway", "where", "way"].map { EgressMapPane().cell($0, of: row.index, in: context).text }
                .joined(separator: " | ")
        }
    }

    @Test func everyWayIsTold() {
        let model = World.model(focus: .egress, Self.mesh)
        #expect(
            ways(model) == [
                "ratings-v2-mysql | - | mysql.example.com:3306 | direct",
                "sleep | - | passthrough | passthrough",
                "sleep | istio-egressgateway | - | to the gateway",
                "sleep | - | edition.cnn.com:443 | bypasses the gateway",
                "- | istio-egressgateway | edition.cnn.com:443 | from the gateway",
                "- | istio-egressgateway | api.example.com:80 | from the gateway",
            ])
        #expect(model.current.summary == "6, 1 around the gateway")
    }

    @Test(arguments: [(120, 20), (80, 24)], [true, false])
    func drawn(_ size: (Int, Int), unicode: Bool) throws {
        let model = World.model(size.0, size.1, focus: .egress, Self.mesh)
        try Golden.check(model, "egress-map-\(size.0)\(unicode ? "" : "-ascii")", unicode: unicode)
    }

    @Test func aJumpLeadsToTheConnection() {
        var model = World.model(focus: .egress, Self.mesh)
        model.type("J")
        model.type(.enter)
        #expect(model.focus == .connections)
    }
}
