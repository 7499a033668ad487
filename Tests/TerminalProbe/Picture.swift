import MeshTUI

/// Frames to draw.
enum Picture {
    static let palette = Palette(styles: [
        .title: Style(emphasis: .bold),
        .ok: Style(foreground: .indexed(2)),
        .warn: Style(foreground: .rgb(255, 175, 0)),
        .error: Style(foreground: .indexed(9), emphasis: .bold),
        .selection: Style(foreground: .indexed(15), background: .indexed(24)),
        .dim: Style(isDim: true),
        .key: Style(emphasis: .underline),
        .badge: Style(emphasis: .reverse),
    ])

    /// One line of text a row, in ASCII.
    static func text(_ lines: [String], _ size: Size) -> Frame {
        var frame = Frame(size: size)
        for (row, line) in lines.prefix(size.rows).enumerated() {
            write(line, 0, row, in: &frame)
        }
        return frame
    }

    /// Two columns wide, with combining marks, in the last column, and what must not reach a terminal.
    static func wide(_ size: Size) -> Frame {
        var frame = text(["wide"], size)
        for (index, character) in ["漢", "字", "한"].enumerated() {
            frame[2 * index, 1] = Cell(character)
            frame[2 * index + 1, 1] = Cell("")
        }
        frame[6, 1] = Cell("|")
        frame[0, 2] = Cell("e\u{301}")
        frame[1, 2] = Cell("|")
        frame[0, 3] = Cell("\u{1B}")
        frame[1, 3] = Cell("\u{9B}")
        frame[2, 3] = Cell("\n")
        frame[3, 3] = Cell("|")
        // A frame that gives a narrow character two columns, and one that gives a wide one a single column.
        frame[0, 4] = Cell("a")
        frame[1, 4] = Cell("")
        frame[2, 4] = Cell("|")
        frame[3, 4] = Cell("漢")
        frame[4, 4] = Cell("|")
        frame[size.columns - 1, 4] = Cell("漢")
        for (column, character) in "┌─┐●…".enumerated() { frame[column, 5] = Cell(String(character)) }
        frame[size.columns - 1, size.rows - 1] = Cell("#")
        frame[0, size.rows - 1] = Cell("_")
        frame.cursor = Position(column: 5, row: 2)
        return frame
    }

    /// The name of each role in its own look, then the emphases.
    static func styles(_ size: Size) -> Frame {
        var frame = Frame(size: size)
        let roles: [Role] = [.text, .title, .ok, .warn, .error, .selection, .dim, .key, .badge]
        for (row, role) in roles.enumerated() { write(role.rawValue, 0, row, role: role, in: &frame) }
        write("bold", 20, 0, emphasis: .bold, in: &frame)
        write("reverse", 20, 1, emphasis: .reverse, in: &frame)
        write("underline", 20, 2, emphasis: .underline, in: &frame)
        return frame
    }

    /// A screen of tables as the console shows them, with numbers that depend on `tick`.
    static func tables(_ size: Size, tick: Int) -> Frame {
        var frame = Frame(size: size)
        for row in 0..<size.rows {
            let role: Role = row == 0 ? .title : row == 7 ? .selection : row % 5 == 0 ? .ok : .text
            for half in 0..<2 {
                let left = half * size.columns / 2
                frame[left, row] = Cell("│")
                write("service-\(row).namespace.svc.cluster.local", left + 2, row, role: role, in: &frame)
                guard row >= 5, row < size.rows - 5 else { continue }
                let number = String(1000 + (tick * (37 + half) + row * 13) % 9000)
                write(number, left + size.columns / 2 - 6, row, role: .ok, in: &frame)
            }
        }
        return frame
    }

    private static func write(
        _ text: String, _ column: Int, _ row: Int, role: Role = .text, emphasis: Emphasis = [], in frame: inout Frame
    ) {
        guard row < frame.size.rows else { return }
        for (offset, character) in text.enumerated() where column + offset < frame.size.columns {
            frame[column + offset, row] = Cell(String(character), role: role, emphasis: emphasis)
        }
    }
}
