/// What a terminal shows at one moment.
struct Screen: Sendable, CustomStringConvertible {
    var lines: [Line]
    /// Column and row, from 0.
    var cursor: (column: Int, row: Int)
    var isCursorShown: Bool
    /// Whether a full-screen program has the alternate screen.
    var isAlternate: Bool

    struct Line: Sendable {
        var text: String
        /// One for every character of the text.
        var styles: [Style]

        /// How the first occurrence of a text is drawn, by its first character; nil if it is not there.
        func style(of part: String) -> Style? {
            guard let place = text.firstRange(of: part) else { return nil }
            return styles[text.distance(from: text.startIndex, to: place.lowerBound)]
        }
    }

    /// How a character is drawn. Colours are numbers of the 256, nil for the terminal's own.
    struct Style: Sendable, Hashable {
        var bold = false
        var dim = false
        var underline = false
        var reverse = false
        var foreground: Int?
        var background: Int?
    }

    var text: String { lines.map(\.text).joined(separator: "\n") }

    func contains(_ part: String) -> Bool { lines.contains { $0.text.contains(part) } }

    /// The first line that holds all of the parts.
    func line(containing parts: String...) -> Line? {
        lines.first { line in parts.allSatisfy { line.text.contains($0) } }
    }

    /// The screen in a box, for messages of tests that fail.
    var description: String {
        let width = lines.map(\.text.count).max() ?? 0
        let edge = "+" + String(repeating: "-", count: width) + "+"
        let rows = lines.map { "|" + $0.text + String(repeating: " ", count: width - $0.text.count) + "|" }
        return ([edge] + rows + [edge]).joined(separator: "\n")
    }
}

extension Screen {
    /// Reads what tmux's `capture-pane -e` prints: text with SGR sequences, whose effect lasts beyond the line's end.
    static func lines(captured: String) -> [Line] {
        var style = Style()
        return captured.split(separator: "\n", omittingEmptySubsequences: false).map { raw in
            var line = Line(text: "", styles: [])
            var rest = Substring(raw)
            while let character = rest.popFirst() {
                switch character {
                case "\u{1B}":
                    guard rest.popFirst() == "[" else { continue }
                    let end = rest.firstIndex { $0.isLetter } ?? rest.endIndex
                    if end < rest.endIndex, rest[end] == "m" { style.apply(rest[..<end]) }
                    rest = rest[end...].dropFirst()
                // tmux's own switch to the line-drawing character set and back.
                case "\u{0E}", "\u{0F}": continue
                default:
                    line.text.append(character)
                    // A mark that came after its character joins it.
                    if line.styles.count < line.text.count { line.styles.append(style) }
                }
            }
            return line
        }
    }
}

extension Screen.Style {
    /// Applies the parameters of one SGR sequence.
    fileprivate mutating func apply(_ parameters: Substring) {
        var codes = parameters.split(separator: ";", omittingEmptySubsequences: false)
            .map { Int($0.prefix { $0 != ":" }) ?? 0 }[...]
        while let code = codes.popFirst() {
            switch code {
            case 0: self = Self()
            case 1: bold = true
            case 2: dim = true
            case 4: underline = true
            case 7: reverse = true
            case 22: (bold, dim) = (false, false)
            case 24: underline = false
            case 27: reverse = false
            case 30...37: foreground = code - 30
            case 38: foreground = Self.extendedColor(&codes)
            case 39: foreground = nil
            case 40...47: background = code - 40
            case 48: background = Self.extendedColor(&codes)
            case 49: background = nil
            case 90...97: foreground = code - 90 + 8
            case 100...107: background = code - 100 + 8
            default: break
            }
        }
    }

    /// The colour after 38 or 48: `5;n`, or `2;r;g;b` as one number of 24 bits.
    private static func extendedColor(_ codes: inout ArraySlice<Int>) -> Int? {
        switch codes.popFirst() {
        case 5: return codes.popFirst()
        case 2:
            let parts = codes.prefix(3)
            codes = codes.dropFirst(3)
            return parts.reduce(0) { $0 << 8 | $1 }
        default: return nil
        }
    }
}
