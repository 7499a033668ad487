import Foundation
import MeshState
import Testing

extension DocumentTests {
    /// "Egress TLS Origination": the sidecar encrypts what the application sends in the clear.
    @Suite struct TLSOrigination {
        @Test(.timeLimit(.minutes(1)), arguments: ["", "virtual-service/"])
        func theSidecarOriginatesTLS(variant: String) async throws {
            let folder = "tls-origination/\(variant)"
            try await DocumentLab.applying("\(folder)1-edition-cnn-com") { lab in
                try await eventually("the redirect and the page") {
                    let answer = try await lab.politics()
                    return answer.httpLines == ["HTTP/1.1 301 Moved Permanently", "HTTP/2 200"]
                        && answer.contains("location: https://edition.cnn.com/politics")
                }
                try await lab.apply("\(folder)2-tls-origination")
                try await eventually("the page without a redirect") {
                    try await lab.politics().httpLines == ["HTTP/1.1 200 OK"]
                }
                #expect(try await lab.politics("https").httpLines == ["HTTP/2 200"])
            }
        }

        @Test(.timeLimit(.minutes(1))) func theSidecarShowsItsCertificateToTheServer() async throws {
            try await DocumentLab.applying("tls-origination/client-certificate/1-originate-mtls-for-nginx") { lab in
                let url = "http://my-nginx.mesh-external.svc.cluster.local:31443"
                let line = try await lab.sidecar.line("the sidecar logs the call") {
                    $0.isCurl && $0.record.authority?.hasPrefix("my-nginx.mesh-external.svc.cluster.local") == true
                } after: {
                    try await lab.lab.exec("sleep", "curl", "-sS", url).output.contains(
                        "<title>Welcome to nginx!</title>")
                }
                #expect(line.record.responseCode == 200)
                #expect(line.record.upstreamCluster == "outbound|31443||my-nginx.mesh-external.svc.cluster.local")
            }
        }
    }
}
