import Foundation
import MeshState
import Synchronization
import Testing

@testable import MeshClient

/// The wait took too long.
struct TookTooLong: Error {}

/// Waits until a condition holds, looking again whenever the scheduler lets it.
func eventually(
    within limit: Duration = .seconds(20), _ condition: @Sendable () async -> Bool
) async throws {
    let end = ContinuousClock.now.advanced(by: limit)
    while await !condition() {
        guard ContinuousClock.now < end else { throw TookTooLong() }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// Counts from several tasks.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    @discardableResult
    func increment() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}

/// Keeps what the sources tell.
final class Told: Sendable {
    private let facts = Mutex<[Observation.Fact]>([])

    var all: [Observation.Fact] { facts.withLock { $0 } }

    var tell: @Sendable (SourceID, Observation.Fact) async -> Void {
        { [self] _, fact in facts.withLock { $0.append(fact) } }
    }

    /// What the facts say, in a word and a name each.
    var summary: [String] { all.map(\.summary) }
}

/// Keeps whole observations.
final class Sources: Sendable {
    private let observations = Mutex<[Observation]>([])

    var all: [Observation] { observations.withLock { $0 } }
    var sources: Set<SourceID> { Set(all.map(\.source)) }

    func add(_ observation: Observation) { observations.withLock { $0.append(observation) } }

    func summary(of source: SourceID) -> [String] { all.filter { $0.source == source }.map(\.fact.summary) }
}

extension Observation.Fact {
    var summary: String {
        func name(_ object: JSONValue) -> String { object["metadata"]?["name"]?.stringValue ?? "?" }
        switch self {
        case .listed(_, let objects): return "listed " + objects.map(name).sorted().joined(separator: ",")
        case .applied(_, let object): return "applied \(name(object))"
        case .deleted(_, let object): return "deleted \(name(object))"
        case .traffic(_, let clusters, _): return "traffic of \(clusters.count)"
        case .accessLog(_, let records): return "log " + records.map { $0.authority ?? "-" }.joined(separator: ",")
        case .syncStatus(let proxies): return "sync of \(proxies.count)"
        case .mesh(let policy, let version): return "mesh \(policy.rawValue) \(version)"
        case .resolved(let address, let name): return "resolved \(address) \(name)"
        case .action(let action): return "action \(action.summary)"
        case .alive: return "alive"
        case .failed(let reason, let attempt, _): return "failed \(attempt): \(reason)"
        case .denied(let reason): return "denied: \(reason)"
        case .ended: return "ended"
        }
    }
}

extension Backoff.Policy {
    /// For tests that want failures to pass quickly.
    static let quick = Backoff.Policy(first: .milliseconds(1), limit: .milliseconds(5))
}

/// The file of that name among the fixtures.
func fixture(_ name: String) throws -> Data {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil))
    return try Data(contentsOf: url)
}

/// A recorded answer: status, headers and body.
struct RecordedAnswer {
    var status: Int
    var headers: [(String, String)]
    var body: String

    init(_ name: String) throws {
        let text = String(decoding: try fixture(name), as: UTF8.self).replacing("\r\n", with: "\n")
        let end = try #require(text.firstRange(of: "\n\n"))
        let lines = text[..<end.lowerBound].split(separator: "\n")
        let words = try #require(lines.first).split(separator: " ")
        status = try #require(Int(words[1]))
        headers = lines.dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), String(line[line.index(colon, offsetBy: 2)...]))
        }
        body = String(text[end.upperBound...])
    }
}

/// An object as a list or a watch has it.
func object(_ kind: String, _ name: String, namespace: String = "default", version: Int) -> JSONValue {
    [
        "apiVersion": "v1", "kind": .string(kind),
        "metadata": [
            "name": .string(name), "namespace": .string(namespace), "resourceVersion": .string(String(version)),
        ],
    ]
}

func list(_ objects: [JSONValue], version: Int, next: String = "") -> JSONValue {
    [
        "kind": "List", "apiVersion": "v1",
        "metadata": ["resourceVersion": .string(String(version)), "continue": .string(next)],
        "items": .array(objects),
    ]
}

/// A line of a watch.
func event(_ type: String, _ object: JSONValue) -> String {
    JSONValue.object(["type": .string(type), "object": object]).jsonText() + "\n"
}

func bookmark(_ version: Int) -> String {
    event("BOOKMARK", ["metadata": ["resourceVersion": .string(String(version))]])
}
