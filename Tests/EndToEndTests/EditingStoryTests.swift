import Foundation
import Glibc
import MeshState
import Testing

/// An operator writes a service entry, while somebody with kubectl writes the same one.
@Suite(.serialized) struct EditingStoryTests {
    @Test(.timeLimit(.minutes(4))) func anEntryIsWrittenEditedAndMerged() async throws {
        try await TestLab.run { lab in
            var environment = lab.environment
            environment["VISUAL"] = try editor(in: lab)
            try await TmuxDriver.run([lab.meshtop], columns: 120, rows: 40, environment: environment) { console in
                try await console.expect("11 proxies in sync")
                // From a template: the host alone has to be written.
                try await console.press("2", "A")
                try await console.expect("External HTTPS")
                try await console.press("Enter")
                try await console.expect("New service entry")
                try await console.type("edition.cnn.com")
                try await console.press("C-s")
                try await console.expect("Add edition-cnn-com")
                try await console.expect("seen by")
                try await console.press("y")
                try await console.expect("Done: add edition-cnn-com")
                try await eventually("the call is let out") {
                    try await lab.exec("sleep", "curl", "-sf", "http://edition.cnn.com/").status == 0
                }

                // In the form, and meanwhile with kubectl.
                try await console.press("e")
                try await console.expect("Edit service entry default/edition-cnn-com")
                try await console.press("Enter")
                try await console.type("www.cnn.com")
                let patch = #"[{"op":"add","path":"/spec/exportTo","value":["."]}]"#
                try await lab.kubectl("patch", "serviceentry", "edition-cnn-com", "--type=json", "-p", patch)
                try await console.press("C-s")
                try await console.expect("changed meanwhile")
                try await console.press("y")
                try await console.expect("Both changes fit together")
                try await console.press("m")
                try await console.expect("Both changes together:")
                try await console.press("y")
                try await console.expect("Done: change edition-cnn-com")
                var spec = try await spec(lab)
                #expect(spec["hosts"] == ["edition.cnn.com", "www.cnn.com"] && spec["exportTo"] == ["."])

                // In the editor: a mistake comes back as a comment and is corrected.
                try await console.press("E")
                try await console.expect("number: 8080")
                try await console.press("y")
                try await console.expectNo("As it was written in the editor")
                try await eventually("the API has it") { try await self.spec(lab)["ports"]?[0]?["number"] == 8080 }
                spec = try await self.spec(lab)
                let edited = lab.stateHome.appending(path: "meshtop/edited").path
                try await eventually("the file is removed") {
                    try FileManager.default.contentsOfDirectory(atPath: edited).isEmpty
                }

                // The connection drops in the middle of writing.
                try await console.press("e")
                try await console.expect("Edit service entry default/edition-cnn-com")
                try await console.press("Enter", "Enter")
                try await console.type("cdn.cnn.com")
                try await console.expect("cdn.cnn.com")
                try console.send(signal: SIGHUP)
                #expect(try await console.exitStatus() == 128 + SIGHUP)
            }
            try await TmuxDriver.run([lab.meshtop], columns: 80, rows: 24, environment: environment) { console in
                try await console.expect("edit default/edition-cnn-com")
                try await console.press("Enter")
                try await console.expect("cdn.cnn.com")
                try await console.press("C-s")
                try await console.expect("Change edition-cnn-com")
                try await console.press("y")
                try await eventually("the API has it") {
                    try await self.spec(lab)["hosts"] == ["edition.cnn.com", "www.cnn.com", "cdn.cnn.com"]
                }
                let drafts = lab.stateHome.appending(path: "meshtop/drafts").path
                try await eventually("the draft is removed") {
                    try FileManager.default.contentsOfDirectory(atPath: drafts).isEmpty
                }
                // Deleted only with its name typed.
                try await console.press("2", "D")
                try await console.expect("Type the name:")
                try await console.type("edition-cnn-com")
                try await console.press("Enter")
                try await eventually("it is gone") { try await lab.rows("entries").isEmpty }
                try await console.press("q")
                #expect(try await console.exitStatus() == 0)
            }
            try await withoutAScreen(lab)
        }
    }

    /// The same by commands.
    private func withoutAScreen(_ lab: TestLab) async throws {
        let file = lab.stateHome.appending(path: "entry.yaml")
        let manifest = """
            {apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: cnn}, spec: {
            hosts: [edition.cnn.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}}
            """
        try manifest.write(to: file, atomically: true, encoding: .utf8)
        let review = try await lab.meshtop("apply", "-f", file.path, "--dry-run")
        #expect(review.contains("- edition.cnn.com") && review.contains("seen by:"))
        #expect(try await lab.rows("entries").isEmpty)
        #expect(try await lab.meshtop("apply", "-f", file.path) == "ServiceEntry default/cnn: add cnn: done\n")
        #expect(try await lab.meshtop("apply", "-f", file.path) == "ServiceEntry default/cnn: unchanged\n")
        let refused = try await lab.tryMeshtop("delete", "cnn")
        #expect(refused.status == 1 && refused.errors.contains("--yes"))
        try await lab.meshtop("delete", "cnn", "--yes")
        #expect(try await lab.rows("entries").isEmpty)
    }

    private func spec(_ lab: TestLab) async throws -> JSONValue {
        let object = try JSONValue(
            parsing: try await lab.kubectl("get", "serviceentry", "edition-cnn-com", "-o", "json"))
        return try #require(object["spec"])
    }

    /// An editor that makes a mistake at first and corrects it when it is told of it.
    private func editor(in lab: TestLab) throws -> String {
        let script = lab.stateHome.appending(path: "editor.sh")
        let text = """
            #!/bin/sh
            if grep -q '^# line' "$1"; then sed -i 's/number: 808000$/number: 8080/' "$1"
            else sed -i 's/number: 80$/number: 808000/' "$1"; fi
            """
        guard FileManager.default.createFile(
            atPath: script.path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o700])
        else { throw CommandFailure(description: "cannot write \(script.path)") }
        return script.path
    }
}
