/// Chooses the column that a pane is sorted by.
struct SortMenu: Menu {
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

    mutating func move(_ move: Move, _ model: inout AppModel) {
        index = min(max(0, move.target(from: index, visible: columns.count, count: columns.count)), columns.count - 1)
    }

    func choose(_ model: inout AppModel) -> [Effect] { model.sort(by: orders[index]) }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let lines = zip(columns, orders).map { column, order in
            (left: column.title, right: CellText(order.descending ? Glyph.descending.text : Glyph.ascending.text))
        }
        Popup.menu(title, lines, marked: index, in: model.size, on: &canvas)
    }
}
