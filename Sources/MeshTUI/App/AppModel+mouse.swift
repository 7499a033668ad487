/// What a mouse did, on which cell.
public struct MouseInput: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case press, wheelUp, wheelDown }

    public let kind: Kind
    public let position: Position

    public init(kind: Kind, position: Position) {
        self.kind = kind
        self.position = position
    }
}

extension AppModel {
    /// How many rows the wheel moves by.
    private static let wheelRows = 3

    /// A click focuses a pane, selects a row, or presses a key of the footer; the wheel scrolls what is under it.
    mutating func take(_ mouse: MouseInput) -> [Effect] {
        switch mouse.kind {
        case .press: return press(at: mouse.position)
        case .wheelUp: return scroll(-Self.wheelRows, at: mouse.position)
        case .wheelDown: return scroll(Self.wheelRows, at: mouse.position)
        }
    }

    private mutating func press(at position: Position) -> [Effect] {
        let footer = layout.footer
        if position.row == footer.row, scope != .prompt {
            let hits = FooterView.places(self, in: footer)
            return hits.first { $0.columns.contains(position.column) }.map { press($0.key) } ?? []
        }
        guard layers.isEmpty, let box = box(at: position) else { return [] }
        let effects = focus(on: box.id)
        if let row = row(at: position, in: box) { self[box.id].select(row, visible: box.visibleRows) }
        return effects
    }

    private mutating func scroll(_ rows: Int, at position: Position) -> [Effect] {
        guard layers.isEmpty else { return scope == .prompt ? [] : move(.by(rows)) }
        guard let box = box(at: position) else { return [] }
        let from = self[box.id].selectedIndex ?? 0
        self[box.id].select(from + rows, visible: box.visibleRows)
        return []
    }

    private func box(at position: Position) -> PaneBox? {
        layout.boxes.first { $0.rect.contains(position) }
    }

    /// The place of the row that is drawn there; nil beside the rows.
    private func row(at position: Position, in box: PaneBox) -> Int? {
        let area = box.rowsArea
        guard area.contains(position) else { return nil }
        let slot = (position.row - area.row) / max(1, box.arrangement.lines.count)
        let index = self[box.id].top + slot
        return slot < box.visibleRows && self[box.id].rows.indices.contains(index) ? index : nil
    }
}

extension Rect {
    fileprivate func contains(_ position: Position) -> Bool {
        (column..<column + width).contains(position.column) && (row..<row + height).contains(position.row)
    }
}
