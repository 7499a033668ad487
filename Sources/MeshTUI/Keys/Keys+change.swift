import MeshState

extension KeyTable {
    /// What changes the mesh; each opens a dialog and none acts by itself.
    static let changeKeys: [KeyBinding] = [
        KeyBinding(
            "allow", [.character("a")], panes: [.blocked, .connections], .change, hint: "allow",
            "Let the call out: review a service entry made for it", reason: cannotAllow
        ) { $0.openAllow() },
        KeyBinding(
            "toggle", [.character("t"), .function(9)], panes: [.entries], .change, hint: "toggle",
            "Switch the entry off, or on again, without losing anything", reason: cannotToggle
        ) { $0.openToggle() },
    ]

    private static let cannotChange: @Sendable (AppModel) -> String? = { model in
        switch model.lock {
        case .forced: "this console was started read-only"
        case .locked: "changes are locked (\(model.keys.label("lock")) unlocks)"
        case .open: noRow(model)
        }
    }

    private static let cannotAllow: @Sendable (AppModel) -> String? = { model in
        if let reason = cannotChange(model) { return reason }
        guard let row = model.selection?.row.id else { return nil }
        if let reason = model.isUnderWay(row) { return reason }
        if case .connection(let id) = row, id.cluster != .passthrough {
            return "an entry or a service allows this already"
        }
        return nil
    }

    private static let cannotToggle: @Sendable (AppModel) -> String? = { model in
        cannotChange(model) ?? model.selection.flatMap { model.isUnderWay($0.row.id) }
    }

    /// In a dialog.
    static let dialogKeys: [KeyBinding] = [
        KeyBinding("choose", [.enter], in: [.dialog], .change, hint: "choose", "Press the marked button") {
            $0.decide(nil)
        },
        KeyBinding("yes", [.character("y"), .character("p")], in: [.dialog], .change, hint: "yes", "Apply") {
            $0.decide(true)
        },
        KeyBinding(
            "no", [.character("n"), .character("c"), .escape, .character("q")], in: [.dialog], .change, hint: "no",
            "Cancel"
        ) { $0.decide(false) },
        KeyBinding(
            "other button", [.tab, .backTab, .left, .right, .character("h"), .character("l")], in: [.dialog], .change,
            hint: "other button", "To the other button"
        ) { model in
            model.withTop(ConfirmDialog.self) { layer, _ in layer.isApplyMarked.toggle() }
            return []
        },
    ]
}

extension AppModel {
    /// Why nothing may be asked of a row now: the last change to it has no answer yet.
    func isUnderWay(_ row: RowID) -> String? {
        progress[row]?.isPending == true ? "the last change is not answered yet" : nil
    }

    /// Closes the dialog on top, as its buttons or letters say; nil stands for the marked button.
    mutating func decide(_ choice: Bool?) -> [Effect] {
        guard let dialog = layers.last as? ConfirmDialog else { return [] }
        layers.removeLast()
        guard choice ?? dialog.isApplyMarked else { return [] }
        switch dialog.purpose {
        case .quit: return [.quit]
        case .change(let change):
            if isReadOnly {
                say("changes are locked", isError: true)
                return []
            }
            progress[change.row] = ChangeProgress(
                request: change.request, goal: change.goal, now: now, snapshot: latest)
            return [.apply(change.request)]
        }
    }

    /// Takes in the API's answer to a change.
    mutating func finish(_ request: ChangeRequest, _ result: ChangeResult) {
        if let row = progress.first(where: { $0.value.request.id == request.id })?.key {
            progress[row]?.answer(result, snapshot: latest, now: now)
        }
        switch result {
        case .done(_, let warnings):
            say(
                warnings.isEmpty
                    ? "Done: \(request.summary)" : "Done: \(request.summary). \(warnings.joined(separator: "; "))")
        case .failed(let message, let isConflict):
            let hint = isConflict ? "; look at it again and repeat" : ""
            say("Failed: \(request.summary): \(message)\(hint)", isError: true)
        }
    }
}
