/// One line of text that is being edited: its characters and a cursor between two of them.
struct LineEditor: Sendable, Hashable {
    /// What a key does besides typing a character.
    enum Action: Sendable, Hashable {
        case left, right, start, end
        case backspace, delete, deleteWord, deleteToStart, deleteToEnd
    }

    private var characters: [Character]
    private(set) var cursor: Int

    /// The cursor stands at the end.
    init(_ text: String = "") {
        characters = Array(text)
        cursor = characters.count
    }

    var text: String { String(characters) }
    var isEmpty: Bool { characters.isEmpty }
    var isAtStart: Bool { cursor == 0 }
    var isAtEnd: Bool { cursor == characters.count }

    /// Types a character; a mark joins the character before the cursor.
    mutating func insert(_ character: Character) {
        let before = String(characters[..<cursor]) + String(character)
        let after = characters[cursor...]
        cursor = before.count
        characters = Array(before) + after
    }

    mutating func apply(_ action: Action) {
        switch action {
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .start: cursor = 0
        case .end: cursor = characters.count
        case .backspace: remove(from: cursor - 1)
        case .delete: if cursor < characters.count { characters.remove(at: cursor) }
        case .deleteWord: remove(from: startOfWord)
        case .deleteToStart: remove(from: 0)
        case .deleteToEnd: characters.removeSubrange(cursor...)
        }
    }

    /// Removes what stands between a place and the cursor.
    private mutating func remove(from start: Int) {
        guard start >= 0, start < cursor else { return }
        characters.removeSubrange(start..<cursor)
        cursor = start
    }

    /// Where the word begins that ends before the cursor; words are what stands between blanks.
    private var startOfWord: Int {
        var place = cursor
        while place > 0, characters[place - 1].isWhitespace { place -= 1 }
        while place > 0, !characters[place - 1].isWhitespace { place -= 1 }
        return place
    }

    /// As much of the text as fits so that the cursor can be seen, and the column that the cursor is in.
    func visible(in width: Int) -> (text: String, cursor: Int) {
        let before = String(characters[..<cursor])
        // One column is left for the cursor behind the last character.
        let shown = before.columns < width ? before : before.suffix(columns: max(0, width - 1))
        return (shown + String(characters[cursor...]), min(shown.columns, max(0, width - 1)))
    }
}

/// A layer in which a line of text is edited.
protocol EditingLayer: Layer {
    /// Takes in a key that edits; what the text says may act on the model at once.
    mutating func edit(_ action: LineEditor.Action, _ model: inout AppModel)
}

extension AppModel {
    /// Gives an editing key to the layer on top.
    mutating func edit(_ action: LineEditor.Action) -> [Effect] {
        guard let index = layers.indices.last, var layer = layers[index] as? any EditingLayer else { return [] }
        layer.edit(action, &self)
        layers[index] = layer
        return []
    }
}
