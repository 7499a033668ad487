import Yams

/// Keeps aliases from making a text's keys huge.
///
/// Yams compares the keys of a mapping with all that their aliases stand for, and a few lines of aliases to aliases can
/// stand for more than any machine could compare.
enum YAMLAliases {
    /// Refuses a text with aliases that has a key which is no word, before anything is put in an alias's place.
    static func checkKeys(of text: String) throws {
        guard let bare = withoutAliases(text) else { return }
        let parser = try Parser(yaml: bare, encoding: .utf8)
        while let node = try parser.nextRoot() { try checkKeys(of: node) }
    }

    private static func checkKeys(of node: Node) throws(YAMLSyntaxError) {
        switch node {
        case .scalar, .alias: return
        case .sequence(let sequence): for element in sequence { try checkKeys(of: element) }
        case .mapping(let mapping):
            for (key, value) in mapping {
                guard case .scalar = key else {
                    throw YAMLSyntaxError(line: key.mark?.line, reason: "a key has to be a word")
                }
                try checkKeys(of: value)
            }
        }
    }

    /// The text with an empty list in the place of each alias; nil where there is none.
    ///
    /// What looks like an alias within a text may be replaced too: of a text, only its being one counts here.
    private static func withoutAliases(_ text: String) -> String? {
        let (star, anchor) = (UInt8(ascii: "*"), UInt8(ascii: "&"))
        guard text.utf8.contains(star), text.utf8.contains(anchor) else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        // Whether a node may begin here: behind an indicator or at the beginning of a line.
        var mayBegin = true
        var isBehindBlank = true
        var isChanged = false
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let name = byte == star && mayBegin ? rest.prefix(while: isNameByte) : rest.prefix(0)
            if !name.isEmpty {
                result += "[]".utf8
                rest = rest.dropFirst(name.count)
                (mayBegin, isBehindBlank, isChanged) = (false, false, true)
                continue
            }
            result.append(byte)
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): isBehindBlank = true
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): (mayBegin, isBehindBlank) = (true, true)
            case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: ":"):
                (mayBegin, isBehindBlank) = (true, false)
            case UInt8(ascii: "-"), UInt8(ascii: "?"):
                // An indicator, or the beginning of a word.
                mayBegin = mayBegin || isBehindBlank
                isBehindBlank = false
            default: (mayBegin, isBehindBlank) = (false, false)
            }
        }
        return isChanged ? String(decoding: result, as: UTF8.self) : nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
