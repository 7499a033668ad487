import MeshState

/// One field of the form: the text that is being edited, and the value that it stands for.
struct FormCell: Sendable, Hashable {
    var editor: LineEditor
    let kind: FormKind
    /// Shown where nothing is written.
    var example = ""
    /// The value as it was, which stays the same while the text does.
    let original: JSONValue?
    private let originalText: String
    /// What was typed of a choice so far.
    private var typed = ""

    init(_ value: JSONValue?, _ kind: FormKind) {
        original = value
        self.kind = kind
        originalText = Self.text(of: value, kind)
        editor = LineEditor(originalText)
    }

    var text: String { editor.text }

    /// The text without what stands around it, which pasting may bring.
    private var trimmed: String {
        let start = text.drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }

    var isBlank: Bool { trimmed.isEmpty }

    private static func text(of value: JSONValue?, _ kind: FormKind) -> String {
        switch value {
        case nil, .null: return ""
        case .string(let text): return text
        case .object(let members) where kind == .ports || kind == .labels:
            let sign = kind == .ports ? ":" : "="
            return members.sorted { $0.key < $1.key }.map { key, value in
                "\(key)\(sign)\(value.stringValue ?? value.jsonText())"
            }.joined(separator: " ")
        case .some(let value): return value.jsonText()
        }
    }

    /// The value that is written; nil for none. Text that cannot be read is a string, which the rules then refuse.
    var value: JSONValue? {
        if text == originalText { return original }
        let text = trimmed
        if text.isEmpty { return nil }
        switch kind {
        case .text, .choice: return .string(text)
        case .integer: return Int64(text).map { .integer($0) } ?? .string(text)
        case .ports:
            guard let pairs = Self.pairs(text, ":") else { return .string(text) }
            return .object(pairs.mapValues { number in Int64(number).map { .integer($0) } ?? .string(number) })
        case .labels:
            guard let pairs = Self.pairs(text, "=") else { return .string(text) }
            return JSONValue(pairs)
        }
    }

    /// Why the text cannot be read at all; nil where it can.
    var problem: String? {
        let text = trimmed
        if text.isEmpty || text == originalText { return nil }
        switch kind {
        case .text, .choice: return nil
        case .integer: return Int64(text) == nil ? "not a number" : nil
        case .ports:
            let isRight = Self.pairs(text, ":")?.allSatisfy { Int64($0.value) != nil } ?? false
            return isRight ? nil : "write NAME:NUMBER, with blanks between several"
        case .labels: return Self.pairs(text, "=") == nil ? "write KEY=VALUE, with blanks between several" : nil
        }
    }

    private static func pairs(_ text: String, _ sign: Character) -> [String: String]? {
        var pairs: [String: String] = [:]
        for word in text.split(whereSeparator: { $0.isWhitespace || $0 == "," }) {
            guard let place = word.firstIndex(of: sign), place != word.startIndex else { return nil }
            let key = String(word[..<place])
            if pairs.updateValue(String(word[word.index(after: place)...]), forKey: key) != nil { return nil }
        }
        return pairs
    }

    // MARK: Editing

    mutating func type(_ character: Character) {
        guard case .choice(let choices) = kind else { return editor.insert(character) }
        if character == " " { return cycle(1, choices) }
        // A letter goes on with what was typed, or begins anew.
        for start in [typed + String(character), String(character)] {
            guard let choice = choices.first(where: { $0.lowercased().hasPrefix(start.lowercased()) }) else { continue }
            typed = start
            editor = LineEditor(choice)
            return
        }
    }

    mutating func edit(_ action: LineEditor.Action) {
        guard case .choice(let choices) = kind else { return editor.apply(action) }
        typed = ""
        switch action {
        case .left: cycle(-1, choices)
        case .right: cycle(1, choices)
        case .backspace, .delete, .deleteWord, .deleteToStart, .deleteToEnd: editor = LineEditor()
        case .start, .end: break
        }
    }

    private mutating func cycle(_ step: Int, _ choices: [String]) {
        typed = ""
        let index = choices.firstIndex(of: trimmed).map { ($0 + step + choices.count) % choices.count }
        editor = LineEditor(choices[index ?? (step > 0 ? 0 : choices.count - 1)])
    }

    /// Forgets what was typed of a choice, as the cell is left.
    mutating func leave() { typed = "" }

    /// Takes a text over, as from a draft.
    mutating func set(_ text: String) { editor = LineEditor(text) }

    /// Empties the cell and shows as an example what stood there.
    static func asking(for example: FormCell) -> FormCell {
        var cell = FormCell(nil, example.kind)
        cell.example = example.text
        return cell
    }
}

/// A row of a section: its cells, and what the element holds besides.
struct FormRow: Sendable, Hashable {
    var cells: [FormCell]
    /// The element as it was, from which fields come that the form does not show.
    let element: JSONValue?

    init(_ element: JSONValue?, _ columns: [FormColumn]) {
        self.element = element
        cells = columns.map { FormCell($0.key.isEmpty ? element : element?[$0.key], $0.kind) }
    }

    /// Whether there is nothing in it: it is left out then.
    func isBlank(_ columns: [FormColumn]) -> Bool {
        guard cells.allSatisfy({ $0.isBlank && $0.original?.isNull != true }) else { return false }
        let known = Set(columns.map(\.key))
        return element?.objectValue?.keys.allSatisfy { known.contains($0) } ?? true
    }

    /// The element that the row stands for.
    func value(_ columns: [FormColumn]) -> JSONValue? {
        if columns.count == 1 { return cells[0].value }
        var value: JSONValue = element?.objectValue == nil ? [:] : element ?? [:]
        for (column, cell) in zip(columns, cells) {
            if let written = cell.value { value[column.key] = written } else { value[column.key] = nil }
        }
        return value
    }
}
