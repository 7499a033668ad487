/// Makes text that came over the network safe to show: nothing in it can move a cursor, change a colour, hide itself or
/// turn the reading direction round.
///
/// Every string of a typed model value has gone through it, so that no pane, log or report has to think of it again.
public enum SafeText {
    /// Longest text that is shown, in bytes; what is longer is cut, and says so.
    public static let longest = 4096

    /// The text with every character that a terminal would act on, or not show, replaced by a visible stand-in.
    ///
    /// C0 controls and DEL become their pictures (ESC is `␛`), other controls and all invisible characters
    /// (bidirectional overrides and isolates, zero-width ones, tags, line separators) become `\u{…}`.
    /// - Parameter keepingLines: leaves line feeds as they are, for text that is shown line by line.
    public static func visible(_ text: String, limit: Int = longest, keepingLines: Bool = false) -> String {
        if isPlain(text, limit: limit, keepingLines: keepingLines) { return text }
        var result = ""
        var bytes = 0
        var scalars = text.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            bytes += scalar.utf8Length
            if bytes > limit {
                let hidden = text.utf8.count - bytes + scalar.utf8Length
                return result + "…(\(hidden) more bytes)"
            }
            append(scalar, to: &result, keepingLines: keepingLines)
        }
        return result
    }

    /// Most text is short printable ASCII and is returned as it is.
    private static func isPlain(_ text: String, limit: Int, keepingLines: Bool) -> Bool {
        var length = 0
        for byte in text.utf8 {
            length += 1
            switch byte {
            case 0x20..<0x7F: continue
            case 0x0A where keepingLines: continue
            default: return false
            }
        }
        return length <= limit
    }

    private static func append(_ scalar: Unicode.Scalar, to result: inout String, keepingLines: Bool) {
        switch scalar.value {
        case 0x0A where keepingLines: result.unicodeScalars.append(scalar)
        case 0..<0x20: result.unicodeScalars.append(picture(0x2400 + scalar.value))
        case 0x20..<0x7F: result.unicodeScalars.append(scalar)
        case 0x7F: result.unicodeScalars.append(picture(0x2421))
        default:
            if isInvisible(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }

    private static func picture(_ value: UInt32) -> Unicode.Scalar { Unicode.Scalar(value) ?? "\u{FFFD}" }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: return true
        default: return properties.isDefaultIgnorableCodePoint || properties.isNoncharacterCodePoint
        }
    }
}

extension Unicode.Scalar {
    fileprivate var utf8Length: Int { UTF8.width(self) }
}

extension String {
    /// The text with visible stand-ins for whatever a terminal would act on or not show; see `SafeText`.
    public var madeSafe: String { SafeText.visible(self) }
}

extension JSONValue {
    /// The document with every string and key made safe to show; line feeds stay, as blocks of YAML need them.
    ///
    /// Only for showing: what is sent back to the API is the document itself.
    public var madeSafe: JSONValue {
        switch self {
        case .null, .bool, .integer, .number: self
        case .string(let text): .string(SafeText.visible(text, limit: Self.longestShown, keepingLines: true))
        case .array(let elements): .array(elements.map(\.madeSafe))
        case .object(let members):
            .object(
                Dictionary(
                    members.map { ($0.key.madeSafe, $0.value.madeSafe) }, uniquingKeysWith: { first, _ in first }))
        }
    }

    /// An annotation may hold a whole object, so that a document's strings may be longer than names.
    private static var longestShown: Int { 64 * 1024 }
}
