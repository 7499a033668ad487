import Testing

@testable import MeshTUI

/// Editing a line: text before, keys, text after. A bar stands for the cursor.
@Suite struct LineEditorTests {
    @Test(arguments: [
        ("|", "abc", "abc|"), ("ab|", "<", "a|b"), ("a|b", "<<<", "|ab"), ("a|b", ">>>", "ab|"),
        ("a|b", "x", "ax|b"), ("ab|", "b", "a|"), ("|ab", "b", "|ab"), ("a|b", "d", "a|"), ("ab|", "d", "ab|"),
        ("one two|", "w", "one |"), ("one two  |", "w", "one |"), ("one t|wo", "w", "one |wo"), ("|x", "w", "|x"),
        ("one t|wo", "u", "|wo"), ("one t|wo", "k", "one t|"), ("ab|", "^", "|ab"), ("|ab", "$", "ab|"),
        ("日|本", "b", "|本"), ("日|本", "d", "日|"), ("日|本", ">b", "日|"),
    ])
    func editing(_ before: String, _ keys: String, _ after: String) {
        #expect(Self.edited(before, keys) == after)
    }

    /// The keys stand for actions where the text before holds a bar that is not at the end of typing.
    private static func edited(_ before: String, _ keys: String) -> String {
        let parts = before.split(separator: "|", omittingEmptySubsequences: false)
        var editor = LineEditor(String(parts[0]) + String(parts[1]))
        for _ in parts[1] { editor.apply(.left) }
        let actions: [Character: LineEditor.Action] = [
            "<": .left, ">": .right, "^": .start, "$": .end, "b": .backspace, "d": .delete, "w": .deleteWord,
            "u": .deleteToStart, "k": .deleteToEnd,
        ]
        for key in keys {
            if before != "|", let action = actions[key] { editor.apply(action) } else { editor.insert(key) }
        }
        var text = Array(editor.text)
        text.insert("|", at: editor.cursor)
        return String(text)
    }

    @Test func aMarkJoinsTheCharacterBefore() {
        var editor = LineEditor("e")
        editor.insert("\u{301}")
        #expect(editor.text == "e\u{301}")
        #expect(editor.cursor == 1)
        editor.apply(.backspace)
        #expect(editor.isEmpty)
    }

    @Test(arguments: [
        ("abc", 0, 10, "abc", 3), ("abcdef", 0, 4, "def", 3), ("abcdef", 6, 4, "abcdef", 0), ("日本語", 0, 4, "語", 2),
        ("", 0, 3, "", 0), ("abc", 0, 1, "", 0), ("abc", 0, 0, "", 0),
    ])
    func theCursorIsAlwaysSeen(_ text: String, _ back: Int, _ width: Int, _ shown: String, _ column: Int) {
        var editor = LineEditor(text)
        for _ in 0..<back { editor.apply(.left) }
        let visible = editor.visible(in: width)
        #expect(visible.text == shown)
        #expect(visible.cursor == column)
    }
}
