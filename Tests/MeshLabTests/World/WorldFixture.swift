import Foundation
import MeshState
import Subprocess
import Testing

@testable import MeshLab

/// A state folder and a block of the loopback for one test alone, given back when the test lets go of it.
final class WorldFixture: Sendable {
    let layout: LabLayout
    private let lock: Int32

    /// Runs a test with a fixture of its own, which lives until the test ends.
    static func use(_ body: (WorldFixture) async throws -> Void) async throws {
        let fixture = try WorldFixture()
        try await body(fixture)
    }

    private init() throws {
        for block in (60...250).shuffled() {
            // The address that every test of the lab takes first.
            guard let lock = Loopback.bind("127.\(block).0.254", 15_999) else { continue }
            // A running lab serves istiod's debug endpoints.
            guard listen(lock, 1) == 0, let probe = Loopback.bind("127.\(block).0.3", 15_014) else {
                close(lock)
                continue
            }
            close(probe)
            self.lock = lock
            let folder = FileManager.default.temporaryDirectory.appending(path: "meshtop-world-\(UUID().uuidString)")
            layout = LabLayout(stateDirectory: folder, block: block)
            try FileManager.default.createDirectory(at: layout.logDirectory, withIntermediateDirectories: true)
            return
        }
        throw LabError("no block of the loopback is free")
    }

    deinit {
        close(lock)
        try? FileManager.default.removeItem(at: layout.stateDirectory)
    }

    func address(_ meshAddress: String) throws -> String { try #require(layout.loopback(for: meshAddress)) }

    func node(_ workload: String) throws -> ProxyNode {
        try #require(LabWorld.nodes(layout: layout).first { $0.workload == workload })
    }

    func captured(as workload: String) throws -> [String: String] {
        Capture.environment(for: try node(workload), layout: layout, library: try Self.captureLibrary())
    }

    /// What the name servers of a new lab know.
    static func names() throws -> NameTable {
        let table = NameTable(LabWorld.addresses())
        let objects = LabWorld.objects()
        func all(_ kind: String) -> [JSONValue] { objects.filter { $0["kind"]?.stringValue == kind } }
        table.replace(
            .services, with: ServiceNames.addresses(services: all("Service"), endpoints: all("Endpoints")))
        return table
    }

    /// The capture library is built beside the tests.
    static func captureLibrary() throws -> URL {
        let tests = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let library = tests.deletingLastPathComponent().appending(path: "libCCapture.so")
        try #require(FileManager.default.fileExists(atPath: library.path), "no \(library.path)")
        return library
    }
}

/// What a command wrote and how it ended.
struct CommandResult: Sendable {
    let output: String
    let errors: String
    let isSuccess: Bool
}

func command(_ words: [String], environment: [String: String] = [:]) async throws -> CommandResult {
    let updates = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
    let result = try await Subprocess.run(
        .name(words[0]), arguments: Arguments(Array(words.dropFirst())),
        environment: .inherit.updating(Dictionary(uniqueKeysWithValues: updates)),
        output: .string(limit: 1 << 20), error: .string(limit: 1 << 16))
    return CommandResult(
        output: result.standardOutput, errors: result.standardError, isSuccess: result.terminationStatus.isSuccess)
}

/// Runs a body while something else runs, which is cancelled and waited for afterwards.
func during<Value: Sendable>(
    _ other: @escaping @Sendable () async throws -> Void, _ body: () async throws -> Value
) async throws -> Value {
    let task = Task { try await other() }
    do {
        let value = try await body()
        task.cancel()
        _ = await task.result
        return value
    } catch {
        task.cancel()
        _ = await task.result
        throw error
    }
}

/// Waits until there is a value; fails the test when there is none within the limit.
func awaited<Value: Sendable>(
    _ what: String, within limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation,
    _ value: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let value = try await value() { return value }
        if ContinuousClock.now > deadline { break }
        try await Task.sleep(for: .milliseconds(10))
    }
    return try #require(nil as Value?, "not within \(limit): \(what)", sourceLocation: sourceLocation)
}
