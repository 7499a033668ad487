import FoundationEssentials
import MeshState

/// A row that a pane shows: what it stands for and where it lies in the snapshot.
struct RowRef: Sendable, Hashable {
    var id: RowID
    var index: Int
}

/// What the operator has done to one pane, and its rows in the order in which they are shown.
struct PaneState: Sendable {
    /// nil until the operator first touches the pane: then the top row counts, whichever it is.
    var selection: RowID?
    /// Where the selected row lies in `rows`.
    private var cursor = 0
    /// The selected row's name, to speak of it when it has gone.
    var selectedName: String?
    /// The first visible row.
    var top = 0
    /// Rows that the next action is meant for; they keep their marks while a filter hides them.
    var marks: Set<RowID> = []
    /// The row that was marked last, where a range begins.
    var lastMark: RowID?
    /// Columns scrolled off to the left.
    var sideways = 0
    var filter = Filter.none
    var sort: SortOrder
    /// Rows that pass the filter, in order.
    var rows: [RowRef] = []
    /// Rows before filtering.
    var total = 0
    /// What the pane's border says of their number.
    var summary = ""
    /// How far all this can be believed.
    var data = DataState.loading
    /// The order stands still until then, as the operator has just pressed a key.
    var heldUntil: Date?
    /// The widest text seen in each column.
    var widths: [String: Int] = [:]
    /// Columns of visible rows that changed with the last snapshot.
    var changed: [RowID: Set<String>] = [:]

    init(sort: SortOrder) { self.sort = sort }

    var selectedIndex: Int? { rows.indices.contains(cursor) ? cursor : nil }

    var selected: RowRef? { selectedIndex.map { rows[$0] } }

    /// Gives the rows anew: after a snapshot, another filter or another order.
    ///
    /// The selected row keeps its line on the screen, whatever moved above it. Where it has gone, its neighbour in the
    /// old order takes its place, and true is returned.
    @discardableResult
    mutating func rebuild(pane: any Pane, context: RowContext, visible: Int, holding: Bool) -> Bool {
        let old = rows
        let oldIndex = selectedIndex ?? 0
        let line = oldIndex - top
        let members = pane.members(of: context.snapshot)
        total = members.count
        rows = members.map { RowRef(id: pane.id(of: $0, in: context.snapshot), index: $0) }
        if !marks.isEmpty {
            let here = Set(rows.map(\.id))
            dropMarks { here.contains($0) }
        }
        if !filter.isEmpty { applyFilter(pane: pane, context: context) }
        applyOrder(pane: pane, snapshot: context.snapshot, old: holding ? old : [])
        guard let selection else {
            cursor = 0
            scroll(to: 0, line: 0, visible: visible)
            return false
        }
        if let index = rows.firstIndex(where: { $0.id == selection }) {
            cursor = index
            scroll(to: index, line: line, visible: visible)
            return false
        }
        let left = Dictionary(rows.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        let heirs = old.dropFirst(oldIndex + 1) + old.prefix(oldIndex).reversed()
        let index = heirs.lazy.compactMap { left[$0.id] }.first ?? 0
        cursor = index
        self.selection = selected?.id
        scroll(to: index, line: line, visible: visible)
        return old.contains { $0.id == selection }
    }

    private mutating func applyFilter(pane: any Pane, context: RowContext) {
        let matcher = Filter.Matcher(filter)
        rows.removeAll { row in
            !matcher.passes(
                text: {
                    pane.columns.map { pane.cell($0.id, of: row.index, in: context).text }.joined(separator: " ")
                }, values: { pane.filterValues($0, of: row.index, in: context.snapshot) })
        }
    }

    private mutating func applyOrder(pane: any Pane, snapshot: MeshSnapshot, old: [RowRef]) {
        let keyed = rows.map { (key: pane.sortKey(sort.column, of: $0.index, in: snapshot), row: $0) }
        let descending = sort.descending
        let sorted = keyed.sorted { left, right in
            if left.key != right.key { return descending ? left.key > right.key : left.key < right.key }
            return left.row.id < right.row.id
        }
        rows = sorted.map(\.row)
        guard !old.isEmpty else { return }
        // While the order is held, rows that were there keep their places and new ones come last.
        let places = Dictionary(old.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        let known = rows.filter { places[$0.id] != nil }.sorted {
            places[$0.id, default: 0] < places[$1.id, default: 0]
        }
        rows = known + rows.filter { places[$0.id] == nil }
    }

    /// Scrolls so that a row stands on a line, as far as there are rows to fill the pane.
    mutating func scroll(to index: Int, line: Int, visible: Int) {
        top = max(0, min(index - line, rows.count - visible))
        reveal(index, visible: visible)
    }

    /// Scrolls as little as it takes for a row to be seen.
    mutating func reveal(_ index: Int, visible: Int) {
        top = min(top, index)
        top = max(top, index - max(1, visible) + 1, 0)
    }

    /// Selects a row by its place; beyond the ends the first or the last.
    mutating func select(_ index: Int, visible: Int) {
        guard !rows.isEmpty else { return }
        let index = min(max(0, index), rows.count - 1)
        cursor = index
        selection = rows[index].id
        reveal(index, visible: visible)
    }

    /// Holds on to the row that counts as selected.
    mutating func pin() {
        if selection == nil { selection = selected?.id }
    }
}
