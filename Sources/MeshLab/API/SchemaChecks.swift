import MeshState

/// One reason why an object is invalid, in the form of a cause of a `Status`.
struct InvalidField: Sendable, Hashable {
    /// Such as `FieldValueInvalid`.
    let reason: String
    let message: String
    let field: String
}

extension Schema {
    /// Removes the members that the schema does not know and returns their paths, sorted.
    func prune(_ value: inout JSONValue, path: String = "") -> [String] {
        switch (resolved.shape, value) {
        case (.object(let schemas, _), .object(var members)):
            var unknown: [String] = []
            for (name, member) in members {
                let memberPath = path.isEmpty ? name : "\(path).\(name)"
                guard let schema = schemas[name] else {
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

    /// The values that are of another type than the schema says.
    func mismatches(in value: JSONValue, path: String = "") -> [InvalidField] {
        switch (resolved.shape, value) {
        case (.any, _), (.string, .string), (.integer, .integer), (.boolean, .bool): return []
        case (.object(let schemas, _), .object(let members)):
            return members.sorted { $0.key < $1.key }.flatMap { name, member in
                schemas[name]?.mismatches(in: member, path: path.isEmpty ? name : "\(path).\(name)") ?? []
            }
        case (.map(let schema), .object(let members)):
            return members.sorted { $0.key < $1.key }.flatMap { schema.mismatches(in: $1, path: "\(path).\($0)") }
        case (.list(let schema, _), .array(let elements)):
            return elements.enumerated().flatMap { schema.mismatches(in: $1, path: "\(path)[\($0)]") }
        default:
            let given = value.typeName
            return [
                InvalidField(
                    reason: "FieldValueTypeInvalid",
                    message: "Invalid value: \"\(given)\": \(path) in body must be of type \(typeName): \"\(given)\"",
                    field: path)
            ]
        }
    }

    private var typeName: String {
        switch resolved.shape {
        case .string: "string"
        case .integer: "integer"
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
