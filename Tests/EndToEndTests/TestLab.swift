import Foundation
import MeshState

/// A lab with a state folder of its own, and the commands that a user has for it.
struct TestLab: Sendable {
    let stateHome: URL
    let meshtop: String

    /// Starts a lab, hands it to `body`, and stops it, whatever becomes of `body`.
    static func run(
        policy: String = "REGISTRY_ONLY", options: [String] = [], _ body: (TestLab) async throws -> Void
    ) async throws {
        let lab = try TestLab()
        do {
            try await output(
                of: lab.meshtop, ["lab", "up", "--outbound-policy", policy] + options, environment: lab.environment,
                limit: .seconds(150))
            try await body(lab)
        } catch {
            let log = try? String(contentsOf: lab.stateHome.appending(path: "meshtop/lab/lab.log"), encoding: .utf8)
            _ = try? await lab.tryMeshtop("lab", "down")
            try? FileManager.default.removeItem(at: lab.stateHome)
            throw CommandFailure(description: "\(error)\nthe lab's log ends with:\n\(log?.suffix(2000) ?? "(none)")")
        }
        try await lab.meshtop("lab", "down")
        try lab.remove()
    }

    /// A state folder without a lab in it yet.
    init() throws {
        // Short, as the sockets in it have to be.
        stateHome = FileManager.default.temporaryDirectory
            .appending(path: "mt-\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))")
        try FileManager.default.createDirectory(at: stateHome, withIntermediateDirectories: true)
        meshtop = try builtProgram("meshtop")
    }

    func remove() throws { try FileManager.default.removeItem(at: stateHome) }

    var environment: [String: String?] {
        [
            "XDG_STATE_HOME": stateHome.path, "XDG_CONFIG_HOME": stateHome.appending(path: "config").path,
            "KUBECONFIG": nil, "MESHTOP_ENVOY": nil,
        ]
    }

    // MARK: - Commands

    func tryMeshtop(_ arguments: String...) async throws -> CommandResult {
        try await EndToEndTests.run(meshtop, arguments, environment: environment, limit: .seconds(150))
    }

    @discardableResult
    func meshtop(_ arguments: String...) async throws -> String {
        try await output(of: meshtop, arguments, environment: environment, limit: .seconds(150))
    }

    /// The rows that a list command prints as JSON.
    func rows(_ list: String) async throws -> [JSONValue] {
        try JSONValue(parsing: try await meshtop(list, "-o", "json")).arrayValue ?? []
    }

    func status() async throws -> JSONValue { try JSONValue(parsing: try await meshtop("lab", "status", "-o", "json")) }

    func tryKubectl(_ arguments: [String], input: String = "") async throws -> CommandResult {
        let kubeconfig = stateHome.appending(path: "meshtop/lab/kubeconfig").path
        return try await EndToEndTests.run(
            try kubectlPath(),
            ["--kubeconfig", kubeconfig, "--cache-dir", stateHome.appending(path: "kube-cache").path] + arguments,
            environment: environment, input: input)
    }

    @discardableResult
    func kubectl(_ arguments: String..., input: String = "") async throws -> String {
        let result = try await tryKubectl(arguments, input: input)
        guard result.status == 0 else { throw CommandFailure(description: "kubectl \(arguments): \(result)") }
        return result.output
    }

    /// Runs a command inside a workload.
    func exec(_ workload: String, _ command: String...) async throws -> CommandResult {
        try await exec(workload, command)
    }

    func exec(_ workload: String, _ command: [String]) async throws -> CommandResult {
        try await EndToEndTests.run(meshtop, ["lab", "exec", workload, "--"] + command, environment: environment)
    }

    /// The documents' call to the database.
    func queryRatings() async throws -> CommandResult {
        try await exec(
            "ratings-v2-mysql", "mariadb", "-h", "mysql.example.com", "-u", "bookinfo", "-pbookinfo", "-e",
            "select * from test.ratings")
    }

    func productPage() async throws -> String {
        guard let url = try await status()["productPage"]?.stringValue else {
            throw CommandFailure(description: "no page")
        }
        return try await output(of: "curl", ["-s", url])
    }

    /// Every living process of this lab, by its number.
    func processes() throws -> [pid_t] {
        let mark = Array("MESHTOP_LAB=\(stateHome.path)/meshtop/lab".utf8)
        return try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { entry in
            guard let pid = pid_t(entry),
                let environment = FileManager.default.contents(atPath: "/proc/\(entry)/environ"),
                environment.split(separator: 0).contains(where: { $0.elementsEqual(mark) })
            else { return nil }
            return pid
        }
    }
}

/// kubectl on PATH, else the one that `make setup` puts into the project.
private func kubectlPath() throws -> String {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    let own = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../.venv/bin").standardized
        .path
    for folder in folders + [own] where FileManager.default.isExecutableFile(atPath: "\(folder)/kubectl") {
        return "\(folder)/kubectl"
    }
    throw CommandFailure(description: "kubectl is neither on PATH nor in .venv/bin; run make setup")
}

/// The project's folder.
let projectFolder = URL(filePath: #filePath).appending(path: "../../..").standardized

/// Waits until a condition holds, asking again and again; an error is a condition that does not hold yet.
func eventually(
    _ what: String, within limit: Duration = .seconds(30), holds: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while true {
        var reason = ""
        do { if try await holds() { return } } catch { reason = ": \(error)" }
        guard ContinuousClock.now < deadline else {
            throw CommandFailure(description: "waited \(limit) for: \(what)\(reason)")
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}
