import FoundationEssentials
import MeshState

/// Draws the model as a screen of the given size; a pure function, for any size from nothing on.
public func render(_ model: AppModel, size: Size, capabilities: Capabilities) -> Frame {
    let size = Size(columns: max(0, size.columns), rows: max(0, size.rows))
    var canvas = Canvas(size: size, unicode: capabilities.unicode)
    let layout = Layout(size: size, focus: model.focus, isZoomed: model.isZoomed)
    if let header = layout.header { HeaderView.draw(model, in: header, on: &canvas) }
    let context = model.context
    for box in layout.boxes { PaneView(model, box, context).draw(on: &canvas) }
    FooterView.drawKeys(model, in: layout.footer, on: &canvas)
    for layer in model.layers { layer.draw(on: &canvas, model) }
    if !(model.layers.last is PromptLayer) { FooterView.drawMessage(model, in: layout.footer, on: &canvas) }
    return canvas.frame
}

/// The line at the top: which mesh, how it fares, and how fresh all this is.
enum HeaderView {
    /// A piece with its weight: where there is no room the lightest go first.
    private struct Piece {
        var text: String
        var look: Look
        var weight: Int
        var isRight = false
    }

    static func draw(_ model: AppModel, in area: Rect, on canvas: inout Canvas) {
        let pieces = fitting(pieces(model, width: area.width), in: area.width)
        func width(_ pieces: [Piece]) -> Int { pieces.reduce(0) { $0 + $1.text.columns + 2 } }
        let spare = max(0, area.width - width(pieces))
        let lefts = pieces.filter { !$0.isRight }
        // What room there is goes between the pieces, up to three blanks more, and the rest before those at the right.
        let stretch = lefts.count > 1 ? min(2, spare / max(1, pieces.count)) : 0
        var column = area.column + 1
        for piece in lefts {
            column = canvas.put(piece.text, column: column, row: area.row, look: piece.look) + 2 + stretch
        }
        let rights = pieces.filter(\.isRight)
        column = max(column, area.width - rights.reduce(-1) { $0 + $1.text.columns + 2 + stretch } + stretch)
        for piece in rights {
            column = canvas.put(piece.text, column: column, row: area.row, look: piece.look) + 2 + stretch
        }
    }

    /// The pieces that there is room for, the weightiest first; one is always there.
    private static func fitting(_ pieces: [Piece], in width: Int) -> [Piece] {
        var room = width
        var kept: Set<Int> = []
        for index in pieces.indices.sorted(by: { (pieces[$1].weight, $0) < (pieces[$0].weight, $1) }) {
            let needed = pieces[index].text.columns + 2
            guard kept.isEmpty || needed <= room else { continue }
            room -= needed
            kept.insert(index)
        }
        return pieces.indices.filter(kept.contains).map { pieces[$0] }
    }

    private static func pieces(_ model: AppModel, width: Int) -> [Piece] {
        var pieces = [Piece(text: "meshtop", look: Look(.title), weight: 2)]
        let snapshot = model.shown
        var name = model.contextName
        if width >= 40, let snapshot {
            name += " \(Glyph.context.text) \(snapshot.identity.namespace ?? "all namespaces")"
        }
        pieces.append(Piece(text: name, look: Look(), weight: 6))
        pieces.append(Piece(text: "as \(model.user)", look: Look(.dim), weight: -1))
        if let version = snapshot?.istioVersion, !version.isEmpty {
            pieces.append(Piece(text: "Istio \(version)", look: Look(.dim), weight: 0))
        }
        if let policy = snapshot?.policy {
            let role: Role = policy == .allowAny ? .warn : .text
            pieces.append(Piece(text: policy.rawValue, look: Look(role), weight: 5))
        }
        if let snapshot, let sync = sync(snapshot) {
            pieces.append(Piece(text: sync.text, look: Look(sync.role), weight: 4))
        }
        if let lost = snapshot?.blockedLost, lost > 0 {
            pieces.append(Piece(text: " LOST \(Numbers.compact(UInt64(lost))) ", look: Look(.badge, .reverse), weight: 6))
        }
        if model.lock != .open, !model.isReplay { pieces.append(Piece(text: " READ-ONLY ", look: Look(.badge, .reverse), weight: 8)) }
        if let badge = model.pastBadge {
            pieces.append(Piece(text: badge, look: Look(.badge, .reverse), weight: 11))
        }
        if let pause = model.pause {
            let unseen = pause.unseen == 0 ? "" : " +\(pause.unseen)"
            let text = " PAUSED \(WallClock.stopwatch(model.now.timeIntervalSince(pause.since)))\(unseen) "
            pieces.append(Piece(text: text, look: Look(.badge, .reverse), weight: 10))
        }
        let seconds = model.interval == model.interval.rounded() ? String(Int(model.interval)) : String(model.interval)
        pieces.append(Piece(text: "every \(seconds)s", look: Look(.dim), weight: 1, isRight: true))
        if model.pause == nil, model.past == nil {
            let health = health(model, isNarrow: width < 60)
            pieces.append(Piece(text: health.text, look: Look(health.role), weight: 7, isRight: true))
        }
        pieces.append(Piece(text: model.clock.minute(model.now), look: Look(.text), weight: 3, isRight: true))
        return pieces
    }

    private static func sync(_ snapshot: MeshSnapshot) -> CellText? {
        let known = snapshot.proxies.filter { !$0.sync.isEmpty || $0.rejection != nil }
        guard !known.isEmpty else { return nil }
        let rejecting = known.count { $0.rejection != nil }
        let synced = known.count(where: \.isInSync)
        if rejecting > 0 {
            return CellText("\(Glyph.warning.text) \(rejecting) of \(known.count) proxies reject", .error)
        }
        if synced < known.count { return CellText("\(synced) of \(known.count) proxies in sync", .pending) }
        return CellText("\(synced) \(synced == 1 ? "proxy" : "proxies") in sync", .ok)
    }

    /// Whether all that is shown is current, from all sources together.
    private static func health(_ model: AppModel, isNarrow: Bool) -> CellText {
        switch model.health {
        case .live: return CellText("live", .ok)
        case .loading: return CellText("connecting", .pending)
        case .partial(let text): return CellText("\(Glyph.warning.text) \(isNarrow ? "incomplete" : text)", .warn)
        case .stale(let age, _): return CellText("STALE \(WallClock.age(age))", .stale)
        case .denied: return CellText("DENIED", .error)
        case .unreachable: return CellText("UNREACHABLE", .error)
        }
    }
}

/// The line at the bottom: the keys that work, or what there is to say.
enum FooterView {
    /// A key as it stands in the footer.
    struct Place {
        var binding: KeyBinding
        /// The first of its keys that does it here.
        var key: Key
        var isOff: Bool
        var columns: Range<Int>
    }

    /// Which keys there is room for, and where: over a pane those that work now go before those that do not.
    static func places(_ model: AppModel, in area: Rect) -> [Place] {
        let dialog = model.layers.last as? ConfirmDialog
        var all: [(place: Place, weight: Int)] = []
        for binding in model.keys.bindings(in: model.scope, pane: model.focus) {
            guard let hint = binding.hint, let key = binding.keys.first(where: { dialog?.isTyped($0) != true })
            else { continue }
            let isOff = binding.reason(model) != nil
            // What a dialog is not about is not offered in it.
            if isOff, dialog != nil { continue }
            // Help, what a form is for, and quit must be found on any screen: the room for them is kept.
            let isKept = ["help", "form help", "review", "quit"].contains(binding.name)
            let weight = isKept ? 2 : isOff && model.layers.isEmpty ? 0 : 1
            let width = key.label.columns + 1 + hint.columns
            all.append((Place(binding: binding, key: key, isOff: isOff, columns: 0..<width), weight))
        }
        // The last one needs no gap behind it.
        var room = area.width + 1
        var shown: Set<Int> = []
        for weight in [2, 1, 0] {
            for (index, entry) in all.enumerated() where entry.weight == weight {
                let width = entry.place.columns.count + 2
                guard weight == 2 || room >= width else { continue }
                room -= width
                shown.insert(index)
            }
        }
        var column = area.column + 1
        return shown.sorted().map { index in
            var place = all[index].place
            place.columns = column..<column + place.columns.count
            column = place.columns.upperBound + 2
            return place
        }
    }

    static func drawKeys(_ model: AppModel, in area: Rect, on canvas: inout Canvas) {
        guard area.height > 0 else { return }
        for place in places(model, in: area) {
            let end = canvas.put(
                place.key.label, column: place.columns.lowerBound, row: area.row, look: Look(place.isOff ? .dim : .key))
            canvas.put(
                " \(place.binding.hint ?? "")", column: end, row: area.row, look: Look(place.isOff ? .dim : .text))
        }
    }

    /// A message stands above the keys, where the panes have their border; on a small screen it takes the keys' place. A
    /// long error takes as many lines as it needs, up to four.
    static func drawMessage(_ model: AppModel, in area: Rect, on canvas: inout Canvas) {
        guard let message = model.message, area.height > 0, area.width > 2 else { return }
        let text = message.isError ? "\(Glyph.warning.text) \(message.text)" : message.text
        var lines = text.wrapped(to: area.width - 2)
        let most = message.isError ? min(4, max(1, area.row)) : 1
        if lines.count > most {
            lines = Array(lines.prefix(most))
            lines[most - 1] = (lines[most - 1] + Glyph.ellipsis.text).truncated(to: area.width - 2)
        }
        let last = model.size.rows >= 8 ? area.row - 1 : area.row
        for (offset, line) in lines.enumerated() {
            let row = last - (lines.count - 1) + offset
            canvas.clear(Rect(column: area.column, row: row, width: area.width, height: 1))
            canvas.put(line, column: area.column + 1, row: row, look: Look(message.isError ? .error : .text))
        }
    }
}
