import MeshState

/// A label selector as objects have it: `matchLabels` and `matchExpressions`, all of which must hold.
struct ObjectSelector: Sendable, Hashable, CustomStringConvertible {
    private struct Condition: Sendable, Hashable {
        let key: String
        let comparison: String
        let values: [String]
    }

    private let labels: [String: String]
    private let conditions: [Condition]

    /// Of nothing, a selector that chooses everything.
    init(_ object: JSONValue?) {
        labels = object?["matchLabels"]?.stringMap ?? [:]
        conditions = (object?["matchExpressions"]?.arrayValue ?? []).map {
            Condition(
                key: $0["key"]?.stringValue ?? "", comparison: $0["operator"]?.stringValue ?? "",
                values: $0["values"]?.stringList ?? [])
        }
    }

    func matches(_ given: [String: String]) -> Bool {
        labels.allSatisfy { given[$0.key] == $0.value }
            && conditions.allSatisfy { condition in
                let value = given[condition.key]
                return switch condition.comparison {
                case "In": value.map(condition.values.contains) ?? false
                case "NotIn": value.map { !condition.values.contains($0) } ?? true
                case "Exists": value != nil
                case "DoesNotExist": value == nil
                default: false
                }
            }
    }

    /// As kubectl shows it.
    var description: String {
        let texts =
            labels.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
            + conditions.map { condition in
                let values = condition.values.joined(separator: ",")
                return switch condition.comparison {
                case "Exists": condition.key
                case "DoesNotExist": "!\(condition.key)"
                default: "\(condition.key) \(condition.comparison.lowercased()) (\(values))"
                }
            }
        return texts.isEmpty ? "<none>" : texts.joined(separator: ",")
    }
}
