/// How many columns a terminal gives to text: what `wcwidth` says, without a C library or a locale.
///
/// Widths are counted by scalar and not by grapheme, as terminals do: a family emoji joined from three people is drawn
/// as three people by nearly all of them.
enum CharacterWidth {
    /// Columns of one scalar: 0 for a mark that joins the character before it, 2 for a wide one; nil for a control
    /// character or a formatting one, which must not reach a terminal.
    static func of(_ scalar: Unicode.Scalar) -> Int? {
        let value = scalar.value
        if value < 0x7F { return value < 0x20 ? nil : 1 }
        if value < 0x300 { return value < 0xA0 || value == 0xAD ? nil : 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return nil
        default: break
        }
        if (0x1160...0x11FF).contains(value) || (0xD7B0...0xD7FF).contains(value) { return 0 }
        return isWide(value) ? 2 : 1
    }

    private static func isWide(_ value: UInt32) -> Bool {
        guard value >= wide[0].lowerBound else { return false }
        var low = 0
        var high = wide.count - 1
        while low <= high {
            let middle = (low + high) / 2
            if value < wide[middle].lowerBound {
                high = middle - 1
            } else if value > wide[middle].upperBound {
                low = middle + 1
            } else {
                return true
            }
        }
        return false
    }

    /// Unicode's EastAsianWidth W and F, with emoji of default emoji presentation; neighbours are merged over
    /// unassigned code points.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x23F0...0x23F0, 0x23F3...0x23F3,
        0x25FD...0x25FE, 0x2614...0x2615, 0x2648...0x2653, 0x267F...0x267F, 0x2693...0x2693, 0x26A1...0x26A1,
        0x26AA...0x26AB, 0x26BD...0x26BE, 0x26C4...0x26C5, 0x26CE...0x26CE, 0x26D4...0x26D4, 0x26EA...0x26EA,
        0x26F2...0x26F3, 0x26F5...0x26F5, 0x26FA...0x26FA, 0x26FD...0x26FD, 0x2705...0x2705, 0x270A...0x270B,
        0x2728...0x2728, 0x274C...0x274C, 0x274E...0x274E, 0x2753...0x2755, 0x2757...0x2757, 0x2795...0x2797,
        0x27B0...0x27B0, 0x27BF...0x27BF, 0x2B1B...0x2B1C, 0x2B50...0x2B50, 0x2B55...0x2B55, 0x2E80...0x303E,
        0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4C6, 0xA960...0xA97C, 0xAC00...0xD7A3,
        0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF,
        0x1AFF0...0x1B2FF, 0x1F004...0x1F004, 0x1F0CF...0x1F0CF, 0x1F18E...0x1F18E, 0x1F191...0x1F19A,
        0x1F200...0x1F320, 0x1F32D...0x1F335, 0x1F337...0x1F37C, 0x1F37E...0x1F393, 0x1F3A0...0x1F3CA,
        0x1F3CF...0x1F3D3, 0x1F3E0...0x1F3F0, 0x1F3F4...0x1F3F4, 0x1F3F8...0x1F43E, 0x1F440...0x1F440,
        0x1F442...0x1F4FC, 0x1F4FF...0x1F53D, 0x1F54B...0x1F54E, 0x1F550...0x1F567, 0x1F57A...0x1F57A,
        0x1F595...0x1F596, 0x1F5A4...0x1F5A4, 0x1F5FB...0x1F64F, 0x1F680...0x1F6C5, 0x1F6CC...0x1F6CC,
        0x1F6D0...0x1F6D2, 0x1F6D5...0x1F6D7, 0x1F6DC...0x1F6DF, 0x1F6EB...0x1F6EC, 0x1F6F4...0x1F6FC,
        0x1F7E0...0x1F7F0, 0x1F90C...0x1F93A, 0x1F93C...0x1F945, 0x1F947...0x1F9FF, 0x1FA70...0x1FAFF,
        0x20000...0x3FFFD,
    ]
}

extension String {
    /// Columns that the text takes on the screen; a scalar that may not reach a terminal counts as its stand-in.
    var columns: Int {
        var isPrintable = true
        for byte in utf8 where byte < 0x20 || byte >= 0x7F {
            isPrintable = false
            break
        }
        if isPrintable { return utf8.count }
        return unicodeScalars.reduce(0) { $0 + (CharacterWidth.of($1) ?? 1) }
    }

    /// The longest beginning that fits.
    func prefix(columns limit: Int) -> String {
        var used = 0
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            let width = CharacterWidth.of(scalar) ?? 1
            if used + width > limit { break }
            used += width
            result.append(scalar)
        }
        return String(result)
    }

    /// The longest end that fits; it never begins with a mark that has lost its character.
    func suffix(columns limit: Int) -> String {
        var used = 0
        var start = unicodeScalars.endIndex
        var index = start
        while index > unicodeScalars.startIndex {
            index = unicodeScalars.index(before: index)
            let width = CharacterWidth.of(unicodeScalars[index]) ?? 1
            if used + width > limit { break }
            used += width
            if width > 0 { start = index }
        }
        return String(unicodeScalars[start...])
    }

    /// The text in at most `limit` columns; where something is left out there is an ellipsis.
    func truncated(to limit: Int, _ place: Truncation = .end) -> String {
        if columns <= limit { return self }
        guard limit > 1 else { return limit == 1 ? Glyph.ellipsis.text : "" }
        switch place {
        case .end: return prefix(columns: limit - 1) + Glyph.ellipsis.text
        case .middle:
            // The tail of a host name tells more than its head: it gets the larger half.
            let tail = limit / 2
            return prefix(columns: limit - 1 - tail) + Glyph.ellipsis.text + suffix(columns: tail)
        }
    }

    /// The text filled up with blanks to `width` columns; longer text is left alone.
    func padded(to width: Int, _ alignment: Alignment = .left) -> String {
        let blanks = String(repeating: " ", count: max(0, width - columns))
        return alignment == .left ? self + blanks : blanks + self
    }

    /// The text in lines of at most `width` columns, broken between words where it can be.
    func wrapped(to width: Int) -> [String] {
        guard width > 0 else { return [] }
        var lines: [String] = []
        for paragraph in split(separator: "\n", omittingEmptySubsequences: false) {
            var line = ""
            for word in paragraph.split(separator: " ") {
                var rest = String(word)
                if !line.isEmpty {
                    if line.columns + 1 + rest.columns <= width {
                        line += " " + rest
                        continue
                    }
                    lines.append(line)
                    line = ""
                }
                while rest.columns > width {
                    let head = rest.prefix(columns: max(1, width))
                    guard !head.isEmpty else { break }
                    lines.append(head)
                    rest = String(rest.unicodeScalars.dropFirst(head.unicodeScalars.count))
                }
                line = rest
            }
            lines.append(line)
        }
        return lines
    }
}

/// Where a text that is too long loses its characters.
enum Truncation: Sendable, Hashable { case end, middle }

/// On which side of its column a text stands.
enum Alignment: Sendable, Hashable { case left, right }
