import MeshState

/// What became of each of several changes that were made together.
struct ResultsLayer: Menu {
    private let title: String
    private var rows: [(change: ProposedChange, result: CellText)]
    private var index = 0
    let scope = KeyScope.menu

    init(_ changes: [ProposedChange]) {
        title = Words.count(changes.count, "change")
        rows = changes.map { ($0, CellText("\(Glyph.waiting.text) pending", .pending)) }
    }

    /// Notes the API's answer to one of them.
    mutating func take(_ id: Int, _ result: ChangeResult) {
        guard let place = rows.firstIndex(where: { $0.change.request.id == id }) else { return }
        switch result {
        case .done(_, let warnings):
            let text = warnings.isEmpty ? "done" : "done; \(warnings.joined(separator: "; "))"
            rows[place].result = CellText("\(Glyph.on.text) \(text)", warnings.isEmpty ? .ok : .warn)
        case .failed(let message, let isConflict):
            let text = isConflict ? "changed meanwhile: \(message)" : message
            rows[place].result = CellText("\(Glyph.failed.text) \(text)", .error)
        }
    }

    mutating func move(_ move: Move, _ model: inout AppModel) {
        index = min(max(0, move.target(from: index, visible: rows.count, count: rows.count)), rows.count - 1)
    }

    /// Goes to the entry of the chosen line.
    func choose(_ model: inout AppModel) -> [Effect] {
        let change = rows[index].change
        let effects = model.focus(on: change.pane)
        if let place = model.current.rows.firstIndex(where: { $0.id == change.row }) {
            model.current.select(place, visible: model.visibleRows(of: model.focus))
        }
        return effects
    }

    private var note: CellText {
        let open = rows.count { $0.result.role == .pending }
        let failed = rows.count { $0.result.role == .error }
        if open > 0 { return CellText("\(open) pending", .pending) }
        return failed > 0 ? CellText("\(failed) failed", .error) : CellText("all done", .ok)
    }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let isOneKind = Set(rows.map(\.change.request.target.kind)).count == 1
        let names = rows.map { row in
            let target = row.change.request.target
            return isOneKind ? "\(target.namespace)/\(target.name)" : "\(target)"
        }
        let nameWidth = names.map(\.columns).max() ?? 0
        let widest = rows.map(\.result.text.columns).max() ?? 0
        let area = Popup.area(width: max(50, nameWidth + 2 + widest + 4), height: rows.count + 2, in: model.size)
        let inside = Popup.frame(area, title: title, note: note, on: &canvas)
        // What became of it is worth more than the whole of a name.
        let shownNames = min(nameWidth, max(inside.width / 2, inside.width - 2 - widest))
        let top = max(0, index - inside.height + 1)
        for (offset, row) in rows.dropFirst(top).prefix(max(0, inside.height)).enumerated() {
            let line = inside.row + offset
            let isHere = top + offset == index
            let name = names[top + offset].truncated(to: shownNames, .middle).padded(to: shownNames)
            canvas.put(
                name, column: inside.column, row: line, width: shownNames,
                look: isHere ? Look(.selection, .reverse) : Look())
            let room = max(0, inside.width - shownNames - 2)
            canvas.put(
                row.result.text.truncated(to: room), column: inside.column + shownNames + 2, row: line, width: room,
                look: Look(row.result.role))
        }
    }
}
