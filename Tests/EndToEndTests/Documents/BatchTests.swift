import Foundation
import MeshState
import Testing

extension DocumentTests {
    /// Everything without a screen, on a mesh that lives.
    @Suite struct BatchTests {
        @Test func theDoctorIsContent() async throws {
            let lab = try DocumentLab.current.lab
            let result = try await lab.tryMeshtop("doctor", "-o", "json")
            let diagnoses = try JSONValue(parsing: result.output).arrayValue ?? []
            // What the terminal of whoever runs this is like says nothing of the lab.
            let complaints = diagnoses.filter { $0["verdict"] != "ok" && $0["subject"] != "terminal" }
            #expect(complaints == [])
            #expect(result.status == 0)
            let checks = Set(diagnoses.compactMap { $0["check"]?.stringValue })
            #expect(checks.isSuperset(of: ["server", "clock", "rights", "access log", "Envoy admin", "istiod"]))
        }

        @Test func theDoctorMissesRights() async throws {
            let lab = try DocumentLab.current.lab
            let text = try String(
                contentsOf: lab.stateHome.appending(path: "meshtop/lab/kubeconfig"), encoding: .utf8)
            let file = lab.stateHome.appending(path: "stranger")
            try text.replacing(/token: .*/, with: "token: \"nobody\"").write(to: file, atomically: true, encoding: .utf8)
            let result = try await lab.tryMeshtop("doctor", "--kubeconfig", file.path, "-o", "json")
            #expect(result.status == 1)
            let diagnoses = try JSONValue(parsing: result.output).arrayValue ?? []
            let failed = diagnoses.filter { $0["verdict"] == "fail" }
            #expect(failed.compactMap { $0["check"]?.stringValue } == ["API watches"])
        }

        @Test func aStreamEndsWithItsReader() async throws {
            let lab = try DocumentLab.current.lab
            let line = try await output(
                of: "sh", ["-c", "\(lab.meshtop) blocked -w -o json --filter host:mysql | head -n 1"],
                environment: lab.environment)
            let record = try JSONValue(parsing: line)
            #expect(record["workload"] == "ratings-v2-mysql")
            #expect(record["port"] == 3306)
        }

        @Test func withoutATerminalTheScreenIsPrinted() async throws {
            let lab = try DocumentLab.current.lab
            let screen = try await lab.meshtop()
            #expect(screen.contains("Blocked egress"))
            #expect(!screen.contains("\u{1B}"))
            let all = try JSONValue(parsing: try await lab.meshtop("--once", "--json"))
            #expect(all["outboundPolicy"] == "REGISTRY_ONLY")
            #expect(all["services"]?.arrayValue?.contains { $0["name"] == "reviews" } == true)
            let documents = try await lab.meshtop("--batch", "2", "--json", "--interval", "0.2")
            #expect(documents.split(separator: "\n").count == 2)
        }

        @Test func rowsAreChosen() async throws {
            let lab = try DocumentLab.current.lab
            let names = try await lab.meshtop("services", "-n", "default", "-l", "app in (reviews,ratings)", "-o", "name")
            #expect(names == "service/ratings\nservice/reviews\n")
            #expect(try await lab.meshtop("services", "service/reviews", "-A", "--no-headers").hasPrefix("reviews "))
            let absent = try await lab.tryMeshtop("entries", "nobody")
            #expect(absent.status == 1 && absent.output.isEmpty)
        }

        @Test func theShellIsTold() async throws {
            let lab = try DocumentLab.current.lab
            let names = try await lab.meshtop("---completion", "services", "--", "positional@0", "2", "0", "meshtop", "services", "")
            #expect(names.contains("reviews"))
            let namespaces = try await lab.meshtop(
                "---completion", "services", "--", "--namespace", "3", "0", "meshtop", "services", "--namespace", "")
            #expect(namespaces.contains("istio-system"))
        }
    }
}
