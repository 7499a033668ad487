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

/// Where a value stands in its object; it is written out only where something is wrong with the value.
private indirect enum Place {
    case root
    case member(Place, String)
    case element(Place, Int)

    /// Such as `spec.ports[0].number`.
    var path: String {
        switch self {
        case .root: return ""
        case .member(.root, let name): return name
        case .member(let place, let name): return "\(place.path).\(name)"
        case .element(let place, let index): return "\(place.path)[\(index)]"
        }
    }
}

extension Schema {
    /// Removes the members that the schema does not know and returns their paths, sorted.
    func prune(_ value: inout JSONValue) -> [String] {
        var unknown: [String] = []
        prune(&value, at: .root, &unknown)
        return unknown.sorted()
    }

    private func prune(_ value: inout JSONValue, at place: Place, _ unknown: inout [String]) {
        switch (resolved.shape, value) {
        case (.object(let schemas, _, let isOpen), .object(var members)):
            for (name, var member) in members {
                if let schema = schemas[name] {
                    schema.prune(&member, at: .member(place, name), &unknown)
                    members[name] = member
                } else if !isOpen {
                    unknown.append(Place.member(place, name).path)
                    members[name] = nil
                }
            }
            value = .object(members)
        case (.list(let schema, _), .array(var elements)):
            for index in elements.indices { schema.prune(&elements[index], at: .element(place, index), &unknown) }
            value = .array(elements)
        default: break
        }
    }

    /// The values that are of another type than the schema says.
    func mismatches(in value: JSONValue) -> [InvalidField] {
        var found: [InvalidField] = []
        check(value, at: .root, &found)
        return found
    }

    private func check(_ value: JSONValue, at place: Place, _ found: inout [InvalidField]) {
        switch (resolved.shape, value) {
        case (.any, _), (.string, .string), (.integer, .integer), (.boolean, .bool), (.number, .integer),
            (.number, .number):
            break
        case (.object(let schemas, _, _), .object(let members)):
            for name in members.keys.sorted() {
                guard let schema = schemas[name], let member = members[name] else { continue }
                schema.check(member, at: .member(place, name), &found)
            }
        case (.map(let schema), .object(let members)):
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                schema.check(member, at: .member(place, name), &found)
            }
        case (.list(let schema, _), .array(let elements)):
            for (index, element) in elements.enumerated() {
                schema.check(element, at: .element(place, index), &found)
            }
        default:
            let (given, path) = (value.typeName, place.path)
            let message = "Invalid value: \"\(given)\": \(path) in body must be of type \(typeName): \"\(given)\""
            found.append(InvalidField(.typeInvalid, path, message))
        }
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
