/// A pane's filter as it was typed: terms between blanks, all of which must hold.
///
/// `word` is found anywhere in the row, `!word` nowhere, `~regex` is a regular expression, `key:value` looks at one
/// thing alone (the pane says which keys it has), `a|b` holds when one of them does. Letter case never matters.
struct Filter: Sendable, Hashable {
    /// One alternative of a term.
    enum Test: Sendable, Hashable {
        case word(String)
        case pattern(String)
        case value(key: String, String)
    }

    struct Term: Sendable, Hashable {
        var isNegated: Bool
        var alternatives: [Test]
    }

    let text: String
    let terms: [Term]
    /// Why the text is no filter, such as a regular expression that is not one; such a term lets every row pass.
    let problem: String?

    static let none = Filter("", keys: [])

    var isEmpty: Bool { terms.isEmpty }

    /// Reads what was typed; `key:` counts as a key only when it is one of `keys`, so `host:3306` stays a word.
    init(_ text: String, keys: [String]) {
        self.text = text
        var terms: [Term] = []
        var problem: String?
        for piece in text.split(whereSeparator: \.isWhitespace) {
            let isNegated = piece.first == "!"
            let body = isNegated ? piece.dropFirst() : piece
            var alternatives: [Test] = []
            if body.first == "~" {
                let pattern = String(body.dropFirst())
                guard !pattern.isEmpty else { continue }
                guard Self.compile(pattern) != nil else {
                    problem = "\(pattern) is not a regular expression"
                    continue
                }
                alternatives = [.pattern(pattern)]
            } else {
                alternatives = body.split(separator: "|").compactMap { Self.test($0, keys: keys) }
            }
            if !alternatives.isEmpty { terms.append(Term(isNegated: isNegated, alternatives: alternatives)) }
        }
        self.terms = terms
        self.problem = problem
    }

    private static func test(_ piece: Substring, keys: [String]) -> Test? {
        if let colon = piece.firstIndex(of: ":") {
            let key = piece[..<colon].lowercased()
            if keys.contains(key) {
                let value = piece[piece.index(after: colon)...].lowercased()
                return value.isEmpty ? nil : .value(key: key, value)
            }
        }
        return .word(piece.lowercased())
    }

    fileprivate static func compile(_ pattern: String) -> Regex<AnyRegexOutput>? {
        // An unreadable pattern is the caller's to report; nothing else can go wrong here.
        (try? Regex(pattern))?.ignoresCase()
    }

    /// The filter made ready for many rows. It is made anew for each use, as a compiled pattern cannot be kept in a
    /// value that crosses threads.
    struct Matcher {
        private enum Ready {
            case word(String, bytes: [UInt8])
            case pattern(Regex<AnyRegexOutput>)
            case value(key: String, String, bytes: [UInt8])
        }
        private let terms: [(isNegated: Bool, alternatives: [Ready])]

        init(_ filter: Filter) {
            terms = filter.terms.map { term in
                let ready = term.alternatives.compactMap { test -> Ready? in
                    switch test {
                    case .word(let word): .word(word, bytes: Array(word.utf8))
                    case .pattern(let pattern): Filter.compile(pattern).map(Ready.pattern)
                    case .value(let key, let value): .value(key: key, value, bytes: Array(value.utf8))
                    }
                }
                return (term.isNegated, ready)
            }
        }

        /// Whether a row passes; its whole text and the values of a key are only asked for when a term needs them.
        func passes(text: () -> String, values: (String) -> [String]) -> Bool {
            lazy var whole = text().lowercased()
            for term in terms {
                let holds = term.alternatives.contains { test in
                    switch test {
                    case .word(_, let bytes): whole.contains(bytes: bytes)
                    case .pattern(let pattern): whole.contains(pattern)
                    case .value(let key, _, let bytes):
                        values(key).contains { value in
                            var value = value.lowercased()
                            return value.contains(bytes: bytes)
                        }
                    }
                }
                if holds == term.isNegated { return false }
            }
            return true
        }

        /// The pieces of a cell's text that the filter found, as offsets of scalars; terms that exclude find nothing.
        func matches(in text: String) -> [Range<Int>] {
            var found: [Range<Int>] = []
            for term in terms where !term.isNegated {
                for test in term.alternatives {
                    switch test {
                    case .word(let word, _), .value(_, let word, _):
                        found += text.ranges(ofLowercased: word)
                    case .pattern(let pattern):
                        found += text.ranges(of: pattern).filter { !$0.isEmpty }.map { text.scalarOffsets(of: $0) }
                    }
                }
            }
            return found
        }
    }
}

extension String {
    /// Whether these bytes of UTF-8 occur in it; for thousands of rows at a key, which Swift's own search is slow for.
    fileprivate mutating func contains(bytes: [UInt8]) -> Bool {
        guard let first = bytes.first else { return true }
        return withUTF8 { text in
            var start = 0
            while start + bytes.count <= text.count {
                if text[start] == first, text[start..<start + bytes.count].elementsEqual(bytes) { return true }
                start += 1
            }
            return false
        }
    }

    /// Where a lower-case text occurs in this one in whatever case, as offsets of scalars.
    func ranges(ofLowercased needle: String) -> [Range<Int>] {
        let wanted = Array(needle.unicodeScalars)
        // Only scalars whose lower case is one scalar are folded, so that offsets stay those of the text itself.
        let here = unicodeScalars.map { scalar -> Unicode.Scalar in
            let lower = scalar.properties.lowercaseMapping.unicodeScalars
            return lower.count == 1 ? lower.first ?? scalar : scalar
        }
        guard !wanted.isEmpty, here.count >= wanted.count else { return [] }
        var found: [Range<Int>] = []
        var start = 0
        while start + wanted.count <= here.count {
            if here[start..<start + wanted.count].elementsEqual(wanted) {
                found.append(start..<start + wanted.count)
                start += wanted.count
            } else {
                start += 1
            }
        }
        return found
    }

    fileprivate func scalarOffsets(of range: Range<String.Index>) -> Range<Int> {
        let lower = unicodeScalars.distance(from: startIndex, to: range.lowerBound)
        return lower..<lower + unicodeScalars.distance(from: range.lowerBound, to: range.upperBound)
    }
}
