import MeshState

/// A text about one row that scrolls and can be searched; it follows the mesh while it is open.
struct TextLayer: Layer {
    enum View: String, Sendable, Hashable, CaseIterable { case details, describe, yaml }

    typealias Line = [CellText]

    let view: View
    let pane: PaneID
    let row: RowID
    private let title: String
    private var content: [DetailLine] = []
    /// What is shown, broken to the width of the screen.
    private(set) var lines: [Line] = []
    /// Whether the row has gone since the text was opened; the text stays as it was last.
    private(set) var isGone = false
    var search: String?
    private var top = 0
    private var left = 0
    /// The line of the match that was gone to last.
    private var found: Int?
    let scope = KeyScope.text

    init(_ view: View, pane: PaneID, row: RowID, _ model: AppModel) {
        self.view = view
        self.pane = pane
        self.row = row
        let name = model.selection.map { Panes.pane(pane).name(of: $0.row.index, in: $0.snapshot) } ?? ""
        title = view == .yaml ? "YAML of \(name)" : name
        refresh(model)
    }

    mutating func refresh(_ model: AppModel) {
        let pane = Panes.pane(pane)
        if let shown = model.shown, let index = pane.index(of: row, in: shown) {
            isGone = false
            content = content(of: index, in: shown, pane, model)
        } else {
            isGone = true
        }
        // A manifest is not broken: its lines scroll sideways.
        lines = Self.lines(of: content, width: view == .yaml ? .max : width(in: model.size))
        scroll(.by(0), model)
    }

    private func content(of index: Int, in shown: MeshSnapshot, _ pane: any Pane, _ model: AppModel) -> [DetailLine] {
        switch view {
        case .yaml:
            var lines = pane.document(of: index, in: shown).yamlText.split(
                separator: "\n", omittingEmptySubsequences: false)
            if lines.last?.isEmpty == true { lines.removeLast() }
            return lines.map { .text(CellText(String($0))) }
        case .describe: return Description.lines(pane.document(of: index, in: shown))
        case .details:
            let relations = pane.relations(of: index, in: shown)
            let list = relations.isEmpty ? [] : [DetailLine.heading("Refers to (J jumps, B comes back)")]
            return pane.details(of: index, in: model.context) + list
                + relations.map { .text(CellText($0.label, .text)) }
        }
    }

    private static let widest = 100

    /// Columns inside of the border.
    private func width(in size: Size) -> Int { max(1, min(Self.widest, size.columns - 4)) }

    /// Fields in two columns; headings and free text over the whole width. What is longer goes on below.
    static func lines(of details: [DetailLine], width: Int) -> [Line] {
        let names = details.reduce(0) { widest, line in
            if case .field(let name, _) = line { max(widest, name.columns) } else { widest }
        }
        let gutter = min(names + 2, max(4, width / 2))
        let room = max(1, width - gutter)
        return details.flatMap { line -> [Line] in
            switch line {
            case .heading(let text): return [[CellText(text, .title)]]
            case .field(let name, let value):
                let parts = value.text.columns <= room ? [value.text] : value.text.wrapped(to: room)
                return parts.enumerated().map { place, part in
                    let name = place == 0 ? name.truncated(to: gutter - 2) : ""
                    return [CellText(name.padded(to: gutter), .dim), CellText(part, value.role)]
                }
            case .text(let text):
                guard text.text.columns > width else { return [[text]] }
                let indent = String(text.text.prefix { $0 == " " })
                let parts = text.text.wrapped(to: max(1, width - indent.count - 2))
                return parts.enumerated().map { [CellText(indent + ($0 == 0 ? "" : "  ") + $1, text.role)] }
            }
        }
    }

    /// The lines as they would be saved.
    var plainText: String {
        Self.lines(of: content, width: .max).map { $0.map(\.text).joined() + "\n" }.joined()
    }

    var fileName: String {
        let letters = title.unicodeScalars.map { scalar -> Character in
            scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == ".")
                ? Character(scalar) : "-"
        }
        let stem = String(letters).split(separator: "-").joined(separator: "-")
        return view == .yaml ? "\(stem.replacing("YAML-of-", with: "")).yaml" : "\(stem).txt"
    }

    private func area(_ model: AppModel) -> Rect {
        let widest = lines.map { $0.reduce(0) { $0 + $1.text.columns } }.max() ?? 0
        let width = max(min(widest, Self.widest), title.columns + 20, 40) + 4
        return Popup.area(width: width, height: max(lines.count, 3) + 2, in: model.size)
    }

    private func height(_ model: AppModel) -> Int {
        let area = area(model)
        return area.width >= 4 && area.height >= 3 ? area.height - 2 : max(0, area.height - 1)
    }

    mutating func scroll(_ move: Move, _ model: AppModel) {
        let visible = height(model)
        let most = max(0, lines.count - visible)
        top = min(max(0, move.target(from: top, visible: visible, count: most + 1)), most)
    }

    mutating func scrollSideways(_ columns: Int, _ model: AppModel) {
        let widest = lines.map { $0.reduce(0) { $0 + $1.text.columns } }.max() ?? 0
        left = min(max(0, left + columns), max(0, widest - max(1, area(model).width - 4)))
    }

    /// The lines that hold what is searched for.
    var hits: [Int] {
        guard let search = search?.lowercased() else { return [] }
        return lines.indices.filter { lines[$0].map(\.text).joined().lowercased().contains(search) }
    }

    /// Goes to the next match (1), the one before (-1), or the first from here on (0), around the end if need be.
    mutating func step(_ direction: Int, _ model: AppModel) {
        let hits = hits
        let here = found ?? top
        let next =
            switch direction {
            case 1: hits.first { $0 > here } ?? hits.first
            case -1: hits.last { $0 < here } ?? hits.last
            default: hits.first { $0 >= here } ?? hits.first
            }
        guard let next else {
            found = nil
            return
        }
        found = next
        let visible = height(model)
        if next < top || next >= top + visible {
            top = min(max(0, next - visible / 2), max(0, lines.count - visible))
        }
    }

    private func note(_ model: AppModel) -> CellText? {
        if isGone { return CellText("has gone", .error) }
        if let search {
            let count = hits.count
            return CellText(
                count == 0 ? "/\(search): not found" : "/\(search) in \(Words.count(count, "line"))",
                count == 0 ? .error : .prompt)
        }
        let visible = height(model)
        guard lines.count > visible else { return nil }
        return CellText("\(top + 1)-\(min(lines.count, top + visible))/\(lines.count)", .dim)
    }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let inside = Popup.frame(area(model), title: title, note: note(model), on: &canvas)
        for (offset, line) in lines.dropFirst(top).prefix(inside.height).enumerated() {
            let row = inside.row + offset
            var column = -left
            for piece in line {
                let width = piece.text.columns
                let cut = max(0, -column)
                let text = cut == 0 ? piece.text : piece.text.suffix(columns: max(0, width - cut))
                let start = max(0, column)
                let room = inside.width - start
                if room > 0, !text.isEmpty {
                    let look = Look(isGone ? .stale : piece.role)
                    canvas.put(text, column: inside.column + start, row: row, width: room, look: look)
                }
                column += width
            }
            if column > inside.width, inside.width > 0 {
                canvas.put(Glyph.ellipsis.text, column: inside.column + inside.width - 1, row: row, look: Look(.dim))
            }
            guard let search else { continue }
            let isHere = top + offset == found
            canvas.highlight(
                search.lowercased(), in: Rect(column: inside.column, row: row, width: inside.width, height: 1)
            ) {
                $0.role = .match
                if isHere { $0.emphasis.insert(.reverse) }
            }
        }
    }
}

extension Canvas {
    /// Gives the cells of a row another look where a lower-case text stands in them.
    mutating func highlight(_ needle: String, in area: Rect, _ change: (inout Cell) -> Void) {
        guard area.row >= 0, area.row < frame.size.rows, area.column >= 0 else { return }
        let columns = area.column..<max(area.column, min(area.column + area.width, frame.size.columns))
        var text = ""
        var owners: [Int] = []
        for column in columns {
            let cell = frame[column, area.row].text
            text += cell
            owners += cell.unicodeScalars.map { _ in column }
        }
        for range in text.ranges(ofLowercased: needle) {
            for offset in range where owners.indices.contains(offset) {
                restyle(Rect(column: owners[offset], row: area.row, width: 1, height: 1), change)
            }
        }
    }
}
