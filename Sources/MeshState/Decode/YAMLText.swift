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

/// Reads YAML the way kubectl does: plain scalars are typed, anchors and merge keys are resolved, keys are unique.
public enum YAMLText {
    /// Aliases can make a short text stand for a huge document; more values than this are refused.
    private static let mostValues = 200_000

    /// Reads every document of the text; empty documents are left out.
    public static func parse(_ text: String) throws(YAMLSyntaxError) -> [JSONValue] {
        do {
            let parser = try Parser(yaml: text, encoding: .utf8)
            var documents: [JSONValue] = []
            var budget = mostValues
            while let node = try parser.nextRoot() {
                let value = try json(of: node, budget: &budget)
                if !value.isNull { documents.append(value) }
            }
            return documents
        } catch let error as YAMLSyntaxError {
            throw error
        } catch let error as YamlError {
            throw YAMLSyntaxError(error, text: text)
        } catch {
            throw YAMLSyntaxError(line: nil, reason: "\(error)")
        }
    }

    private static func json(of node: Node, budget: inout Int) throws(YAMLSyntaxError) -> JSONValue {
        budget -= 1
        guard budget > 0 else {
            throw YAMLSyntaxError(line: node.mark?.line, reason: "the document has more than \(mostValues) values")
        }
        switch node {
        case .scalar(let scalar): return json(of: scalar)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try json(of: element, budget: &budget)) }
            return .array(elements)
        case .mapping(let mapping): return try json(of: mapping, budget: &budget)
        case .alias(let alias):
            throw YAMLSyntaxError(line: alias.mark?.line, reason: "nothing has the anchor of this alias")
        }
    }

    private static func json(of mapping: Node.Mapping, budget: inout Int) throws(YAMLSyntaxError) -> JSONValue {
        var members: [String: JSONValue] = [:]
        var merged: [String: JSONValue] = [:]
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw YAMLSyntaxError(line: key.mark?.line, reason: "a key has to be a word")
            }
            let member = try json(of: value, budget: &budget)
            if scalar.string == "<<", scalar.style == .plain {
                let sources = member.arrayValue ?? [member]
                for source in sources.reversed() { merged.merge(source.objectValue ?? [:]) { _, new in new } }
            } else if members.updateValue(member, forKey: scalar.string) != nil {
                throw YAMLSyntaxError(line: scalar.mark?.line, reason: "the key \"\(scalar.string)\" stands twice")
            }
        }
        return .object(members.merging(merged) { own, _ in own })
    }

    private static func json(of scalar: Node.Scalar) -> JSONValue {
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
