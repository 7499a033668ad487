/// Why a text is no selector, in the API's words.
public struct SelectorError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// A label selector as the API writes it: `app=web,tier!=db,env in (a,b),!legacy`.
public struct LabelSelector: Sendable, Hashable {
    /// What a label has to be.
    public enum Requirement: Sendable, Hashable {
        case exists(String)
        case absent(String)
        case oneOf(String, Set<String>)
        case noneOf(String, Set<String>)
        case above(String, Int64)
        case below(String, Int64)
    }

    /// All of them have to hold.
    public let requirements: [Requirement]

    /// A selector of requirements that are known already.
    public init(_ requirements: [Requirement]) { self.requirements = requirements }

    /// Reads a selector; an empty one chooses everything.
    public init(parsing text: String) throws(SelectorError) {
        var parser = Parser(tokens: Self.tokens(of: text))
        requirements = try parser.requirements()
    }

    /// Whether an object with these labels is chosen.
    public func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .exists(let key): labels[key] != nil
            case .absent(let key): labels[key] == nil
            case .oneOf(let key, let values): labels[key].map(values.contains) ?? false
            case .noneOf(let key, let values): labels[key].map { !values.contains($0) } ?? true
            case .above(let key, let bound): labels[key].flatMap { Int64($0) }.map { $0 > bound } ?? false
            case .below(let key, let bound): labels[key].flatMap { Int64($0) }.map { $0 < bound } ?? false
            }
        }
    }

    /// Words and symbols; symbols are `=`, `==`, `!=`, `!`, `,`, `(`, `)`, `<` and `>`.
    private static func tokens(of text: String) -> [String] {
        var tokens: [String] = []
        var word = ""
        for character in text {
            if "=!,()<> \t".contains(character) {
                if !word.isEmpty { tokens.append(word) }
                word = ""
                if character.isWhitespace { continue }
                if character == "=", tokens.last == "=" || tokens.last == "!" {
                    tokens[tokens.count - 1] += "="
                } else {
                    tokens.append(String(character))
                }
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { tokens.append(word) }
        return tokens
    }

    private struct Parser {
        let tokens: [String]
        var position = 0

        init(tokens: [String]) { self.tokens = tokens }

        mutating func requirements() throws(SelectorError) -> [Requirement] {
            var result: [Requirement] = []
            while position < tokens.count {
                result.append(try requirement())
                if position == tokens.count { break }
                guard take() == "," else { throw failure("',' or end of selector") }
                if position == tokens.count { throw failure("a key after ','") }
            }
            return result
        }

        private mutating func take() -> String? {
            defer { position += 1 }
            return position < tokens.count ? tokens[position] : nil
        }

        private func failure(_ expected: String) -> SelectorError {
            let found = position > 0 && position <= tokens.count ? tokens[position - 1] : ""
            return SelectorError("unable to parse requirement: found '\(found)', expected: \(expected)")
        }

        private mutating func key() throws(SelectorError) -> String {
            guard let token = take(), let first = token.first, first.isLetter || first.isNumber else {
                throw failure("identifier")
            }
            return token
        }

        private mutating func requirement() throws(SelectorError) -> Requirement {
            if position < tokens.count, tokens[position] == "!" {
                position += 1
                return .absent(try key())
            }
            let key = try key()
            guard position < tokens.count, tokens[position] != "," else { return .exists(key) }
            switch take() {
            case "=", "==": return .oneOf(key, [value()])
            case "!=": return .noneOf(key, [value()])
            case "in": return .oneOf(key, try values())
            case "notin": return .noneOf(key, try values())
            case ">": return .above(key, try bound())
            case "<": return .below(key, try bound())
            default: throw failure("'=', '!=', '==', 'in', 'notin', '>', '<'")
            }
        }

        /// A value may be empty: `key=`.
        private mutating func value() -> String {
            guard position < tokens.count, tokens[position] != "," else { return "" }
            return take() ?? ""
        }

        private mutating func bound() throws(SelectorError) -> Int64 {
            guard let number = Int64(value()) else { throw failure("an integer") }
            return number
        }

        private mutating func values() throws(SelectorError) -> Set<String> {
            guard take() == "(" else { throw failure("'('") }
            var result: Set<String> = []
            while true {
                guard let token = take() else { throw failure("')'") }
                switch token {
                case ")": return result.isEmpty ? [""] : result
                case ",": if result.isEmpty { result.insert("") }
                default: result.insert(token)
                }
            }
        }
    }
}
