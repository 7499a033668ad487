/// A value of an object and where it stands: rules read through it, so that whatever they find has a path.
struct Field {
    /// Such as `spec.http[0].match[1].headers[x-user]`: members of maps are in brackets.
    let path: String
    /// null where the field is absent.
    let value: JSONValue

    init(_ value: JSONValue?, path: String) {
        self.value = value ?? .null
        self.path = path
    }

    /// The field of an object; absent below anything else.
    subscript(name: String) -> Field { Field(value[name], path: path.isEmpty ? name : "\(path).\(name)") }

    var isSet: Bool { !value.isNull }

    /// The elements of a list; none of anything else.
    var elements: [Field] {
        guard case .array(let values) = value else { return [] }
        return values.enumerated().map { Field($1, path: "\(path)[\($0)]") }
    }

    /// The members of a map, sorted by name; none of anything else.
    var members: [(name: String, field: Field)] {
        guard case .object(let values) = value else { return [] }
        return values.sorted { $0.key < $1.key }.map { ($0.key, Field($0.value, path: "\(path)[\($0.key)]")) }
    }

    /// How many elements or members there are.
    var count: Int {
        switch value {
        case .array(let values): values.count
        case .object(let values): values.count
        default: 0
        }
    }

    /// The text, empty where there is none, as in Protocol Buffers.
    var text: String { value.stringValue ?? "" }
    /// The number, 0 where there is none or it is none.
    var integer: Int { value.integerValue.flatMap { Int(exactly: $0) } ?? 0 }
    var number: Double { value.numberValue ?? 0 }
    var isTrue: Bool { value.boolValue == true }
    /// The texts of a list.
    var texts: [String] { value.stringList }
    /// The texts of a map.
    var textMap: [String: String] { value.stringMap }
}
