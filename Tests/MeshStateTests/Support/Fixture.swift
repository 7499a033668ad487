import Foundation
import MeshState
import Testing

/// Files that real programs answered with.
enum Fixture {
    static func text(_ path: String) throws -> String {
        let folder = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
        return try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
    }

    static func json(_ path: String) throws -> JSONValue { try JSONValue(parsing: text(path)) }

    static func items(_ path: String) throws -> [JSONValue] { try #require(json(path)["items"]?.arrayValue) }

    static func lines(_ path: String) throws -> [String] {
        try text(path).split(separator: "\n").map { String($0) }
    }
}

extension Date {
    /// A fixed day's time, for tests: `at("14:02:31.5")`.
    static func at(_ time: String) -> Date {
        Date(rfc3339: "2026-11-21T\(time)Z")!
    }
}
