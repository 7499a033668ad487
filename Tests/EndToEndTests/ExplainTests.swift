import Foundation
import MeshState
import Testing

/// The command `explain` as a script uses it.
@Suite struct ExplainTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../MeshStateTests/Fixtures/explain").standardizedFileURL

    /// Every row of the matrix of calls to unknown destinations, through the command.
    @Test(.timeLimit(.minutes(3))) func theMatrixComesOutOfTheCommand() async throws {
        let text = try Data(contentsOf: Self.fixtures.appending(path: "matrix.json"))
        let rows = try #require(JSONValue(parsing: Array(text)).arrayValue)
        try #require(rows.count == 221)
        let meshtop = try builtProgram("meshtop")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, row) in rows.enumerated() {
                // A few at a time: more only wait for each other.
                if number >= 4 { try await group.next() }
                group.addTask { try await Self.check(row, meshtop) }
            }
            try await group.waitForAll()
        }
    }

    private static func check(_ row: JSONValue, _ meshtop: String) async throws {
        let call = try #require(row["call"])
        let text = { (key: String) in call[key]?.stringValue }
        var arguments = [
            "explain", "-f", fixtures.appending(path: row["file"]?.stringValue ?? "").path, "--outbound-policy",
            row["policy"]?.stringValue ?? "", "--from", "sleep", "-o", "json",
            "\(text("target") ?? ""):\(call["port"]?.integerValue ?? 0)", "--protocol", text("protocol") ?? "",
        ]
        for (option, key) in [("--ip", "address"), ("--host", "host"), ("--sni", "sni"), ("--alpn", "alpn")] {
            if let value = text(key) { arguments += [option, value] }
        }
        let result = try await run(meshtop, arguments)
        let name = row["name"]?.stringValue ?? ""
        #expect(result.status == 0, "\(name): \(result)")
        let found = try JSONValue(parsing: result.output)
        for (key, wanted) in row["expect"]?.objectValue ?? [:] { #expect(found[key] == wanted, "\(name): \(key)") }
        #expect(
            found.objectValue?.keys.sorted()
                == ["because", "chain", "cluster", "hops", "listener", "route", "status", "verdict"])
    }

    @Test func itTellsPeopleWhyAndWhatHelps() async throws {
        let result = try await run(
            builtProgram("meshtop"),
            [
                "explain", "--from", "ratings-v2-mysql", "tcp://mysql.example.com:3306", "--ip", "203.0.113.10", "-f",
                Self.fixtures.appending(path: "no-entry.yaml").path,
            ])
        #expect(result.status == 0)
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.first?.hasPrefix("BLOCKED: nothing in the mesh takes 203.0.113.10:3306") == true)
        #expect(lines.first?.hasSuffix("the client gets: connection reset") == true)
        #expect(lines.contains("   cluster       BlackHoleCluster"))
        #expect(lines.contains("   ConfigMap istio-system/istio  data.mesh.outboundTrafficPolicy.mode"))
        #expect(lines.last == "   meshtop allow mysql.example.com:3306 --from ratings-v2-mysql")
    }

    @Test(
        arguments: [
            (["explain", "foo"], 2), (["explain", "--from", "a", "foo:0"], 2), (["explain", "--from", "a", "a b"], 2),
            (["explain", "--from", "a", "foo", "--ip", "1.2.3"], 2),
            (["explain", "--from", "a", "foo", "--istio-version", "new"], 2),
            (["explain", "--from", "a", "foo", "--protocol", "udp"], 2),
            (["explain", "--from", "a", "foo", "-f", "/nowhere.yaml"], 1),
        ] as [([String], Int32)])
    func wrongUses(arguments: [String], status: Int32) async throws {
        let result = try await run(builtProgram("meshtop"), arguments)
        #expect(result.status == status, "\(result)")
        #expect(result.output.isEmpty && !result.errors.isEmpty)
    }
}
