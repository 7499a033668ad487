import FoundationEssentials
import MeshState

/// Draws one pane: its border with all that is to be said about it, and the rows that are visible.
struct PaneView {
    private let model: AppModel
    private let box: PaneBox
    private let context: RowContext
    private let pane: any Pane
    private let state: PaneState
    private let data: DataState
    private var isFocused: Bool { model.focus == box.id }

    init(_ model: AppModel, _ box: PaneBox, _ context: RowContext) {
        self.model = model
        self.box = box
        self.context = context
        pane = Panes.pane(box.id)
        state = model[box.id]
        data = state.data
    }

    func draw(on canvas: inout Canvas) {
        drawBorder(on: &canvas)
        drawTitle(on: &canvas)
        guard box.inside.width > 0, box.inside.height > 0 else { return }
        if let text = insteadOfRows { return drawText(text, on: &canvas) }
        drawRows(on: &canvas)
    }

    // MARK: Border

    private func drawBorder(on canvas: inout Canvas) {
        let look = Look(isFocused ? .borderFocus : .border)
        let rect = box.rect
        guard rect.width > 1, rect.height > 0 else { return }
        let bar = String(repeating: Glyph.horizontal.text, count: max(0, rect.width - 2))
        let left = box.isFirst ? Glyph.topLeft : .teeRight
        let right = box.isFirst ? Glyph.topRight : .teeLeft
        if box.hasSides {
            canvas.put(left.text + bar + right.text, column: rect.column, row: rect.row, look: look)
        } else {
            let line = String(repeating: Glyph.horizontal.text, count: rect.width)
            canvas.put(line, column: rect.column, row: rect.row, look: look)
        }
        guard box.hasSides else { return }
        for row in (rect.row + 1)..<max(rect.row + 1, rect.row + rect.height) {
            canvas.put(Glyph.vertical.text, column: rect.column, row: row, look: look)
            canvas.put(Glyph.vertical.text, column: rect.column + rect.width - 1, row: row, look: look)
        }
        // Where rows lie beyond the edges the border says so.
        let area = box.rowsArea
        if insteadOfRows == nil, area.height > 1 {
            let edge = rect.column + rect.width - 1
            if state.top > 0 { canvas.put(Glyph.moreAbove.text, column: edge, row: area.row, look: look) }
            if state.top + box.visibleRows < state.rows.count {
                canvas.put(Glyph.moreBelow.text, column: edge, row: area.row + area.height - 1, look: look)
            }
        }
        if box.hasBottom, rect.height > 1 {
            let last = rect.row + rect.height - 1
            canvas.put(Glyph.bottomLeft.text + bar + Glyph.bottomRight.text, column: rect.column, row: last, look: look)
        }
    }

    private func drawTitle(on canvas: inout Canvas) {
        let rect = box.rect
        let start = rect.column + (box.hasSides ? 1 : 0)
        let end = rect.column + rect.width - (box.hasSides ? 2 : 1)
        let name = "\(box.id.number) \(pane.title) "
        let shown = canvas.put(
            name, column: start, row: rect.row, width: max(0, end - start),
            look: isFocused ? Look(.borderFocus, .bold) : Look(.title))
        // The rightmost is the most important: the others go first where there is no room.
        var notes = notes(room: end - shown)
        while notes.reduce(0, { $0 + $1.text.columns + 3 }) > end - shown, notes.count > 1 { notes.removeFirst() }
        var column = end
        for note in notes.reversed() {
            let room = column - shown - 3
            guard room >= min(6, note.text.columns) else { break }
            let text = note.text.truncated(to: room)
            column -= text.columns + 2
            canvas.put(" \(text) ", column: column, row: rect.row, look: Look(note.role))
            column -= 1
        }
    }

    /// What the border says besides the title, the least important first.
    private func notes(room: Int) -> [CellText] {
        guard model.shown != nil else { return [] }
        let watching = state.isWatching ? [CellText("WATCHING", .badge)] : []
        let badge = watching + (data.badge.map { [$0] } ?? [])
        switch data {
        case .loading, .denied, .unreachable: return badge
        case .live, .partial, .stale: break
        }
        let arrow = state.sort.descending ? Glyph.descending.text : Glyph.ascending.text
        let order = state.isWatching ? [] : [CellText("\(state.sort.column) \(arrow)", .dim)]
        let marked = state.marks.isEmpty ? [] : [CellText("\(state.marks.count) marked", .mark)]
        guard !state.filter.text.isEmpty else {
            return order + marked + [CellText(state.summary)] + badge
        }
        let count = CellText("\(state.rows.count)/\(state.total)")
        let left = room - (marked + [count] + badge).reduce(0) { $0 + $1.text.columns + 3 } - 3
        let filter = CellText("/\(state.filter.text)".truncated(to: min(24, max(6, left))), .prompt)
        return order + [filter] + marked + [count] + badge
    }

    // MARK: What is said where there are no rows

    private var insteadOfRows: [CellText]? {
        guard model.shown != nil else {
            return model.latest == nil
                ? [CellText("Connecting to \(model.contextName)\(Glyph.ellipsis.text)", .pending)]
                : [
                    CellText("Paused before anything arrived", .pending),
                    CellText("\(model.keys.label("pause")) goes on", .dim),
                ]
        }
        guard state.total == 0 else {
            guard state.rows.isEmpty else { return nil }
            return [
                CellText("None of \(state.total) \(pane.noun) matches \(state.filter.text)", .prompt),
                CellText("\(model.keys.label("back")) clears the filter", .dim),
            ]
        }
        switch data {
        case .loading: return [CellText("Loading \(pane.noun)\(Glyph.ellipsis.text)", .pending)]
        case .denied(let reason):
            return [
                CellText("Not allowed to see \(pane.noun)", .error), CellText(reason),
                CellText("meshtop doctor says what is needed", .dim),
            ]
        case .unreachable(let reason, let attempt, let retryAt):
            var next = "retry \(attempt)"
            if let retryAt {
                let seconds = max(0, Int(retryAt.timeIntervalSince(context.now).rounded(.up)))
                next += seconds == 0 ? " now" : " in \(seconds) s (\(model.keys.label("refresh")) = now)"
            }
            return [
                CellText("Cannot reach the source of \(pane.noun)", .error), CellText(reason), CellText(next, .dim),
            ]
        case .stale(let age, let reason):
            let text = "No \(pane.noun) when last heard, \(WallClock.age(age)) ago"
            return [CellText(text, .stale)] + (reason.map { [CellText($0)] } ?? [])
        case .partial(let text): return [CellText("No \(pane.noun) seen; \(text)", .warn)]
        case .live: return pane.emptyTexts(model)
        }
    }

    private func drawText(_ texts: [CellText], on canvas: inout Canvas) {
        let area = box.inside
        let lines = texts.flatMap { text in
            text.text.wrapped(to: max(1, area.width - 2)).map { CellText($0, text.role) }
        }
        let top = area.row + max(0, (area.height - lines.count) / 2)
        for (offset, line) in lines.prefix(area.height).enumerated() {
            let column = area.column + max(0, (area.width - line.text.columns) / 2)
            canvas.put(line.text, column: column, row: top + offset, width: area.width, look: Look(line.role))
        }
    }

    // MARK: Rows

    private func drawRows(on canvas: inout Canvas) {
        let layout = RowLayout(pane: pane, box: box, state: state)
        let shift = min(state.sideways, layout.mostSideways)
        let area = box.rowsArea
        if box.hasHeading { drawHeading(layout, shift, on: &canvas) }
        let matcher = state.filter.isEmpty ? nil : Filter.Matcher(state.filter)
        let perRow = max(1, layout.lines.count)
        let selected = isFocused ? state.selected?.id : nil
        for (slot, row) in state.rows.dropFirst(state.top).prefix(box.visibleRows).enumerated() {
            let rect = Rect(column: area.column, row: area.row + slot * perRow, width: area.width, height: perRow)
            let isSelected = row.id == selected
            var around = context
            around.neighbours = neighbours(of: state.top + slot)
            around.columns = box.inside.width
            drawRow(row, around, layout, shift, in: rect, matcher, isSelected: isSelected, on: &canvas)
            if data.isStale { canvas.restyle(rect) { $0.role = .stale } }
            if state.marks.contains(row.id) { drawMark(in: rect, on: &canvas) }
            if isSelected {
                canvas.restyle(rect) { cell in
                    if cell.role == .match { cell.emphasis.insert(.underline) }
                    cell.role = .selection
                    cell.emphasis.insert(.reverse)
                }
            }
        }
    }

    /// A marked row has a sign left of it, on the border or on its own first letter where there is no room between.
    private func drawMark(in rect: Rect, on canvas: inout Canvas) {
        canvas.restyle(rect) { if [.text, .dim].contains($0.role) { $0.role = .mark } }
        let column = box.hasSides ? rect.column - 1 : rect.column
        canvas.put(Glyph.mark.text, column: column, row: rect.row, look: Look(.mark, .bold))
    }

    private func drawHeading(_ layout: RowLayout, _ shift: Int, on canvas: inout Canvas) {
        let area = box.inside
        guard let pieces = layout.lines.first else { return }
        for piece in pieces {
            guard case .column(let id) = piece.element else { continue }
            let column = pane.column(id)
            let text = column.title.truncated(to: piece.width).padded(to: piece.width, column.alignment)
            put(text, piece.start - shift, in: area, look: Look(.header), on: &canvas)
        }
    }

    /// What stands above and below a row in the order of the pane, be it on the screen or not.
    private func neighbours(of place: Int) -> (above: Int?, below: Int?) {
        func index(_ place: Int) -> Int? { state.rows.indices.contains(place) ? state.rows[place].index : nil }
        return (index(place - 1), index(place + 1))
    }

    private func drawRow(
        _ row: RowRef, _ context: RowContext, _ layout: RowLayout, _ shift: Int, in rect: Rect, _ matcher: Filter.Matcher?, isSelected: Bool,
        on canvas: inout Canvas
    ) {
        let status = status(of: row, width: rect.width)
        for (offset, pieces) in layout.lines.enumerated() {
            let line = Rect(column: rect.column, row: rect.row + offset, width: rect.width, height: 1)
            // On the last line the status takes what room it needs from the columns that it would hide.
            let isLast = offset == layout.lines.count - 1
            let end = isLast ? status.map { rect.width + shift - $0.text.columns - 1 } : nil
            for piece in pieces {
                switch piece.element {
                case .text(let text): put(text, piece.start - shift, in: line, look: Look(.dim), on: &canvas)
                case .column(let id):
                    let width = min(piece.width, (end ?? .max) - piece.start)
                    guard width == piece.width || width >= 5 else { continue }
                    drawCell(id, of: row, context, at: piece.start - shift, width: width, in: line, matcher, on: &canvas)
                }
            }
        }
        drawStatus(status, in: rect, isSelected: isSelected, on: &canvas)
    }

    private func drawCell(
        _ id: String, of row: RowRef, _ context: RowContext, at start: Int, width: Int, in line: Rect, _ matcher: Filter.Matcher?,
        on canvas: inout Canvas
    ) {
        let column = pane.column(id)
        let cell = pane.cell(id, of: row.index, in: context)
        let text = cell.text.truncated(to: width, column.truncation)
        let place = column.alignment == .right ? start + width - text.columns : start
        let isChanged = state.changed[row.id]?.contains(id) == true
        put(text, place, in: line, look: Look(cell.role, isChanged ? .bold : []), on: &canvas)
        guard let matcher else { return }
        let scalars = Array(text.unicodeScalars)
        for match in matcher.matches(in: text) {
            let before = Self.columns(scalars[..<match.lowerBound])
            mark(place + before, Self.columns(scalars[match]), in: line, on: &canvas)
        }
    }

    private static func columns(_ scalars: ArraySlice<Unicode.Scalar>) -> Int {
        scalars.reduce(0) { $0 + (CharacterWidth.of($1) ?? 1) }
    }

    /// How far the operator's change has come, as far as it fits beside the row's beginning.
    private func status(of row: RowRef, width: Int) -> CellText? {
        guard let cell = context.progress[row.id]?.cell else { return nil }
        return CellText(cell.text.truncated(to: min(max(8, width - 14), width)), cell.role)
    }

    /// The status stands at the right end of the row's last line; on a row that can be let out the key for it stands
    /// there, if nothing else does.
    private func drawStatus(_ status: CellText?, in rect: Rect, isSelected: Bool, on canvas: inout Canvas) {
        let line = Rect(column: rect.column, row: rect.row + rect.height - 1, width: rect.width, height: 1)
        if let status {
            let look = Look(status.role, .bold)
            put(status.text, line.width - status.text.columns, in: line, look: look, on: &canvas)
            return
        }
        guard isSelected, let action = model.keys.bindings.first(where: { $0.name == pane.hintedAction }),
            action.reason(model) == nil, let key = action.keys.first
        else { return }
        let hint = "\(key.label) \(action.hint ?? "")"
        let start = line.width - hint.columns
        guard start > 2 else { return }
        let isFree = (line.column + start - 2..<line.column + line.width).allSatisfy { column in
            (0..<canvas.frame.size.columns).contains(column) && canvas.frame[column, line.row].text == " "
        }
        if isFree { put(hint, start, in: line, look: Look(.key), on: &canvas) }
    }

    /// Writes text at a place counted from the left edge of a line, cutting what lies outside of it.
    private func put(_ text: String, _ start: Int, in line: Rect, look: Look, on canvas: inout Canvas) {
        let width = text.columns
        let cut = max(0, -start)
        guard cut < width, start < line.width else { return }
        let rest = cut == 0 ? text : text.suffix(columns: width - cut).padded(to: width - cut, .right)
        let place = max(0, start)
        canvas.put(rest, column: line.column + place, row: line.row, width: line.width - place, look: look)
    }

    private func mark(_ start: Int, _ length: Int, in line: Rect, on canvas: inout Canvas) {
        let from = max(0, start)
        let to = min(line.width, start + length)
        guard from < to else { return }
        canvas.restyle(Rect(column: line.column + from, row: line.row, width: to - from, height: 1)) {
            $0.role = .match
        }
    }
}
