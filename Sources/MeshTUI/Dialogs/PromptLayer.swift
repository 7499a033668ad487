/// A line in which the operator types: a command, the filter of a pane, or what to search in a text.
struct PromptLayer: EditingLayer {
    enum Purpose: Sendable {
        /// Filters while typing; `before` comes back with Esc.
        case filter(PaneID, before: Filter)
        case search
        case command
        /// For how long the changes of the dialog below shall be.
        case duration
    }

    let purpose: Purpose
    private var editor: LineEditor
    private var completion: Completion?
    /// Which line of the history is shown, counted from the newest; nil for what is being typed.
    private var past: Int?
    /// What was being typed when the history was entered.
    private var draft = ""
    let scope = KeyScope.prompt

    init(_ purpose: Purpose, text: String) {
        self.purpose = purpose
        editor = LineEditor(text)
    }

    mutating func handle(_ key: Key, _ model: inout AppModel) -> LayerAnswer {
        switch key {
        case .character(let character):
            editor.insert(character)
            hasTyped(&model)
            return .consumed
        case .escape: break
        case .backspace where editor.isEmpty: break
        default: return .passed
        }
        cancel(&model)
        return .closed
    }

    mutating func edit(_ action: LineEditor.Action, _ model: inout AppModel) {
        let before = editor.text
        editor.apply(action)
        if editor.text != before { hasTyped(&model) } else { completion = nil }
    }

    private mutating func hasTyped(_ model: inout AppModel) {
        completion = nil
        past = nil
        apply(&model)
    }

    private func apply(_ model: inout AppModel) {
        switch purpose {
        case .command, .duration: break
        case .filter(let pane, _): model.setFilter(editor.text, of: pane)
        case .search:
            // The text lies under this layer, which is on top while it handles a key.
            guard let index = model.layers.lastIndex(where: { $0 is TextLayer }) else { return }
            guard var layer = model.layers[index] as? TextLayer else { return }
            layer.search = editor.isEmpty ? nil : editor.text
            layer.step(0, model)
            model.layers[index] = layer
        }
    }

    private mutating func cancel(_ model: inout AppModel) {
        switch purpose {
        case .command, .duration: break
        case .filter(let pane, let before): model.setFilter(before.text, of: pane)
        case .search:
            editor = LineEditor()
            apply(&model)
        }
    }

    // MARK: Enter, history, completion

    /// The list of the history that its lines are kept in.
    private var listName: String {
        switch purpose {
        case .command: "command"
        case .duration: "duration"
        case .search: "search"
        case .filter(let pane, _): "filter \(pane.name)"
        }
    }

    /// Does what the line says; the prompt is closed already.
    func accept(_ model: inout AppModel) -> [Effect] {
        let isNew = model.history.add(editor.text, to: listName)
        let kept: [Effect] = isNew ? [.remember(model.history)] : []
        switch purpose {
        case .filter, .search: return kept
        case .command: return kept + CommandTable.run(editor.text, &model)
        case .duration:
            guard case .success(let seconds) = Lasting.seconds(of: editor.text) else { return kept }
            return kept + model.setDuration(seconds)
        }
    }

    /// Whether Enter can do nothing with what is typed; what is wrong stands beside it.
    var isWrong: Bool {
        guard case .duration = purpose, !editor.isEmpty, case .failure = Lasting.seconds(of: editor.text) else {
            return false
        }
        return true
    }

    /// Shows an older line of the history (1) or a newer one (-1).
    mutating func recall(_ step: Int, _ model: inout AppModel) {
        let lines = model.history[listName]
        let place = (past ?? -1) + step
        guard place < lines.count else { return }
        if past == nil { draft = editor.text }
        past = place < 0 ? nil : place
        completion = nil
        editor = LineEditor(past.map { lines[lines.count - 1 - $0] } ?? draft)
        apply(&model)
    }

    /// Completes the word before the cursor as far as it is certain; pressed again, with one candidate after the other.
    /// Of a path the folder is asked for first, and this is done again once it is known.
    mutating func complete(_ model: inout AppModel) -> [Effect] {
        if completion == nil, let typedPath, model.paths?.typed != typedPath { return [.listPaths(typedPath)] }
        if completion == nil { completion = Completion(purpose, editor, model) }
        guard var found = completion else { return [] }
        found.advance(&editor)
        apply(&model)
        completion = found.isSettled ? nil : found
        return []
    }

    /// The half typed path before the cursor.
    var typedPath: String? {
        guard case .command = purpose else { return nil }
        return CommandTable.typedPath(in: String(editor.text.prefix(editor.cursor)))
    }

    // MARK: Drawing

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let footer = model.layout.footer
        guard footer.height > 0, footer.width > 1 else { return }
        canvas.clear(footer)
        let start = canvas.put(sign.truncated(to: footer.width - 1), column: 0, row: footer.row, look: Look(.prompt))
        let (text, cursor) = editor.visible(in: footer.width - start)
        let end = canvas.put(text, column: start, row: footer.row, look: Look(.prompt))
        canvas.placeCursor(Position(column: start + cursor, row: footer.row))
        if let completion, footer.row > 1 {
            completion.draw(in: Rect(column: 0, row: footer.row - 1, width: footer.width, height: 1), on: &canvas)
        }
        guard let hint = hint(model) else { return }
        let place = footer.width - hint.text.columns - 1
        if place > end + 1 { canvas.put(hint.text, column: place, row: footer.row, look: Look(hint.role)) }
    }

    /// What stands before the text.
    private var sign: String {
        switch purpose {
        case .filter, .search: "/"
        case .command: ":"
        case .duration: "For how long: "
        }
    }

    /// What is wrong with the text, else how it is written.
    private func hint(_ model: AppModel) -> CellText? {
        switch purpose {
        case .search: return CellText("Enter keeps  Esc cancels", .dim)
        case .command: return CommandTable.hint(for: editor.text, model)
        case .duration: return Lasting.hint(for: editor.text, at: model.now, model.clock)
        case .filter(let id, _):
            if let problem = model[id].filter.problem { return CellText(problem, .error) }
            if editor.isEmpty {
                let keys = Panes.pane(id).filterKeys.map { "\($0):" }.joined(separator: " ")
                return CellText("word !word ~regex a|b \(keys)", .dim)
            }
            return CellText("\(model[id].rows.count) of \(model[id].total)", .dim)
        }
    }
}

extension AppModel {
    /// Closes the prompt on top and does what its line says.
    mutating func acceptPrompt() -> [Effect] {
        guard let prompt = layers.last as? PromptLayer, !prompt.isWrong else { return [] }
        layers.removeLast()
        return prompt.accept(&self)
    }

    /// Lets the prompt on top act on the model.
    mutating func withPrompt<Result>(_ act: (inout PromptLayer, inout AppModel) -> Result) -> Result? {
        guard var prompt = layers.last as? PromptLayer else { return nil }
        let result = act(&prompt, &self)
        layers[layers.count - 1] = prompt
        return result
    }

    /// What is known of the path that is being typed.
    func paths(for before: String) -> (typed: String, candidates: [String])? {
        paths.flatMap { $0.typed == CommandTable.typedPath(in: before) ? $0 : nil }
    }

    /// Goes on with completing a path, if it is still what is typed.
    mutating func take(_ candidates: [String], for typed: String) {
        paths = (typed, candidates)
        _ = withPrompt { prompt, model in
            if prompt.typedPath == typed { _ = prompt.complete(&model) }
        }
    }
}
