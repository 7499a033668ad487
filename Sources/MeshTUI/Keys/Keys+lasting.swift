import MeshState

extension KeyTable {
    /// For how long changes are.
    static let lastingKeys: [KeyBinding] = [
        KeyBinding(
            "for a while", [.character("f")], in: [.dialog, .proof], .change, hint: "for how long",
            "Type for how long it shall be, as in 30m or 1h30m; then it is taken back", reason: cannotEnd
        ) { $0.askDuration() },
        KeyBinding(
            "keep", [.character("f")], panes: [.entries], .change, hint: "keep",
            "Keep an entry that would end by itself: for good, or for as long as you type", reason: cannotKeep
        ) { $0.openKeep() },
    ]

    private static let cannotEnd: @Sendable (AppModel) -> String? = { model in
        (model.layers.last as? ConfirmDialog)?.lasting == nil ? "this is for good" : nil
    }

    private static let cannotKeep: @Sendable (AppModel) -> String? = { model in
        if let reason = cannotAct(model) { return reason }
        guard let shown = model.shown else { return nil }
        let chosen = model.chosenRows.map { shown.entries[$0.index].entry }
        return chosen.contains { $0.expiry != nil } ? nil : "\(chosen[0].meta.name) stays for good already"
    }
}
