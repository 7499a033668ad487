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
            "Switch the entry off, or on again, without losing anything",
            reason: { cannotAct($0) ?? $0.denial(of: [.replace]) }
        ) { $0.openToggle() },
        KeyBinding(
            "edit", [.character("e")], panes: [.entries], .change, hint: "edit", "Edit the entry in a form",
            reason: cannotEdit
        ) { $0.openForm() },
        KeyBinding(
            "edit YAML", [.character("E")], panes: [.entries], .change, "Edit the entry in $VISUAL or $EDITOR",
            reason: cannotEdit
        ) { $0.openEditor() },
        KeyBinding(
            "egress gateway", [.character("W")], panes: [.entries], .change,
            "Send calls to the entry's hosts through the egress gateway", reason: isBusy
        ) { $0.openRoute() },
        KeyBinding(
            "add", [.character("A")], .change, "Write a new service entry, from a template", reason: cannotAdd
        ) { $0.openTemplates() },
        KeyBinding(
            "delete", [.character("D"), .delete], panes: [.entries], .change, "Delete the entry: type its name",
            reason: { cannotAct($0) ?? $0.denial(of: [.delete]) }
        ) { $0.openDelete() },
    ]

    private static let isLocked: @Sendable (AppModel) -> String? = { $0.lockReason }

    private static let cannotChange: @Sendable (AppModel) -> String? = { isLocked($0) ?? noRow($0) }

    private static let cannotAllow: @Sendable (AppModel) -> String? = { model in
        if let reason = cannotChange(model) { return reason }
        guard let row = model.selection?.row.id else { return nil }
        if let reason = model.isUnderWay(row) ?? model.denial(of: [.create, .replace]) { return reason }
        if case .connection(let id) = row, id.cluster != .passthrough {
            return "an entry or a service allows this already"
        }
        return nil
    }

    /// For what is done to all marked rows.
    static let cannotAct: @Sendable (AppModel) -> String? = { model in
        cannotChange(model) ?? model.chosenRows.lazy.compactMap { model.isUnderWay($0.id) }.first
    }

    private static let isBusy: @Sendable (AppModel) -> String? = { model in
        cannotChange(model) ?? model.selection.flatMap { model.isUnderWay($0.row.id) }
    }

    private static let cannotEdit: @Sendable (AppModel) -> String? = { isBusy($0) ?? $0.denial(of: [.replace]) }

    private static let cannotAdd: @Sendable (AppModel) -> String? = { model in
        isLocked(model) ?? model.denial(of: [.create], in: [model.namespaceOfNew])
    }

    /// In a dialog.
    static let dialogKeys: [KeyBinding] = [
        KeyBinding("choose", [.enter], in: [.dialog, .proof], .change, hint: "choose", "Press the marked button") {
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
            "other button", [.tab, .backTab, .left, .right, .character("h"), .character("l")], in: [.dialog, .proof],
            .change, hint: "other button", "To the other button"
        ) { model in
            model.withTop(ConfirmDialog.self) { layer, _ in layer.isApplyMarked.toggle() }
            return []
        },
        // Where letters are typed they press no button.
        KeyBinding("cancel", [.escape], in: [.proof], .change, hint: "cancel", "Cancel") { $0.decide(false) },
    ]
}

extension AppModel {
    /// Why the API would refuse a change of the chosen rows, or of what lies in these namespaces, to the operator: none
    /// of the verbs by which it could be made is allowed. nil where one is, or where that is not known.
    func denial(of verbs: [ActionRecord.Verb], in namespaces: [String]? = nil) -> String? {
        guard !denied.isEmpty else { return nil }
        let places = namespaces ?? chosenRows.compactMap { row in
            shown.flatMap { pane.filterValues("ns", of: row.index, in: $0).first }
        }
        guard let place = places.first(where: { denied[$0]?.isSuperset(of: verbs) == true }) else { return nil }
        let words = verbs.map { $0 == .replace ? "update" : $0.rawValue }.joined(separator: " or ")
        // The place first, as a narrow help cuts the end.
        return "in \(place) you may not \(words) serviceentries"
    }

    /// The namespace that a new entry is written for.
    var namespaceOfNew: String {
        let selected = selection.flatMap { row, snapshot in pane.filterValues("ns", of: row.index, in: snapshot).first }
        return latest?.identity.namespace ?? selected ?? "default"
    }

    /// Why nothing may be asked of a row now: the last change to it has no answer yet.
    func isUnderWay(_ row: RowID) -> String? {
        progress[row]?.isPending == true ? "the last change is not answered yet" : nil
    }

    /// Closes the dialog on top, as its buttons or letters say; nil stands for the marked button.
    mutating func decide(_ choice: Bool?) -> [Effect] {
        guard let dialog = layers.last as? ConfirmDialog else { return [] }
        let isApplied = choice ?? dialog.isApplyMarked
        if isApplied, let proof = dialog.proof, !proof.isGiven {
            say("\(proof.prompt) \(proof.expected)", isError: true)
            return []
        }
        layers.removeLast()
        switch dialog.purpose {
        case .quit: return isApplied ? [.quit] : []
        case .leaveForm: return isApplied ? closeForm() : []
        case .discard(let id): return isApplied ? discard(id) : []
        case .changes(let changes):
            if isApplied {
                do throws(ChangeRefusal) {
                    // The dialog may have been open for longer than the change shall last.
                    return send(try dialog.lasting?.counted(changes, at: now) ?? changes)
                } catch {
                    say(error.reason, isError: true)
                    return []
                }
            }
            if case .editor(_, let file)? = changes.first?.origin { say("Not applied; what you wrote is in \(file)") }
            return []
        }
    }
}
