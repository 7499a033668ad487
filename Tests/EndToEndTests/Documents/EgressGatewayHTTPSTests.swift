import Foundation
import MeshState
import Testing

extension DocumentTests {
    /// "Egress Gateways", the part about HTTPS: the gateway passes TLS on by its server name.
    @Suite struct EgressGatewayHTTPS {
        private static let counter = "cluster.outbound|443||edition.cnn.com.upstream_cx_total"

        private func isPage(_ answer: String) -> Bool {
            answer.httpLines == ["HTTP/2 200"] && answer.lowercased().contains("content-type: text/html; charset=utf-8")
        }

        @Test(.timeLimit(.minutes(1))) func theEntryAloneLeadsThereDirectly() async throws {
            try await DocumentLab.applying("egress-gateway-https/1-cnn") { lab in
                try await eventually("the page") { isPage(try await lab.politics("https")) }
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: ["", "mutual-tls/"])
        func httpsGoesThroughTheGatewayAndIsCounted(variant: String) async throws {
            let folder = "egress-gateway-https/\(variant)"
            try await DocumentLab.applying("\(folder)1-cnn", "\(folder)2-gateway") { lab in
                _ = try await lab.gateway.line("the gateway logs the call") { $0.isPassedOn } after: {
                    isPage(try await lab.politics("https"))
                }
                let before = try #require(try await lab.gateway.counter(Self.counter))
                let listed = try await listedConnections(lab.lab)
                let mark = try await lab.gateway.log().count
                let page = try await lab.politics("https")
                #expect(isPage(page))

                #expect(try await lab.gateway.counter(Self.counter) == before + 1)
                try await eventually("the list of connections has it") {
                    try await listedConnections(lab.lab) == listed + 1
                }
                try await eventually("the gateway has logged it") {
                    try await lab.gateway.log().dropFirst(mark).contains { $0.isPassedOn }
                }
                let lines = try await lab.gateway.log().dropFirst(mark)
                let record = try #require(lines.first).record
                #expect(lines.count == 1)
                #expect(record.method == nil && record.responseCode == 0 && record.flags.isEmpty)
                #expect(record.bytesReceived > 0 && record.bytesSent > 151_654)
                #expect(record.upstreamHost == "198.51.100.67:443" && record.serverName == "edition.cnn.com")
                #expect(record.downstreamRemote?.hasPrefix("10.244.0.15:") == true)
                #expect(try await lab.gateway.counter(Self.counter) == before + 1)
            }
        }

        /// The gateway's connections to the host, as `meshtop connections` counts them.
        private func listedConnections(_ lab: TestLab) async throws -> Int64 {
            let rows = try await lab.rows("connections").filter {
                $0["workload"] == "istio-egressgateway" && $0["cluster"] == "outbound|443||edition.cnn.com"
            }
            return rows.compactMap { $0["connections"]?.integerValue }.reduce(0, +)
        }
    }
}

extension LogLine {
    /// Whether the line is of a TLS connection to the news that was passed on.
    fileprivate var isPassedOn: Bool {
        record.method == nil && record.upstreamCluster == "outbound|443||edition.cnn.com"
    }
}
