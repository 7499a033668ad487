/// A rectangle of the screen.
struct Rect: Hashable, Sendable {
    var column: Int
    var row: Int
    var width: Int
    var height: Int

    func inset(_ horizontally: Int, _ vertically: Int) -> Rect {
        Rect(
            column: column + horizontally, row: row + vertically, width: max(0, width - 2 * horizontally),
            height: max(0, height - 2 * vertically))
    }
}

/// How a piece of text is drawn.
struct Look: Hashable, Sendable {
    var role: Role
    var emphasis: Emphasis

    init(_ role: Role = .text, _ emphasis: Emphasis = []) {
        self.role = role
        self.emphasis = emphasis
    }
}

/// Draws text into a frame; the only place where text becomes cells.
struct Canvas {
    private(set) var frame: Frame
    let unicode: Bool

    init(size: Size, unicode: Bool) {
        frame = Frame(size: size)
        self.unicode = unicode
    }

    var bounds: Rect { Rect(column: 0, row: 0, width: frame.size.columns, height: frame.size.rows) }

    mutating func placeCursor(_ position: Position) {
        let inside = position.column < frame.size.columns && position.row < frame.size.rows
        frame.cursor = inside ? position : nil
    }

    /// Writes at most `width` columns from `column` on and returns the column after the last one written. What lies
    /// outside of the frame is left out, and a wide character that does not fit leaves a blank.
    @discardableResult
    mutating func put(_ text: String, column: Int, row: Int, width: Int = .max, look: Look = Look()) -> Int {
        let limit = width >= frame.size.columns - column ? frame.size.columns : column + width
        guard row >= 0, row < frame.size.rows, column < limit else { return column }
        var here = column
        for scalar in text.unicodeScalars {
            let (shown, columns) = shape(scalar)
            if columns == 0 {
                if here > column { join(scalar, toCharacterBefore: here, row) }
                continue
            }
            if here + columns > limit {
                while here < limit {
                    set(" ", here, row, look)
                    here += 1
                }
                return limit
            }
            if here >= 0 {
                set(shown, here, row, look)
                if columns == 2 { set("", here + 1, row, look) }
            }
            here += columns
        }
        return here
    }

    /// What is drawn for a scalar, and its columns.
    private func shape(_ scalar: Unicode.Scalar) -> (String, Int) {
        guard let columns = CharacterWidth.of(scalar) else { return ("?", 1) }
        if unicode || scalar.isASCII { return (String(scalar), columns) }
        if let ascii = Self.asciiGlyphs[scalar] { return (String(ascii), 1) }
        return columns == 2 ? ("?", 1) : ("?", columns)
    }

    private static let asciiGlyphs: [Unicode.Scalar: Character] = Dictionary(
        uniqueKeysWithValues: Glyph.allCases.compactMap { glyph in
            glyph.rawValue.unicodeScalars.first.map { ($0, glyph.ascii) }
        })

    /// Adds a combining mark; a terminal cell holds only a few, so a heap of them is cut.
    private mutating func join(_ mark: Unicode.Scalar, toCharacterBefore column: Int, _ row: Int) {
        guard unicode, column >= 1, column <= frame.size.columns else { return }
        let isSecondHalf = frame[column - 1, row].text.isEmpty
        let base = isSecondHalf ? column - 2 : column - 1
        guard base >= 0, frame[base, row].text.unicodeScalars.count < 4 else { return }
        frame[base, row].text.unicodeScalars.append(mark)
    }

    /// Sets one cell and repairs a wide character that loses one of its halves by it.
    private mutating func set(_ text: String, _ column: Int, _ row: Int, _ look: Look) {
        let old = frame[column, row].text
        if old.isEmpty, !text.isEmpty, column > 0 { frame[column - 1, row].text = " " }
        if column + 1 < frame.size.columns, !old.isEmpty, frame[column + 1, row].text.isEmpty {
            frame[column + 1, row].text = " "
        }
        frame[column, row] = Cell(text, role: look.role, emphasis: look.emphasis)
    }

    /// Fills a rectangle with blanks.
    mutating func clear(_ area: Rect, look: Look = Look()) {
        for row in area.row..<max(area.row, area.row + area.height) {
            put(String(repeating: " ", count: area.width), column: area.column, row: row, look: look)
        }
    }

    /// Gives cells that are drawn already another look.
    mutating func restyle(_ area: Rect, _ change: (inout Cell) -> Void) {
        let rows = max(0, area.row)..<max(0, area.row, min(frame.size.rows, area.row + area.height))
        let columns = max(0, area.column)..<max(0, area.column, min(frame.size.columns, area.column + area.width))
        for row in rows {
            for column in columns { change(&frame[column, row]) }
        }
    }
}
