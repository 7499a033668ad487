import MeshState

extension KeyTable {
    /// Marking rows, so that one action is meant for all of them.
    static let markKeys: [KeyBinding] = [
        KeyBinding(
            "mark", [.character(" ")], .look, "Mark the row or take its mark away, and go to the next", reason: noRow
        ) { model in
            guard let row = model.current.selected else { return [] }
            model.current.toggleMark(row.id)
            return model.move(.by(1))
        },
        KeyBinding(
            "mark range", [.character("v")], .look, "Mark every row from the last mark to here",
            reason: { model in
                noRow(model) ?? (model.current.rangeFromLastMark == nil ? "mark a row with \(model.keys.label("mark")) first" : nil)
            }
        ) { model in
            model.current.markRange()
            return []
        },
        KeyBinding(
            "clear marks", [.character("U")], .look, "Take all marks of this pane away",
            reason: { $0.current.marks.isEmpty ? "no row is marked" : nil }
        ) { model in
            model.current.clearMarks()
            return []
        },
    ]
}

extension AppModel {
    /// The rows that an action is meant for: the marked ones, else the selected one. Those that are shown come in the
    /// order of the screen, and those that the filter hides after them.
    var chosenRows: [RowRef] {
        guard let shown, !current.marks.isEmpty else { return current.selected.map { [$0] } ?? [] }
        let visible = current.rows.filter { current.marks.contains($0.id) }
        let hidden = current.marks.subtracting(visible.map(\.id)).sorted()
        return visible + hidden.compactMap { id in pane.index(of: id, in: shown).map { RowRef(id: id, index: $0) } }
    }
}

extension PaneState {
    mutating func toggleMark(_ id: RowID) {
        if marks.remove(id) == nil {
            marks.insert(id)
            lastMark = id
        } else if lastMark == id {
            lastMark = nil
        }
    }

    /// Places from the last mark to the selected row; nil where either is not shown.
    var rangeFromLastMark: ClosedRange<Int>? {
        guard let lastMark, let here = selectedIndex, let there = rows.firstIndex(where: { $0.id == lastMark }) else {
            return nil
        }
        return min(here, there)...max(here, there)
    }

    mutating func markRange() {
        guard let range = rangeFromLastMark else { return }
        marks.formUnion(rows[range].map(\.id))
        lastMark = selected?.id
    }

    mutating func clearMarks() {
        marks = []
        lastMark = nil
    }

    /// Takes the marks from rows that are not there any more; `isThere` tells of one.
    mutating func dropMarks(unless isThere: (RowID) -> Bool) {
        marks = marks.filter(isThere)
        if let last = lastMark, !marks.contains(last) { lastMark = nil }
    }
}
