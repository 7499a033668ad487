import Foundation
import MeshState
import Testing

extension DocumentTests {
    /// "Egress Gateways", the part about HTTPS, from the console alone.
    @Suite struct EgressGatewayConsole {
        @Test(.timeLimit(.minutes(3))) func theStoryNeedsNoKubectl() async throws {
            try await DocumentLab.applying { lab in
                let (meshtop, environment) = (lab.lab.meshtop, lab.lab.environment)
                try await TmuxDriver.run([meshtop], columns: 100, rows: 32, environment: environment) { console in
                    try await console.expect("11 proxies in sync")
                    try await command("apply \(DocumentLab.file("egress-gateway-https/1-cnn"))", on: console)
                    try await console.expect("Add cnn")
                    try await console.press("y")
                    try await console.expect("Done: add cnn")
                    try await eventually("the page") { isPage(try await lab.politics("https")) }

                    // Three objects of one file: one review, and one undo.
                    try await command("apply \(DocumentLab.file("egress-gateway-https/2-gateway"))", on: console)
                    try await console.expect("Apply 3 objects")
                    try await confirm("3", on: console)
                    try await expectTheGateway(lab)
                    try await console.press("7")
                    try await console.expect("from the gateway")
                    try await console.press("u")
                    try await console.expect("Undo 3 changes")
                    try await confirm("3", on: console)

                    // The same way by one key.
                    try await console.press("2", "W")
                    try await console.expect("Send cnn through the egress gateway")
                    try await confirm("2", on: console)
                    try await expectTheGateway(lab)
                    try await console.press("u")
                    try await console.expect("Undo 2 changes")
                    try await confirm("2", on: console)
                    try await console.press("u")
                    try await console.expect("Undo add cnn")
                    try await console.type("cnn")
                    try await console.press("Enter")
                    try await eventually("the entry is gone") { try await lab.lab.rows("entries").isEmpty }
                    try await console.press("q")
                    #expect(try await console.exitStatus() == 0)
                }
            }
        }

        private func command(_ line: String, on console: TmuxDriver) async throws {
            try await console.press(":")
            try await console.type(line)
            try await console.press("Enter")
        }

        /// Types how many changes there are, and closes the list of what became of them.
        private func confirm(_ count: String, on console: TmuxDriver) async throws {
            try await console.type(count)
            try await console.press("Enter")
            try await console.expect("all done")
            try await console.press("Escape")
            try await console.expectNo("all done")
        }

        /// Waits until a call goes by way of the gateway.
        private func expectTheGateway(_ lab: DocumentLab) async throws {
            let mark = try await lab.gateway.log().count
            try await eventually("the gateway logs a call") {
                guard isPage(try await lab.politics("https")) else { return false }
                let lines = try await lab.gateway.log().dropFirst(mark)
                return lines.contains { $0.record.serverName == "edition.cnn.com" }
            }
        }

        private func isPage(_ answer: String) -> Bool { answer.httpLines == ["HTTP/2 200"] }
    }
}
