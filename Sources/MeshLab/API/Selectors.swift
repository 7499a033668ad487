import MeshState

/// A label selector as the API writes it: `app=web,tier!=db,env in (a,b),!legacy`.
struct LabelSelector: Sendable, Hashable {
    enum Requirement: Sendable, Hashable {
        case exists(String)
        case absent(String)
        case oneOf(String, Set<String>)
        case noneOf(String, Set<String>)
        case above(String, Int64)
        case below(String, Int64)
    }

    let requirements: [Requirement]

    /// Reads a selector; an empty one chooses everything.
    init(parsing text: String) throws(APIFailure) {
        var parser = Parser(tokens: Self.tokens(of: text))
        requirements = try parser.requirements()
    }

    func matches(_ labels: [String: String]) -> Bool {
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

        mutating func requirements() throws(APIFailure) -> [Requirement] {
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

        private func failure(_ expected: String) -> APIFailure {
            let found = position > 0 && position <= tokens.count ? tokens[position - 1] : ""
            return .badRequest("unable to parse requirement: found '\(found)', expected: \(expected)")
        }

        private mutating func key() throws(APIFailure) -> String {
            guard let token = take(), let first = token.first, first.isLetter || first.isNumber else {
                throw failure("identifier")
            }
            return token
        }

        private mutating func requirement() throws(APIFailure) -> Requirement {
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

        private mutating func bound() throws(APIFailure) -> Int64 {
            guard let number = Int64(value()) else { throw failure("an integer") }
            return number
        }

        private mutating func values() throws(APIFailure) -> Set<String> {
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

/// A field selector: `metadata.name=cnn,metadata.namespace!=vm`.
struct FieldSelector: Sendable, Hashable {
    struct Term: Sendable, Hashable {
        let path: [String]
        let value: String
        let isEqual: Bool
    }

    let terms: [Term]

    /// Reads a selector over the fields that the resource lets select by.
    init(parsing text: String, for resource: Resource) throws(APIFailure) {
        var terms: [Term] = []
        for part in text.split(separator: ",") {
            guard let split = part.firstRange(of: /!=|==|=/) else {
                throw .badRequest("invalid selector: '\(part)'; can't understand '\(part)'")
            }
            let label = String(part[..<split.lowerBound])
            guard Self.fields(of: resource).contains(label) else {
                throw .badRequest("field label not supported: \(label)")
            }
            terms.append(
                Term(
                    path: label.split(separator: ".").map(String.init), value: String(part[split.upperBound...]),
                    isEqual: part[split] != "!="))
        }
        self.terms = terms
    }

    private static func fields(of resource: Resource) -> Set<String> {
        switch resource {
        case .pods:
            ["metadata.name", "metadata.namespace", "status.phase", "status.podIP", "spec.nodeName"]
        case .namespaces: ["metadata.name", "status.phase"]
        case .services: ["metadata.name", "metadata.namespace", "spec.clusterIP", "spec.type"]
        case .events:
            [
                "metadata.name", "metadata.namespace", "involvedObject.kind", "involvedObject.namespace",
                "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion", "reason", "type",
            ]
        case .secrets: ["metadata.name", "metadata.namespace", "type"]
        default: ["metadata.name", "metadata.namespace"]
        }
    }

    func matches(_ object: JSONValue) -> Bool {
        terms.allSatisfy { term in
            let value = term.path.reduce(Optional(object)) { $0?[$1] }?.stringValue ?? ""
            return (value == term.value) == term.isEqual
        }
    }
}

/// What a list or a watch chooses.
struct ObjectFilter: Sendable {
    var namespace: String?
    var labels: LabelSelector
    var fields: FieldSelector

    /// Whether it chooses by anything but the namespace.
    var isSelective: Bool { !labels.requirements.isEmpty || !fields.terms.isEmpty }

    func matches(_ object: JSONValue) -> Bool {
        let metadata = object["metadata"]
        if let namespace, metadata?["namespace"]?.stringValue != namespace { return false }
        return labels.matches(metadata?["labels"]?.stringMap ?? [:]) && fields.matches(object)
    }
}
