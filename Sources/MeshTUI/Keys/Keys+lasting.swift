extension KeyTable {
    /// In a dialog whose change can be for a while.
    static let lastingKeys: [KeyBinding] = [
        KeyBinding(
            "for a while", [.character("f")], in: [.dialog], .change, hint: "for a while",
            "For how long: 5m, 15m, 30m, 1h, 4h, 8h, 24h, or for good; then it is taken back", reason: cannotEnd
        ) { $0.chooseDuration(1) },
        KeyBinding(
            "for less", [.character("F")], in: [.dialog], .change, "For how long: the choice before", reason: cannotEnd
        ) { $0.chooseDuration(-1) },
    ]

    private static let cannotEnd: @Sendable (AppModel) -> String? = { model in
        (model.layers.last as? ConfirmDialog)?.lasting == nil ? "this is for good" : nil
    }
}
