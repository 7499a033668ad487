import Foundation
import MeshState
import Testing

extension DocumentTests {
    /// "Egress Gateways", the part about HTTP.
    @Suite struct EgressGatewayHTTP {
        /// What the documents print, with and without the gateway.
        private func isRedirectAndPage(_ answer: String) -> Bool {
            answer.httpLines == ["HTTP/1.1 301 Moved Permanently", "HTTP/2 200"]
                && answer.contains("location: https://edition.cnn.com/politics")
                && answer.lowercased().contains("content-type: text/html; charset=utf-8")
        }

        @Test(.timeLimit(.minutes(1))) func theEntryAloneLeadsThereDirectly() async throws {
            try await DocumentLab.applying("egress-gateway-http/1-cnn") { lab in
                let before = try await lab.gateway.log().count
                try await eventually("the redirect and the page") { isRedirectAndPage(try await lab.politics()) }
                #expect(try await lab.gateway.log().count == before)
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: ["", "mutual-tls/"])
        func httpGoesThroughTheGatewayAndHTTPSDoesNot(variant: String) async throws {
            let folder = "egress-gateway-http/\(variant)"
            try await DocumentLab.applying("\(folder)1-cnn", "\(folder)2-gateway", "\(folder)3-virtual-service") {
                lab in
                let mark = try await lab.sidecar.log().count
                let line = try await lab.gateway.line("the gateway logs the call") {
                    $0.isCurl
                } after: {
                    isRedirectAndPage(try await lab.politics())
                }
                let record = line.record
                #expect(record.method == "GET" && record.path == "/politics" && record.httpProtocol == "HTTP/2")
                #expect(record.responseCode == 301 && record.flags.isEmpty)
                #expect(record.bytesReceived == 0 && record.bytesSent == 0 && record.authority == "edition.cnn.com")
                #expect(line.text.contains("\"10.244.0.15\""), "the caller's address: \(line.text)")
                #expect(record.upstreamHost == "198.51.100.67:80")
                #expect(record.upstreamCluster == "outbound|80||edition.cnn.com")
                #expect(record.downstreamRemote?.hasPrefix("10.244.0.15:") == true)
                #expect(record.serverName == (variant.isEmpty ? nil : "edition.cnn.com"))

                try await eventually("the sidecar logs both calls") {
                    let clusters = try await lab.sidecar.log().dropFirst(mark).map(\.record.upstreamCluster)
                    return clusters.contains("outbound|80|cnn|istio-egressgateway.istio-system.svc.cluster.local")
                        && clusters.contains("outbound|443||edition.cnn.com")
                }
            }
        }

        @Test(.timeLimit(.minutes(1))) func theGatewayHasItsIdentity() async throws {
            let lab = try DocumentLab.current.lab
            let certificates = try await lab.meshtop("lab", "status", "--certs")
            #expect(
                certificates.contains("spiffe://cluster.local/ns/istio-system/sa/istio-egressgateway-service-account"))
        }

        /// The failure that the documents warn of: a gateway has no address to go on to.
        @Test(.timeLimit(.minutes(1))) func withoutResolutionTheGatewayHasNowhereToGo() async throws {
            let text = try String(contentsOfFile: DocumentLab.file("egress-gateway-http/1-cnn"), encoding: .utf8)
            try await DocumentLab.applying("egress-gateway-http/2-gateway", "egress-gateway-http/3-virtual-service") {
                lab in
                try await lab.apply(text: text.replacing("resolution: DNS", with: "resolution: NONE"))
                let line = try await lab.gateway.line("the gateway logs the call") {
                    $0.isCurl
                } after: {
                    try await lab.politics().httpLines == ["HTTP/1.1 503 Service Unavailable"]
                }
                #expect(line.record.responseCode == 503 && line.record.flags == ["UH"])
            }
        }
    }
}

extension LogLine {
    /// Whether curl made the call; what the workloads do by themselves is something else.
    var isCurl: Bool { text.contains("\"curl/") }
}
