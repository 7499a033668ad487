import Foundation
import Testing

@testable import MeshClient

struct CredentialCommandTests {
    private static let version = "client.authentication.k8s.io/v1"

    private func command(_ script: String, environment: [String: String] = [:]) -> CredentialCommand {
        CredentialCommand(
            apiVersion: Self.version, command: "sh", arguments: ["-c", script], environment: environment,
            installHint: "ask the platform team")
    }

    private func credential(_ status: String) -> String {
        #"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"# + status + "}}"
    }

    @Test func readsATokenAndWhenItExpires() async throws {
        let script = "printf '%s' '\(credential(#""token":"t0k","expirationTimestamp":"2026-11-21T12:00:00Z""#))'"
        let result = try await command(script).run()
        #expect(result.token == "t0k")
        #expect(result.expires == Date(timeIntervalSince1970: 1_795_262_400))
    }

    @Test func readsACertificate() throws {
        let text = credential(#""clientCertificateData":"chain","clientKeyData":"key""#)
        let result = try ExecCredential(parsing: Data(text.utf8), of: command(""))
        #expect(result.certificate == .init(chain: Data("chain".utf8), key: Data("key".utf8)))
        #expect(result.expires == nil)
    }

    @Test func theCommandSeesItsEnvironment() async throws {
        let script = #"""
            case "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*) ;; *) exit 9;; esac
            printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",'
            printf '"status":{"token":"%s"}}' "$REGION"
            """#
        #expect(try await command(script, environment: ["REGION": "eu"]).run().token == "eu")
    }

    @Test(arguments: [
        ("exit 3", "it ended with 3"), ("echo no account >&2; exit 1", "it ended with 1: no account"),
        ("no-such-command-here", "there is no such command"), ("echo hello", "not valid JSON"),
        ("echo '{}'", "no ExecCredential"),
        (#"echo '{"apiVersion":"v1","kind":"ExecCredential"}'"#, "it printed \"v1\""),
        (
            #"echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}'"#,
            "neither a token nor a certificate"
        ),
    ])
    func failuresSayWhatTheCommandSaid(script: String, problem: String) async throws {
        let error = await #expect(throws: AccessError.self) { try await command(script).run() }
        let text = try #require(error).description
        #expect(text.contains(problem), "\(text)")
    }

    @Test func aCommandThatDoesNotEndIsGivenUp() async throws {
        let error = await #expect(throws: AccessError.self) {
            try await command("exec sleep 600").run(limit: .milliseconds(50))
        }
        #expect(try #require(error).description.contains("did not end within"))
    }

    @Test func requestsShareOneRunUntilTheTokenIsRefused() async throws {
        let count = FileManager.default.temporaryDirectory.appending(path: "runs-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: count) }
        let script = "echo run >> '\(count.path)'; printf '%s' '\(credential(#""token":"t""#))'"
        var access = ClusterAccess(context: "lab", server: "http://127.0.0.1:1")
        access.token = .command(command(script))
        let store = try CredentialStore(access)
        func runs() throws -> Int { try String(contentsOf: count, encoding: .utf8).split(separator: "\n").count }
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<5 { group.addTask { try await store.current().authorization } }
            for try await header in group { #expect(header == "Bearer t") }
        }
        #expect(try runs() == 1)
        await store.rejected()
        _ = try await store.current()
        #expect(try runs() == 2)
    }
}
