import MeshState

extension KeyTable {
    /// Looking at one row without changing anything.
    static let lookKeys: [KeyBinding] = [
        KeyBinding("details", [.enter], .look, hint: "details", "What is known about the row", reason: noRow) {
            $0.open(.details)
        },
        KeyBinding("describe", [.character("d")], .look, "The object in words", reason: noRow) { $0.open(.describe) },
        KeyBinding("yaml", [.character("y")], .look, hint: "YAML", "The object as YAML", reason: noRow) {
            $0.open(.yaml)
        },
        KeyBinding("copy name", [.character("c")], in: [.list, .text], .look, "Copy the row's name", reason: noSubject)
        { model in
            guard let subject = model.subject else { return [] }
            let text = subject.pane.commandName(of: subject.index, in: subject.snapshot)
            return model.copy(text, saying: "Copied: \(text)")
        },
        KeyBinding(
            "copy YAML", [.character("C")], in: [.list, .text], .look, "Copy the object as YAML", reason: noSubject
        ) { model in
            guard let subject = model.subject else { return [] }
            // Shown as well, so that a mouse can select what the terminal does not take.
            if (model.layers.last as? TextLayer)?.view != .yaml { _ = model.open(.yaml) }
            let name = subject.pane.name(of: subject.index, in: subject.snapshot)
            return model.copy(
                subject.pane.document(of: subject.index, in: subject.snapshot).yamlText,
                saying: "Copied the YAML of \(name)")
        },
    ]

    private static let noSubject: @Sendable (AppModel) -> String? = { $0.subject == nil ? "there is no row" : nil }

    static let noRow: @Sendable (AppModel) -> String? = { $0.selection == nil ? "no row is selected" : nil }

    private static let noSearch: @Sendable (AppModel) -> String? = { model in
        guard let text = model.layers.last as? TextLayer, let search = text.search else {
            return "nothing is searched for (\(model.keys.label("search")))"
        }
        return text.hits.isEmpty ? "\(search) is not there" : text.hits.count == 1 ? "there is no other one" : nil
    }

    /// In a text.
    static let textKeys: [KeyBinding] = [
        KeyBinding("search", [.character("/"), .function(4)], in: [.text], .look, hint: "search", "Search in the text")
        { model in
            model.layers.append(PromptLayer(.search, text: ""))
            return []
        },
        KeyBinding(
            "next match", [.character("n")], in: [.text], .look, hint: "next", "To the next match", reason: noSearch
        ) { model in
            model.withTop(TextLayer.self) { $0.step(1, $1) }
            return []
        },
        KeyBinding(
            "previous match", [.character("N")], in: [.text], .look, "To the match before", reason: noSearch
        ) { model in
            model.withTop(TextLayer.self) { $0.step(-1, $1) }
            return []
        },
        KeyBinding("close help", [.escape], in: [.help], .look, hint: "back", "Close") { model in
            model.layers.removeLast()
            return []
        },
        KeyBinding("close", [.escape, .character("q")], in: [.text, .menu, .options], .look, hint: "back", "Close") {
            model in
            if let text = model.layers.last as? TextLayer, text.search != nil {
                model.withTop(TextLayer.self) { layer, _ in layer.search = nil }
            } else if let top = model.layers.popLast() {
                (top as? any Menu)?.cancel(&model)
            }
            return []
        },
    ]
}

/// A row that something is done with.
struct Subject {
    var pane: any Pane
    var index: Int
    var snapshot: MeshSnapshot
}

extension AppModel {
    /// The row that is looked at: that of the text on top, else the selected one.
    var subject: Subject? {
        guard let text = layers.last as? TextLayer else {
            guard let (row, snapshot) = selection else { return nil }
            return Subject(pane: pane, index: row.index, snapshot: snapshot)
        }
        let pane = Panes.pane(text.pane)
        guard let shown, let index = pane.index(of: text.row, in: shown) else { return nil }
        return Subject(pane: pane, index: index, snapshot: shown)
    }

    /// Terminals take no longer text into their clipboards.
    private static let mostCopied = 56_000

    fileprivate mutating func copy(_ text: String, saying words: String) -> [Effect] {
        guard text.utf8.count <= Self.mostCopied else {
            say("too long for a terminal's clipboard; \(keys.label("save")) saves it to a file", isError: true)
            return []
        }
        say(words)
        return [.copy(text)]
    }

    mutating func open(_ view: TextLayer.View) -> [Effect] {
        guard let (row, _) = selection else { return [] }
        layers.append(TextLayer(view, pane: focus, row: row.id, self))
        return []
    }
}
