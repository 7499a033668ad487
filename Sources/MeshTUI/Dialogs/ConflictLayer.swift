import MeshState

/// What to do when somebody else changed the same object: both sides, and the ways out of it.
struct ConflictLayer: Layer {
    /// The change that the API refused.
    let change: ProposedChange
    private(set) var theirs: ObjectReading?
    /// Both sides brought together, where there is something to bring together.
    private(set) var merge: ThreeWayMerge?
    /// The conflict that is marked.
    private var index = 0
    private var top = 0
    let scope = KeyScope.conflict

    init(_ change: ProposedChange) { self.change = change }

    mutating func take(_ reading: ObjectReading) {
        theirs = reading
        merge = nil
        if case .object(let object) = reading, let mine = change.request.object {
            merge = ThreeWayMerge(base: change.base, theirs: object, mine: mine)
        }
    }

    var theirObject: JSONValue? { theirs?.object }

    /// The conflict that a key chooses a side of.
    var marked: ThreeWayMerge.Conflict? {
        guard let conflicts = merge?.conflicts, conflicts.indices.contains(index) else { return nil }
        return conflicts[index]
    }

    /// Takes the other side's value for the marked field.
    mutating func chooseOther() {
        guard let marked, let side = merge?.choice(of: marked) else { return }
        merge?.choose(side == .mine ? .theirs : .mine, for: marked)
    }

    /// To another conflict, or where there is none, through the text; pages always go through the text.
    mutating func move(_ move: Move, _ model: AppModel) {
        if case .by(let step) = move, let count = merge?.conflicts.count, count > 0 {
            index = min(max(0, index + step), count - 1)
            let line = 2 + 3 * index
            let height = height(model)
            if line < top { top = line }
            if line + 3 > top + height { top = max(0, line + 3 - height) }
            return
        }
        let height = height(model)
        let most = max(0, lines.count - height)
        top = min(max(0, move.target(from: top, visible: height, count: most + 1)), most)
    }

    mutating func refresh(_ model: AppModel) { top = min(top, max(0, lines.count - height(model))) }

    // MARK: Drawing

    private var lines: [Review.Line] {
        switch theirs {
        case nil: return [Review.Line("asking for the object as it is now\(Glyph.ellipsis.text)", .pending)]
        case .failed(let reason): return [Review.Line("\(Glyph.warning.text) \(reason)", .error, isProse: true)]
        case .absent:
            return [Review.Line("Deleted meanwhile: o makes it anew.", .warn)] + [Review.Line("")]
                + side("Yours", change.base, change.request.object)
        case .object(let object):
            var lines = mergeLines
            if change.base == nil {
                lines += [Review.Line(""), Review.Line("Theirs, which was made meanwhile", .title)]
                let text = object.withoutServerFields.madeSafe.yamlText
                lines += text.split(separator: "\n").map { Review.Line(String($0)) }
            } else {
                lines += side("Theirs, since you began", change.base, object)
            }
            return lines + side("Yours", change.base, change.request.object)
        }
    }

    private func side(_ title: String, _ old: JSONValue?, _ new: JSONValue?) -> [Review.Line] {
        func text(_ object: JSONValue?) -> String { object?.withoutServerFields.madeSafe.yamlText ?? "" }
        let body =
            new == nil
            ? [Review.Line("  the deletion of it")]
            : Review.difference(from: text(old), to: text(new))
        return [Review.Line(""), Review.Line(title, .title)] + body
    }

    private var mergeLines: [Review.Line] {
        guard let merge else { return [Review.Line("Changed after you looked at it.", .warn)] }
        guard !merge.conflicts.isEmpty else {
            return [Review.Line("Both changes fit together; m merges.", .ok)]
        }
        let count = Words.count(merge.conflicts.count, "field clashes", "fields clash")
        var lines = [Review.Line("\(count); the merge takes:", .warn), Review.Line("")]
        for (place, conflict) in merge.conflicts.enumerated() {
            let isMarked = place == index
            let mark = isMarked ? Glyph.context.text : " "
            lines.append(Review.Line("\(mark) \(conflict.path)".madeSafe, isMarked ? .selection : .text))
            let choice = merge.choice(of: conflict)
            for (side, value) in [(ThreeWayMerge.Side.theirs, conflict.theirs), (.mine, conflict.mine)] {
                let sign = choice == side ? Glyph.on.text : Glyph.off.text
                let word = side == .mine ? "yours: " : "theirs:"
                let text = value.map { $0.stringValue ?? $0.jsonText() } ?? "(not there)"
                lines.append(Review.Line("    \(sign) \(word) \(text.madeSafe)", choice == side ? .ok : .dim))
            }
        }
        return lines
    }

    private func area(_ model: AppModel) -> Rect {
        let widest = lines.map(\.cell.text.columns).max() ?? 0
        let width = max(64, min(widest, 100)) + 4
        return Popup.area(width: width, height: max(lines.count, 3) + 2, in: model.size)
    }

    private func height(_ model: AppModel) -> Int {
        let area = area(model)
        return area.width >= 4 && area.height >= 3 ? area.height - 2 : max(0, area.height - 1)
    }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let lines = lines
        let height = height(model)
        let end = min(lines.count, top + height)
        let note = lines.count > height ? CellText("\(top + 1)-\(end)/\(lines.count)", .dim) : nil
        let title = "Changed in two places: \(change.request.target.name)"
        let inside = Popup.frame(area(model), title: title, note: note, on: &canvas)
        for (offset, line) in lines.dropFirst(top).prefix(inside.height).enumerated() {
            canvas.put(
                line.cell.text.truncated(to: inside.width), column: inside.column, row: inside.row + offset,
                width: inside.width, look: Look(line.cell.role, line.cell.role == .selection ? .reverse : []))
        }
    }
}
