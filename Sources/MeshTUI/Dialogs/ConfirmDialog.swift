import MeshState

/// Asks before something is done: a title of verb and object, what would change, and two buttons of which Cancel is marked.
struct ConfirmDialog: Layer {
    enum Purpose: Sendable, Hashable {
        case change(ProposedChange)
        case quit
    }

    let title: String
    let lead: String
    let body: [CellText]
    let applyLabel: String
    let purpose: Purpose
    var isApplyMarked = false
    private var top = 0
    let scope = KeyScope.dialog

    init(title: String, lead: String, body: [CellText], applyLabel: String, purpose: Purpose) {
        self.title = title
        self.lead = lead
        self.body = body
        self.applyLabel = applyLabel
        self.purpose = purpose
    }

    static func quit(waitingFor open: [String]) -> ConfirmDialog {
        ConfirmDialog(
            title: "Quit meshtop", lead: "The API has not answered yet to:",
            body: open.map { CellText("  \($0)", .pending) }, applyLabel: "Quit", purpose: .quit)
    }

    /// What the operator should know before applying: the object has moved or gone, or the data is old.
    func notice(_ model: AppModel) -> CellText? {
        guard case .change(let change) = purpose else { return nil }
        if let captured = change.captured {
            guard let now = model.latest?.entries.first(where: { $0.id == captured.key }) else {
                return CellText("\(Glyph.warning.text) deleted meanwhile: there is nothing to change", .error)
            }
            if now.entry.meta.resourceVersion != captured.resourceVersion {
                return CellText("\(Glyph.warning.text) changed meanwhile: the API will refuse", .error)
            }
        }
        let state = DataState(pane: Panes.pane(change.pane), snapshot: model.latest, now: model.now)
        if case .stale(let age, _) = state {
            return CellText("\(Glyph.warning.text) based on data \(WallClock.age(age)) old", .stale)
        }
        return nil
    }

    mutating func refresh(_ model: AppModel) { scroll(.by(0), model) }

    mutating func scroll(_ move: Move, _ model: AppModel) {
        let places = places(model)
        let most = max(0, body.count - places.bodyHeight)
        top = min(max(0, move.target(from: top, visible: places.bodyHeight, count: most + 1)), most)
    }

    private struct Places {
        var area: Rect
        var lead: [String]
        var bodyHeight: Int
    }

    private func places(_ model: AppModel) -> Places {
        let widest = max(body.map(\.text.columns).max() ?? 0, title.columns + 4, min(lead.columns, 72), 44)
        let width = min(widest + 4, max(20, model.size.columns - 2))
        let inner = max(1, width - (model.size.columns >= 24 && model.size.rows >= 8 ? 4 : 0))
        let isSmall = model.size.rows < 16
        let leads = isSmall ? [] : lead.wrapped(to: inner) + [""]
        let around = 2 + leads.count + (isSmall ? 1 : 2) + (notice(model) == nil ? 0 : 1)
        let area = Popup.area(width: width, height: body.count + around, in: model.size)
        return Places(area: area, lead: leads, bodyHeight: max(0, area.height - around))
    }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let places = places(model)
        let hidden = body.count - places.bodyHeight
        let note =
            hidden > 0 ? CellText("\(top + 1)-\(min(body.count, top + places.bodyHeight))/\(body.count)", .dim) : nil
        let inside = Popup.frame(places.area, title: title, note: note, on: &canvas)
        guard inside.height > 0 else { return }
        var row = inside.row
        for line in places.lead {
            canvas.put(line, column: inside.column, row: row, width: inside.width, look: Look(.dim))
            row += 1
        }
        for line in body.dropFirst(top).prefix(places.bodyHeight) {
            let text = line.text.truncated(to: inside.width)
            canvas.put(text, column: inside.column, row: row, width: inside.width, look: Look(line.role))
            row += 1
        }
        let last = inside.row + inside.height - 1
        if let notice = notice(model), last - 1 >= inside.row {
            canvas.put(
                notice.text.truncated(to: inside.width), column: inside.column, row: last - 1, width: inside.width,
                look: Look(notice.role))
        }
        drawButtons(inside, row: last, on: &canvas)
    }

    /// `[Cancel]   Apply`: the marked one in brackets and reverse, the letter that presses it underlined.
    private func drawButtons(_ inside: Rect, row: Int, on canvas: inout Canvas) {
        let letter = applyLabel.firstIndex(of: "p").map { applyLabel.distance(from: applyLabel.startIndex, to: $0) }
        let labels = [("Cancel", 0, !isApplyMarked), (applyLabel, letter, isApplyMarked)]
        let width = labels.reduce(0) { $0 + $1.0.columns + 2 } + 2
        var column = inside.column + max(0, inside.width - width)
        for (label, letter, isMarked) in labels {
            let emphasis: Emphasis = isMarked ? [.reverse, .bold] : []
            let role: Role = isMarked ? .selection : .text
            canvas.put(isMarked ? "[\(label)]" : " \(label) ", column: column, row: row, look: Look(role, emphasis))
            if let letter {
                let area = Rect(column: column + 1 + letter, row: row, width: 1, height: 1)
                canvas.restyle(area) { $0.emphasis.insert(.underline) }
            }
            column += label.columns + 4
        }
    }
}
