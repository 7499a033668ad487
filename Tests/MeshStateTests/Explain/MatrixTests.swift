import Foundation
import MeshState
import Testing

/// What calls to unknown destinations do beside entries of every kind, as istiod's own simulation has it.
@Suite struct MatrixTests {
    private static let rows: [JSONValue] = (try? Fixture.json("explain/matrix.json"))?.arrayValue ?? []

    @Test func everyRowAgrees() throws {
        try #require(Self.rows.count == 221)
        var meshes: [String: MeshConfiguration] = [:]
        for row in Self.rows {
            let file = try #require(row["file"]?.stringValue)
            var mesh = try meshes[file] ?? explainMesh(yaml: Fixture.text("explain/\(file)"))
            meshes[file] = mesh
            mesh.policy = try #require(row["policy"]?.stringValue.flatMap { OutboundPolicy(rawValue: $0) })
            var explainer = Explainer(mesh)
            let result = explainer.explain(try call(row["call"] ?? [:])).json
            let found = row["expect"]?.objectValue?.keys.reduce(into: JSONValue.object([:])) { $0[$1] = result[$1] }
            #expect(found == row["expect"], "\(row["name"]?.stringValue ?? "")")
        }
    }

    private func call(_ text: JSONValue) throws -> EgressCall {
        EgressCall(
            from: .init(workload: "sleep", namespace: "default"), to: try #require(text["target"]?.stringValue),
            port: Int(try #require(text["port"]?.integerValue)),
            address: text["address"]?.stringValue.flatMap { IPAddress($0) },
            speech: try #require(text["protocol"]?.stringValue.flatMap { EgressCall.Speech(rawValue: $0) }),
            host: text["host"]?.stringValue, serverName: text["sni"]?.stringValue,
            alpn: text["alpn"]?.stringValue.map { [$0] } ?? [])
    }
}

/// The mesh that the documents of a YAML text make.
func explainMesh(
    _ policy: OutboundPolicy = .registryOnly, yaml: String, namespace: String = "default"
) throws -> MeshConfiguration {
    var mesh = MeshConfiguration(policy: policy)
    for var object in try YAMLText.parse(yaml) {
        if var meta = object["metadata"], meta["namespace"] == nil {
            meta["namespace"] = .string(namespace)
            object["metadata"] = meta
        }
        _ = try mesh.add(object)
    }
    return mesh
}
