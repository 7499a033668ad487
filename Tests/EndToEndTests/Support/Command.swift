import Foundation
import Subprocess

/// What a program printed and how it ended.
struct CommandResult: Sendable, CustomStringConvertible {
    /// The exit status as a shell gives it: 128 + number for a signal.
    var status: Int32
    var output: String
    var errors: String

    var description: String { "status \(status)\noutput: \(output)\nerrors: \(errors)" }
}

/// A command did not do what the test could not go on without.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String
}

/// Runs a program, by its path or found on PATH, to its end; one that takes longer than `limit` is killed and is an
/// error. `environment` changes the inherited one, nil removes a variable.
func run(
    _ executable: String, _ arguments: [String] = [], environment: [String: String?] = [:], input: String = "",
    limit: Duration = .seconds(60)
) async throws -> CommandResult {
    let changes = Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), $1) })
    return try await withThrowingTaskGroup(of: CommandResult.self) { group in
        group.addTask {
            // env looks the name up or takes the path as it is.
            let result = try await Subprocess.run(
                .name("env"), arguments: Arguments(["--", executable] + arguments),
                environment: .inherit.updating(changes), input: .string(input), output: .string(limit: 64 << 20),
                error: .string(limit: 4 << 20))
            let status =
                switch result.terminationStatus {
                case .exited(let code): code
                case .signaled(let number): 128 + number
                }
            return CommandResult(
                status: status, output: result.standardOutput, errors: result.standardError)
        }
        group.addTask {
            try await Task.sleep(for: limit)
            throw CommandFailure(description: "\(executable) \(arguments) ran longer than \(limit)")
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CancellationError() }
        return first
    }
}

/// Runs a program that has to succeed and returns what it printed.
@discardableResult
func output(
    of executable: String, _ arguments: [String] = [], environment: [String: String?] = [:], input: String = "",
    limit: Duration = .seconds(60)
) async throws -> String {
    let result = try await run(executable, arguments, environment: environment, input: input, limit: limit)
    guard result.status == 0 else {
        throw CommandFailure(description: "\(executable) \(arguments.joined(separator: " ")): \(result)")
    }
    return result.output
}

/// Where the programs of this package lie: beside the program that runs the tests.
func builtProgram(_ name: String) throws -> String {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let path = URL(filePath: tests).deletingLastPathComponent().appending(path: name).path
    guard FileManager.default.isExecutableFile(atPath: path) else {
        throw CommandFailure(description: "\(path) is missing; `swift build --build-tests` makes it")
    }
    return path
}
