import MeshState

/// A label selector as objects have it: `matchLabels` and `matchExpressions`, all of which must hold.
struct ObjectSelector: Sendable, Hashable, CustomStringConvertible {
    private let selector: LabelSelector
    /// As kubectl shows it.
    let description: String

    /// Of nothing, a selector that chooses everything.
    init(_ object: JSONValue?) {
        let labels = (object?["matchLabels"]?.stringMap ?? [:]).sorted { $0.key < $1.key }
        var requirements = labels.map { LabelSelector.Requirement.oneOf($0.key, [$0.value]) }
        var texts = labels.map { "\($0.key)=\($0.value)" }
        for expression in object?["matchExpressions"]?.arrayValue ?? [] {
            let key = expression["key"]?.stringValue ?? ""
            let comparison = expression["operator"]?.stringValue ?? ""
            let values = expression["values"]?.stringList ?? []
            var text = "\(key) \(comparison.lowercased()) (\(values.joined(separator: ",")))"
            switch comparison {
            case "In": requirements.append(.oneOf(key, Set(values)))
            case "NotIn": requirements.append(.noneOf(key, Set(values)))
            case "Exists":
                requirements.append(.exists(key))
                text = key
            case "DoesNotExist":
                requirements.append(.absent(key))
                text = "!\(key)"
            // What nobody knows how to compare holds for nothing.
            default: requirements.append(.oneOf(key, []))
            }
            texts.append(text)
        }
        selector = LabelSelector(requirements)
        description = texts.isEmpty ? "<none>" : texts.joined(separator: ",")
    }

    func matches(_ labels: [String: String]) -> Bool { selector.matches(labels) }
}
