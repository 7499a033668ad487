import Yams

/// Why a text is not YAML that Kubernetes takes, and where.
public struct YAMLSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Counted from one; nil where the whole text is meant.
    public let line: Int?
    public let reason: String

    init(line: Int?, reason: String) {
        self.line = line
        self.reason = reason.madeSafe
    }

    public var description: String { line.map { "line \($0): \(reason)" } ?? reason }
}

/// One document of a YAML text, and where in the text its values stand.
public struct YAMLDocument: Sendable {
    public let value: JSONValue
    public let lines: SourceLines
}

/// Reads YAML the way kubectl does: plain scalars are typed, anchors and merge keys are resolved, keys are unique.
public enum YAMLText {
    /// Reads every document of the text; empty documents are left out.
    public static func parse(_ text: String) throws(YAMLSyntaxError) -> [JSONValue] {
        let (documents, error) = documents(in: text)
        if let error { throw error }
        return documents.map(\.value)
    }

    /// Reads the documents of a text one by one, as kubectl does, so that an error in one does not hide the next.
    ///
    /// Lines are those of the whole text; empty documents are left out.
    public static func separateDocuments(in text: String) -> [Result<YAMLDocument, YAMLSyntaxError>] {
        var result: [Result<YAMLDocument, YAMLSyntaxError>] = []
        for (line, part) in parts(of: text) {
            let (documents, error) = documents(in: part)
            let above = line - 1
            result += documents.map { .success(YAMLDocument(value: $0.value, lines: $0.lines.moved(down: above))) }
            if let error {
                result.append(.failure(YAMLSyntaxError(line: (error.line ?? 1) + above, reason: error.reason)))
            }
        }
        return result
    }

    /// The parts of a text that start with a document's mark, each with its first line.
    private static func parts(of text: String) -> [(line: Int, text: String)] {
        var parts: [(line: Int, text: String)] = []
        var start = text.utf8.startIndex
        var startLine = 1
        var line = 1
        var index = start
        while index < text.utf8.endIndex {
            let end = text.utf8[index...].firstIndex(of: UInt8(ascii: "\n")) ?? text.utf8.endIndex
            let behindMark = text.utf8[index..<end].dropFirst(3).first
            if text.utf8[index..<end].starts(with: "---".utf8), behindMark.map({ " \t\r".utf8.contains($0) }) ?? true {
                parts.append((startLine, String(text[start..<index])))
                start = index
                startLine = line
            }
            line += 1
            index = end == text.utf8.endIndex ? end : text.utf8.index(after: end)
        }
        return parts + [(startLine, String(text[start...]))]
    }

    /// Reads the documents of a text up to the first error; empty documents are left out.
    private static func documents(in text: String) -> (documents: [YAMLDocument], error: YAMLSyntaxError?) {
        var documents: [YAMLDocument] = []
        // Aliases can make a short text stand for a huge document; a text without them has fewer values than bytes.
        var reader = YAMLReader(budget: max(200_000, text.utf8.count))
        do {
            try YAMLAliases.checkKeys(of: text)
            let parser = try Parser(yaml: text, encoding: .utf8)
            while let node = try parser.nextRoot() {
                let document = try reader.document(of: node)
                if !document.value.isNull { documents.append(document) }
            }
            return (documents, nil)
        } catch let error as YAMLSyntaxError {
            return (documents, error)
        } catch let error as YamlError {
            return (documents, YAMLSyntaxError(error, text: text))
        } catch {
            return (documents, YAMLSyntaxError(line: nil, reason: "\(error)"))
        }
    }

    fileprivate static func json(of scalar: Node.Scalar) -> JSONValue {
        let isPlain = scalar.style == .plain || scalar.style == .any
        switch scalar.tag.description {
        case "tag:yaml.org,2002:str", "!": return .string(scalar.string)
        default: return isPlain ? plainValue(of: scalar.string) : .string(scalar.string)
        }
    }

    /// What a word without quotes stands for (YAML 1.1, as kubectl's library reads it).
    static func plainValue(of text: String) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": return .bool(true)
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": return .bool(false)
        default: return number(text) ?? .string(text)
        }
    }

    private static func number(_ text: String) -> JSONValue? {
        guard let first = text.utf8.first(where: { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "+") }),
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) || first == UInt8(ascii: ".")
        else { return nil }
        let digits = text.drop { $0 == "-" || $0 == "+" }
        guard text.utf8.count - digits.utf8.count <= 1 else { return nil }
        let sign: Int64 = text.hasPrefix("-") ? -1 : 1
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
            return Int64(digits.dropFirst(2), radix: radix).map { .integer(sign * $0) }
        }
        if digits.utf8.count > 1, digits.hasPrefix("0"), let octal = Int64(digits, radix: 8) {
            return .integer(sign * octal)
        }
        if let integer = Int64(text) { return .integer(integer) }
        let decimal = "+-.eE0123456789"
        guard text.allSatisfy({ decimal.contains($0) }), let value = Double(text), value.isFinite else { return nil }
        return .number(value)
    }
}

/// Turns the nodes of a text into documents.
private struct YAMLReader {
    private let most: Int
    /// How many more values may come.
    private var budget: Int

    init(budget: Int) {
        most = budget
        self.budget = budget
    }

    mutating func document(of node: Node) throws(YAMLSyntaxError) -> YAMLDocument {
        budget -= 1
        let line = node.mark?.line ?? 1
        guard budget > 0 else { throw YAMLSyntaxError(line: line, reason: "the document has more than \(most) values") }
        switch node {
        case .scalar(let scalar):
            return YAMLDocument(value: YAMLText.json(of: scalar), lines: SourceLines(line: line))
        case .sequence(let sequence):
            var elements: [YAMLDocument] = []
            for element in sequence { elements.append(try document(of: element)) }
            return YAMLDocument(
                value: .array(elements.map(\.value)), lines: SourceLines(line: line, elements: elements.map(\.lines)))
        case .mapping(let mapping):
            let members = try members(of: mapping)
            return YAMLDocument(
                value: .object(members.mapValues(\.value)),
                lines: SourceLines(line: line, members: members.mapValues(\.lines)))
        case .alias:
            throw YAMLSyntaxError(line: line, reason: "nothing has the anchor of this alias")
        }
    }

    private mutating func members(of mapping: Node.Mapping) throws(YAMLSyntaxError) -> [String: YAMLDocument] {
        var members: [String: YAMLDocument] = [:]
        var merged: [String: YAMLDocument] = [:]
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw YAMLSyntaxError(line: key.mark?.line, reason: "a key has to be a word")
            }
            let member = try document(of: value)
            if scalar.string == "<<", scalar.style == .plain {
                for source in Self.sources(member).reversed() { merged.merge(source) { _, new in new } }
            } else if members.updateValue(member, forKey: scalar.string) != nil {
                throw YAMLSyntaxError(line: scalar.mark?.line, reason: "the key \"\(scalar.string)\" stands twice")
            }
        }
        return members.merging(merged) { own, _ in own }
    }

    /// The mappings that a merge key names: one, or a list of them.
    private static func sources(_ document: YAMLDocument) -> [[String: YAMLDocument]] {
        let elements = (document.value.arrayValue ?? []).enumerated().map { index, value in
            YAMLDocument(value: value, lines: document.lines[index])
        }
        return (document.value.arrayValue == nil ? [document] : elements).map { source in
            var members: [String: YAMLDocument] = [:]
            for (name, value) in source.value.objectValue ?? [:] {
                members[name] = YAMLDocument(value: value, lines: source.lines[name])
            }
            return members
        }
    }
}

extension YAMLSyntaxError {
    fileprivate init(_ error: YamlError, text: String) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let reason = context.map { "\($0.text), \(problem)" } ?? problem
            self.init(line: mark.line, reason: reason)
        case .reader(let problem, let offset, _, _):
            let line = offset.map { text.prefix($0).count { $0.isNewline } + 1 }
            self.init(line: line, reason: problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
            self.init(line: context.mark.line, reason: "the key \(keys) stands twice")
        default: self.init(line: nil, reason: "\(error)")
        }
    }
}
