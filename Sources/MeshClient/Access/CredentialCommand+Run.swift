import Foundation
import MeshState
import Synchronization

/// What a credential command printed.
struct ExecCredential: Sendable, Hashable {
    var token: String?
    var certificate: ClusterAccess.ClientCertificate?
    /// nil: good until it is refused.
    var expires: Date?

    /// Reads the `ExecCredential` that a command printed.
    init(parsing output: Data, of command: CredentialCommand) throws(AccessError) {
        func error(_ field: String, _ problem: String) -> AccessError {
            AccessError(
                place: "command \(command.command)", field: field, problem: problem,
                remedy: "run it by hand to see more")
        }
        let document: JSONValue
        do {
            document = try JSONValue(parsing: output)
        } catch {
            throw AccessError(
                place: "command \(command.command)", problem: "its output is \(error)",
                remedy: "run it by hand to see more")
        }
        guard document["kind"]?.stringValue == "ExecCredential" else {
            throw error("kind", "its output is no ExecCredential")
        }
        let version = document["apiVersion"]?.stringValue ?? ""
        guard version == command.apiVersion else {
            throw error(
                "apiVersion", "it printed \"\(version.madeSafe)\" where the kubeconfig says \(command.apiVersion)")
        }
        let status = document["status"]
        token = status?["token"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        switch (status?["clientCertificateData"]?.stringValue, status?["clientKeyData"]?.stringValue) {
        case (let chain?, let key?): certificate = .init(chain: Data(chain.utf8), key: Data(key.utf8))
        case (nil, nil): break
        default: throw error("status", "a client certificate and its key belong together")
        }
        if token == nil && certificate == nil { throw error("status", "there is neither a token nor a certificate") }
        if let text = status?["expirationTimestamp"]?.stringValue {
            guard let date = Date(rfc3339: text) else {
                throw error("status.expirationTimestamp", "\"\(text.madeSafe)\" is no time")
            }
            expires = date
        }
    }
}

extension CredentialCommand {
    static let supportedVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]

    /// Runs the command and reads what it prints; its standard input is empty, as nobody can answer its questions.
    func run(limit: Duration = .seconds(30)) async throws -> ExecCredential {
        let child = Child(self)
        do {
            let output = try await withDeadline(limit) {
                try await withTaskCancellationHandler {
                    try await child.run()
                } onCancel: {
                    child.stop()
                }
            }
            return try ExecCredential(parsing: output, of: self)
        } catch is DeadlineExceeded {
            throw AccessError(
                place: "command \(command)", problem: "it did not end within \(limit.inSeconds) s",
                remedy: "run it by hand; does it ask something?")
        }
    }
}

/// One run of a credential command.
private final class Child: Sendable {
    private let command: CredentialCommand
    private let process = Process()

    init(_ command: CredentialCommand) { self.command = command }

    func stop() { if process.isRunning { process.terminate() } }

    func run() async throws -> Data {
        let output = Pipe()
        let complaints = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [command.command] + command.arguments
        process.environment = ProcessInfo.processInfo.environment
            .merging(command.environment) { _, ours in ours }
            .merging(["KUBERNETES_EXEC_INFO": information]) { _, ours in ours }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = complaints
        let ended = Waiter()
        process.terminationHandler = { _ in ended.resume() }
        do {
            try process.run()
        } catch {
            throw failure("it cannot be started: \(error.localizedDescription)")
        }
        // Cancelled before there was a process to stop.
        if Task.isCancelled { stop() }
        let printed = PipeReader(output)
        let said = PipeReader(complaints)
        let data = await printed.all()
        let words = String(decoding: await said.all(), as: UTF8.self).trimmed
        await ended.wait()
        try Task.checkCancellation()
        if process.terminationStatus == 0 { return data }
        if process.terminationStatus == 127 { throw failure("there is no such command") }
        throw failure("it ended with \(process.terminationStatus)" + (words.isEmpty ? "" : ": \(words)"))
    }

    private var information: String {
        let document: JSONValue = [
            "apiVersion": .string(command.apiVersion), "kind": "ExecCredential", "spec": ["interactive": false],
        ]
        return document.jsonText()
    }

    private func failure(_ problem: String) -> AccessError {
        AccessError(
            place: "command \(command.command)", problem: problem.madeSafe,
            remedy: command.installHint ?? "check exec of the kubeconfig's user")
    }
}

/// Reads a pipe to its end on a thread that may block; whoever waits for it can be cancelled.
private final class PipeReader: Sendable {
    private let content = Mutex(Data())
    private let done = Waiter()

    init(_ pipe: Pipe) {
        DispatchQueue.global().async { [self] in
            let data = Self.readToEnd(pipe)
            content.withLock { $0 = data }
            done.resume()
        }
    }

    /// FileHandle's own way to the end stops the program when a signal interrupts it.
    private static func readToEnd(_ pipe: Pipe) -> Data {
        let descriptor = pipe.fileHandleForReading.fileDescriptor
        var result = Data()
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 {
                result.append(contentsOf: buffer[..<count])
            } else if count == 0 || errno != EINTR {
                return result
            }
        }
    }

    func all() async -> Data {
        await done.wait()
        return content.withLock { $0 }
    }
}
