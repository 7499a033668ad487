/// A list of lines one of which is marked; the keys of the scope `menu` move the mark and take the line.
protocol Menu: Layer {
    mutating func move(_ move: Move, _ model: inout AppModel)
    /// Does what the marked line says; the menu is closed already.
    func choose(_ model: inout AppModel) -> [Effect]
    /// Takes back what moving the mark has done.
    func cancel(_ model: inout AppModel)
}

extension Menu {
    func cancel(_ model: inout AppModel) {}
}

extension AppModel {
    /// Closes the menu on top and does what its marked line says.
    mutating func chooseFromMenu() -> [Effect] {
        guard let menu = layers.last as? any Menu else { return [] }
        layers.removeLast()
        return menu.choose(&self)
    }

    mutating func moveInMenu(_ move: Move) {
        guard var menu = layers.last as? any Menu else { return }
        menu.move(move, &self)
        layers[layers.count - 1] = menu
    }
}

extension Popup {
    /// A title over lines of two columns, one of them marked; below them a remark on the marked one.
    static func menu(
        _ title: String, _ lines: [(left: String, right: CellText)], marked: Int, remark: String = "", in size: Size,
        on canvas: inout Canvas
    ) {
        let left = lines.map(\.left.columns).max() ?? 0
        let right = lines.map(\.right.text.columns).max() ?? 0
        let widest = max(left + 2 + right, title.columns + 2, remark.isEmpty ? 0 : 40)
        let remarkHeight = remark.isEmpty ? 0 : 3
        let area = area(width: widest + 4, height: lines.count + 2 + remarkHeight, in: size)
        let inside = frame(area, title: title, on: &canvas)
        // On a small screen the lines are worth more than the remark.
        let room = inside.height > lines.count ? inside.height - min(remarkHeight, inside.height - lines.count) : inside.height
        let top = max(0, marked - max(1, room) + 1)
        for (offset, line) in lines.dropFirst(top).prefix(room).enumerated() {
            let isMarked = top + offset == marked
            let row = inside.row + offset
            let look = isMarked ? Look(.selection, .reverse) : Look()
            // Where there is no room for both, the value is worth more than the whole of its name.
            let value = line.right.text.truncated(to: inside.width)
            let room = max(0, inside.width - value.columns - (value.isEmpty ? 0 : 1))
            let name = line.left.truncated(to: room).padded(to: inside.width - value.columns)
            let end = canvas.put(name, column: inside.column, row: row, width: inside.width, look: look)
            canvas.put(value, column: end, row: row, look: isMarked ? look : Look(line.right.role))
        }
        guard !remark.isEmpty, inside.height - room > 1 else { return }
        for (offset, line) in remark.wrapped(to: inside.width).prefix(inside.height - room - 1).enumerated() {
            canvas.put(line, column: inside.column, row: inside.row + room + 1 + offset, look: Look(.dim))
        }
    }
}
