import FoundationEssentials
import MeshState

/// The form in which a service entry is written.
struct FormLayer: EditingLayer {
    private(set) var form: FormModel
    private(set) var problems: [FormProblem] = []
    /// The draft that keeps what is written here.
    let draftID: Draft.ID
    /// The API's words about the entry as it was last sent.
    private let refusal: String?
    private var top = 0
    /// When it was written to the draft, and what was.
    private var keptAt = Date.distantPast
    private var kept: [FormSection: [[String]]]
    let scope = KeyScope.form

    init(_ form: FormModel, draft: Draft.ID, refusal: String? = nil, _ model: AppModel) {
        self.form = form
        draftID = draft
        self.refusal = refusal
        kept = form.texts
        check(model)
    }

    mutating func handle(_ key: Key, _ model: inout AppModel) -> LayerAnswer {
        guard case .character(let character) = key, form.focus != .review else { return .passed }
        form.type(character)
        check(model)
        return .consumed
    }

    mutating func edit(_ action: LineEditor.Action, _ model: inout AppModel) {
        form.edit(action)
        check(model)
    }

    /// Changes the form and looks at it again.
    mutating func change(_ model: AppModel, _ change: (inout FormModel) -> Void) {
        change(&form)
        check(model)
    }

    mutating func refresh(_ model: AppModel) { reveal(model) }

    private mutating func check(_ model: AppModel) {
        if form.isNew, let host = form.firstHost {
            let namespace = form.rows[.namespace]?.first?.cells[0].text
            let others = (model.shown?.entries ?? []).map(\.entry).filter { $0.meta.namespace == namespace }
            form.suggestedName = SuggestedEntry.uniqueName(for: host, among: others)
        }
        problems = form.problems(version: model.istioVersion)
        if let refusal { problems.insert(FormProblem(place: nil, isError: true, text: refusal), at: 0) }
        reveal(model)
    }

    /// Errors that the rules find; what the API said of an earlier state does not count.
    var errors: Int { problems.count { $0.isError && $0.text != refusal } }

    // MARK: Keeping

    /// When something has to be written to the draft; nil while all of it is there.
    var keepsAt: Date? { form.texts != kept && form.isChanged ? keptAt.addingTimeInterval(1) : nil }

    /// What has to be written to the draft now: at most once a second, and only what is new.
    mutating func keep(at now: Date, context: String, isForced: Bool) -> Draft? {
        guard let moment = keepsAt, isForced || moment <= now else { return nil }
        keptAt = now
        kept = form.texts
        return draft(at: now, context: context)
    }

    func draft(at now: Date, context: String) -> Draft {
        Draft(id: draftID, context: context, time: now, form: form)
    }

    // MARK: Moving

    mutating func moveLines(_ step: Int, _ model: AppModel) {
        for _ in 0..<abs(step) {
            guard let next = view(model).neighbour(step.signum()) else { break }
            form.go(to: next)
        }
        reveal(model)
    }

    mutating func movePages(_ step: Int, _ model: AppModel) {
        moveLines(step * max(1, inside(model).height - 2), model)
    }

    private func view(_ model: AppModel) -> FormView {
        FormView(form, problems: problems, width: inside(model).width)
    }

    /// Keeps the focused line and what is wrong with it on the screen.
    private mutating func reveal(_ model: AppModel) {
        let view = view(model)
        let height = inside(model).height
        let focused = view.focused
        var last = focused
        while last + 1 < view.lines.count, view.lines[last + 1].slots.isEmpty, !view.lines[last + 1].isButton,
            last - focused < 3, view.lines[last + 1].words.first?.text.role != .title
        {
            last += 1
        }
        top = min(top, max(0, view.lines.count - height))
        if last >= top + height { top = last - height + 1 }
        // The titles above come along where there is room.
        let first = focused > 0 && view.lines[focused - 1].slots.isEmpty && height > 3 ? focused - 1 : focused
        if first < top { top = first }
        if focused >= top + height { top = focused }
        top = max(0, top)
    }

    // MARK: Drawing

    private func area(_ model: AppModel) -> Rect {
        Popup.area(width: min(100, model.size.columns), height: model.size.rows, in: model.size)
    }

    /// Where fields are: inside of the frame, above the line that explains the field.
    private func inside(_ model: AppModel) -> Rect {
        let area = area(model)
        guard area.width >= 4, area.height >= 3 else {
            return Rect(column: area.column, row: area.row + 1, width: area.width, height: max(0, area.height - 1))
        }
        var inside = area.inset(2, 1)
        if inside.height >= 6 { inside.height -= 1 }
        return inside
    }

    private func title(_ model: AppModel) -> String {
        // A screen with no room for titles of sections has the field's here.
        if inside(model).height < 4, case .cell(let place) = form.focus {
            let column = place.section.columns[place.column].title
            return column.isEmpty ? place.section.title : "\(place.section.title) \(column)"
        }
        guard let target = form.target else { return "New service entry" }
        return "Edit service entry \(target.namespace)/\(target.name)"
    }

    private var note: CellText {
        let warnings = problems.count { !$0.isError }
        if errors > 0 { return CellText("\(Glyph.failed.text) \(Words.count(errors, "error"))", .error) }
        if warnings > 0 { return CellText("\(Glyph.warning.text) \(Words.count(warnings, "warning"))", .warn) }
        return form.isChanged ? CellText("changed", .pending) : CellText("as it was", .dim)
    }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let area = area(model)
        _ = Popup.frame(area, title: title(model), note: note, on: &canvas)
        let inside = inside(model)
        view(model).draw(from: top, in: inside, on: &canvas)
        let hint = inside.row + inside.height
        guard area.height >= 3, hint < area.row + area.height - 1 else { return }
        canvas.put(help.truncated(to: inside.width), column: inside.column, row: hint, width: inside.width, look: Look(.dim))
    }

    private var help: String {
        switch form.focus {
        case .review: "Enter: see what changes and what it would do, before anything is sent"
        case .cell(let place): place.section.columns[place.column].help
        }
    }
}

extension AppModel {
    /// The release whose rules count.
    var istioVersion: IstioVersion { latest.flatMap { IstioVersion(parsing: $0.istioVersion) } ?? .current }
}
