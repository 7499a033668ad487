/// A line in which the operator types: the filter of a pane, or what to search in a text.
struct PromptLayer: Layer {
    enum Purpose: Sendable {
        /// Filters while typing; `before` comes back with Esc.
        case filter(PaneID, before: Filter)
        case search
    }

    let purpose: Purpose
    private var text: [Character]
    private var cursor: Int
    let scope = KeyScope.prompt

    init(_ purpose: Purpose, text: String) {
        self.purpose = purpose
        self.text = Array(text)
        cursor = self.text.count
    }

    mutating func handle(_ key: Key, _ model: inout AppModel) -> LayerAnswer {
        let before = text
        switch key {
        case .character(let character):
            text.insert(character, at: cursor)
            cursor += 1
        case .backspace where cursor > 0:
            text.remove(at: cursor - 1)
            cursor -= 1
        case .delete where cursor < text.count: text.remove(at: cursor)
        case .control("u"):
            text = []
            cursor = 0
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(text.count, cursor + 1)
        case .home: cursor = 0
        case .end: cursor = text.count
        case .enter: return .closed
        case .escape:
            cancel(&model)
            return .closed
        case .backspace where text.isEmpty:
            cancel(&model)
            return .closed
        default: return .passed
        }
        if text != before { apply(&model) }
        return .consumed
    }

    private func apply(_ model: inout AppModel) {
        switch purpose {
        case .filter(let pane, _): model.setFilter(String(text), of: pane)
        case .search:
            // The text lies under this layer, which is on top while it handles a key.
            guard let index = model.layers.lastIndex(where: { $0 is TextLayer }) else { return }
            guard var layer = model.layers[index] as? TextLayer else { return }
            layer.search = text.isEmpty ? nil : String(text)
            layer.step(0, model)
            model.layers[index] = layer
        }
    }

    private mutating func cancel(_ model: inout AppModel) {
        switch purpose {
        case .filter(let pane, let before): model.setFilter(before.text, of: pane)
        case .search:
            text = []
            apply(&model)
        }
    }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let footer = model.layout.footer
        guard footer.height > 0, footer.width > 1 else { return }
        canvas.clear(footer)
        canvas.put("/", column: 0, row: footer.row, look: Look(.prompt))
        // What is left of the cursor is shown as far as there is room, so that the cursor is always to be seen.
        let before = String(text[..<cursor])
        let shown = before.columns < footer.width - 1 ? before : before.suffix(columns: footer.width - 2)
        let place = canvas.put(shown, column: 1, row: footer.row, look: Look(.prompt))
        let end = canvas.put(String(text[cursor...]), column: place, row: footer.row, look: Look(.prompt))
        canvas.placeCursor(Position(column: min(place, footer.width - 1), row: footer.row))
        guard let hint = hint(model) else { return }
        let start = footer.width - hint.text.columns - 1
        if start > end + 1 { canvas.put(hint.text, column: start, row: footer.row, look: Look(hint.role)) }
    }

    /// What is wrong with the text, else how it is written.
    private func hint(_ model: AppModel) -> CellText? {
        switch purpose {
        case .search: return CellText("Enter keeps  Esc cancels", .dim)
        case .filter(let id, _):
            if let problem = model[id].filter.problem { return CellText(problem, .error) }
            if text.isEmpty {
                let keys = Panes.pane(id).filterKeys.map { "\($0):" }.joined(separator: " ")
                return CellText("word !word ~regex a|b \(keys)", .dim)
            }
            return CellText("\(model[id].rows.count) of \(model[id].total)", .dim)
        }
    }
}
