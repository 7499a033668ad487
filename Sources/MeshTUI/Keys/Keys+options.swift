extension KeyTable {
    /// The looks and habits of the console, and its command line.
    static let optionKeys: [KeyBinding] = [
        KeyBinding(
            "command line", [.character(":")], in: [.list, .text], .program, hint: "command",
            "Type a command, the name of a pane, or of an action"
        ) { model in
            model.paths = nil
            model.layers.append(PromptLayer(.command, text: ""))
            return [.lookAround]
        },
        KeyBinding("pick theme", [.character("T")], .program, "Choose a theme; the screen shows it at once") { model in
            model.layers.append(ThemePicker(model))
            return [.lookAround]
        },
        KeyBinding("options", [.character("o"), .function(2)], .program, "Interval, theme, colours, ASCII, mouse") {
            model in
            model.layers.append(OptionsLayer())
            return [.lookAround]
        },
        KeyBinding(
            "next value", [.enter, .character(" "), .right, .character("l")], in: [.options], .program, hint: "change",
            "The next value of the marked option"
        ) { $0.changeOption(by: 1) },
        KeyBinding(
            "previous value", [.left, .character("h")], in: [.options], .program,
            "The value before of the marked option"
        ) { $0.changeOption(by: -1) },
        KeyBinding(
            "write options", [.character("w")], in: [.options], .program, hint: "write",
            "Write what has changed to the configuration file"
        ) { $0.writeOptions() },
    ]

    /// In a prompt, besides editing.
    static let promptKeys: [KeyBinding] = [
        KeyBinding("accept", [.enter], in: [.prompt], .edit, "Do what the line says") { $0.acceptPrompt() },
        KeyBinding("complete", [.tab], in: [.prompt], .edit, "Complete the word; again for the next possibility") {
            $0.withPrompt { $0.complete(&$1) } ?? []
        },
        KeyBinding("older line", [.up, .control("p")], in: [.prompt], .edit, "The line typed before") { model in
            model.withPrompt { $0.recall(1, &$1) }
            return []
        },
        KeyBinding("newer line", [.down, .control("n")], in: [.prompt], .edit, "The line typed after") { model in
            model.withPrompt { $0.recall(-1, &$1) }
            return []
        },
    ]
}

extension AppModel {
    fileprivate mutating func changeOption(by step: Int) -> [Effect] {
        guard let options = layers.last as? OptionsLayer else { return [] }
        return options.change(by: step, &self)
    }
}
