import Foundation
import MeshState
import Testing

extension DocumentTests {
    /// What `meshtop advise` and `--dry-run` say of the running mesh.
    @Suite struct AdviceOnTheMesh {
        private func advice(unusedAfter: String = "60") async throws -> [JSONValue] {
            let answer = try await DocumentLab.current.lab.meshtop(
                "advise", "-o", "json", "--unused-after", unusedAfter)
            return try JSONValue(parsing: answer).arrayValue ?? []
        }

        @Test(.timeLimit(.minutes(1))) func aCleanMeshGivesNone() async throws {
            let findings = try await advice()
            #expect(findings.isEmpty, "\(findings)")
        }

        @Test(.timeLimit(.minutes(1))) func twoEntriesAndACapturedPortAreNamed() async throws {
            try await DocumentLab.applying("accessing-external-services/1-httpbin-ext") { lab in
                try await lab.apply(
                    text: """
                        apiVersion: networking.istio.io/v1
                        kind: ServiceEntry
                        metadata: {name: second, namespace: default}
                        spec:
                          hosts: [httpbin.org]
                          ports: [{number: 80, name: http, protocol: HTTP}]
                          resolution: NONE
                        ---
                        apiVersion: networking.istio.io/v1
                        kind: ServiceEntry
                        metadata: {name: nowhere, namespace: default}
                        spec:
                          hosts: [nowhere.example.com]
                          ports: [{number: 5432, name: tcp, protocol: TCP}]
                          resolution: DNS
                          exportTo: [., shop]
                        """)
                try await eventually("the proxies know that nowhere does not resolve") {
                    try await advice().contains { $0["rule"] == "unresolved-name" }
                }
                let found = try await advice(unusedAfter: "0").compactMap { finding -> String? in
                    guard let rule = finding["rule"]?.stringValue, let name = finding["name"]?.stringValue else {
                        return nil
                    }
                    return "\(rule) \(name)"
                }
                #expect(
                    Set(found) == [
                        "same-host second", "port-capture nowhere", "unresolved-name nowhere",
                        "export-to-nobody nowhere",
                        "unused-entry nowhere", "unused-entry httpbin-ext", "unused-entry second",
                    ])
            }
        }

        @Test(.timeLimit(.minutes(1))) func aDryRunTellsWhatItWouldDo() async throws {
            let lab = try DocumentLab.current.lab
            let answer = try await lab.exec(
                "sleep", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://istio.io/")
            #expect(answer.output == "502")
            try await eventually("the blocked call is seen, and would be let through") {
                let text = try await lab.meshtop("allow", "istio.io:80", "--from", "sleep", "--dry-run")
                return text.contains("kind: ServiceEntry") && text.contains("#   sleep.default to istio.io:80 http ×")
                    && text.contains("# cuts: no open connection") && text.contains("#   default: ")
            }
        }
    }
}

/// The README lists every finding.
@Suite struct AdviceDocumentTests {
    @Test func theREADMEListsEveryFinding() throws {
        let text = try String(contentsOf: projectFolder.appending(path: "README.md"), encoding: .utf8)
        for rule in Advisor.rules { #expect(text.contains("| `\(rule.name)` |"), "\(rule.name)") }
    }
}
