import MeshState

/// One reason why an object is invalid, in the form of a cause of a `Status`.
struct InvalidField: Sendable, Hashable {
    /// Such as `FieldValueInvalid`.
    let reason: String
    let message: String
    let field: String

    init(_ cause: Problem.Cause, _ field: String, _ message: String) {
        reason = cause.rawValue
        self.message = message
        self.field = field
    }
}

extension Schema {
    /// Removes the members that the schema does not know and returns their paths, sorted.
    func prune(_ value: inout JSONValue, path: String = "") -> [String] {
        switch (resolved.shape, value) {
        case (.object(let schemas, _, let isOpen), .object(var members)):
            var unknown: [String] = []
            for (name, member) in members {
                let memberPath = Self.path(path, name)
                guard let schema = schemas[name] else {
                    if isOpen { continue }
                    unknown.append(memberPath)
                    members[name] = nil
                    continue
                }
                var pruned = member
                unknown += schema.prune(&pruned, path: memberPath)
                members[name] = pruned
            }
            value = .object(members)
            return unknown.sorted()
        case (.list(let schema, _), .array(var elements)):
            var unknown: [String] = []
            for index in elements.indices { unknown += schema.prune(&elements[index], path: "\(path)[\(index)]") }
            value = .array(elements)
            return unknown
        default: return []
        }
    }

    /// What the schema finds wrong with a value: types, required members, spellings, and the range of numbers.
    func violations(in value: JSONValue, path: String = "") -> [InvalidField] {
        switch (resolved.shape, value) {
        case (.any, _), (.boolean, .bool), (.number, .integer), (.number, .number): return []
        case (.string(let allowed), .string(let text)):
            if allowed.isEmpty || allowed.contains(text) { return [] }
            let words = allowed.map { JSONValue.string($0).jsonText() }.joined(separator: ", ")
            return [
                InvalidField(
                    .notSupported, path, "Unsupported value: \(value.jsonText()): supported values: \(words)")
            ]
        case (.integer(let isUnsigned), .integer(let number)):
            guard isUnsigned, !(0...Self.greatestUnsigned).contains(number) else { return [] }
            let bound =
                number < 0 ? "greater than or equal to 0" : "less than or equal to \(Self.greatestUnsigned)"
            return [InvalidField(.invalid, path, "Invalid value: \(number): \(path) in body should be \(bound)")]
        case (.object(let schemas, let required, _), .object(let members)):
            let missing = required.filter { members[$0] == nil }.map {
                InvalidField(.required, Self.path(path, $0), "Required value")
            }
            return missing
                + members.sorted { $0.key < $1.key }.flatMap { name, member in
                    schemas[name]?.violations(in: member, path: Self.path(path, name)) ?? []
                }
        case (.map(let schema), .object(let members)):
            return members.sorted { $0.key < $1.key }.flatMap { schema.violations(in: $1, path: "\(path).\($0)") }
        case (.list(let schema, _), .array(let elements)):
            return elements.enumerated().flatMap { schema.violations(in: $1, path: "\(path)[\($0)]") }
        default:
            let given = value.typeName
            let message = "Invalid value: \"\(given)\": \(path) in body must be of type \(typeName): \"\(given)\""
            return [InvalidField(.typeInvalid, path, message)]
        }
    }

    private static func path(_ path: String, _ member: String) -> String {
        path.isEmpty ? member : "\(path).\(member)"
    }

    private var typeName: String {
        switch resolved.shape {
        case .string: "string"
        case .integer: "integer"
        case .number: "number"
        case .boolean: "boolean"
        case .list: "array"
        case .object, .map, .any, .reference: "object"
        }
    }
}

extension JSONValue {
    /// The name of the value's type in OpenAPI.
    fileprivate var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
