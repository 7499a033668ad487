import MeshState

/// A set of an object's fields, in the form of `metadata.managedFields` (FieldsV1).
///
/// A field is a path of elements: `f:NAME` a member, `k:{...}` the element of a list with that key, `v:VALUE` the
/// element of a set. A list without keys is one field.
struct FieldSet: Sendable, Hashable {
    /// Whether the field that this node stands for is itself in the set.
    var isMember = false
    var children: [String: FieldSet] = [:]

    var isEmpty: Bool { !isMember && children.isEmpty }

    static let member = FieldSet(isMember: true)

    // MARK: Wire form

    /// Reads FieldsV1.
    init(fieldsV1: JSONValue) { self.init(fieldsV1, isRoot: true) }

    private init(_ json: JSONValue, isRoot: Bool) {
        let members = json.objectValue ?? [:]
        isMember = !isRoot && (members.isEmpty || members["."] != nil)
        for (element, child) in members where element != "." { children[element] = FieldSet(child, isRoot: false) }
    }

    init(isMember: Bool = false, children: [String: FieldSet] = [:]) {
        self.isMember = isMember
        self.children = children
    }

    /// The set as FieldsV1.
    var fieldsV1: JSONValue {
        var members = children.mapValues(\.fieldsV1)
        if isMember, !children.isEmpty { members["."] = [:] }
        return .object(members)
    }

    /// The fields as the API's messages name them: `.spec.ports[name="http"].number`.
    var paths: [String] {
        children.sorted { $0.key < $1.key }.flatMap { element, child -> [String] in
            let step: String
            if let name = element.suffix(after: "f:") {
                step = ".\(name)"
            } else if let key = element.suffix(after: "k:") {
                step = "[" + FieldSet.keyText(key) + "]"
            } else {
                step = "[=\(element.dropFirst(2))]"
            }
            return (child.isMember ? [step] : []) + child.paths.map { step + $0 }
        }
    }

    private static func keyText(_ text: String) -> String {
        guard let members = (try? JSONValue(parsing: text))?.objectValue else { return text }
        return members.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.jsonText())" }.joined(separator: ",")
    }

    // MARK: Algebra

    func union(_ other: FieldSet) -> FieldSet {
        FieldSet(
            isMember: isMember || other.isMember,
            children: children.merging(other.children) { $0.union($1) })
    }

    func subtracting(_ other: FieldSet) -> FieldSet {
        var result = FieldSet(isMember: isMember && !other.isMember)
        for (element, child) in children {
            let rest = other.children[element].map(child.subtracting) ?? child
            if !rest.isEmpty { result.children[element] = rest }
        }
        return result
    }

    func intersection(_ other: FieldSet) -> FieldSet {
        var result = FieldSet(isMember: isMember && other.isMember)
        for (element, child) in children {
            guard let common = other.children[element].map(child.intersection), !common.isEmpty else { continue }
            result.children[element] = common
        }
        return result
    }

    /// Without the fields that an object does not have.
    func existing(in all: FieldSet) -> FieldSet {
        var result = FieldSet(isMember: isMember)
        for (element, child) in children {
            guard let present = all.children[element] else { continue }
            let rest = child.existing(in: present)
            if !rest.isEmpty { result.children[element] = rest }
        }
        return result
    }
}

// MARK: - Fields of objects

extension FieldSet {
    /// The fields that an applied configuration names.
    init(applied value: JSONValue, schema: Schema?) {
        for (element, child, childSchema) in value.fieldElements(schema) {
            var set = FieldSet(applied: child, schema: childSchema)
            let isKeyed = !element.hasPrefix("f:") || schema.isMapLike
            set.isMember = set.children.isEmpty || isKeyed
            children[element] = set
        }
    }

    /// Every field that a value has, inner ones included.
    init(present value: JSONValue, schema: Schema?) {
        isMember = true
        for (element, child, childSchema) in value.fieldElements(schema) {
            children[element] = FieldSet(present: child, schema: childSchema)
        }
    }

    /// The fields that differ in `new`: added ones with all that they hold, and changed ones.
    init(changedFrom old: JSONValue, to new: JSONValue, schema: Schema?) {
        let before = Dictionary(old.fieldElements(schema).map { ($0.0, $0.1) }, uniquingKeysWith: { first, _ in first })
        for (element, value, childSchema) in new.fieldElements(schema) {
            guard let previous = before[element] else {
                children[element] = FieldSet(present: value, schema: childSchema)
                continue
            }
            if previous == value { continue }
            var set = FieldSet(changedFrom: previous, to: value, schema: childSchema)
            let isGranular = value.isGranular(childSchema) && previous.isGranular(childSchema)
            if !isGranular { set.isMember = true }
            if !set.isEmpty { children[element] = set }
        }
    }
}

extension JSONValue {
    /// The elements of a value by which fields below it are named; none for a value that is one field.
    func fieldElements(_ schema: Schema?) -> [(element: String, value: JSONValue, schema: Schema?)] {
        switch self {
        case .object(let members):
            return members.map { ("f:\($0.key)", $0.value, schema?.member($0.key)) }
        case .array(let elements):
            guard case .list(let element, let kind) = schema?.resolved.shape else { return [] }
            switch kind {
            case .atomic: return []
            case .set: return elements.map { ("v:\($0.jsonText())", $0, element) }
            case .map(let keys):
                return elements.map { value in
                    var key: JSONValue = [:]
                    for name in keys { key[name] = value[name] }
                    // The API fills in the transport of a port where none is given.
                    if keys.contains("protocol"), value["protocol"] == nil { key["protocol"] = "TCP" }
                    return ("k:\(key.jsonText())", value, element)
                }
            }
        default: return []
        }
    }

    /// Whether the value's elements are fields of their own rather than parts of one field.
    func isGranular(_ schema: Schema?) -> Bool {
        switch self {
        case .object: return true
        case .array:
            if case .list(_, let kind) = schema?.resolved.shape, case .atomic = kind { return false }
            return schema != nil
        default: return false
        }
    }

    /// Without the fields of a set; containers that still hold something stay.
    func removing(_ fields: FieldSet, schema: Schema?) -> JSONValue {
        if fields.children.isEmpty || !isGranular(schema) { return self }
        func reduced(_ element: String, _ value: JSONValue, _ schema: Schema?) -> JSONValue? {
            guard let set = fields.children[element] else { return value }
            let rest = value.removing(set, schema: schema)
            let isEmptied = rest != value && (rest == [] || rest == [:])
            if isEmptied || (set.isMember && rest.fieldElements(schema).isEmpty) { return nil }
            return rest
        }
        switch self {
        case .object(let members):
            var result: [String: JSONValue] = [:]
            for (name, value) in members { result[name] = reduced("f:\(name)", value, schema?.member(name)) }
            return .object(result)
        case .array:
            return .array(fieldElements(schema).compactMap { reduced($0.element, $0.value, $0.schema) })
        default: return self
        }
    }

    /// A live value with an applied configuration laid over it: what the configuration names is set, the rest stays.
    func applying(_ configuration: JSONValue, schema: Schema?) -> JSONValue {
        switch (self, configuration) {
        case (.object(var members), .object(let changes)):
            for (name, change) in changes {
                members[name] = members[name].map { $0.applying(change, schema: schema?.member(name)) } ?? change
            }
            return .object(members)
        case (.array, .array(let changes)):
            var result = fieldElements(schema)
            if result.isEmpty { return .array(changes) }
            var places = Dictionary(
                result.enumerated().map { ($0.element.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
            for (element, change, childSchema) in configuration.fieldElements(schema) {
                if let place = places[element] {
                    result[place].value = result[place].value.applying(change, schema: childSchema)
                } else {
                    places[element] = result.count
                    result.append((element, change, childSchema))
                }
            }
            return .array(result.map(\.value))
        default: return configuration
        }
    }
}

extension Optional where Wrapped == Schema {
    /// Whether members are named by the caller rather than by the schema, so that each is a field of its own.
    fileprivate var isMapLike: Bool {
        if case .map = self?.resolved.shape { true } else { self == nil }
    }
}
