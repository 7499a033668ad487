extension KeyTable {
    /// Looking back at what was recorded.
    static let timeKeys: [KeyBinding] = [
        KeyBinding("earlier", [.character("[")], in: [.list, .text], .look, "Back to the change before, on every pane") {
            _ in [.seek(.previous)]
        },
        KeyBinding(
            "later", [.character("]")], in: [.list, .text], .look, "On to the next change, in the end to the present",
            reason: isPresent
        ) { _ in [.seek(.next)] },
        KeyBinding("much earlier", [.character("{")], in: [.list, .text], .look, "Back by five minutes") { _ in
            [.seek(.by(-AppModel.largeStep))]
        },
        KeyBinding(
            "much later", [.character("}")], in: [.list, .text], .look, "On by five minutes", reason: isPresent
        ) { _ in [.seek(.by(AppModel.largeStep))] },
    ]

    private static let isPresent: @Sendable (AppModel) -> String? = { model in
        model.past == nil ? "this is the present ([ looks back)" : nil
    }
}
