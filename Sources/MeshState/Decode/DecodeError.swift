/// Why an answer is not what it should be: which object, which field of it, and what to do.
public struct DecodeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Such as `ServiceEntry default/cnn`, or the endpoint that answered.
    public let object: String
    /// Path of the field, such as `spec.ports[0].number`; empty for the whole.
    public let field: String
    /// What is wrong.
    public let problem: String
    /// What to do about it.
    public let remedy: String

    public init(object: String, field: String, problem: String, remedy: String) {
        self.object = object.madeSafe
        self.field = field.madeSafe
        self.problem = problem.madeSafe
        self.remedy = remedy
    }

    public var description: String {
        let place = field.isEmpty ? object : "\(object): \(field)"
        return "\(place) \(problem); \(remedy)"
    }
}

/// Reads the fields of a document and names them in errors; every string that it gives is safe to show.
struct FieldReader {
    /// Where in its document a reader stands. Only an error writes it out.
    private indirect enum Place {
        case whole(String)
        case field(Place, String)
        case element(Place, String, Int)

        var path: String {
            switch self {
            case .whole(let path): path
            case .field(let place, let key): place.child(key)
            case .element(let place, let key, let index): "\(place.child(key))[\(index)]"
            }
        }

        func child(_ key: String) -> String {
            let path = path
            return path.isEmpty ? key : "\(path).\(key)"
        }
    }

    /// What the document is, in words for an error.
    let object: String
    /// What to do about an error, where nothing better is known.
    private let remedy: String
    private let place: Place
    private let members: [String: JSONValue]

    init(_ value: JSONValue, object: String, path: String = "", remedy: String) throws(DecodeError) {
        try self.init(value, object: object, place: .whole(path), remedy: remedy)
    }

    private init(_ value: JSONValue, object: String, place: Place, remedy: String) throws(DecodeError) {
        guard case .object(let members) = value else {
            throw DecodeError(object: object, field: place.path, problem: "is not an object", remedy: remedy)
        }
        self.object = object
        self.remedy = remedy
        self.place = place
        self.members = members
    }

    func error(_ key: String, _ problem: String, remedy: String? = nil) -> DecodeError {
        DecodeError(
            object: object, field: key.isEmpty ? place.path : place.child(key), problem: problem,
            remedy: remedy ?? self.remedy)
    }

    /// The names of all members.
    var keys: [String] { members.keys.sorted() }

    /// A member that is there and not null.
    func value(_ key: String) -> JSONValue? {
        guard let value = members[key], !value.isNull else { return nil }
        return value
    }

    func string(_ key: String) throws(DecodeError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.stringValue else { throw error(key, "is not a string") }
        return text.madeSafe
    }

    func required(_ key: String) throws(DecodeError) -> String {
        guard let text = try string(key), !text.isEmpty else { throw error(key, "is missing") }
        return text
    }

    func integer(_ key: String) throws(DecodeError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let number = value.integerValue, let result = Int(exactly: number) else {
            throw error(key, "is not a whole number")
        }
        return result
    }

    func strings(_ key: String) throws(DecodeError) -> [String] {
        var result: [String] = []
        for (index, element) in try elements(key).enumerated() {
            guard let text = element.stringValue else { throw error("\(key)[\(index)]", "is not a string") }
            result.append(text.madeSafe)
        }
        return result
    }

    func map(_ key: String) throws(DecodeError) -> [String: String] {
        guard let child = try child(key) else { return [:] }
        var result: [String: String] = [:]
        for name in child.members.keys { result[name.madeSafe] = try child.string(name) ?? "" }
        return result
    }

    func integers(_ key: String) throws(DecodeError) -> [String: Int] {
        guard let child = try child(key) else { return [:] }
        var result: [String: Int] = [:]
        for name in child.members.keys { result[name.madeSafe] = try child.integer(name) }
        return result
    }

    func child(_ key: String) throws(DecodeError) -> FieldReader? {
        guard let value = value(key) else { return nil }
        return try FieldReader(value, object: object, place: .field(place, key), remedy: remedy)
    }

    func children(_ key: String) throws(DecodeError) -> [FieldReader] {
        var result: [FieldReader] = []
        for (index, element) in try elements(key).enumerated() {
            result.append(try FieldReader(element, object: object, place: .element(place, key, index), remedy: remedy))
        }
        return result
    }

    private func elements(_ key: String) throws(DecodeError) -> [JSONValue] {
        guard let value = value(key) else { return [] }
        guard let elements = value.arrayValue else { throw error(key, "is not a list") }
        return elements
    }
}
