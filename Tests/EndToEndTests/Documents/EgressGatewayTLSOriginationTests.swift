import Foundation
import MeshState
import Testing

extension DocumentTests {
    /// "Egress Gateways with TLS Origination".
    @Suite struct EgressGatewayTLSOrigination {
        @Test(.timeLimit(.minutes(1))) func theEntryAloneLeavesTheRedirect() async throws {
            try await DocumentLab.applying("egress-gateway-tls-origination/1-cnn") { lab in
                try await eventually("the redirect") {
                    let answer = try await lab.politics()
                    return answer.httpLines.first == "HTTP/1.1 301 Moved Permanently"
                        && answer.contains("location: https://edition.cnn.com/politics")
                }
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: ["", "mutual-tls/"])
        func theGatewayOriginatesTLS(variant: String) async throws {
            let folder = "egress-gateway-tls-origination/\(variant)"
            try await DocumentLab.applying("\(folder)1-cnn", "\(folder)2-gateway", "\(folder)3-virtual-service") {
                lab in
                var answer = ""
                let line = try await lab.gateway.line("the gateway logs the call") {
                    $0.isCurl
                } after: {
                    answer = try await lab.politics()
                    return answer.httpLines == ["HTTP/1.1 200 OK"]
                }
                #expect(answer.contains("content-length: 151654"))
                let record = line.record
                #expect(record.method == "GET" && record.path == "/politics" && record.responseCode == 200)
                #expect(record.flags.isEmpty && record.bytesSent == 151_654 && record.authority == "edition.cnn.com")
                #expect(line.text.contains("\"10.244.0.15\""), "the caller's address: \(line.text)")
                #expect(record.upstreamHost == "198.51.100.67:443")
                #expect(record.upstreamCluster == "outbound|443||edition.cnn.com")
            }
        }

        @Test(.timeLimit(.minutes(1))) func theServerDemandsACertificate() async throws {
            let lab = try DocumentLab.current.lab
            let answer = try await lab.exec("sleep", "curl", "-sSk", "https://my-nginx.mesh-external.svc.cluster.local")
                .output
            #expect(answer.contains("<center><h1>400 Bad Request</h1></center>"))
            #expect(answer.contains("<center>No required SSL certificate was sent</center>"))
        }

        @Test(.timeLimit(.minutes(1))) func theGatewayShowsItsCertificateToTheServer() async throws {
            let folder = "egress-gateway-tls-origination/client-certificate/"
            try await DocumentLab.applying(
                "\(folder)1-gateway", "\(folder)2-virtual-service", "\(folder)3-originate-mtls-for-nginx"
            ) { lab in
                let url = "http://my-nginx.mesh-external.svc.cluster.local"
                let line = try await lab.gateway.line("the gateway logs the call") {
                    $0.isCurl
                } after: {
                    try await lab.lab.exec("sleep", "curl", "-sS", url).output.contains(
                        "<title>Welcome to nginx!</title>")
                }
                let record = line.record
                #expect(record.method == "GET" && record.path == "/" && record.responseCode == 200)
                #expect(record.authority == "my-nginx.mesh-external.svc.cluster.local")
                #expect(record.upstreamCluster == "outbound|443||my-nginx.mesh-external.svc.cluster.local")
            }
        }
    }
}
