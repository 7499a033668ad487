public import FoundationEssentials
public import MeshState

/// Which rows of a pane a command prints, and in which order.
public struct RowQuery: Sendable {
    /// Those of these names alone; all where it is empty.
    public var names: [String] = []
    /// Of this namespace alone; nil for all.
    public var namespace: String?
    /// In the console's filter language.
    public var filter = ""
    /// As kubectl's `-l`.
    public var labels = ""
    /// Over the fields of the records: `state=off,namespace!=vm`.
    public var fields = ""
    /// A column's name or title, or `.` and a field of the record; `-` before it turns the order round.
    public var sort = ""
    /// Those of this moment and later.
    public var since: Date?

    public init() {}
}

/// What is wrong with a query, in words for who wrote it.
public struct RowQueryError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// A query that was understood, made ready for one snapshot after the other.
public struct RowSelection: Sendable {
    private let pane: any Pane
    private let query: RowQuery
    private let filter: Filter
    private let labels: LabelSelector
    private let fields: RecordSelector
    private let order: Order

    private enum Order: Sendable {
        case column(SortOrder)
        case field(String, descending: Bool)
    }

    public init(_ query: RowQuery, of listing: Listing) throws(RowQueryError) {
        pane = listing.pane
        self.query = query
        filter = Filter(query.filter, keys: pane.filterKeys)
        if let problem = filter.problem { throw RowQueryError(problem) }
        do {
            labels = try LabelSelector(parsing: query.labels)
        } catch {
            throw RowQueryError(error.description)
        }
        fields = try RecordSelector(query.fields, fields: pane.fields)
        order = try Self.order(query.sort, pane)
    }

    private static func order(_ text: String, _ pane: any Pane) throws(RowQueryError) -> Order {
        let descending = text.hasPrefix("-")
        let name = (descending ? text.dropFirst() : text[...]).lowercased()
        if name.isEmpty { return .column(pane.defaultSort) }
        if let column = pane.columns.first(where: { [$0.id.lowercased(), $0.title.lowercased()].contains(name) }) {
            return .column(SortOrder(column: column.id, descending: descending))
        }
        // kubectl's form of a field is {.path}, and a path with a dot before it.
        let path = text.drop { "-{.".contains($0) }.prefix { $0 != "}" }
        guard let field = RecordSelector.field(String(path), among: pane.fields) else {
            throw RowQueryError(
                "there is no column \(name) to sort by; there are \(pane.columns.map(\.id).joined(separator: ", ")), "
                    + "and each field of the record as in .\(pane.fields.first?.path ?? "name")")
        }
        return .field(field, descending: descending)
    }

    /// The rows of a snapshot that are asked for.
    ///
    /// - Throws: where the pane's rows have no labels or times to be chosen by.
    public func rows(of snapshot: MeshSnapshot) throws(RowQueryError) -> Rows {
        let context = RowContext(snapshot: snapshot, now: snapshot.time, medium: .table)
        var state = PaneState(sort: pane.defaultSort)
        if case .column(let sort) = order { state.sort = sort }
        state.filter = filter
        state.rebuild(pane: pane, context: context, visible: 0, holding: false)
        var missing = query.names
        var chosen: [Int] = []
        for row in state.rows {
            guard try passes(row.index, snapshot) else { continue }
            if !query.names.isEmpty {
                let own = names(of: row.index, in: snapshot)
                let meant = query.names.filter { own.contains($0) }
                if meant.isEmpty { continue }
                missing.removeAll { meant.contains($0) }
            }
            chosen.append(row.index)
        }
        if case .field(let path, let descending) = order {
            let keyed = chosen.map { (key: sortKey(path, $0, snapshot), index: $0) }
            // Equal ones keep the pane's own order.
            chosen = keyed.enumerated().sorted { left, right in
                if left.element.key == right.element.key { return left.offset < right.offset }
                return (left.element.key < right.element.key) != descending
            }.map(\.element.index)
        }
        return Rows(pane: pane, context: context, indexes: chosen, missing: missing)
    }

    private func passes(_ index: Int, _ snapshot: MeshSnapshot) throws(RowQueryError) -> Bool {
        if let namespace = query.namespace {
            let own = pane.record(of: index, in: snapshot)["namespace"]?.stringValue
            if own != nil, own != namespace { return false }
        }
        if !labels.requirements.isEmpty {
            guard let metadata = pane.document(of: index, in: snapshot)["metadata"] else {
                throw RowQueryError("\(pane.noun) have no labels; choose with --field-selector or --filter")
            }
            if !labels.matches(metadata["labels"]?.stringMap ?? [:]) { return false }
        }
        if let since = query.since {
            guard let time = pane.time(of: index, in: snapshot) else {
                throw RowQueryError("\(pane.noun) have no time to be chosen by")
            }
            if time < since { return false }
        }
        return fields.isEmpty || fields.matches(pane.record(of: index, in: snapshot))
    }

    /// What a row may be called: as kubectl names objects, as the console does, as other commands take it.
    private func names(of index: Int, in snapshot: MeshSnapshot) -> Set<String> {
        let record = pane.record(of: index, in: snapshot)
        let fields = ["name", "workload", "host", "target"].compactMap { record[$0]?.stringValue }
        return Set(
            fields + [
                pane.name(of: index, in: snapshot), pane.commandName(of: index, in: snapshot),
                pane.printedName(of: index, in: snapshot),
            ])
    }

    private func sortKey(_ path: String, _ index: Int, _ snapshot: MeshSnapshot) -> SortKey {
        let value = pane.record(of: index, in: snapshot).values(at: path).first ?? .null
        if let number = value.numberValue { return .number(number) }
        return .text(value.stringValue ?? (value.isNull ? "" : value.jsonText()))
    }
}

/// Rows that were chosen, in the forms in which they are printed.
public struct Rows: Sendable {
    let pane: any Pane
    let context: RowContext
    var indexes: [Int]
    /// Names that were asked for and that no row has.
    public let missing: [String]

    public var isEmpty: Bool { indexes.isEmpty }

    /// One object a row.
    public var records: [JSONValue] { indexes.map { pane.record(of: $0, in: context.snapshot) } }

    /// `serviceentry.networking.istio.io/cnn` of an object of the API, as kubectl prints it; else what commands take.
    public var names: [String] { indexes.map { pane.printedName(of: $0, in: context.snapshot) } }

    /// Titles of the columns, and the cells of each row.
    public func cells(wide: Bool) -> (titles: [String], rows: [[String]]) {
        let columns = columns(wide)
        let rows = indexes.map { index in
            columns.map { column in
                let text = pane.cell(column.id, of: index, in: context).text
                return text.isEmpty ? "-" : text
            }
        }
        return (columns.map { $0.title.uppercased() }, rows)
    }

    /// Lines of cells in columns as wide as `widths` says, which grow where a cell needs it.
    public func table(_ lines: [[String]], wide: Bool, widths: inout [Int]) -> String {
        Table.text(lines, alignments: columns(wide).map(\.alignment), widths: &widths)
    }

    /// The rows by their time, the oldest first, where they have times.
    public var inOrderOfTime: Rows {
        var rows = self
        let times = indexes.compactMap { pane.time(of: $0, in: context.snapshot) }
        guard times.count == indexes.count else { return self }
        rows.indexes = zip(times, indexes).sorted { $0.0 < $1.0 }.map(\.1)
        return rows
    }

    private func columns(_ wide: Bool) -> [Column] { pane.columns.filter { wide || !$0.isWide } }
}

extension Pane {
    /// `serviceentry.networking.istio.io/cnn` where the row is an object of the API, else what commands take.
    fileprivate func printedName(of index: Int, in snapshot: MeshSnapshot) -> String {
        let document = document(of: index, in: snapshot)
        guard let kind = document["kind"]?.stringValue, let name = document["metadata"]?["name"]?.stringValue else {
            return commandName(of: index, in: snapshot)
        }
        let parts = (document["apiVersion"]?.stringValue ?? "").split(separator: "/")
        return kind.lowercased() + (parts.count > 1 ? ".\(parts[0])" : "") + "/" + name
    }
}

/// Chooses records by their fields.
private struct RecordSelector: Sendable {
    private struct Term: Sendable {
        var path: String
        var value: String
        var isEqual: Bool
    }

    private let terms: [Term]

    var isEmpty: Bool { terms.isEmpty }

    init(_ text: String, fields: [RecordField]) throws(RowQueryError) {
        var terms: [Term] = []
        for part in text.split(separator: ",") {
            guard let split = part.firstRange(of: /!=|==|=/) else {
                throw RowQueryError("\(part) is no field selector; write FIELD=VALUE or FIELD!=VALUE")
            }
            let name = part[..<split.lowerBound]
            guard let path = Self.field(String(name), among: fields) else {
                throw RowQueryError(
                    "there is no field \(name); there are \(fields.map(\.path).joined(separator: ", "))")
            }
            terms.append(
                Term(path: path, value: String(part[split.upperBound...]), isEqual: part[split] != "!="))
        }
        self.terms = terms
    }

    /// The path of a field as it is written by hand: without `[]`, and with `metadata.` before the name as kubectl has it.
    static func field(_ name: String, among fields: [RecordField]) -> String? {
        let plain = name.replacing("[]", with: "")
        for path in [plain, plain.hasPrefix("metadata.") ? String(plain.dropFirst("metadata.".count)) : plain] {
            let isThere = fields.contains { field in
                let own = field.path.replacing("[]", with: "")
                return own == path || field.kind == .map && path.hasPrefix(own + ".")
            }
            if isThere { return path }
        }
        return nil
    }

    /// Whether all terms hold; of a list one element is enough, and none may be what is excluded.
    func matches(_ record: JSONValue) -> Bool {
        terms.allSatisfy { term in
            let values = record.values(at: term.path).map { $0.stringValue ?? ($0.isNull ? "" : $0.jsonText()) }
            return (values.contains(term.value) || values.isEmpty && term.value.isEmpty) == term.isEqual
        }
    }
}
