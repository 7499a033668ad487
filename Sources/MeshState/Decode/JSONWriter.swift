extension JSONValue {
    /// The document as JSON text with sorted keys; `indent` spaces a level, or one line when it is zero.
    public func jsonText(indent: Int = 0) -> String {
        var output = ""
        write(to: &output, indent: indent, level: 0)
        return output
    }

    private func write(to output: inout String, indent: Int, level: Int) {
        func newLine(_ level: Int) {
            guard indent > 0 else { return }
            output += "\n"
            output += String(repeating: " ", count: indent * level)
        }
        switch self {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .integer(let value): output += String(value)
        case .number(let value): output += value.isFinite ? value.jsonDescription : "null"
        case .string(let text): Self.write(string: text, to: &output)
        case .array(let elements):
            if elements.isEmpty {
                output += "[]"
                return
            }
            output += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { output += "," }
                newLine(level + 1)
                element.write(to: &output, indent: indent, level: level + 1)
            }
            newLine(level)
            output += "]"
        case .object(let members):
            if members.isEmpty {
                output += "{}"
                return
            }
            output += "{"
            for (index, key) in members.keys.sorted().enumerated() {
                if index > 0 { output += "," }
                newLine(level + 1)
                Self.write(string: key, to: &output)
                output += indent > 0 ? ": " : ":"
                members[key]?.write(to: &output, indent: indent, level: level + 1)
            }
            newLine(level)
            output += "}"
        }
    }

    private static func write(string: String, to output: inout String) {
        output += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case "\0"..<" ", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}

extension Double {
    /// Whole numbers are written without a fraction.
    fileprivate var jsonDescription: String {
        if let whole = Int64(exactly: self) { return String(whole) }
        return description
    }
}
