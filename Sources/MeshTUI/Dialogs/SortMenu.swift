/// Chooses the column that a pane is sorted by.
struct SortMenu: Layer {
    private let title: String
    private let columns: [Column]
    private let orders: [SortOrder]
    private var index: Int
    let scope = KeyScope.menu

    init(pane: any Pane, sort: SortOrder) {
        title = "Sort \(pane.noun) by"
        columns = pane.columns
        orders = pane.columns.map { $0.id == sort.column ? sort : pane.naturalOrder($0.id) }
        index = pane.columns.firstIndex { $0.id == sort.column } ?? 0
    }

    mutating func move(_ move: Move) {
        index = min(max(0, move.target(from: index, visible: columns.count, count: columns.count)), columns.count - 1)
    }

    var chosen: SortOrder { orders[index] }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let width = max(columns.map(\.title.columns).max() ?? 0, title.columns + 2) + 6
        let area = Popup.area(width: width, height: columns.count + 2, in: model.size)
        let inside = Popup.frame(area, title: title, on: &canvas)
        let top = max(0, index - inside.height + 1)
        for (offset, column) in columns.dropFirst(top).prefix(inside.height).enumerated() {
            let place = top + offset
            let arrow = orders[place].descending ? Glyph.descending.text : Glyph.ascending.text
            let text = "\(column.title.padded(to: inside.width - 2)) \(arrow)"
            let look = place == index ? Look(.selection, .reverse) : Look()
            canvas.put(text, column: inside.column, row: inside.row + offset, width: inside.width, look: look)
        }
    }
}
