import Foundation
import MeshLab
import MeshState
import Testing

@testable import meshtop

/// What commands print as JSON is what the tables say of it.
@Suite struct RecordTests {
    @Test func findings() {
        let text = "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: x}\nspec: {}\n"
        let records = ManifestCheck.check(text).findings.map { FileFinding(file: "x.yaml", finding: $0).record }
        #expect(mismatches(of: records, with: FileFinding.fields) == [])
    }

    @Test func diagnoses() {
        let records = [Diagnosis.ok(.api, "server", "answers"), .warn(.mesh, "names", "none", remedy: "ask")].map(\.record)
        #expect(mismatches(of: records, with: Diagnosis.fields) == [])
    }

    @Test func labStatus() throws {
        let text = """
            {"phase":"ready","detail":"","pid":1,"outboundPolicy":"REGISTRY_ONLY","dnsCapture":false,"server":"s","kubeconfig":"k",
            "productPage":"p","proxies":[{"proxy":"a","namespace":"b","workload":"c","live":true,"synced":false,
            "rejection":"r"}],"programs":[{"name":"n","pid":2,"restarts":0}]}
            """
        // Decoded and encoded again, so that a member that the type has and the text lacks, or the other way round, is seen.
        let status = try JSONDecoder().decode(LabStatus.self, from: Data(text.utf8))
        let record = try JSONValue(parsing: Array(try JSONEncoder().encode(status)))
        #expect(mismatches(of: [record], with: LabStatus.fields) == [])
    }
}
