/// What a word of a prompt can be completed to.
struct Completion: Sendable, Hashable {
    /// Where the word begins.
    private let start: Int
    /// The whole words, each once; those that have no order of their own in that of the alphabet.
    let candidates: [String]
    /// The candidate that stands in the line now.
    private var chosen: Int?
    /// Whether there was but one, which stands in the line.
    private(set) var isSettled = false

    init?(_ purpose: PromptLayer.Purpose, _ editor: LineEditor, _ model: AppModel) {
        let before = String(editor.text.prefix(editor.cursor))
        let (word, all) =
            switch purpose {
            case .command: CommandTable.candidates(for: before, model)
            case .filter(let pane, _): Self.filterCandidates(before, of: pane, model)
            case .duration: (before, Lasting.choices)
            case .search: ("", [String]())
            }
        let found = all.filter { $0.lowercased().hasPrefix(word.lowercased()) }
        candidates = if case .duration = purpose { found } else { Set(found).sorted() }
        start = editor.cursor - word.count
        if candidates.isEmpty { return nil }
    }

    /// The keys of a filter, and behind a key the values that the pane's rows have.
    private static func filterCandidates(
        _ before: String, of id: PaneID, _ model: AppModel
    ) -> (word: String, all: [String]) {
        let term = before.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
        guard before.last?.isWhitespace == false || before.isEmpty else { return ("", keys(of: id)) }
        let word = String(term.drop { $0 == "!" }.split(separator: "|", omittingEmptySubsequences: false).last ?? "")
        let pane = Panes.pane(id)
        guard let colon = word.firstIndex(of: ":"), let shown = model.shown else { return (word, keys(of: id)) }
        let key = word[..<colon].lowercased()
        guard pane.filterKeys.contains(key) else { return (word, []) }
        let values = pane.members(of: shown).flatMap { pane.filterValues(key, of: $0, in: shown) }
        // A blank ends a term, so that only the first word of a value can be typed.
        let typed = values.map { $0.prefix { !$0.isWhitespace } }.filter { !$0.isEmpty }
        return (word, typed.map { "\(key):\($0)" })
    }

    private static func keys(of pane: PaneID) -> [String] { Panes.pane(pane).filterKeys.map { "\($0):" } }

    /// Puts into the line what all candidates have in common, or the next one where that stands there already.
    mutating func advance(_ editor: inout LineEditor) {
        let word = String(editor.text.prefix(editor.cursor).dropFirst(start))
        if candidates.count == 1 {
            isSettled = true
            return editor.replace(from: start, with: candidates[0])
        }
        let common = candidates.dropFirst().reduce(candidates[0]) { common, other in
            String(zip(common, other).prefix { $0.lowercased() == $1.lowercased() }.map(\.0))
        }
        if chosen == nil, common.count > word.count {
            editor.replace(from: start, with: common)
        } else {
            let next = chosen.map { ($0 + 1) % candidates.count } ?? 0
            chosen = next
            editor.replace(from: start, with: candidates[next])
        }
    }

    /// The candidates in a line, from the one on that stands in the prompt.
    func draw(in area: Rect, on canvas: inout Canvas) {
        canvas.clear(area)
        var column = area.column + 1
        let first = chosen ?? 0
        for (index, candidate) in candidates.enumerated().dropFirst(first) {
            guard column + candidate.columns < area.column + area.width else {
                canvas.put(Glyph.ellipsis.text, column: column, row: area.row, look: Look(.dim))
                return
            }
            let look = index == chosen ? Look(.selection, .reverse) : Look(.dim)
            column = canvas.put(candidate, column: column, row: area.row, look: look) + 2
        }
    }
}

extension LineEditor {
    /// Puts a word in the place of what stands between `start` and the cursor, which comes to stand behind it.
    mutating func replace(from start: Int, with word: String) {
        let after = text.dropFirst(cursor)
        self = LineEditor(text.prefix(start) + word)
        for character in after { insert(character) }
        for _ in after { apply(.left) }
    }
}
