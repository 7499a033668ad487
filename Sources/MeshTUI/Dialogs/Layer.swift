/// Something that lies over the panes and gets the keys before them: a dialog, a prompt, a text.
///
/// Keys that it does not consume are looked up in the key table under its scope; those in no scope of it do nothing.
protocol Layer: Sendable {
    var scope: KeyScope { get }
    mutating func handle(_ key: Key, _ model: inout AppModel) -> LayerAnswer
    /// Takes in that the mesh has changed.
    mutating func refresh(_ model: AppModel)
    func draw(on canvas: inout Canvas, _ model: AppModel)
}

extension Layer {
    mutating func handle(_ key: Key, _ model: inout AppModel) -> LayerAnswer { .passed }
    mutating func refresh(_ model: AppModel) {}
}

/// What a layer did with a key.
enum LayerAnswer: Sendable, Hashable {
    case passed
    case consumed
    case closed
}

/// Draws the frame of a popup.
enum Popup {
    /// A rectangle in the middle of the screen, at most as large as it, between header and footer where there is room.
    static func area(width: Int, height: Int, in size: Size) -> Rect {
        let top = size.rows >= 8 ? 1 : 0
        let room = max(0, size.rows - (size.rows >= 8 ? 2 : 1))
        let width = min(width, size.columns)
        let height = min(height, room)
        return Rect(
            column: (size.columns - width) / 2, row: top + (room - height) / 2, width: width, height: height)
    }

    /// Clears the area, draws its border with a title, and returns what is inside.
    static func frame(_ area: Rect, title: String, note: CellText? = nil, on canvas: inout Canvas) -> Rect {
        guard area.width >= 4, area.height >= 3 else {
            canvas.clear(area)
            canvas.put(
                title.truncated(to: area.width), column: area.column, row: area.row, width: area.width,
                look: Look(.title))
            return Rect(column: area.column, row: area.row + 1, width: area.width, height: max(0, area.height - 1))
        }
        canvas.clear(area)
        let look = Look(.borderFocus)
        let bar = String(repeating: Glyph.horizontal.text, count: area.width - 2)
        canvas.put(Glyph.topLeft.text + bar + Glyph.topRight.text, column: area.column, row: area.row, look: look)
        for row in 1..<area.height - 1 {
            canvas.put(Glyph.vertical.text, column: area.column, row: area.row + row, look: look)
            canvas.put(Glyph.vertical.text, column: area.column + area.width - 1, row: area.row + row, look: look)
        }
        let last = area.row + area.height - 1
        canvas.put(Glyph.bottomLeft.text + bar + Glyph.bottomRight.text, column: area.column, row: last, look: look)
        // What the note says is nowhere else, and a title is known by its ends.
        let noteWidth = note.map { $0.text.columns + 3 } ?? 0
        let room = max(area.width - 6 - noteWidth, min(area.width - 6, 8))
        let shown = " \(title.truncated(to: room, .middle)) "
        let end = canvas.put(shown, column: area.column + 2, row: area.row, width: area.width - 4, look: Look(.title))
        if let note {
            let text = " \(note.text) "
            let start = area.column + area.width - 2 - text.columns
            if start > end { canvas.put(text, column: start, row: area.row, look: Look(note.role)) }
        }
        return area.inset(2, 1)
    }
}
