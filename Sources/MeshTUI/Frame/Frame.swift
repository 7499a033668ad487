/// A terminal's extent in character cells.
public struct Size: Sendable, Hashable {
    public var columns: Int
    public var rows: Int

    public init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}

/// A place on the screen; the top left corner is column 0, row 0.
public struct Position: Sendable, Hashable {
    public var column: Int
    public var row: Int

    public init(column: Int, row: Int) {
        self.column = column
        self.row = row
    }
}

/// What a piece of the screen means; a theme says how that looks.
public enum Role: String, Sendable, Hashable, CaseIterable {
    case text, dim, title, border, borderFocus = "border.focus", selection, mark, header, ok, warn, error, blocked
    case pending, stale, added, removed, match, key, badge, prompt
}

/// Attributes that come on top of a role's own.
public struct Emphasis: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let bold = Emphasis(rawValue: 1)
    public static let reverse = Emphasis(rawValue: 2)
    public static let underline = Emphasis(rawValue: 4)
}

/// One character cell.
public struct Cell: Sendable, Hashable {
    /// One grapheme; empty for the second half of a character that is two columns wide.
    public var text: String
    public var role: Role
    public var emphasis: Emphasis

    public init(_ text: String, role: Role = .text, emphasis: Emphasis = []) {
        self.text = text
        self.role = role
        self.emphasis = emphasis
    }

    public static let blank = Cell(" ")
}

/// A whole screen: what `render` returns and a terminal draws.
public struct Frame: Sendable, Hashable {
    public let size: Size
    /// Row by row; `size.columns * size.rows` of them.
    public var cells: [Cell]
    /// Where the cursor shows, for a prompt or a form; nil hides it.
    public var cursor: Position?

    public init(size: Size) {
        self.size = size
        cells = Array(repeating: .blank, count: max(0, size.columns) * max(0, size.rows))
    }

    public subscript(column: Int, row: Int) -> Cell {
        get { cells[row * size.columns + column] }
        set { cells[row * size.columns + column] = newValue }
    }
}
