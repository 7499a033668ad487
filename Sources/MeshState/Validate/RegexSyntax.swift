/// The syntax of regular expressions that Istio and Envoy take (RE2): no look-around, no references back.
struct RegexSyntax {
    /// What is wrong with an expression, in the words of Go's parser; nil for nothing.
    static func error(in text: String) -> String? {
        if text.utf8.count > 1024 { return "regex is too large, max length allowed is 1024" }
        var syntax = RegexSyntax(text)
        do throws(Failure) {
            try syntax.check()
            return nil
        } catch {
            let more = "Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)"
            return "error parsing regexp: \(error.reason): `\(error.part)`; \(more)"
        }
    }

    private struct Failure: Error {
        let reason: String
        let part: String
    }

    private let characters: [Character]
    private var index = 0
    private var depth = 0
    /// Whether there is something that a repetition can repeat, and whether it is a repetition itself.
    private var hasOperand = false
    private var isRepeated = false

    private init(_ text: String) { characters = text.unicodeScalars.map { Character($0) } }

    private var current: Character? { index < characters.count ? characters[index] : nil }
    private func rest(from start: Int) -> String { String(characters[start...]) }

    private mutating func check() throws(Failure) {
        while let character = current {
            let start = index
            index += 1
            switch character {
            case "\\": try escape(from: start)
            case "(": try open(from: start)
            case ")":
                guard depth > 0 else { throw Failure(reason: "unexpected )", part: rest(from: 0)) }
                depth -= 1
                operand()
            case "|":
                hasOperand = false
                isRepeated = false
            case "*", "+", "?": try repetition(from: start)
            case "{":
                if try count(from: start) { try repetition(from: start) } else { operand() }
            case "[": try characterClass(from: start)
            default: operand()
            }
        }
        if depth > 0 { throw Failure(reason: "missing closing )", part: rest(from: 0)) }
    }

    private mutating func operand() {
        hasOperand = true
        isRepeated = false
    }

    private mutating func repetition(from start: Int) throws(Failure) {
        if current == "?" { index += 1 }
        let part = String(characters[start..<index])
        guard hasOperand else { throw Failure(reason: "missing argument to repetition operator", part: part) }
        guard !isRepeated else { throw Failure(reason: "invalid nested repetition operator", part: part) }
        isRepeated = true
    }

    /// Reads `2}`, `2,}` or `2,3}`; false, and nothing is read, where a brace is just a brace.
    private mutating func count(from start: Int) throws(Failure) -> Bool {
        guard let end = characters[index...].firstIndex(of: "}") else { return false }
        let bounds = String(characters[index..<end]).split(separator: ",", omittingEmptySubsequences: false)
        guard (1...2).contains(bounds.count), let least = Int(bounds[0]), bounds[0].allSatisfy(\.isNumber) else {
            return false
        }
        var most = least
        if bounds.count == 2, !bounds[1].isEmpty {
            guard let upper = Int(bounds[1]), bounds[1].allSatisfy(\.isNumber) else { return false }
            most = upper
        }
        index = end + 1
        guard least <= 1000, most <= 1000, most >= least else {
            throw Failure(reason: "invalid repeat count", part: String(characters[start..<index]))
        }
        return true
    }

    private mutating func open(from start: Int) throws(Failure) {
        hasOperand = false
        isRepeated = false
        guard current == "?" else {
            depth += 1
            return
        }
        index += 1
        for prefix in ["P<", "<"] where characters[index...].starts(with: Array(prefix)) {
            let from = index + prefix.count
            guard let end = characters[from...].firstIndex(of: ">"), end > from,
                characters[from..<end].allSatisfy({ $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) })
            else { break }
            index = end + 1
            depth += 1
            return
        }
        while let flag = current, "imsU-".contains(flag) { index += 1 }
        switch current {
        case ":":
            index += 1
            depth += 1
        case ")" where index > start + 2: index += 1
        default:
            let part = String(characters[start..<min(index + 1, characters.count)])
            throw Failure(reason: "invalid or unsupported Perl syntax", part: part)
        }
    }

    private mutating func escape(from start: Int) throws(Failure) {
        guard let character = current else { throw Failure(reason: "trailing backslash at end of expression", part: "") }
        index += 1
        operand()
        switch character {
        case "Q":
            // Everything up to \E is taken as it stands.
            while index < characters.count, !characters[index...].starts(with: ["\\", "E"]) { index += 1 }
            index = min(index + 2, characters.count)
        case "1"..."9" where !(character < "8" && current.map { ("0"..."7").contains($0) } ?? false):
            throw Failure(reason: "invalid escape sequence", part: "\\\(character)")
        case "p", "P": try property(from: start)
        case "x": try hexadecimal(from: start)
        default:
            guard character.isASCII, character.isLetter, !"afnrtvdDsSwWbBAzCE".contains(character) else { return }
            throw Failure(reason: "invalid escape sequence", part: "\\\(character)")
        }
    }

    private mutating func property(from start: Int) throws(Failure) {
        guard current == "{" else {
            index = min(index + 1, characters.count)
            return
        }
        guard let end = characters[index...].firstIndex(of: "}") else {
            throw Failure(reason: "invalid character class range", part: rest(from: start))
        }
        index = end + 1
    }

    private mutating func hexadecimal(from start: Int) throws(Failure) {
        if current == "{", let end = characters[index...].firstIndex(of: "}"), end > index + 1,
            characters[(index + 1)..<end].allSatisfy(\.isHexDigit)
        {
            index = end + 1
            return
        }
        let digits = characters[index...].prefix(2)
        guard digits.count == 2, digits.allSatisfy(\.isHexDigit) else {
            throw Failure(reason: "invalid escape sequence", part: rest(from: start))
        }
        index += 2
    }

    private mutating func characterClass(from start: Int) throws(Failure) {
        if current == "^" { index += 1 }
        var isFirst = true
        while let character = current, isFirst || character != "]" {
            isFirst = false
            if characters[index...].starts(with: ["[", ":"]),
                let end = characters[index...].firstIndex(of: "]"), end > index + 2, characters[end - 1] == ":"
            {
                index = end + 1
                continue
            }
            let low = index
            try classMember()
            // A range needs something behind its hyphen; otherwise the hyphen stands for itself.
            guard current == "-", index + 1 < characters.count, characters[index + 1] != "]" else { continue }
            index += 1
            let high = index
            try classMember()
            if low + 1 == high - 1, index == high + 1, characters[high] < characters[low] {
                let part = String(characters[low..<index])
                throw Failure(reason: "invalid character class range", part: part)
            }
        }
        guard current == "]" else { throw Failure(reason: "missing closing ]", part: rest(from: start)) }
        index += 1
        operand()
    }

    private mutating func classMember() throws(Failure) {
        let start = index
        index += 1
        if characters[start] == "\\" { try escape(from: start) }
    }
}
