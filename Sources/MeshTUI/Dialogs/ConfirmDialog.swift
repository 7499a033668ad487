import MeshState

/// Asks before something is done: a title of verb and object, what would change, and two buttons of which Cancel is
/// marked.
struct ConfirmDialog: Layer {
    enum Purpose: Sendable, Hashable {
        case changes([ProposedChange])
        case quit
        /// The form below is left, and what was written kept.
        case leaveForm
        case discard(Draft.ID)
    }

    /// What has to be typed before it can be applied.
    struct Proof: Sendable, Hashable {
        let prompt: String
        let expected: String
        var editor = LineEditor()

        var isGiven: Bool { editor.text == expected }

        /// Whether a character is typed into it: of a number only digits are, so that the other keys stay what they are.
        func takes(_ character: Character) -> Bool {
            character.isASCII && character.isNumber || !expected.allSatisfy(\.isNumber)
        }
    }

    let title: String
    var lead: String
    /// For how long the change shall be; nil where that is not to be chosen.
    var lasting: Lasting?
    let applyLabel: String
    let purpose: Purpose
    var isApplyMarked = false
    /// Of changes alone.
    private(set) var review: Review?
    private(set) var proof: Proof?
    private var body: [Review.Line]
    private var top = 0
    var scope: KeyScope { proof == nil ? .dialog : .proof }

    init(title: String, lead: String, body: [CellText], applyLabel: String, purpose: Purpose) {
        self.title = title
        self.lead = lead
        self.body = body.map { Review.Line($0.text, $0.role, isProse: true) }
        self.applyLabel = applyLabel
        self.purpose = purpose
    }

    /// Puts changes before the operator.
    init(title: String, lead: String, review: Review, applyLabel: String = "Apply", proof: Proof? = nil) {
        self.title = title
        self.lead = lead
        self.applyLabel = applyLabel
        self.review = review
        self.proof = proof
        purpose = .changes(review.changes)
        body = review.lines
    }

    static func quit(waitingFor open: [String]) -> ConfirmDialog {
        ConfirmDialog(
            title: "Quit meshtop", lead: "The API has not answered yet to:",
            body: open.map { CellText("  \($0)", .pending) }, applyLabel: "Quit", purpose: .quit)
    }

    /// Takes in what was found out for the review of this number.
    mutating func take(_ id: Int, _ change: (inout Review) -> Void) {
        guard var review, review.id == id else { return }
        change(&review)
        self.review = review
        body = review.lines
    }

    mutating func handle(_ key: Key, _ model: inout AppModel) -> LayerAnswer {
        guard let proof else { return .passed }
        switch key {
        case .character(let character) where proof.takes(character): self.proof?.editor.insert(character)
        case .backspace: self.proof?.editor.apply(.backspace)
        case .control("w"): self.proof?.editor.apply(.deleteWord)
        default: return .passed
        }
        // What was typed is the answer: with it Enter applies, and with nothing else.
        isApplyMarked = self.proof?.isGiven == true
        return .consumed
    }

    /// Whether a key types into the dialog instead of doing what it does elsewhere.
    func isTyped(_ key: Key) -> Bool {
        guard let proof, case .character(let character) = key else { return false }
        return proof.takes(character)
    }

    /// Takes over what was answered in the dialog in whose place this one is.
    mutating func keepAnswer(of other: ConfirmDialog) {
        isApplyMarked = other.isApplyMarked
        if let typed = other.proof?.editor { proof?.editor = typed }
    }

    /// What the operator should know before applying: the object has moved or gone, or the data is old.
    func notice(_ model: AppModel) -> CellText? {
        guard let review, let change = review.changes.first else { return nil }
        if let notice = review.notice(model.latest) { return notice }
        let state = DataState(pane: Panes.pane(change.pane), snapshot: model.latest, now: model.now)
        if case .stale(let age, _) = state {
            return CellText("\(Glyph.warning.text) based on data \(WallClock.age(age)) old", .stale)
        }
        return nil
    }

    mutating func refresh(_ model: AppModel) { scroll(.by(0), model) }

    mutating func scroll(_ move: Move, _ model: AppModel) {
        let places = places(model)
        let most = max(0, places.lines.count - places.bodyHeight)
        top = min(max(0, move.target(from: top, visible: places.bodyHeight, count: most + 1)), most)
    }

    private struct Places {
        var area: Rect
        var lead: [String]
        var lines: [CellText]
        var bodyHeight: Int
        var notices: [CellText]
    }

    private func places(_ model: AppModel) -> Places {
        let notice = notice(model)
        let bodyWidth = body.map { min($0.cell.text.columns, $0.isProse ? 72 : .max) }.max() ?? 0
        let widest = max(bodyWidth, title.columns + 4, min(lead.columns, 72), min(notice?.text.columns ?? 0, 72), 44)
        let width = min(widest + 4, max(20, model.size.columns - 2))
        let inner = max(1, width - (model.size.columns >= 24 && model.size.rows >= 8 ? 4 : 0))
        let lines = body.flatMap { line in
            guard line.isProse, line.cell.text.columns > inner else { return [line.cell] }
            let indent = String(repeating: " ", count: line.cell.text.prefix { $0 == " " }.count)
            return line.cell.text.wrapped(to: max(1, inner - indent.count)).map {
                CellText(indent + $0, line.cell.role)
            }
        }
        let isSmall = model.size.rows < 16
        // What is changed is worth more than what led to it; a question without a change has nothing else.
        let isLed = !lead.isEmpty && (!isSmall || review == nil)
        let leads = isLed ? lead.wrapped(to: inner) + (isSmall ? [] : [""]) : []
        let notices = notice.map { notice in
            notice.text.wrapped(to: inner).prefix(2).map { CellText($0, notice.role) }
        } ?? []
        let around = 2 + leads.count + (isSmall ? 1 : 2) + notices.count
            + (proof == nil ? 0 : 1) + (hasField(model) ? 1 : 0)
        let area = Popup.area(width: width, height: lines.count + around, in: model.size)
        return Places(
            area: area, lead: leads, lines: lines, bodyHeight: max(0, area.height - around), notices: notices)
    }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let places = places(model)
        let hidden = places.lines.count - places.bodyHeight
        let end = min(places.lines.count, top + places.bodyHeight)
        let note = hidden > 0 ? CellText("\(top + 1)-\(end)/\(places.lines.count)", .dim) : nil
        let inside = Popup.frame(places.area, title: title, note: note, on: &canvas)
        guard inside.height > 0 else { return }
        var row = inside.row
        for line in places.lead {
            canvas.put(line, column: inside.column, row: row, width: inside.width, look: Look(.dim))
            row += 1
        }
        for line in places.lines.dropFirst(top).prefix(places.bodyHeight) {
            let text = line.text.truncated(to: inside.width)
            canvas.put(text, column: inside.column, row: row, width: inside.width, look: Look(line.role))
            row += 1
        }
        var last = inside.row + inside.height - 1
        drawButtons(inside, row: last, on: &canvas)
        last -= 1
        if let proof, last >= inside.row {
            drawProof(proof, inside, row: last, on: &canvas)
            last -= 1
        }
        if let lasting, hasField(model), last >= inside.row {
            drawField(lasting, inside, row: last, model, on: &canvas)
            last -= 1
        }
        for notice in places.notices.reversed() where last >= inside.row {
            canvas.put(
                notice.text.truncated(to: inside.width), column: inside.column, row: last, width: inside.width,
                look: Look(notice.role))
            last -= 1
        }
    }

    /// Whether there is a line for how long it shall be; on a small screen the title alone tells.
    private func hasField(_ model: AppModel) -> Bool { lasting != nil && model.size.rows >= 16 }

    /// For how long, and the key that changes it.
    private func drawField(_ lasting: Lasting, _ inside: Rect, row: Int, _ model: AppModel, on canvas: inout Canvas) {
        var column = inside.column
        let key = model.keys.label("for-a-while")
        for (text, role) in [
            ("For how long: ", Role.prompt), (lasting.text(at: model.now, clock: model.clock), .text),
            (key.isEmpty ? "" : "  (\(key) changes it)", .dim),
        ] {
            let room = inside.column + inside.width - column
            column = canvas.put(text.truncated(to: max(0, room)), column: column, row: row, width: room, look: Look(role))
        }
    }

    private func drawProof(_ proof: Proof, _ inside: Rect, row: Int, on canvas: inout Canvas) {
        let prompt = "\(proof.prompt) ".truncated(to: max(0, inside.width - 8))
        let start = canvas.put(prompt, column: inside.column, row: row, width: inside.width, look: Look(.prompt))
        let room = inside.column + inside.width - start
        let (text, cursor) = proof.editor.visible(in: room)
        let field = text.padded(to: min(room, max(proof.expected.columns + 1, 8)))
        let role: Role = proof.isGiven ? .ok : .text
        canvas.put(field, column: start, row: row, width: room, look: Look(role, .underline))
        canvas.placeCursor(Position(column: start + cursor, row: row))
    }

    /// `[Cancel]   Apply`: the marked one in brackets and reverse, the letter that presses it underlined.
    private func drawButtons(_ inside: Rect, row: Int, on canvas: inout Canvas) {
        let hasLetter = proof == nil
        let letter = applyLabel.firstIndex(of: "p").map { applyLabel.distance(from: applyLabel.startIndex, to: $0) }
        let labels = [("Cancel", 0, !isApplyMarked), (applyLabel, letter, isApplyMarked)]
        let width = labels.reduce(0) { $0 + $1.0.columns + 2 } + 2
        var column = inside.column + max(0, inside.width - width)
        for (label, letter, isMarked) in labels {
            let emphasis: Emphasis = isMarked ? [.reverse, .bold] : []
            let role: Role = isMarked ? .selection : .text
            canvas.put(isMarked ? "[\(label)]" : " \(label) ", column: column, row: row, look: Look(role, emphasis))
            if let letter, hasLetter {
                let area = Rect(column: column + 1 + letter, row: row, width: 1, height: 1)
                canvas.restyle(area) { $0.emphasis.insert(.underline) }
            }
            column += label.columns + 4
        }
    }
}
