public import MeshState

/// The type of a pane; each has its command by that.
public protocol PaneKind: Sendable {
    static var listing: Listing { get }
}

extension Pane {
    static var listing: Listing { Listing(pane: Self()) }
}

/// What the command line and the documents know of a pane.
public struct Listing: Sendable {
    let pane: any Pane

    /// The kinds of all panes, in the order of their numbers.
    public static let kinds: [any PaneKind.Type] = Panes.all.map { type(of: $0) }

    /// The log, which is of use without a mesh, too.
    public static let log = LogPane.listing

    public init(_ id: PaneID) { pane = Panes.pane(id) }

    init(pane: any Pane) { self.pane = pane }

    public var id: PaneID { pane.id }
    public var title: String { pane.title }
    /// What its rows are, in the plural.
    public var noun: String { pane.noun }
    /// What its command prints, in a sentence.
    public var abstract: String { pane.abstract }
    /// The fields of its records.
    public var fields: [RecordField] { pane.fields }
    /// The keys of the filter language that it has.
    public var filterKeys: [String] { pane.filterKeys }
    /// Names of the columns that rows are ordered by, as `--sort-by` takes them.
    public var columnNames: [String] { pane.columns.map(\.id) }
    /// What it says when there is nothing.
    public var emptyText: String { pane.emptyText.text }
    /// The pane's columns: titles of the printed table, and whether only `-o wide` has them.
    public var columns: [(title: String, isWide: Bool)] {
        pane.columns.map { ($0.title.uppercased(), $0.isWide) }
    }
}
