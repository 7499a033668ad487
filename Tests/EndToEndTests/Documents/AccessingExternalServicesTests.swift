import Foundation
import MeshState
import Testing

extension DocumentTests {
    /// "Accessing External Services" under the blocking policy.
    @Suite struct AccessingExternalServices {
        @Test(.timeLimit(.minutes(1))) func unknownHostsAreBlocked() async throws {
            let lab = try DocumentLab.current.lab
            for url in ["https://www.google.com", "https://edition.cnn.com"] {
                let answer = try await lab.exec("sleep", "curl", "-sI", url)
                #expect(answer.status == 35 && answer.output.isEmpty, "\(url): \(answer)")
            }
        }

        @Test(.timeLimit(.minutes(1))) func anHTTPServiceIsReachedAndLogged() async throws {
            try await DocumentLab.applying("accessing-external-services/1-httpbin-ext") { lab in
                var answer = ""
                let line = try await lab.sidecar.line("httpbin answers") {
                    $0.record.path == "/headers"
                } after: {
                    answer = try await lab.lab.exec("sleep", "curl", "-sS", "http://httpbin.org/headers").output
                    return answer.contains("headers")
                }
                let headers = try JSONValue(parsing: answer)["headers"]
                #expect(headers?["Accept"] == "*/*")
                #expect(headers?["Host"] == "httpbin.org")
                #expect(headers?["X-Envoy-Decorator-Operation"] == "httpbin.org:80/*")

                let record = line.record
                #expect(record.method == "GET" && record.httpProtocol == "HTTP/1.1" && record.responseCode == 200)
                #expect(record.flags.isEmpty && record.bytesReceived == 0)
                #expect(record.bytesSent == UInt64(answer.utf8.count))
                #expect(line.text.contains("\"curl/") && record.authority == "httpbin.org")
                #expect(record.upstreamHost == "198.51.100.94:80" && record.downstreamLocal == "198.51.100.94:80")
                #expect(record.upstreamCluster == "outbound|80||httpbin.org")
                #expect(record.downstreamRemote?.hasPrefix("10.244.0.15:") == true && record.serverName == nil)
            }
        }

        @Test(.timeLimit(.minutes(1))) func anHTTPSServiceIsReachedAndLogged() async throws {
            try await DocumentLab.applying("accessing-external-services/2-google") { lab in
                var answer = ""
                let line = try await lab.sidecar.line("google answers") {
                    $0.record.serverName == "www.google.com" && $0.record.bytesSent > 0
                } after: {
                    answer = try await lab.lab.exec("sleep", "curl", "-sSI", "https://www.google.com").output
                    return !answer.isEmpty
                }
                #expect(answer.httpLines == ["HTTP/2 200"])
                let record = line.record
                #expect(record.method == nil && record.responseCode == 0 && record.flags.isEmpty)
                #expect(record.bytesReceived > 0 && record.authority == nil)
                #expect(record.upstreamHost == "192.0.2.36:443" && record.downstreamLocal == "192.0.2.36:443")
                #expect(record.upstreamCluster == "outbound|443||www.google.com")
                #expect(record.downstreamRemote?.hasPrefix("10.244.0.15:") == true)
            }
        }
    }
}

extension DocumentTests {
    /// The document's change of the mesh's settings from one outbound policy to the other.
    @Suite struct OutboundPolicy {
        @Test(.timeLimit(.minutes(1))) func theSettingsOfTheMeshDecideAndTheLabTellsOfThem() async throws {
            try await DocumentLab.applying { lab in
                try await set("ALLOW_ANY", on: lab) { $0.status == 0 && $0.output.httpLines == ["HTTP/2 200"] }
                try await set("REGISTRY_ONLY", on: lab) { $0.status == 35 }
            }
        }

        private func set(
            _ policy: String, on lab: DocumentLab, isExpected: (CommandResult) -> Bool
        ) async throws {
            let settings = try await lab.lab.kubectl("get", "cm", "istio", "-n", "istio-system", "-o", "yaml")
            try await lab.lab.kubectl(
                "replace", "-f", "-", input: settings.replacing(/mode: [A-Z_]+/, with: "mode: \(policy)"))
            try await eventually("calls are as the policy says") {
                isExpected(try await lab.lab.exec("sleep", "curl", "-sSI", "https://www.google.com"))
            }
            try await eventually("the lab tells of it") {
                try await lab.lab.status()["outboundPolicy"]?.stringValue == policy
            }
        }
    }
}

/// "Accessing External Services" as it begins, under the policy that lets unknown hosts pass.
@Suite struct PassthroughDocumentTests {
    @Test(.timeLimit(.minutes(2))) func unknownHostsAreReached() async throws {
        try await TestLab.run(policy: "ALLOW_ANY") { lab in
            for url in ["https://www.google.com", "https://edition.cnn.com"] {
                let answer = try await lab.exec("sleep", "curl", "-sSI", url)
                #expect(answer.output.httpLines == ["HTTP/2 200"], "\(url): \(answer)")
            }
        }
    }
}

extension String {
    /// What `grep HTTP/` leaves of a call's headers.
    var httpLines: [String] {
        split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter {
            $0.hasPrefix("HTTP/")
        }
    }
}
