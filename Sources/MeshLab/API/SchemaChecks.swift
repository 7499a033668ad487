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
}
