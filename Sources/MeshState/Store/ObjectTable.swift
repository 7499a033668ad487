/// The objects of one resource, decoded once when they arrive.
struct ObjectTable<Object: Sendable>: Sendable {
    private(set) var objects: [ObjectKey: Object] = [:]
    /// What could not be read, and why; such an object is not among the others.
    private(set) var unreadable: [ObjectKey: DecodeError] = [:]
    private let kind: String
    private let decode: @Sendable (JSONValue) throws(DecodeError) -> Object

    init(kind: String, decode: @escaping @Sendable (JSONValue) throws(DecodeError) -> Object) {
        self.kind = kind
        self.decode = decode
    }

    mutating func replaceAll(by list: [JSONValue]) {
        objects.removeAll(keepingCapacity: true)
        unreadable.removeAll()
        for object in list { apply(object) }
    }

    mutating func apply(_ object: JSONValue) {
        let key = ObjectKey(kind: kind, of: object)
        do {
            objects[key] = try decode(object)
            unreadable[key] = nil
        } catch {
            objects[key] = nil
            unreadable[key] = error
        }
    }

    mutating func delete(_ object: JSONValue) {
        let key = ObjectKey(kind: kind, of: object)
        objects[key] = nil
        unreadable[key] = nil
    }

    /// In words, what could not be read; nil while everything could.
    var complaint: String? {
        guard let first = unreadable.min(by: { $0.key < $1.key }) else { return nil }
        let others = unreadable.count - 1
        return others == 0 ? first.value.description : "\(first.value.description) (and \(others) more)"
    }
}
