/// A value on the heap, for rows of long lists: copies of a list share its rows, and a row that has not changed is found
/// to be the same without looking into it.
final class Shared<Value: Sendable & Hashable>: Sendable, Hashable {
    let value: Value

    init(_ value: Value) { self.value = value }

    /// The value with another field.
    func with<Field>(_ field: WritableKeyPath<Value, Field>, _ new: Field) -> Shared {
        var changed = value
        changed[keyPath: field] = new
        return Shared(changed)
    }

    static func == (left: Shared, right: Shared) -> Bool { left === right || left.value == right.value }

    func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
