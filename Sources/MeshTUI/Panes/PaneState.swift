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
    /// Whether rows are those of an earlier snapshot, as the pane is not on the screen.
    var isBehind = false
    /// Whether another filter or order waits to be applied.
    var isPending = false
    /// The selected row stays in view although the filter would hide it.
    var isFollowing = false
    /// The last row is always in view, and none is selected.
    var isWatching = false
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
    /// Whether rows stand elsewhere than the order wants them, as it was held.
    var isUnordered = false
    /// The widest text seen in each column.
    var widths: [String: Int] = [:]
    /// Columns of visible rows that changed a short while ago.
    private(set) var changed: [RowID: Set<String>] = [:]
    /// When they did.
    private(set) var changedAt: [RowID: Date] = [:]

    init(sort: SortOrder) { self.sort = sort }

    var selectedIndex: Int? { rows.indices.contains(cursor) ? cursor : nil }

    var selected: RowRef? { selectedIndex.map { rows[$0] } }

    /// Gives the rows anew: after a snapshot, another filter or another order.
    ///
    /// The selected row keeps its line on the screen, whatever moved above it. Where it has gone, its neighbour in the
    /// old order takes its place, and true is returned.
    ///
    /// - Parameter old: the snapshot that the present rows were made from, if only the mesh has changed since: then rows
    ///   that are as they were cost next to nothing.
    @discardableResult
    mutating func rebuild(
        pane: any Pane, context: RowContext, visible: Int, holding: Bool, since old: MeshSnapshot? = nil
    ) -> Bool {
        let line = (selectedIndex ?? 0) - top
        let wasThere = selection != nil && selected?.id == selection
        let heir: RowID?
        if let old, holding || !isUnordered, let changes = pane.changes(from: old, to: context.snapshot),
            changes.changed.count + changes.gone.count <= 16 + rows.count / 4
        {
            heir = amend(changes, pane: pane, context: context, since: old, holding: holding)
        } else {
            heir = makeRows(pane: pane, context: context, holding: holding)
        }
        if isWatching {
            selection = nil
            cursor = max(0, rows.count - 1)
            scroll(to: cursor, line: visible, visible: visible)
            return false
        }
        guard let selection else {
            cursor = 0
            scroll(to: 0, line: 0, visible: visible)
            return false
        }
        if let index = index(of: selection) {
            cursor = index
            scroll(to: index, line: line, visible: visible)
            return false
        }
        cursor = heir.flatMap(index(of:)) ?? 0
        self.selection = selected?.id
        scroll(to: cursor, line: line, visible: visible)
        return wasThere
    }

    /// Where a row lies; most often it has not moved.
    private func index(of id: RowID) -> Int? {
        if rows.indices.contains(cursor), rows[cursor].id == id { return cursor }
        return rows.firstIndex { $0.id == id }
    }

    /// Marks columns as changed.
    mutating func note(changes: [RowID: Set<String>], at time: Date) {
        for (id, columns) in changes {
            changed[id, default: []].formUnion(columns)
            changedAt[id] = time
        }
    }

    /// Ends the marks of columns that changed until this moment, or of all.
    mutating func forgetChanges(until time: Date = .distantFuture) {
        guard !changedAt.isEmpty else { return }
        changedAt = changedAt.filter { $0.value > time }
        changed = changed.filter { changedAt[$0.key] != nil }
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
