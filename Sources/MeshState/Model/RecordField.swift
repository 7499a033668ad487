/// One field of what a command prints as JSON: where it stands, what it holds and what that means.
///
/// The tables of these stand beside the code that writes the records; the documents are made from them.
public struct RecordField: Sendable, Hashable {
    /// What a field holds.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case string, integer, number, boolean
        case integerOrString = "integer or string"
        /// A string such as `2026-11-21T14:02:31Z`.
        case time
        case strings = "list of strings"
        /// An object whose members have names of their own, such as labels.
        case map = "object of strings"
        /// An object of the Kubernetes API, whole.
        case document = "object"
    }

    /// Members by dots; `[]` after a list of objects, as in `ports[].number`.
    public let path: String
    public let kind: Kind
    public let meaning: String
    /// When it is there, in words; nil for always.
    public let when: String?
    /// What null says; nil where it never is null.
    public let null: String?

    public init(_ path: String, _ kind: Kind, _ meaning: String, when: String? = nil, null: String? = nil) {
        self.path = path
        self.kind = kind
        self.meaning = meaning
        self.when = when
        self.null = null
    }

    /// These fields as those of a member: `name` becomes `ports[].name` under `ports[]`.
    public static func under(_ prefix: String, _ fields: [RecordField]) -> [RecordField] {
        fields.map { RecordField("\(prefix).\($0.path)", $0.kind, $0.meaning, when: $0.when, null: $0.null) }
    }
}

extension JSONValue {
    /// The values at a path of members; a list on the way stands for all its elements. `[]` may be written or left out.
    public func values(at path: String) -> [JSONValue] {
        var found = [self]
        for step in path.split(separator: ".") {
            let name = step.hasSuffix("[]") ? String(step.dropLast(2)) : String(step)
            found = found.flatMap { $0.arrayValue ?? [$0] }.compactMap { $0[name] }
        }
        return found.flatMap { $0.arrayValue ?? [$0] }
    }
}
