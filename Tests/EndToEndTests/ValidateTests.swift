import Foundation
import MeshState
import Testing

/// Files are checked with no lab and no cluster.
struct ValidateTests {
    /// A folder of its own for files, which is removed again.
    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mt-validate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        try await body(folder)
    }

    private func validate(_ arguments: String..., input: String = "") async throws -> CommandResult {
        try await run(try builtProgram("meshtop"), ["validate"] + arguments, input: input)
    }

    private func write(_ text: String, to file: URL) throws {
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private static let wrong = """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata:
          name: wrong
          namespace: shop
        spec:
          hosts:
          - "*x.com"
          ports:
          - number: 70000
            name: http
            protocol: HTTP
        """

    @Test(.timeLimit(.minutes(1))) func theDocumentsExamplesAreClean() async throws {
        let result = try await validate("-f", projectFolder.appending(path: "examples").path)
        #expect(result.status == 0, "\(result)")
        #expect(result.output.isEmpty, "\(result)")
    }

    @Test(.timeLimit(.minutes(1))) func foldersAreSearchedAndFindingsArePrinted() async throws {
        try await withFolder { folder in
            let deep = folder.appending(path: "b/deep/wrong.yml")
            try write(Self.wrong, to: deep)
            try write("{\"apiVersion\": \"v1\", \"kind\": \"Service\"}", to: folder.appending(path: "a/right.json"))
            try write("not: [yaml", to: folder.appending(path: "notes.txt"))

            let current = try await validate("-f", folder.path, "-o", "json")
            #expect(current.status == 1 && current.errors.isEmpty, "\(current)")
            let expected: JSONValue = [
                "file": .string(deep.path), "line": 10, "kind": "ServiceEntry", "namespace": "shop", "name": "wrong",
                "path": "spec.ports[0].number", "severity": "error",
                "message": "Invalid value: \"integer\": port must be between 1-65535",
            ]
            #expect(try JSONValue(parsing: current.output) == [expected])

            let old = try await validate("-f", folder.path, "--istio-version", "1.22")
            #expect(old.status == 1)
            let lines = old.output.split(separator: "\n")
            #expect(lines.count == 3 && lines[0].hasPrefix("FILE:LINE"), "\(old)")
            #expect(lines[1].contains("wrong.yml:8 ") && lines[1].contains(" warning "), "\(old)")
            #expect(lines[2].contains("wrong.yml:10 ") && lines[2].contains(" error "), "\(old)")
            #expect(old.errors == "meshtop: 2 objects checked: 1 error, 1 warning\n")
        }
    }

    @Test(.timeLimit(.minutes(1))) func warningsAloneAreNoFailure() async throws {
        let text = Self.wrong.replacing("70000", with: "80")
        let result = try await validate("-f", "-", "-o", "json", input: text)
        #expect(result.status == 0, "\(result)")
        let findings = try #require(try JSONValue(parsing: result.output).arrayValue)
        #expect(findings.map { $0["severity"] } == ["warning"] && findings.map { $0["file"] } == ["-"])
        #expect(try await validate("-f", "-", "--istio-version", "1.12", "-o", "json", input: text).output == "[]\n")
    }

    @Test(.timeLimit(.minutes(1))) func whatCannotBeReadIsNamedAndTheRestIsChecked() async throws {
        try await withFolder { folder in
            let file = folder.appending(path: "wrong.yaml")
            try write(Self.wrong, to: file)
            let binary = folder.appending(path: "binary.yaml")
            try Data([0xFF, 0xFE, 0x00]).write(to: binary)
            let empty = folder.appending(path: "empty")
            try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
            let missing = folder.appending(path: "missing.yaml").path
            let result = try await validate("-f", missing, "-f", file.path, "-f", binary.path, "-f", empty.path)
            #expect(result.status == 1)
            #expect(result.output.contains("wrong.yaml:10"))
            #expect(result.errors.contains("missing.yaml: there is no such file; check the path"))
            #expect(result.errors.contains("binary.yaml: is not UTF-8 text"))
            #expect(result.errors.contains("empty: holds no file"))
        }
    }

    @Test(.timeLimit(.minutes(1))) func wrongUsesAndHostileTexts() async throws {
        #expect(try await validate().status == 2)
        #expect(try await validate("-f", "-", "-o", "yaml").status == 2)
        #expect(try await validate("-f", "-", "--istio-version", "latest").status == 2)
        let hostile = try await validate(
            "-f", "-",
            input: "apiVersion: networking.istio.io/v1\nkind: \"Side\\e[31mcar\"\nmetadata: {name: \"\\e]0;x\\a\"}\n")
        #expect(!hostile.output.contains("\u{1B}") && hostile.output.contains("Side␛[31mcar"), "\(hostile)")
        let broken = try await validate("-f", "-", "-o", "json", input: "a: 1\nb: [")
        #expect(broken.status == 1)
        #expect(try JSONValue(parsing: broken.output)[0]?["line"] == 3)
    }
}
