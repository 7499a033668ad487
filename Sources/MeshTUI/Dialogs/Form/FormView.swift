/// How a form is laid out in lines for a width: fields side by side where there is room, else one below the other.
struct FormView {
    /// A cell on a line: the column that it starts in, and its width.
    struct Slot: Sendable, Hashable {
        var place: FormPlace
        var column: Int
        var width: Int
    }

    struct Line: Sendable, Hashable {
        /// What stands left of the fields, and above them, in columns of the form.
        var words: [Word] = []
        var slots: [Slot] = []
        var isButton = false
    }

    struct Word: Sendable, Hashable {
        var text: CellText
        var column: Int
    }

    private(set) var lines: [Line] = []
    private let form: FormModel
    private let problems: [FormProblem]
    private let width: Int
    /// Where fields begin, behind the titles of sections.
    private let gutter: Int

    private static let title = 17
    private static let widest = 72
    static let button = "Review"

    init(_ form: FormModel, problems: [FormProblem], width: Int) {
        self.form = form
        self.problems = problems
        self.width = max(1, width)
        gutter = width >= 50 ? Self.title + 1 : min(2, max(0, width - 1))
        addProblems(nil)
        for section in form.sections { add(section) }
        lines.append(Line())
        lines.append(Line(isButton: true))
    }

    private var room: Int { max(1, min(width - gutter, Self.widest)) }
    private var isWide: Bool { gutter > Self.title }

    private mutating func add(_ section: FormSection) {
        let columns = section.columns
        let needed = columns.reduce(columns.count - 1) { $0 + $1.width }
        let title = Word(text: CellText(section.title, .title), column: 0)
        let isTable = columns.count > 1 && needed <= room
        var first = Line()
        if isTable {
            let widths = widths(of: columns, needed: needed)
            var column = gutter
            for (index, width) in widths.enumerated() {
                first.words.append(Word(text: CellText(columns[index].title, .dim), column: column))
                column += width + 1
            }
            lines.append(Line(words: [title] + (isWide ? first.words : [])))
            if !isWide { lines.append(first) }
            for row in (form.rows[section] ?? []).indices {
                var line = Line()
                var column = gutter
                for (index, width) in widths.enumerated() {
                    let place = FormPlace(section: section, row: row, column: index)
                    line.slots.append(Slot(place: place, column: column, width: width))
                    column += width + 1
                }
                lines.append(line)
                for index in columns.indices { addProblems(FormPlace(section: section, row: row, column: index)) }
            }
            return
        }
        var pending: Word? = title
        if !isWide || columns.count > 1 {
            lines.append(Line(words: [title]))
            pending = nil
        }
        let label = columns.map(\.title.columns).max() ?? 0
        for row in (form.rows[section] ?? []).indices {
            for (index, column) in columns.enumerated() {
                let place = FormPlace(section: section, row: row, column: index)
                var line = Line()
                if let title = pending { line.words.append(title) }
                pending = nil
                var start = gutter
                if label > 0 {
                    line.words.append(Word(text: CellText(column.title, .dim), column: start))
                    start += min(label + 1, max(0, width - gutter - 4))
                }
                line.slots = [Slot(place: place, column: start, width: max(1, min(width - start, Self.widest)))]
                lines.append(line)
                addProblems(place)
            }
        }
    }

    /// What is left of the room goes to the columns that grow.
    private func widths(of columns: [FormColumn], needed: Int) -> [Int] {
        let growing = columns.count(where: \.grows)
        let spare = growing == 0 ? 0 : min(30, (room - needed) / growing)
        return columns.map { $0.width + ($0.grows ? spare : 0) }
    }

    /// The problems of a cell below it; those of the whole entry stand on top.
    private mutating func addProblems(_ place: FormPlace?) {
        let column = place == nil ? 0 : gutter
        for problem in problems where problem.place == place {
            let cell = problem.cell
            let wrapped = cell.text.wrapped(to: max(1, width - column))
            for text in wrapped.prefix(3) {
                lines.append(Line(words: [Word(text: CellText(text, cell.role), column: column)]))
            }
        }
    }

    /// The line that holds the focus.
    var focused: Int {
        switch form.focus {
        case .review: max(0, lines.count - 1)
        case .cell(let place): lines.firstIndex { $0.slots.contains { $0.place == place } } ?? 0
        }
    }

    /// The cell that is nearest above (-1) or below (1) the focus; the button below all of them.
    func neighbour(_ step: Int) -> FormModel.Focus? {
        let here = focused
        let column = slot(of: form.focus)?.column ?? gutter
        var index = here + step
        while lines.indices.contains(index) {
            if lines[index].isButton { return .review }
            let nearest = lines[index].slots.min { abs($0.column - column) < abs($1.column - column) }
            if let nearest { return .cell(nearest.place) }
            index += step
        }
        return nil
    }

    private func slot(of focus: FormModel.Focus) -> Slot? {
        guard case .cell(let place) = focus else { return nil }
        return lines.lazy.flatMap(\.slots).first { $0.place == place }
    }

    // MARK: Drawing

    func draw(from top: Int, in area: Rect, on canvas: inout Canvas) {
        for (offset, line) in lines.dropFirst(top).prefix(area.height).enumerated() {
            let row = area.row + offset
            for word in line.words {
                let room = area.width - word.column
                canvas.put(
                    word.text.text, column: area.column + word.column, row: row, width: room,
                    look: Look(word.text.role))
            }
            for slot in line.slots { draw(slot, row: row, in: area, on: &canvas) }
            if line.isButton {
                let isHere = form.focus == .review
                canvas.put(
                    isHere ? "[\(Self.button)]" : " \(Self.button) ", column: area.column + gutter, row: row,
                    width: area.width - gutter, look: isHere ? Look(.selection, [.reverse, .bold]) : Look(.title))
            }
        }
    }

    private func draw(_ slot: Slot, row: Int, in area: Rect, on canvas: inout Canvas) {
        guard let cell = form[slot.place] else { return }
        let isHere = form.focus == .cell(slot.place)
        let (text, cursor) = cell.editor.visible(in: slot.width)
        let shown = isHere ? text : cell.text.truncated(to: slot.width)
        let worst = problems.filter { $0.place == slot.place }
        let role: Role =
            worst.contains(where: \.isError) ? .error : !worst.isEmpty ? .warn : isHere ? .prompt : .text
        let column = area.column + slot.column
        let width = min(slot.width, area.width - slot.column)
        if cell.text.isEmpty {
            let example = exampleText(cell, slot.place, width: slot.width).truncated(to: slot.width).padded(to: slot.width)
            canvas.put(example, column: column, row: row, width: width, look: Look(.dim, .underline))
        } else {
            canvas.put(
                shown.padded(to: slot.width), column: column, row: row, width: width, look: Look(role, .underline))
        }
        if isHere { canvas.placeCursor(Position(column: column + cursor, row: row)) }
    }

    private func exampleText(_ cell: FormCell, _ place: FormPlace, width: Int) -> String {
        if place.section == .name, !form.suggestedName.isEmpty { return form.suggestedName }
        if case .choice(let choices) = cell.kind, cell.example.isEmpty, !place.section.isList {
            return "\(choices[0]), as none is set"
        }
        if cell.example.isEmpty { return "" }
        let text = "such as \(cell.example)"
        return text.columns <= width || cell.example.columns >= width ? text : "\(cell.example)?"
    }
}
