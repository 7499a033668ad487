import Foundation
import MeshState
import Testing

extension DocumentTests {
    /// "Egress using Wildcard Hosts".
    @Suite struct Wildcards {
        private static let titles = """
            <title>Wikipedia, the free encyclopedia</title>
            <title>Wikipedia – Die freie Enzyklopädie</title>

            """
        private static let call = """
            curl -s https://en.wikipedia.org/wiki/Main_Page | grep -o "<title>.*</title>"; \
            curl -s https://de.wikipedia.org/wiki/Wikipedia:Hauptseite | grep -o "<title>.*</title>"
            """

        @Test(.timeLimit(.minutes(1))) func everyHostIsReachedDirectly() async throws {
            try await DocumentLab.applying("wildcards/1-wikipedia") { lab in
                try await lab.expect("both titles", "sh", "-c", Self.call) { $0 == Self.titles }
            }
        }

        @Test(.timeLimit(.minutes(1))) func everyHostIsReachedThroughTheGatewayByOneServer() async throws {
            try await DocumentLab.applying(
                "wildcards/egress-gateway/1-gateway", "wildcards/egress-gateway/2-www-wikipedia"
            ) { lab in
                try await lab.expect("both titles", "sh", "-c", Self.call) { $0 == Self.titles }
                let before = try await connections(lab)
                #expect(try await lab.lab.exec("sleep", "sh", "-c", Self.call).output == Self.titles)
                #expect(try await connections(lab) == before + 2)
            }
        }

        /// The number in the line `outbound|443||www.wikipedia.org::ADDRESS:443::cx_total::NUMBER`.
        private func connections(_ lab: DocumentLab) async throws -> Int {
            let prefix = "outbound|443||www.wikipedia.org::192.0.2.224:443::cx_total::"
            let line = try await lab.gateway.admin("clusters").split(separator: "\n").first { $0.hasPrefix(prefix) }
            return try #require(line.flatMap { Int($0.dropFirst(prefix.count)) })
        }
    }
}
