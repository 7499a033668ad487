extension KeyTable {
    /// Editing a line of text, wherever there is one.
    static let editKeys: [KeyBinding] = [
        edit("cursor left", [.left], .left, "To the character before; in a choice to the one before"),
        edit("cursor right", [.right], .right, "To the next character; in a choice to the next one"),
        edit("line start", [.home], .start, "To the start of the text"),
        edit("line end", [.end, .control("e")], .end, "To the end of the text"),
        edit("delete left", [.backspace], .backspace, "Delete the character before the cursor"),
        edit("delete right", [.delete], .delete, "Delete the character under the cursor"),
        edit("delete word", [.control("w")], .deleteWord, "Delete the word before the cursor"),
        edit("delete to start", [.control("u")], .deleteToStart, "Delete all before the cursor"),
        edit("delete to end", [.control("k")], .deleteToEnd, "Delete all behind the cursor"),
    ]

    private static func edit(
        _ name: String, _ keys: [Key], _ action: LineEditor.Action, _ help: String
    ) -> KeyBinding {
        KeyBinding(name, keys, in: [.prompt, .form], .edit, help) { $0.edit(action) }
    }
}
