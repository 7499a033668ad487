import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// The ways out of the mesh, as they are drawn.
@Suite struct EgressMapTests {
    private func ways(_ model: AppModel) -> [String] {
        var context = model.context
        context.medium = .table
        return model.current.rows.map { row in
            ["who", "gateway", "where", "way"].map { EgressMapPane().cell($0, of: row.index, in: context).text }
                .joined(separator: " | ")
        }
    }

    @Test func everyWayIsTold() {
        let model = World.model(focus: .egress, World.egress)
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

    @Test func aJumpLeadsToTheConnection() {
        var model = World.model(focus: .egress, World.egress)
        model.type("J")
        model.type(.enter)
        #expect(model.focus == .connections)
    }
}
