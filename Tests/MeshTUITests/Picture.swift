import MeshTUI

/// A frame as a picture: SVG, so that it stays sharp, can be read as text, and needs no tool to be made.
struct Picture {
    let frame: Frame
    let palette: Palette
    /// What the terminal's own colours are taken to be.
    var background = "#14181d"
    var foreground = "#d3d7dc"

    private static let cellWidth = 8.4
    private static let cellHeight = 18.0
    private static let margin = 12.0

    /// The picture's text.
    var svg: String {
        let width = Double(frame.size.columns) * Self.cellWidth + 2 * Self.margin
        let height = Double(frame.size.rows) * Self.cellHeight + 2 * Self.margin
        var lines = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.number(width)) \(Self.number(height))" \
            width="\(Self.number(width))" height="\(Self.number(height))" \
            font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">
            """,
            "<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"\(background)\"/>",
        ]
        for row in 0..<frame.size.rows { lines += runs(row).map { svg($0, row: row) } }
        return lines.filter { !$0.isEmpty }.joined(separator: "\n") + "\n</svg>\n"
    }

    /// Cells side by side that look alike.
    private struct Run {
        var column: Int
        var width: Int
        var text: String
        var style: Style
    }

    private func runs(_ row: Int) -> [Run] {
        var runs: [Run] = []
        for column in 0..<frame.size.columns {
            let cell = frame[column, row]
            var style = palette[cell.role]
            style.emphasis.formUnion(cell.emphasis)
            if var last = runs.last, last.style == style || cell.text.isEmpty {
                last.width += 1
                last.text += cell.text
                runs[runs.count - 1] = last
            } else {
                runs.append(Run(column: column, width: 1, text: cell.text, style: style))
            }
        }
        return runs
    }

    private func svg(_ run: Run, row: Int) -> String {
        let isReverse = run.style.emphasis.contains(.reverse)
        let front = color(run.style.foreground) ?? foreground
        let back = color(run.style.background) ?? background
        let (ink, paper) = isReverse ? (back, front) : (front, back)
        let x = Self.margin + Double(run.column) * Self.cellWidth
        let y = Self.margin + Double(row) * Self.cellHeight
        let width = Double(run.width) * Self.cellWidth
        var parts: [String] = []
        if paper != background {
            parts.append(
                "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" "
                    + "height=\"\(Self.number(Self.cellHeight))\" fill=\"\(paper)\"/>")
        }
        if let lines = borders(run, x, y) {
            let weight = run.style.emphasis.contains(.bold) ? 1.8 : 1
            parts.append("<path d=\"\(lines)\" stroke=\"\(ink)\" stroke-width=\"\(Self.number(weight))\" fill=\"none\"/>")
        }
        let text = String(run.text.map { Self.arms[$0] == nil ? $0 : " " })
        if text.contains(where: { $0 != " " }) {
            var attributes = "fill=\"\(ink)\""
            if run.style.emphasis.contains(.bold) { attributes += " font-weight=\"bold\"" }
            if run.style.isDim { attributes += " opacity=\"0.65\"" }
            parts.append(
                "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y + 13.5))\" textLength=\"\(Self.number(width))\" "
                    + "xml:space=\"preserve\" \(attributes)>\(Self.escaped(text))</text>")
        }
        // Blanks are underlined as well: that is how an empty field is seen.
        if run.style.emphasis.contains(.underline) {
            let (left, right, line) = (Self.number(x), Self.number(x + width), Self.number(y + 16))
            parts.append("<path d=\"M\(left) \(line)L\(right) \(line)\" stroke=\"\(ink)\" fill=\"none\"/>")
        }
        return parts.joined(separator: "\n")
    }

    /// Which ways the lines of a box character go: left, right, up, down.
    private static let arms: [Character: [Character]] = [
        "─": ["l", "r"], "│": ["u", "d"], "┌": ["r", "d"], "┐": ["l", "d"], "└": ["r", "u"], "┘": ["l", "u"],
        "├": ["u", "d", "r"], "┤": ["u", "d", "l"], "┬": ["l", "r", "d"], "┴": ["l", "r", "u"],
        "┼": ["l", "r", "u", "d"],
    ]

    /// The box characters of a run as lines, so that they meet whatever the font; nil where there are none.
    private func borders(_ run: Run, _ x: Double, _ y: Double) -> String? {
        var path = ""
        var column = 0
        for character in run.text {
            defer { column += 1 }
            guard let arms = Self.arms[character] else { continue }
            let middleX = x + (Double(column) + 0.5) * Self.cellWidth
            let middleY = y + Self.cellHeight / 2
            for arm in arms {
                let end =
                    switch arm {
                    case "l": (middleX - Self.cellWidth / 2, middleY)
                    case "r": (middleX + Self.cellWidth / 2, middleY)
                    case "u": (middleX, middleY - Self.cellHeight / 2)
                    default: (middleX, middleY + Self.cellHeight / 2)
                    }
                path += "M\(Self.number(middleX)) \(Self.number(middleY))L\(Self.number(end.0)) \(Self.number(end.1))"
            }
        }
        return path.isEmpty ? nil : path
    }

    private func color(_ color: Color) -> String? {
        switch color {
        case .terminal: nil
        case .rgb(let red, let green, let blue): "#" + [red, green, blue].map(Self.hex).joined()
        case .indexed(let index): Self.ansi.indices.contains(Int(index)) ? Self.ansi[Int(index)] : nil
        }
    }

    private static let ansi = [
        "#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5", "#666666", "#f14c4c",
        "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff",
    ]

    private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    /// Tenths at most.
    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths / 10).\(tenths % 10)"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
