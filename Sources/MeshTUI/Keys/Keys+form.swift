import MeshState

extension KeyTable {
    /// In the form of a service entry.
    static let formKeys: [KeyBinding] = [
        KeyBinding(
            "next field", [.tab], in: [.form], .move, hint: "next", "To the next field"
        ) { $0.changeForm { $0.step(1) } },
        KeyBinding("previous field", [.backTab], in: [.form], .move, "To the field before") {
            $0.changeForm { $0.step(-1) }
        },
        KeyBinding(
            "enter field", [.enter], in: [.form], .change,
            "To the next field; at the end of a list a new row; on the button, review"
        ) { model in
            if let layer = model.layers.last as? FormLayer, layer.form.focus == .review { return model.reviewForm() }
            return model.changeForm { $0.enter() }
        },
        KeyBinding("line up", [.up], in: [.form], .move, "To the line above") { $0.moveInForm(-1) },
        KeyBinding("line down", [.down], in: [.form], .move, "To the line below") { $0.moveInForm(1) },
        KeyBinding("form page up", [.pageUp], in: [.form], .move, "One page up") { $0.moveInForm(-1, pages: true) },
        KeyBinding("form page down", [.pageDown], in: [.form], .move, "One page down") {
            $0.moveInForm(1, pages: true)
        },
        KeyBinding(
            "add row", [.control("n"), .insert], in: [.form], .change, hint: "add row", "Add a row below this one",
            reason: noList
        ) { $0.changeForm { $0.addRow() } },
        KeyBinding(
            "remove row", [.control("x")], in: [.form], .change, hint: "remove", "Remove this row", reason: noList
        ) { $0.changeForm { $0.removeRow() } },
        KeyBinding(
            "row up", [.control("t")], in: [.form], .change, "Move this row up", reason: noList
        ) { $0.changeForm { $0.moveRow(-1) } },
        KeyBinding(
            "row down", [.control("y")], in: [.form], .change, "Move this row down", reason: noList
        ) { $0.changeForm { $0.moveRow(1) } },
        KeyBinding(
            "review", [.control("s")], in: [.form], .change, hint: "review",
            "See what changes and what it would do, then apply it", reason: isWrong
        ) { $0.reviewForm() },
        KeyBinding("leave form", [.escape], in: [.form], .change, hint: "back", "Leave the form") { $0.leaveForm() },
        KeyBinding("form help", [.function(1), .control("g")], in: [.form, .proof], .program, hint: "help", "These keys") {
            model in
            model.layers.append(HelpLayer(scope: model.scope, model))
            return []
        },
        KeyBinding(
            "form to editor", [.control("o")], in: [.form], .change, hint: "editor",
            "Go on in $VISUAL or $EDITOR with the YAML"
        ) { $0.openFormInEditor() },
    ]

    private static let noList: @Sendable (AppModel) -> String? = { model in
        guard case .cell(let place)? = (model.layers.last as? FormLayer)?.form.focus, place.section.isList else {
            return "this field has no rows"
        }
        return nil
    }

    private static let isWrong: @Sendable (AppModel) -> String? = { model in
        guard let errors = (model.layers.last as? FormLayer)?.errors, errors > 0 else { return nil }
        let editor = model.keys.label("form-to-editor")
        return "\(Words.count(errors, "error")) to correct first; \(editor) takes it to the editor as it is"
    }

    /// Choosing among what was begun and not finished.
    static let draftKeys: [KeyBinding] = [
        KeyBinding("continue draft", [.enter], in: [.drafts], .change, hint: "continue", "Go on with it") {
            $0.continueDraft()
        },
        KeyBinding(
            "discard draft", [.character("d"), .character("D"), .delete], in: [.drafts], .change, hint: "discard",
            "Throw it away, after a question"
        ) { $0.askToDiscard() },
        KeyBinding(
            "begin anew", [.character("n")], in: [.drafts], .change, hint: "begin anew",
            "Leave it for later and edit the entry as it is",
            reason: { ($0.layers.last as? DraftsLayer)?.entry == nil ? "no entry is selected for it" : nil }
        ) { $0.beginAnew() },
        KeyBinding(
            "drafts later", [.escape, .character("q"), .character("l")], in: [.drafts], .change, hint: "later",
            "Keep all of them for later"
        ) { model in
            model.layers.removeLast()
            return []
        },
    ]
}
