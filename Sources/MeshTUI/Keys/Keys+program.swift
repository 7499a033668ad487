import MeshState

extension KeyTable {
    private static let isForced: @Sendable (AppModel) -> String? = { model in
        model.lock == .forced ? "this console was started read-only" : nil
    }

    /// The program itself.
    static let programKeys: [KeyBinding] = [
        KeyBinding(
            "help", [.character("?"), .function(1)], in: [.list, .text, .dialog, .menu, .options, .drafts, .conflict],
            .program, hint: "help",
            "The keys that work here; type to search"
        ) { model in
            model.layers.append(HelpLayer(scope: model.scope, model))
            return []
        },
        KeyBinding("quit", [.character("q")], .program, hint: "quit", "Quit") { $0.quit() },
        KeyBinding(
            "quit at once", [.character("Q"), .function(10), .control("c")], in: Set(KeyScope.allCases), .program,
            "Quit from anywhere"
        ) { $0.quit() },
        KeyBinding(
            "lock", [.character("L")], .program, "Lock changes, and unlock them",
            reason: isForced
        ) { model in
            model.lock = model.lock == .open ? .locked : .open
            return []
        },
        KeyBinding("save", [.control("s")], in: [.list, .text], .program, "Save what is shown to a file") { $0.save() },
        KeyBinding(
            "redraw", [.control("l")], in: Set(KeyScope.allCases), .program,
            "Draw the screen anew, columns as narrow as they can be"
        ) { model in
            for pane in Panes.all { model[pane.id].widths = [:] }
            return [.redraw]
        },
        KeyBinding("suspend", [.control("z")], in: Set(KeyScope.allCases), .program, "Back to the shell; fg returns") {
            _ in
            [.suspend]
        },
    ]
}

extension AppModel {
    /// Quits; asks first while the API has not answered to a change.
    mutating func quit() -> [Effect] {
        let open = progress.values.filter(\.isPending)
        guard !open.isEmpty, !(layers.last is ConfirmDialog) else { return keepForms(isForced: true) + [.quit] }
        layers.append(ConfirmDialog.quit(waitingFor: open.map(\.request.summary).sorted()))
        return []
    }

    mutating func save() -> [Effect] {
        if let text = layers.last as? TextLayer {
            return [.save(text: text.plainText, name: text.fileName)]
        }
        guard let shown else {
            say("nothing to save yet", isError: true)
            return []
        }
        let (table, json) = savedTexts(of: pane, in: shown)
        return [.save(text: table, name: "\(pane.id.name).txt"), .save(text: json, name: "\(pane.id.name).json")]
    }
}
