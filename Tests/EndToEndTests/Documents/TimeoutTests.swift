import Foundation
import MeshState
import Testing

extension DocumentTests.AccessingExternalServices {
    @Test(.timeLimit(.minutes(1))) func aTimeoutCutsASlowAnswerShort() async throws {
        let call = ["curl", "-o", "/dev/null", "-sS", "-w", "%{http_code} %{time_total}", "http://httpbin.org/delay/5"]
        try await DocumentLab.applying("accessing-external-services/1-httpbin-ext") { lab in
            try await lab.expect("httpbin answers", "curl", "-sSf", "http://httpbin.org/headers") { !$0.isEmpty }
            let before = try await lab.lab.exec("sleep", call).output.split(separator: " ")
            #expect(before.first == "200" && (before.last.flatMap { Double($0) } ?? 0) >= 5)
            try await lab.apply("accessing-external-services/3-httpbin-timeout")
            try await eventually("the timeout holds") {
                let after = try await lab.lab.exec("sleep", call).output.split(separator: " ")
                return after.first == "504" && (3..<5).contains(after.last.flatMap { Double($0) } ?? 0)
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func cleaningUpBlocksAgain() async throws {
        try await DocumentLab.applying(
            "accessing-external-services/1-httpbin-ext", "accessing-external-services/2-google",
            "accessing-external-services/3-httpbin-timeout"
        ) { lab in
            try await lab.expect("httpbin answers", "curl", "-sSf", "http://httpbin.org/headers") { !$0.isEmpty }
            try await lab.expect("google answers", "curl", "-sSfI", "https://www.google.com") { !$0.isEmpty }
            #expect(
                try await lab.lab.kubectl("delete", "serviceentry", "httpbin-ext", "google") == """
                    serviceentry.networking.istio.io "httpbin-ext" deleted
                    serviceentry.networking.istio.io "google" deleted

                    """)
            try await lab.lab.kubectl("delete", "virtualservice", "httpbin-ext", "--ignore-not-found=true")
            try await eventually("both are blocked") {
                let http = try await lab.lab.exec("sleep", "curl", "-sI", "http://httpbin.org/headers").output
                let https = try await lab.lab.exec("sleep", "curl", "-sI", "https://www.google.com").status
                return http.httpLines == ["HTTP/1.1 502 Bad Gateway"] && https == 35
            }
        }
    }
}
