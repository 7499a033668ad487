import Yams

/// A YAML document without its types: scalars stay the text that was written, so that a token such as `1e5` is no
/// number.
enum YAMLValue: Sendable, Hashable {
    case null
    case scalar(String)
    case list([YAMLValue])
    case map([String: YAMLValue])

    init(_ node: Node?) {
        switch node {
        case nil: self = .null
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            self =
                isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.string) ? .null : .scalar(scalar.string)
        case .sequence(let sequence): self = .list(sequence.map { YAMLValue($0) })
        case .mapping(let mapping):
            var members: [String: YAMLValue] = [:]
            for (key, value) in mapping { if let name = key.string { members[name] = YAMLValue(value) } }
            self = .map(members)
        case .alias: self = .null
        }
    }

    subscript(key: String) -> YAMLValue? {
        guard case .map(let members) = self, let value = members[key], value != .null else { return nil }
        return value
    }

    /// The text of a scalar; nil for anything else.
    var string: String? { if case .scalar(let text) = self { text } else { nil } }

    /// What it is, for messages.
    var kind: String {
        switch self {
        case .null: "nothing"
        case .scalar: "a single value"
        case .list: "a list"
        case .map: "a map"
        }
    }
}
