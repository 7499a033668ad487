import FoundationEssentials
import MeshState

/// Names a pane; each pane's file adds its own.
public struct PaneID: Sendable, Hashable, Comparable {
    /// The key that focuses it, also shown in its title.
    public let number: Int
    /// One lower-case word: the command that prints the same rows, and the name of saved files.
    public let name: String

    public init(number: Int, name: String) {
        self.number = number
        self.name = name
    }

    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// What a row stands for; selection, progress and dialogs hold on to it while rows come and go.
enum RowID: Sendable, Hashable, Comparable {
    case object(ObjectKey)
    case connection(Connection.ID)
    case blocked(BlockedEgress.ID)
    case proxy(ProxyID)
    case action(ActionRecord.ID)

    static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.object(let left), .object(let right)): left < right
        case (.connection(let left), .connection(let right)): left < right
        case (.blocked(let left), .blocked(let right)): left < right
        case (.proxy(let left), .proxy(let right)): left < right
        case (.action(let left), .action(let right)): left < right
        default: left.rank < right.rank
        }
    }

    private var rank: Int {
        switch self {
        case .object: 0
        case .connection: 1
        case .blocked: 2
        case .proxy: 3
        case .action: 4
        }
    }
}

/// One column of a pane, on the screen and in printed tables alike.
struct Column: Sendable, Hashable {
    let id: String
    /// The heading of the screen; a printed table has it in upper case.
    let title: String
    let alignment: Alignment
    /// How a text is cut that is wider than the column.
    let truncation: Truncation
    /// Shown by `-o wide`, and on the screen when scrolled sideways.
    let isWide: Bool
    /// A column that gives way when the pane is narrow; nil keeps its full width.
    let minimum: Int?
    /// Takes what room is left.
    let grows: Bool
    /// Shown bold for one tick after a change.
    let marksChange: Bool

    init(
        _ id: String, _ title: String, _ alignment: Alignment = .left, truncation: Truncation = .end,
        minimum: Int? = nil, grows: Bool = false, marksChange: Bool = false, isWide: Bool = false
    ) {
        self.id = id
        self.title = title
        self.alignment = alignment
        self.truncation = truncation
        self.minimum = minimum
        self.grows = grows
        self.marksChange = marksChange
        self.isWide = isWide
    }
}

/// What a row says in one column.
struct CellText: Sendable, Hashable {
    var text: String
    var role: Role

    init(_ text: String, _ role: Role = .text) {
        self.text = text
        self.role = role
    }
}

/// What rows are ordered by.
enum SortKey: Sendable, Hashable, Comparable {
    case number(Double)
    case text(String)
}

/// Which column orders the rows, and which way.
struct SortOrder: Sendable, Hashable {
    var column: String
    var descending: Bool

    init(column: String, descending: Bool = false) {
        self.column = column
        self.descending = descending
    }
}

/// What a row is written from.
struct RowContext: Sendable {
    enum Medium: Sendable, Hashable { case screen, table }

    var snapshot: MeshSnapshot
    var now: Date
    var clock: WallClock
    var medium: Medium
    /// What became of the changes that the operator made, by the row that they were made on.
    var progress: [RowID: ChangeProgress]

    init(
        snapshot: MeshSnapshot, now: Date, clock: WallClock = WallClock(), medium: Medium = .screen,
        progress: [RowID: ChangeProgress] = [:]
    ) {
        self.snapshot = snapshot
        self.now = now
        self.clock = clock
        self.medium = medium
        self.progress = progress
    }

    /// The rows that stand above and below the one that is written, for panes whose rows belong together.
    var neighbours: (above: Int?, below: Int?) = (nil, nil)
    /// Columns inside of the pane that is drawn.
    var columns = Int.max
    /// What the whole mesh configuration says of rows whose details are shown.
    var answers: [RowID: AppModel.Answer] = [:]
}

/// A piece of a row's line: a column, or fixed text that stands between two of them instead of the blank.
enum Element: Sendable, Hashable {
    case column(String)
    case text(String)
}

/// How a row lies in its pane: the elements of each of its lines.
struct Arrangement: Sendable, Hashable {
    var lines: [[Element]]
    /// Blanks before the second and further lines.
    var indent = 0
    var hasHeading: Bool

    /// Columns on one line each, in their order.
    static func table(_ columns: [String], heading: Bool = true) -> Arrangement {
        Arrangement(lines: [columns.map(Element.column)], hasHeading: heading)
    }
}

/// A list of one kind of thing. To add one, write its file and name it in `Panes.all`; nothing else knows it.
///
/// Rows are asked for by their index in the snapshot, so that only those that are visible are ever written out.
protocol Pane: PaneKind {
    init()
    var id: PaneID { get }
    var title: String { get }
    /// What its rows are, in the plural, for sentences.
    var noun: String { get }
    var columns: [Column] { get }
    var defaultSort: SortOrder { get }
    /// The keys that a filter term `key:value` may have.
    var filterKeys: [String] { get }

    /// How rows lie in a pane with this many columns inside its border.
    func arrangement(width: Int) -> Arrangement
    /// Indexes of the snapshot's elements that are shown.
    func members(of snapshot: MeshSnapshot) -> [Int]
    /// Whether one element is shown; says the same as `members`.
    func isMember(_ index: Int, of snapshot: MeshSnapshot) -> Bool
    /// How the list that the indexes are of differs from an earlier snapshot's; nil to have all rows made anew. A pane
    /// that answers must take members, sort keys and filter values from the row alone.
    func changes(from old: MeshSnapshot, to new: MeshSnapshot) -> RowChanges?
    func id(of index: Int, in snapshot: MeshSnapshot) -> RowID
    /// What a person calls the row.
    func name(of index: Int, in snapshot: MeshSnapshot) -> String
    /// What is copied as the row's name: what commands take.
    func commandName(of index: Int, in snapshot: MeshSnapshot) -> String
    func cell(_ column: String, of index: Int, in context: RowContext) -> CellText
    func sortKey(_ column: String, of index: Int, in snapshot: MeshSnapshot) -> SortKey
    /// The values that a filter term `key:value` compares with.
    func filterValues(_ key: String, of index: Int, in snapshot: MeshSnapshot) -> [String]
    /// The count for the pane's border.
    func summary(of context: RowContext, rows: Int) -> String
    /// What is said when there is nothing, and whether that is good news.
    var emptyText: CellText { get }
    /// The same of a mesh that is known, with what can be done about it.
    func emptyTexts(_ model: AppModel) -> [CellText]
    /// The action whose key the selected row shows; nil for none.
    var hintedAction: String? { get }
    /// Whether rows tell how long ago something was, so that they change by the second.
    var showsAges: Bool { get }
    /// Whether what the pane shows comes from this source.
    func isFed(by source: SourceID) -> Bool
    /// What one source is called when some fail: `1 of 7 proxies unreachable`.
    var sourceNoun: String { get }
    /// What is known about the row, for the details view.
    func details(of index: Int, in context: RowContext) -> [DetailLine]
    /// The rows that it refers to.
    func relations(of index: Int, in snapshot: MeshSnapshot) -> [Relation]
    /// What its details ask of the whole mesh configuration; nil for nothing.
    func question(of index: Int, in snapshot: MeshSnapshot) -> Question.Subject?
    /// The row as a document: the API's object where there is one.
    func document(of index: Int, in snapshot: MeshSnapshot) -> JSONValue
    /// The row as scripts get it: what meshtop knows, in fields.
    func record(of index: Int, in snapshot: MeshSnapshot) -> JSONValue
    /// What the records hold, each field of them.
    var fields: [RecordField] { get }
    /// When what a row tells of last happened; nil for rows without a time.
    func time(of index: Int, in snapshot: MeshSnapshot) -> Date?
    /// What the pane's command prints, in a sentence.
    var abstract: String { get }
}

/// A line of the details view.
enum DetailLine: Sendable, Hashable {
    case heading(String)
    case field(String, CellText)
    case text(CellText)
}

/// All panes in the order of their numbers.
enum Panes {
    static let all: [any Pane] = [
        ServicesPane(),
        EntriesPane(),
        ConnectionsPane(),
        BlockedPane(),
        LogPane(),
        ProxiesPane(),
        EgressMapPane(),
    ]

    /// The panes that stand side by side; any other one takes the whole body while it is focused.
    static let grid = all.prefix(4)

    static func pane(_ id: PaneID) -> any Pane {
        all.first { $0.id == id } ?? ServicesPane()
    }
}

extension Pane {
    func record(of index: Int, in snapshot: MeshSnapshot) -> JSONValue { document(of: index, in: snapshot) }

    func isMember(_ index: Int, of snapshot: MeshSnapshot) -> Bool { true }

    func changes(from old: MeshSnapshot, to new: MeshSnapshot) -> RowChanges? { nil }

    func relations(of index: Int, in snapshot: MeshSnapshot) -> [Relation] { [] }

    func question(of index: Int, in snapshot: MeshSnapshot) -> Question.Subject? { nil }

    var hintedAction: String? { nil }

    func emptyTexts(_ model: AppModel) -> [CellText] { [emptyText] + Self.elsewhere(model) }

    /// That there are other namespaces than the one that is looked at.
    static func elsewhere(_ model: AppModel) -> [CellText] {
        guard let namespace = model.shown?.identity.namespace else { return [] }
        return [CellText("In \(namespace) alone; :ns all looks everywhere", .dim)]
    }

    func time(of index: Int, in snapshot: MeshSnapshot) -> Date? { nil }

    var abstract: String { "List the \(noun)." }

    var showsAges: Bool { false }

    func commandName(of index: Int, in snapshot: MeshSnapshot) -> String { name(of: index, in: snapshot) }

    func column(_ id: String) -> Column {
        columns.first { $0.id == id } ?? Column(id, id)
    }

    /// The index of the row with this ID in the snapshot; nil when it is gone.
    func index(of id: RowID, in snapshot: MeshSnapshot) -> Int? {
        members(of: snapshot).first { self.id(of: $0, in: snapshot) == id }
    }
}
