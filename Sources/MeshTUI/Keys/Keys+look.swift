import MeshState

extension KeyTable {
    /// Looking at one row without changing anything.
    static let lookKeys: [KeyBinding] = [
        KeyBinding("details", [.enter], .look, hint: "details", "What is known about the row", reason: noRow) {
            $0.open(.details)
        },
        KeyBinding("describe", [.character("d")], .look, "The object in words", reason: noRow) { $0.open(.describe) },
        KeyBinding("yaml", [.character("y")], .look, hint: "YAML", "The object as YAML", reason: noRow) { $0.open(.yaml) },
        KeyBinding("copy name", [.character("c")], in: [.list, .text], .look, "Copy the row's name", reason: noRow) { model in
            guard let (row, snapshot) = model.selection else { return [] }
            let text = model.pane.name(of: row.index, in: snapshot)
            model.say("Copied: \(text)")
            return [.copy(text)]
        },
        KeyBinding("copy YAML", [.character("C")], in: [.list, .text], .look, "Copy the object as YAML", reason: noRow) { model in
            guard let (row, snapshot) = model.selection else { return [] }
            model.say("Copied the YAML of \(model.pane.name(of: row.index, in: snapshot))")
            return [.copy(model.pane.document(of: row.index, in: snapshot).yamlText)]
        },
    ]

    static let noRow: @Sendable (AppModel) -> String? = { $0.selection == nil ? "no row is selected" : nil }

    /// In a text.
    static let textKeys: [KeyBinding] = [
        KeyBinding("search", [.character("/"), .function(4)], in: [.text], .look, hint: "search", "Search in the text") { model in
            model.layers.append(PromptLayer(.search, text: ""))
            return []
        },
        KeyBinding("next match", [.character("n")], in: [.text], .look, hint: "next", "To the next match") { model in
            model.withTop(TextLayer.self) { $0.step(1, $1) }
            return []
        },
        KeyBinding("previous match", [.character("N")], in: [.text], .look, "To the match before") { model in
            model.withTop(TextLayer.self) { $0.step(-1, $1) }
            return []
        },
        KeyBinding("close help", [.escape], in: [.help], .look, hint: "back", "Close") { model in
            model.layers.removeLast()
            return []
        },
        KeyBinding("close", [.escape, .character("q")], in: [.text, .menu], .look, hint: "back", "Close") { model in
            if let text = model.layers.last as? TextLayer, text.search != nil {
                model.withTop(TextLayer.self) { layer, _ in layer.search = nil }
            } else if !model.layers.isEmpty {
                model.layers.removeLast()
            }
            return []
        },
    ]
}

extension AppModel {
    mutating func open(_ view: TextLayer.View) -> [Effect] {
        guard let (row, _) = selection else { return [] }
        layers.append(TextLayer(view, pane: focus, row: row.id, self))
        return []
    }
}
