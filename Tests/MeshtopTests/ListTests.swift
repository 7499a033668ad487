import ArgumentParser
import Foundation
import MeshState
import MeshTUI
import Testing

@testable import meshtop

/// What a list prints when it goes on printing.
@Suite struct ListTests {
    private static let now = Date(timeIntervalSince1970: 1_795_269_751)

    private static func blocked(_ target: String, count: Int, ago: Double) -> BlockedEgress {
        BlockedEgress(
            id: .init(workload: "sleep", namespace: "default", target: target, port: 80, transport: .http),
            proxy: ProxyID(pod: "sleep-1", namespace: "default"), destination: "203.0.113.7:80", name: target,
            nameSource: .authority, reason: .noEntry, count: count, first: now.addingTimeInterval(-60),
            last: now.addingTimeInterval(-ago))
    }

    private static func rows(_ blocked: BlockedEgress...) throws -> Rows {
        let snapshot = MeshSnapshot(
            time: now, identity: MeshIdentity(context: "lab", server: ""), blocked: blocked)
        let listing = try #require(Listing.kinds.first { $0.listing.id == .blocked }).listing
        return try RowSelection(RowQuery(), of: listing).rows(of: snapshot)
    }

    private static func printer(_ arguments: String...) throws -> RowPrinter {
        RowPrinter(output: try OutputOptions.parse(arguments))
    }

    @Test func aStreamHasTheNewestLast() throws {
        var printer = try Self.printer("-w")
        let first = printer.changes(
            to: try Self.rows(Self.blocked("b.example", count: 1, ago: 1), Self.blocked("a.example", count: 2, ago: 9)))
        let lines = first.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("LAST"))
        #expect(lines[1].contains("a.example:80") && lines[2].contains("b.example:80"))
        // Only what is other than before, in the same columns.
        let second = printer.changes(
            to: try Self.rows(Self.blocked("b.example", count: 2, ago: 0), Self.blocked("a.example", count: 2, ago: 9)))
        #expect(second.split(separator: "\n").count == 1)
        #expect(second.firstRange(of: "b.example:80")?.lowerBound == String(lines[2]).firstRange(of: "b.example:80")?.lowerBound)
        #expect(printer.changes(to: try Self.rows(Self.blocked("b.example", count: 2, ago: 0))) == "")
    }

    @Test func jsonIsADocumentALine() throws {
        var printer = try Self.printer("-w", "-o", "json")
        let text = printer.changes(
            to: try Self.rows(Self.blocked("b.example", count: 1, ago: 1), Self.blocked("a.example", count: 2, ago: 9)))
        let documents = try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(documents.map { $0["target"] } == ["a.example", "b.example"])
        #expect(text.hasSuffix("\n"))
        #expect(printer.changes(to: try Self.rows()) == "")
    }

    @Test func namesAndDocuments() throws {
        let rows = try Self.rows(Self.blocked("b.example", count: 1, ago: 1))
        var names = try Self.printer("-o", "name")
        #expect(names.all(of: rows) == "b.example:80\n")
        var yaml = try Self.printer("-o", "yaml")
        #expect(yaml.all(of: rows).hasPrefix("---\ncount: 1\n"))
        var bare = try Self.printer("--no-headers")
        #expect(bare.all(of: rows).split(separator: "\n").count == 1)
    }

    @Test(arguments: [("15m", 900.0), ("1h30m", 5400), ("0", 0), ("2026-11-21T14:02:30Z", 1)])
    func pointsInTime(_ text: String, _ ago: Double) throws {
        let point = try #require(PointInTime(argument: text))
        #expect(point.date(before: Self.now) == Self.now.addingTimeInterval(-ago))
    }

    @Test(arguments: ["yesterday", "-5m", "15", ""]) func noPointsInTime(_ text: String) {
        #expect(PointInTime(argument: text) == nil)
    }

    @Test(arguments: [
        ["services", "--sort-by", "color"], ["entries", "--field-selector", "color=red"], ["services", "-l", "a in"],
        ["blocked", "--filter", "~("], ["blocked", "--since", "yesterday"], ["entries", "-o", "xml"], ["--json"],
        ["--batch", "0"],
    ])
    func wrongUsage(_ arguments: [String]) async {
        do {
            _ = try await Meshtop.asyncParseAsRoot(arguments)
            Issue.record("\(arguments) was taken")
        } catch {
            #expect(Meshtop.exitCode(for: error) == .validationFailure)
        }
    }

    @Test func everyPaneIsACommand() async throws {
        for kind in Listing.kinds where kind.listing.id != .log {
            let command = try await Meshtop.asyncParseAsRoot([kind.listing.id.name, "--sort-by", "-\(kind.listing.columnNames[0])"])
            #expect("\(type(of: command))".hasPrefix("ListCommand"))
        }
    }
}
