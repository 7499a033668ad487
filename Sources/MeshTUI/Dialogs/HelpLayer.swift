/// The keys that work where help was asked for, with reasons for those that do not, and the commands; typing searches.
struct HelpLayer: Layer {
    private let place: String
    private let entries: [Entry]
    private var search: [Character] = []
    private var top = 0
    let scope = KeyScope.help

    private struct Entry: Sendable, Hashable {
        /// nil for a command.
        var group: KeyGroup?
        var keys: String
        var help: String
        var reason: String?
    }

    init(scope asked: KeyScope, _ model: AppModel) {
        place =
            switch asked {
            case .list: model.pane.title
            case .text: "a text"
            case .dialog, .proof: "a dialog"
            case .menu, .jump: "a menu"
            case .prompt: "a prompt"
            case .options: "the options"
            case .help: "help"
            case .form: "the form"
            case .drafts: "unfinished forms"
            case .conflict: "a conflict"
            }
        let keys = model.keys.bindings(in: asked, pane: model.focus).filter { !$0.keys.isEmpty }.map { binding in
            Entry(group: binding.group, keys: binding.keysText, help: binding.help, reason: binding.reason(model))
        }
        let commands = CommandTable.commands.map { Entry(keys: ":\($0.name)", help: $0.help) }
        entries = keys + (asked == .list ? commands : [])
    }

    mutating func handle(_ key: Key, _ model: inout AppModel) -> LayerAnswer {
        switch key {
        case .character(let character): search.append(character)
        case .backspace: _ = search.popLast()
        case .up: scroll(.by(-1), model)
        case .down: scroll(.by(1), model)
        case .home: top = 0
        case .end: scroll(.bottom, model)
        case .function(1): return .closed
        case .escape where !search.isEmpty: search = []
        default: return .passed
        }
        if case .character = key { top = 0 }
        return .consumed
    }

    mutating func refresh(_ model: AppModel) { scroll(.by(0), model) }

    mutating func scroll(_ move: Move, _ model: AppModel) {
        let visible = area(model).height - 2
        let most = max(0, lines(model).count - visible)
        top = min(max(0, move.target(from: top, visible: visible, count: most + 1)), most)
    }

    private func area(_ model: AppModel) -> Rect {
        Popup.area(width: Self.width, height: max(lines(model).count, 8) + 2, in: model.size)
    }

    private static let width = 76

    private enum Line {
        case heading(String)
        case entry(keys: String, text: String, isOff: Bool)
        case reason(String)
    }

    /// Columns inside of the border, for the keys, and for what they do.
    private func columns(_ model: AppModel) -> (keys: Int, text: Int) {
        let inside = max(0, min(Self.width, model.size.columns) - 4)
        let keys = min(entries.map(\.keys.columns).max() ?? 0, 18, inside / 3)
        return (keys, max(1, inside - keys - 4))
    }

    private func lines(of entry: Entry, _ width: Int) -> [Line] {
        let isOff = entry.reason != nil
        let help = entry.help.wrapped(to: width).enumerated().map { place, text in
            Line.entry(keys: place == 0 ? entry.keys : "", text: text, isOff: isOff)
        }
        return help + (entry.reason.map { "not now: \($0)".wrapped(to: width).map { .reason($0) } } ?? [])
    }

    /// What is left by the search, each group under its heading.
    private func lines(_ model: AppModel) -> [Line] {
        let width = columns(model).text
        let wanted = String(search).lowercased()
        let found = entries.filter { entry in
            wanted.isEmpty || entry.keys.lowercased().contains(wanted) || entry.help.lowercased().contains(wanted)
        }
        let groups: [(group: KeyGroup?, title: String)] =
            KeyGroup.allCases.map { ($0, $0.rawValue) } + [(nil, "Commands")]
        return groups.flatMap { group, title -> [Line] in
            let members = found.filter { $0.group == group }
            return members.isEmpty
                ? []
                : [.heading(title)] + members.flatMap { lines(of: $0, width) }
        }
    }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let area = area(model)
        let lines = lines(model)
        var note = search.isEmpty ? "type to search" : "/\(String(search))"
        let visible = max(0, area.height - 2)
        if lines.count > visible { note += "  \(top + 1)-\(min(lines.count, top + visible))/\(lines.count)" }
        let inside = Popup.frame(area, title: "Keys in \(place)", note: CellText(note, .prompt), on: &canvas)
        if lines.isEmpty {
            canvas.put(
                "No key and no command does that here", column: inside.column, row: inside.row, width: inside.width,
                look: Look(.dim))
        }
        let columns = columns(model)
        let start = inside.column + columns.keys + 4
        for (offset, line) in lines.dropFirst(top).prefix(inside.height).enumerated() {
            let row = inside.row + offset
            switch line {
            case .heading(let text):
                canvas.put(text, column: inside.column, row: row, width: inside.width, look: Look(.title))
            case .entry(let keys, let text, let isOff):
                let keys = keys.truncated(to: columns.keys)
                canvas.put("  " + keys, column: inside.column, row: row, look: Look(isOff ? .dim : .key))
                canvas.put(text, column: start, row: row, width: columns.text, look: Look(isOff ? .dim : .text))
            case .reason(let text):
                canvas.put(text, column: start, row: row, width: columns.text, look: Look(.warn))
            }
        }
    }
}
