/// Where things lie on a screen of a given size.
struct Layout: Sendable, Hashable {
    let header: Rect?
    let footer: Rect
    private(set) var boxes: [PaneBox] = []

    /// Below this, only the focused pane is shown; so is one that is not in the grid.
    static let smallest = Size(columns: 70, rows: 16)

    init(size: Size, focus: PaneID, isZoomed: Bool) {
        let width = max(0, size.columns)
        let height = max(0, size.rows)
        header = height >= 3 ? Rect(column: 0, row: 0, width: width, height: 1) : nil
        footer = Rect(column: 0, row: max(0, height - 1), width: width, height: min(1, height))
        let top = header == nil ? 0 : 1
        let body = Rect(column: 0, row: top, width: width, height: max(0, height - 1 - top))
        let isInGrid = Panes.grid.contains { $0.id == focus }
        guard !isZoomed, isInGrid, width >= Self.smallest.columns, height >= Self.smallest.rows else {
            let isFramed = height >= 8 && width >= 24
            boxes = [PaneBox(id: focus, rect: body, hasSides: isFramed, hasBottom: isFramed, isFirst: true)]
            return
        }
        // Traffic has longer rows than the lists of names on the left.
        let left = width * 47 / 100
        let upper = (body.height - 1) / 2
        for (index, pane) in Panes.grid.enumerated() {
            let isLeft = index < 2
            let isFirst = index % 2 == 0
            let rect = Rect(
                column: isLeft ? 0 : left, row: isFirst ? body.row : body.row + upper,
                width: isLeft ? left : width - left, height: isFirst ? upper : body.height - upper)
            boxes.append(PaneBox(id: pane.id, rect: rect, hasSides: true, hasBottom: !isFirst, isFirst: isFirst))
        }
    }

    func box(of id: PaneID) -> PaneBox? { boxes.first { $0.id == id } }
}

/// The frame of one pane; the pane below it draws the border between them.
struct PaneBox: Sendable, Hashable {
    let id: PaneID
    let rect: Rect
    let hasSides: Bool
    let hasBottom: Bool
    /// Whether it is the top one of its column.
    let isFirst: Bool

    /// What is inside the border.
    var inside: Rect {
        // The border, and a blank beside it where there is room to breathe.
        let side = hasSides ? (rect.width >= 50 ? 2 : 1) : 0
        return Rect(
            column: rect.column + side, row: rect.row + 1, width: max(0, rect.width - 2 * side),
            height: max(0, rect.height - 1 - (hasBottom ? 1 : 0)))
    }

    var arrangement: Arrangement { Panes.pane(id).arrangement(width: inside.width) }

    /// Where rows go: the inside without the heading.
    var rowsArea: Rect {
        var area = inside
        if arrangement.hasHeading, area.height > 3 {
            area.row += 1
            area.height -= 1
        }
        return area
    }

    var hasHeading: Bool { rowsArea.row > inside.row }

    var visibleRows: Int { rowsArea.height / max(1, arrangement.lines.count) }
}
