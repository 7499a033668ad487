import MeshState

/// How meshtop itself fares: what it asks of the API, what it holds, and which files it uses.
struct InfoLayer: Menu {
    private var top = 0
    private var lines: [DetailLine] = []
    let scope = KeyScope.menu

    init(_ model: AppModel) { refresh(model) }

    mutating func refresh(_ model: AppModel) {
        let around = model.surroundings
        lines = [
            .field("Mesh", CellText("\(model.contextName), \(model.shown?.identity.server ?? "")")),
            .field("Namespace", CellText(model.shown?.identity.namespace ?? "all")),
            .field("Istio", CellText(model.shown.map(\.istioVersion).flatMap { $0.isEmpty ? nil : $0 } ?? "not known yet")),
            .field("User", CellText(model.user)),
            .field("Interval", CellText("\(Numbers.plain(model.interval)) s between two polls of a proxy")),
        ]
        if let requests = around.requests {
            let rate = Numbers.rate(Double(requests.count) / max(1, requests.seconds))
            lines.append(
                .field("Requests", CellText("\(requests.count) in \(WallClock.age(requests.seconds)), \(rate) a second")))
        }
        if let shown = model.shown {
            let held = Panes.all.map { "\(model[$0.id].total) \($0.noun)" }.joined(separator: ", ")
            lines.append(.field("Held", CellText(held)))
            let lost = shown.blockedLost
            lines.append(.field("Dropped", CellText("\(lost) blocked calls", lost == 0 ? .text : .warn)))
        }
        lines.append(.heading("Paths"))
        lines += around.paths.map { path in
            .field(path.name, CellText(path.path + (path.isThere ? "" : "  (not there)"), path.isThere ? .text : .dim))
        }
        move(.by(0), in: model.size)
    }

    private func area(in size: Size) -> Rect { Popup.area(width: 100, height: lines.count + 2, in: size) }

    private mutating func move(_ move: Move, in size: Size) {
        let visible = max(0, area(in: size).height - 2)
        let most = max(0, lines.count - visible)
        top = min(max(0, move.target(from: top, visible: visible, count: most + 1)), most)
    }

    mutating func move(_ move: Move, _ model: inout AppModel) { self.move(move, in: model.size) }

    func choose(_ model: inout AppModel) -> [Effect] { [] }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let inside = Popup.frame(area(in: model.size), title: "meshtop itself", on: &canvas)
        let width = lines.reduce(0) { widest, line in
            if case .field(let name, _) = line { max(widest, name.columns) } else { widest }
        }
        for (offset, line) in lines.dropFirst(top).prefix(inside.height).enumerated() {
            let row = inside.row + offset
            switch line {
            case .heading(let text):
                canvas.put(text, column: inside.column, row: row, width: inside.width, look: Look(.title))
            case .text(let text):
                canvas.put(text.text, column: inside.column, row: row, width: inside.width, look: Look(text.role))
            case .field(let name, let value):
                let start = canvas.put(
                    name.padded(to: width) + "  ", column: inside.column, row: row, width: inside.width, look: Look(.dim))
                let room = inside.column + inside.width - start
                canvas.put(
                    value.text.truncated(to: max(0, room), .middle), column: start, row: row, width: room,
                    look: Look(value.role))
            }
        }
    }
}
