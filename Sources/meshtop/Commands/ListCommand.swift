import ArgumentParser
import Foundation
import MeshState
import MeshTUI

/// The commands of all panes. A pane that is added to the list of panes has its command by that; the log has `history`,
/// which needs no mesh.
let listCommands: [any ParsableCommand.Type] = Listing.kinds.filter { $0.listing.id != .log }.map { listCommand($0) }

private func listCommand<Kind: PaneKind>(_ kind: Kind.Type) -> any ParsableCommand.Type { ListCommand<Kind>.self }

/// Prints one pane's rows: once, or with `--watch` each row again whenever it changes.
struct ListCommand<Kind: PaneKind>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        let listing = Kind.listing
        let keys = listing.filterKeys.map { "\($0):" }.joined(separator: ", ")
        return CommandConfiguration(
            commandName: listing.id.name, abstract: listing.abstract,
            discussion: """
                Columns to sort by: \(listing.columnNames.joined(separator: ", ")). Keys of --filter: \(keys). \
                The fields of -o json are in docs/json.md; --field-selector and --sort-by .FIELD take each of them.
                """)
    }

    @Argument(
        help: ArgumentHelp("Only these rows: names as -o name prints them, or the object's name.", valueName: "NAME"),
        completion: .custom { words, _, _ in await Completion.names(of: Kind.listing, words) })
    var names: [String] = []
    @OptionGroup var output: OutputOptions
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws { _ = try rowSelection }

    private var rowSelection: RowSelection {
        get throws {
            try selection.rows(of: Kind.listing) { query in
                query.names = names
                query.namespace = selection.allNamespaces ? nil : connection.namespace
                query.labels = selection.selector ?? ""
            }
        }
    }

    func run() async throws {
        var connection = connection
        if selection.allNamespaces { connection.namespace = nil }
        let session = try connection.session()
        do {
            try await list(session)
        } catch {
            await session.stop()
            throw error
        }
        await session.stop()
    }

    private func list(_ session: MeshSession) async throws {
        let selection = try rowSelection
        let snapshot = await session.firstSnapshot()
        let complaints = Complaints(pane: Kind.listing.id, snapshot: snapshot)
        complaints.lines.forEach(warn)
        if complaints.isTotal, !output.watch { throw ExitCode.failure }
        var printer = RowPrinter(output: output)
        let rows = try Self.rows(of: snapshot, selection)
        if output.watch {
            try StandardOutput.write(printer.changes(to: rows))
            for await _ in session.changes {
                try StandardOutput.write(printer.changes(to: Self.rows(of: await session.snapshot(), selection)))
            }
        } else {
            if !rows.isEmpty || rows.missing.isEmpty { try StandardOutput.write(printer.all(of: rows)) }
            if !rows.missing.isEmpty {
                throw Failure("there are no \(Kind.listing.noun) named \(rows.missing.joined(separator: ", "))")
            }
        }
    }

    private static func rows(of snapshot: MeshSnapshot, _ selection: RowSelection) throws -> Rows {
        do {
            return try selection.rows(of: snapshot)
        } catch {
            throw ValidationError(error.description)
        }
    }
}

/// How a list is printed.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable { case table, wide, json, yaml, name }

    @Option(name: [.short, .setting(.output)], help: .setting(.output))
    var outputOption: Format?

    var output: Format { outputOption ?? .table }

    @Flag(
        name: [.customShort("w"), .long, .customLong("follow")],
        help: "Go on printing rows that are new or have changed, until interrupted; JSON then is a document a line.")
    var watch = false

    @Flag(name: .setting(.noHeaders), help: .setting(.noHeaders))
    var noHeaders = false

    mutating func validate() throws {
        let configuration = try Configuration.forCommand()
        outputOption = outputOption ?? configuration.text(.output).flatMap(Format.init)
        noHeaders = noHeaders || configuration.flag(.noHeaders)
    }
}

/// Which rows of a list are printed.
struct SelectionOptions: ParsableArguments {
    @Flag(name: [.customShort("A"), .long], help: "All namespaces, whatever -n or the configuration says.")
    var allNamespaces = false

    @Option(
        name: [.customShort("l"), .long],
        help: "By labels, as in app=web,tier in (a,b),!legacy; for services and entries.")
    var selector: String?

    @Option(help: "By fields of the record, as in state=off,namespace!=vm.")
    var fieldSelector: String?

    @Option(help: "By the console's filter language: word, !word, ~regex, key:value, a|b; terms are ANDed.")
    var filter: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Order by a column, or by a field of the record as in .endpoints.ready; - before it turns it round.",
            valueName: "COLUMN"))
    var sortBy: String?

    @Option(
        name: [.long, .customLong("last")],
        help: ArgumentHelp(
            "Only what happened since: a duration such as 15m, or a time such as 2026-11-21T14:02:31Z.",
            valueName: "TIME"))
    var since: PointInTime?

    /// Which rows are chosen: by what every list is chosen by, and what else the closure names.
    func rows(of listing: Listing, _ complete: (inout RowQuery) -> Void) throws -> RowSelection {
        var query = RowQuery()
        query.filter = filter ?? ""
        query.fields = fieldSelector ?? ""
        query.sort = sortBy ?? ""
        query.since = since?.date(before: Date())
        complete(&query)
        do {
            return try RowSelection(query, of: listing)
        } catch {
            throw ValidationError(error.description)
        }
    }
}

/// A moment as it is written on the command line: so long ago, or a time.
enum PointInTime: ExpressibleByArgument {
    case ago(Double)
    case at(Date)

    init?(argument: String) {
        if let nanoseconds = GoDuration.nanoseconds(argument), nanoseconds >= 0 {
            self = .ago(Double(nanoseconds) / 1e9)
        } else if let date = Date(rfc3339: argument) {
            self = .at(date)
        } else {
            return nil
        }
    }

    func date(before now: Date) -> Date {
        switch self {
        case .ago(let seconds): now.addingTimeInterval(-seconds)
        case .at(let date): date
        }
    }
}

/// Writes rows in the form that was asked for, and remembers what it has written.
struct RowPrinter {
    let output: OutputOptions
    private var widths: [Int] = []
    private var printed: Set<String> = []
    private var isBegun = false

    init(output: OutputOptions) { self.output = output }

    /// All rows, as one document.
    mutating func all(of rows: Rows) -> String {
        switch output.output {
        case .json: JSONValue.array(rows.records).jsonText(indent: 2) + "\n"
        case .yaml: rows.records.map { "---\n" + $0.yamlText }.joined()
        case .name: rows.names.map { $0 + "\n" }.joined()
        case .table, .wide: table(rows, of: nil)
        }
    }

    /// What is new or other than when this was last asked, a row or a document each; the newest comes last.
    mutating func changes(to rows: Rows) -> String {
        let rows = rows.inOrderOfTime
        let texts =
            switch output.output {
            case .json: rows.records.map { $0.jsonText() + "\n" }
            case .yaml: rows.records.map { "---\n" + $0.yamlText }
            case .name: rows.names.map { $0 + "\n" }
            case .table, .wide: rows.cells(wide: output.output == .wide).rows.map { $0.joined(separator: "\0") }
            }
        defer { printed = Set(texts) }
        let places = texts.indices.filter { !printed.contains(texts[$0]) }
        switch output.output {
        case .json, .yaml, .name: return places.map { texts[$0] }.joined()
        case .table, .wide: return table(rows, of: places)
        }
    }

    /// The table of these rows, or of all; the titles stand above the first one.
    private mutating func table(_ rows: Rows, of places: [Int]?) -> String {
        let isWide = output.output == .wide
        let (titles, cells) = rows.cells(wide: isWide)
        let head = isBegun || output.noHeaders ? [] : [titles]
        isBegun = true
        return rows.table(head + (places.map { $0.map { cells[$0] } } ?? cells), wide: isWide, widths: &widths)
    }
}
