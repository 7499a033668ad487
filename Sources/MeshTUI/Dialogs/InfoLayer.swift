import MeshState

/// How meshtop itself fares: what it asks of the API, what it holds, and which files it uses.
struct InfoLayer: Menu {
    private var top = 0
    private var lines: [TextLayer.Line] = []
    let scope = KeyScope.menu

    init(_ model: AppModel) { refresh(model) }

    mutating func refresh(_ model: AppModel) {
        let around = model.surroundings
        var details: [DetailLine] = [
            .field("Mesh", CellText("\(model.contextName), \(model.shown?.identity.server ?? "")")),
            .field("Namespace", CellText(model.shown?.identity.namespace ?? "all")),
            .field("Istio", CellText(model.shown.map(\.istioVersion).flatMap { $0.isEmpty ? nil : $0 } ?? "not known yet")),
            .field("User", CellText(model.user)),
            .field("Interval", CellText("\(Numbers.plain(model.interval)) s between two polls of a proxy")),
        ]
        if let requests = around.requests {
            let rate = Numbers.rate(Double(requests.count) / max(1, requests.seconds))
            details.append(
                .field("Requests", CellText("\(requests.count) in \(WallClock.age(requests.seconds)), \(rate) a second")))
        }
        if let shown = model.shown {
            let held = Panes.all.map { "\(model[$0.id].total) \($0.noun)" }.joined(separator: ", ")
            details.append(.field("Held", CellText(held)))
            let lost = shown.blockedLost
            details.append(.field("Dropped", CellText("\(lost) blocked calls", lost == 0 ? .text : .warn)))
        }
        details.append(.heading("Paths"))
        details += around.paths.map { path in
            .field(path.name, CellText(path.path + (path.isThere ? "" : "  (not there)"), path.isThere ? .text : .dim))
        }
        lines = TextLayer.lines(of: details, width: max(1, min(Self.width, model.size.columns) - 4))
        move(.by(0), in: model.size)
    }

    private static let width = 100

    private func area(in size: Size) -> Rect { Popup.area(width: Self.width, height: lines.count + 2, in: size) }

    private mutating func move(_ move: Move, in size: Size) {
        let visible = max(0, area(in: size).height - 2)
        let most = max(0, lines.count - visible)
        top = min(max(0, move.target(from: top, visible: visible, count: most + 1)), most)
    }

    mutating func move(_ move: Move, _ model: inout AppModel) { self.move(move, in: model.size) }

    func choose(_ model: inout AppModel) -> [Effect] { [] }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let inside = Popup.frame(area(in: model.size), title: "meshtop itself", on: &canvas)
        for (offset, line) in lines.dropFirst(top).prefix(inside.height).enumerated() {
            var column = inside.column
            let end = inside.column + inside.width
            for piece in line {
                column = canvas.put(
                    piece.text, column: column, row: inside.row + offset, width: max(0, end - column),
                    look: Look(piece.role))
            }
        }
    }
}
