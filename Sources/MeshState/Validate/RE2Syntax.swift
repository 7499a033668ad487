/// The syntax of the RE2 library's regular expressions, which Envoy and Istio use.
///
/// It follows RE2's own description of its syntax. Where that leaves a doubt, such as a Unicode class of a rare name,
/// an expression counts as wrong: Envoy refuses everything that comes with a wrong one.
public struct RE2Syntax {
    /// Whether an expression can be compiled.
    public static func isValid(_ pattern: String) -> Bool { error(in: pattern) == nil }

    /// What is wrong with an expression, in the words of Go's parser, which istiod uses; nil for nothing.
    static func error(in pattern: String) -> String? {
        if pattern.utf8.count > 1024 { return "regex is too large, max length allowed is 1024" }
        var parser = Self(Array(pattern.unicodeScalars))
        guard let whole = parser.alternation(depth: 0) else {
            return "error parsing regexp: \(parser.complaint ?? "invalid syntax")"
        }
        // Only a parenthesis ends the alternatives before the text ends.
        guard parser.isAtEnd else { return "error parsing regexp: unexpected ): `\(pattern)`" }
        return whole.cost <= mostInstructions ? nil : "error parsing regexp: expression too large: `\(pattern)`"
    }

    /// RE2 compiles to about 87,000 instructions in the memory that it allows itself.
    private static let mostInstructions = 60_000
    /// No repetition may be longer, repetitions of repetitions counted together.
    private static let longestRepetition = 1000

    /// A part of an expression.
    private struct Part {
        /// About how many instructions it takes.
        var cost: Int
        /// How often its innermost part may be repeated.
        var repetition = 1
        var canRepeat = true
    }

    private let text: [Unicode.Scalar]
    private var position = 0
    /// What was found wrong, the innermost first.
    private var complaint: String?

    private init(_ text: [Unicode.Scalar]) { self.text = text }

    private var isAtEnd: Bool { position == text.count }
    private var next: Unicode.Scalar? { isAtEnd ? nil : text[position] }

    /// Notes what is wrong with the text from an index on, up to where the reader stands.
    private mutating func refuse(_ reason: String, from start: Int) {
        var part = String.UnicodeScalarView()
        part.append(contentsOf: text[start..<position])
        complaint = complaint ?? "\(reason): `\(String(part))`"
    }

    private mutating func take(_ scalars: String) -> Bool {
        let wanted = Array(scalars.unicodeScalars)
        guard text[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    private static let deepest = 200

    /// Alternatives up to the end or to the parenthesis that closes them.
    private mutating func alternation(depth: Int) -> Part? {
        guard depth < Self.deepest else {
            complaint = complaint ?? "expression nests too deeply"
            return nil
        }
        var whole = Part(cost: 2)
        while let scalar = next, scalar != ")" {
            if take("|") {
                whole.cost += 1
                continue
            }
            guard var part = atom(depth: depth), repeats(&part) else { return nil }
            whole.cost = min(whole.cost + part.cost, Self.mostInstructions + 1)
            whole.repetition = max(whole.repetition, part.repetition)
        }
        return whole
    }

    /// `*`, `+`, `?` or a count behind something, of which only one may stand; whether all is well.
    private mutating func repeats(_ part: inout Part) -> Bool {
        guard let scalar = next else { return true }
        let start = position
        if scalar == "*" || scalar == "+" || scalar == "?" {
            position += 1
            part.cost += 1
        } else if scalar == "{", let most = count() {
            part.repetition *= max(most, 1)
            part.cost *= max(most, 1)
        } else {
            return true
        }
        guard part.canRepeat else {
            refuse("missing argument to repetition operator", from: start)
            return false
        }
        guard part.repetition <= Self.longestRepetition else {
            refuse("invalid repeat count", from: start)
            return false
        }
        _ = take("?")
        // What repeats a repetition is wrong, and so is a count in that place.
        let here = position
        if take("*") || take("+") || take("?") || count() != nil {
            refuse("invalid nested repetition operator", from: start)
            return false
        }
        position = here
        return true
    }

    /// A count in braces and its greatest number, which is too great where RE2 does not take it; nil, and nothing read,
    /// where the brace is a plain one.
    private mutating func count() -> Int? {
        let start = position
        guard take("{"), let low = number() else {
            position = start
            return nil
        }
        var high = low
        var isWellFormed = true
        if take(","), next != "}" {
            if let number = number() { high = number } else { isWellFormed = false }
        }
        guard isWellFormed, take("}") else {
            position = start
            return nil
        }
        return low <= high ? high : Self.longestRepetition + 1
    }

    private mutating func number() -> Int? {
        let start = position
        while let scalar = next, ("0"..."9").contains(scalar) { position += 1 }
        guard position > start else { return nil }
        var digits = String.UnicodeScalarView()
        digits.append(contentsOf: text[start..<position])
        return min(Int(String(digits)) ?? Self.longestRepetition + 1, Self.longestRepetition + 1)
    }

    /// One thing; nil where it is wrong.
    private mutating func atom(depth: Int) -> Part? {
        guard let scalar = next else { return nil }
        switch scalar {
        case "(": return group(depth: depth)
        case "[", "\\":
            let start = position
            guard scalar == "[" ? characterClass() : escape(inClass: false) else { return nil }
            // The classes of Unicode are long lists.
            let holdsUnicodeClass = zip(text[start..<position], text[(start + 1)...].prefix(position - start))
                .contains { $0 == "\\" && ($1 == "p" || $1 == "P") }
            return Part(cost: (holdsUnicodeClass ? 1000 : 40) + position - start)
        case "*", "+", "?":
            position += 1
            refuse("missing argument to repetition operator", from: position - 1)
            return nil
        case "{":
            let start = position
            guard count() == nil else {
                refuse("missing argument to repetition operator", from: start)
                return nil
            }
            position += 1
            return Part(cost: 1)
        case ".":
            position += 1
            return Part(cost: 12)
        default:
            position += 1
            return Part(cost: 4)
        }
    }

    private mutating func group(depth: Int) -> Part? {
        let start = position
        position += 1
        if take("?") {
            if take("P<") || take("<") {
                guard name() else {
                    refuse("invalid named capture", from: start)
                    return nil
                }
            } else if let isWhole = flags(from: start) {
                if isWhole { return Part(cost: 0, canRepeat: false) }
            } else {
                return nil
            }
        }
        guard let inside = alternation(depth: depth + 1) else { return nil }
        guard take(")") else {
            position = text.count
            refuse("missing closing )", from: 0)
            return nil
        }
        return inside
    }

    /// Flags, for the group or for the rest of the one around it: whether they are the whole group; nil where they are
    /// none. What looks ahead or behind is not known.
    private mutating func flags(from start: Int) -> Bool? {
        var hasSigned = false
        var hasFlag = false
        while let scalar = next, "imsU-".unicodeScalars.contains(scalar), !(scalar == "-" && hasSigned) {
            if scalar == "-" { hasSigned = true } else { hasFlag = true }
            position += 1
        }
        if hasFlag || !hasSigned {
            if take(":") { return false }
            if hasFlag, take(")") { return true }
        }
        position = min(position + 1, text.count)
        refuse("invalid or unsupported Perl syntax", from: start)
        return nil
    }

    private mutating func name() -> Bool {
        let start = position
        while let scalar = next, scalar == "_" || scalar.isASCII && (scalar.properties.isAlphabetic || digit(scalar)) {
            position += 1
        }
        return position > start && take(">")
    }

    private func digit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private mutating func characterClass() -> Bool {
        let whole = position
        position += 1
        _ = take("^")
        var isFirst = true
        while let scalar = next, scalar != "]" || isFirst {
            isFirst = false
            let start = position
            if scalar == "[", let isKnown = namedClass() {
                if isKnown { continue }
                refuse("invalid character class range", from: start)
                return false
            }
            guard let low = classMember() else { return false }
            // A range, unless the hyphen is the last.
            guard next == "-", position + 1 < text.count, text[position + 1] != "]" else { continue }
            position += 1
            guard let high = classMember() else { return false }
            guard let low = low.single, let high = high.single, low <= high else {
                refuse("invalid character class range", from: start)
                return false
            }
        }
        if take("]") { return true }
        refuse("missing closing ]", from: whole)
        return false
    }

    private struct ClassMember {
        /// nil for one that stands for several characters.
        var single: Unicode.Scalar?
    }

    private mutating func classMember() -> ClassMember? {
        guard let scalar = next else { return nil }
        guard scalar == "\\" else {
            position += 1
            return ClassMember(single: scalar)
        }
        let start = position
        guard escape(inClass: true) else { return nil }
        let isSet = position > start + 1 && "dDsSwWpP".unicodeScalars.contains(text[start + 1])
        // Which character an escape stands for is of no interest but in a range, where a letter's own value will do.
        return ClassMember(single: isSet ? nil : position == start + 2 ? text[start + 1] : "\u{0}")
    }

    private static let classNames: Set<String> = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
        "word", "xdigit",
    ]

    /// `[:alpha:]` and whether there is such a class; nil, and nothing read, where it is none at all.
    private mutating func namedClass() -> Bool? {
        let start = position
        guard take("[:") else { return nil }
        var name = ""
        while let scalar = next, scalar != ":", scalar != "]" {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard take(":]") else {
            position = start
            return nil
        }
        return Self.classNames.contains(name.hasPrefix("^") ? String(name.dropFirst()) : name)
    }

    private mutating func escape(inClass: Bool) -> Bool {
        let start = position
        position += 1
        guard let scalar = next else {
            complaint = complaint ?? "trailing backslash at end of expression: ``"
            return false
        }
        position += 1
        let isKnown: Bool
        switch scalar {
        case "a", "f", "n", "r", "t", "v", "d", "D", "s", "S", "w", "W": isKnown = true
        case "A", "b", "B", "z", "C": isKnown = !inClass
        case "Q":
            isKnown = !inClass
            while isKnown, !isAtEnd, !take("\\E") { position += 1 }
        case "x": isKnown = hexadecimal()
        case "p", "P":
            if unicodeClass() { return true }
            refuse("invalid character class range", from: start)
            return false
        // Octal: a single digit that is not zero would be a reference to a group, which RE2 does not have.
        case "0": isKnown = octalDigits(atMost: 2) >= 0
        case "1"..."7": isKnown = octalDigits(atMost: 2) > 0
        default: isKnown = scalar.isASCII && !scalar.properties.isAlphabetic && !digit(scalar)
        }
        if !isKnown { refuse("invalid escape sequence", from: start) }
        return isKnown
    }

    private mutating func octalDigits(atMost most: Int) -> Int {
        let start = position
        while position < start + most, let digit = next, ("0"..."7").contains(digit) { position += 1 }
        return position - start
    }

    private mutating func hexadecimal() -> Bool {
        func isDigit(_ scalar: Unicode.Scalar?) -> Bool { scalar?.properties.isASCIIHexDigit ?? false }
        if take("{") {
            let start = position
            while isDigit(next) { position += 1 }
            return (1...6).contains(position - start) && take("}")
        }
        for _ in 0..<2 {
            guard isDigit(next) else { return false }
            position += 1
        }
        return true
    }

    private static let unicodeClasses: Set<String> = [
        "Any", "C", "Cc", "Cf", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl",
        "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
        "Arabic", "Armenian", "Bengali", "Cyrillic", "Georgian", "Greek", "Han", "Hangul", "Hebrew", "Hiragana",
        "Katakana", "Latin", "Thai",
    ]

    private mutating func unicodeClass() -> Bool {
        if take("{") {
            _ = take("^")
            var name = ""
            while let scalar = next, scalar != "}" {
                name.unicodeScalars.append(scalar)
                position += 1
            }
            return take("}") && Self.unicodeClasses.contains(name)
        }
        guard let scalar = next else { return false }
        position += 1
        return Self.unicodeClasses.contains(String(Character(scalar)))
    }
}
