import MeshState

/// The type of a value in an object of the API: what OpenAPI documents, field validation and patches are made from.
struct Schema: Sendable {
    /// How the elements of a list are told apart when two writers meet.
    enum ListKind: Sendable {
        /// The list is one value.
        case atomic
        case set
        /// Elements are objects with these members as their key; the first is the key of strategic merge patches.
        case map(keys: [String])
    }

    indirect enum Shape: Sendable {
        case string(allowed: [String])
        case integer
        case number
        case boolean
        /// An object; what its schema does not name is kept where it is open, and removed where it is not.
        case object([String: Schema], required: [String], isOpen: Bool)
        /// An object whose members are the caller's.
        case map(Schema)
        case list(Schema, ListKind)
        /// Anything, kept as it comes.
        case any
        /// A type of its own in the OpenAPI document, by its name there.
        case reference(String, Schema)
    }

    var shape: Shape
    var description: String

    init(_ shape: Shape, _ description: String) {
        self.shape = shape
        self.description = description
    }

    static func string(_ description: String, allowed: [String] = []) -> Self {
        Self(.string(allowed: allowed), description)
    }
    static func integer(_ description: String) -> Self { Self(.integer, description) }
    static func number(_ description: String) -> Self { Self(.number, description) }
    static func boolean(_ description: String) -> Self { Self(.boolean, description) }
    static func any(_ description: String) -> Self { Self(.any, description) }
    static func strings(_ description: String, _ kind: ListKind = .atomic) -> Self {
        Self(.list(.string(""), kind), description)
    }
    static func stringMap(_ description: String) -> Self { Self(.map(.string("")), description) }
    static func list(_ description: String, _ kind: ListKind = .atomic, of element: Schema) -> Self {
        Self(.list(element, kind), description)
    }
    static func object(
        _ description: String, required: [String] = [], isOpen: Bool = false, _ members: [String: Schema]
    ) -> Self {
        Self(.object(members, required: required, isOpen: isOpen), description)
    }

    /// The schema with references followed.
    var resolved: Schema {
        if case .reference(_, let schema) = shape { schema.resolved } else { self }
    }

    /// The member by which strategic merge patches tell the elements of a list apart; nil for lists of another kind.
    var mergeKey: String? {
        if case .list(_, .map(let keys)) = resolved.shape { keys[0] } else { nil }
    }

    /// The schema of an object's member; nil where the schema says nothing about it.
    func member(_ name: String) -> Schema? {
        switch resolved.shape {
        case .object(let members, _, _): members[name]
        case .map(let element): element
        default: nil
        }
    }
}

// MARK: - OpenAPI

extension Schema {
    /// The schema in OpenAPI's words; `prefix` leads to the named types: `#/components/schemas/` or `#/definitions/`.
    func openAPI(prefix: String) -> JSONValue {
        var result: JSONValue = [:]
        if !description.isEmpty { result["description"] = .string(description) }
        switch shape {
        case .string(let allowed):
            result["type"] = "string"
            if !allowed.isEmpty { result["enum"] = JSONValue(allowed) }
        case .integer: result["type"] = "integer"
        case .number: result["type"] = "number"
        case .boolean: result["type"] = "boolean"
        case .any: result["x-kubernetes-preserve-unknown-fields"] = true
        case .object(let members, let required, let isOpen):
            result["type"] = "object"
            if isOpen { result["x-kubernetes-preserve-unknown-fields"] = true }
            result["properties"] = .object(members.mapValues { $0.openAPI(prefix: prefix) })
            if !required.isEmpty { result["required"] = JSONValue(required) }
        case .map(let element):
            result["type"] = "object"
            result["additionalProperties"] = element.openAPI(prefix: prefix)
        case .list(let element, let kind):
            result["type"] = "array"
            result["items"] = element.openAPI(prefix: prefix)
            switch kind {
            case .atomic: result["x-kubernetes-list-type"] = "atomic"
            case .set:
                result["x-kubernetes-list-type"] = "set"
                result["x-kubernetes-patch-strategy"] = "merge"
            case .map(let keys):
                result["x-kubernetes-list-type"] = "map"
                result["x-kubernetes-list-map-keys"] = JSONValue(keys)
                result["x-kubernetes-patch-strategy"] = "merge"
                result["x-kubernetes-patch-merge-key"] = .string(keys[0])
            }
        case .reference(let name, _):
            result["allOf"] = [["$ref": .string(prefix + name)]]
        }
        return result
    }
}
