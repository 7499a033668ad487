import Foundation
import MeshState
import MeshTUI
import Testing

@testable import meshtop

/// The operator's editor, played by scripts: what it leaves is checked until it is right or given up.
@Suite struct EditorLoopTests {
    private static let target = ObjectKey(kind: "ServiceEntry", namespace: "default", name: "cnn")
    private static let object: JSONValue = [
        "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry",
        "metadata": ["name": "cnn", "namespace": "default", "resourceVersion": "7"],
        "spec": ["hosts": ["edition.cnn.com"], "ports": [["number": 80, "name": "http", "protocol": "HTTP"]]],
    ]

    /// What came of a loop: what each round's editor found, and what is in the folder afterwards.
    private struct Run {
        var outcome: EditorOutcome
        var texts: [String] = []
        var files: [String: String] = [:]

        var object: JSONValue? { if case .object(let object, _) = outcome { object } else { nil } }
        var reason: String? { if case .gaveUp(let reason, _) = outcome { reason } else { nil } }

        /// The text of the file that the outcome names.
        var kept: String? {
            switch outcome {
            case .object(_, let file), .gaveUp(_, let file): files[URL(filePath: file).lastPathComponent]
            case .unchanged, .failed: nil
            }
        }
    }

    /// Runs the loop with one script a round, which gets the file as its last argument; the last one goes on where
    /// there are more rounds.
    private func run(_ scripts: String...) throws -> Run {
        let folder = FileManager.default.temporaryDirectory.appending(path: "meshtop-editor-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var texts: [String] = []
        let loop = EditorLoop(folder: folder) { file in
            texts.append(try String(contentsOfFile: file, encoding: .utf8))
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let script = scripts[min(texts.count, scripts.count) - 1]
            let process = Process()
            let command = EditorLoop.command(for: file, environment: ["EDITOR": script])
            process.executableURL = URL(filePath: command[0])
            process.arguments = Array(command.dropFirst())
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
        }
        var run = Run(outcome: loop.run(EditorJob(editing: Self.object, target: Self.target, version: .current)))
        run.texts = texts
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            run.files[name] = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        return run
    }

    @Test func aRightTextComesBack() throws {
        let run = try run("sed -i 's/edition/www/'")
        #expect(run.object?["spec"]?["hosts"] == ["www.cnn.com"])
        #expect(run.texts.count == 1 && !run.texts[0].contains("resourceVersion"))
        // It is kept until the change is made.
        #expect(run.kept?.contains("www.cnn.com") == true && run.files.count == 1)
    }

    @Test(arguments: ["true", "touch", "truncate -s 0"]) func aTextThatIsNoOtherMeansNothing(_ script: String) throws {
        let run = try run(script)
        #expect(run.outcome == .unchanged && run.texts.count == 1 && run.files.isEmpty)
    }

    @Test func errorsComeBackAsCommentsUntilTheyAreCorrected() throws {
        let run = try run(
            "sed -i 's/number: 80/number: 80000/'", "sed -i 's/hosts:/hosts: [/'", "sed -i 's/hosts: \\[/hosts:/'",
            "sed -i 's/number: 80000/number: 8080/'")
        try #require(run.texts.count == 4)
        #expect(run.texts[1].hasPrefix("# line ") && run.texts[1].contains("1-65535"))
        #expect(run.texts[2].hasPrefix("# not YAML: line "))
        #expect(run.texts[3].contains("1-65535") && !run.texts[3].contains("not YAML"))
        #expect(run.object?["spec"]?["ports"]?[0]?["number"] == 8080)
        #expect(run.kept?.hasPrefix("apiVersion") == true)
    }

    @Test func givingUpKeepsTheFile() throws {
        let run = try run("sed -i 's/number: 80/number: 80000/'", "true")
        #expect(run.reason?.hasPrefix("left as it was: line ") == true)
        #expect(run.kept?.contains("number: 80000") == true)
    }

    @Test func anEditorThatFailsLosesNothing() throws {
        let wrote = try run("sh -c 'sed -i s/edition/www/ $0; exit 3'")
        #expect(wrote.reason == "the editor ended with status 3")
        #expect(wrote.kept?.contains("www.cnn.com") == true)
        let nothing = try run("false")
        #expect(nothing.outcome == .failed("the editor ended with status 1") && nothing.files.isEmpty)
    }

    @Test(arguments: [
        (["VISUAL": "code --wait", "EDITOR": "nano"], "code --wait \"$1\""), (["EDITOR": "nano"], "nano \"$1\""),
        (["VISUAL": "", "EDITOR": ""], "vi \"$1\""), ([:], "vi \"$1\""),
    ])
    func theEditorIsTheOperatorsOwn(_ environment: [String: String], _ script: String) {
        #expect(EditorLoop.command(for: "/f", environment: environment) == ["/bin/sh", "-c", script, "sh", "/f"])
    }
}
