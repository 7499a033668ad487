import Yams

extension JSONValue {
    /// The document as YAML in the form of `kubectl get -o yaml`: sorted keys, quotes where a word would be read as
    /// something else, text of several lines as a block.
    public var yamlText: String {
        do {
            return try Yams.serialize(node: yamlNode, width: -1, allowUnicode: true)
        } catch {
            // The emitter fails for want of memory alone; JSON is YAML too.
            return jsonText(indent: 2) + "\n"
        }
    }

    private var yamlNode: Node {
        switch self {
        case .null: Node("null")
        case .bool(let value): Node(value ? "true" : "false")
        case .integer(let value): Node(String(value))
        case .number: Node(jsonText())
        case .string(let text): Node(text, .implicit, Self.style(of: text))
        case .array(let elements): Node(elements.map(\.yamlNode), .implicit, elements.isEmpty ? .flow : .block)
        case .object(let members):
            Node(
                members.sorted { $0.key < $1.key }.map {
                    (Node($0.key, .implicit, Self.style(of: $0.key)), $0.value.yamlNode)
                }, .implicit, members.isEmpty ? .flow : .block)
        }
    }

    private static func style(of text: String) -> Node.Scalar.Style {
        // `y` and `n` are truth values to some readers; a time would be no string to others.
        let isWord =
            ["y", "Y", "n", "N", "<<", "="].contains(text) || text.contains("_") && text.first?.isNumber == true
        if isWord || YAMLText.plainValue(of: text) != .string(text) || looksLikeTime(text) { return .doubleQuoted }
        return text.contains("\n") ? .literal : .any
    }

    private static func looksLikeTime(_ text: String) -> Bool {
        let start = text.utf8.prefix(5)
        return start.count == 5 && start.last == UInt8(ascii: "-")
            && start.dropLast().allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// The object without `metadata.managedFields`, which is noise to a reader.
    public var withoutManagedFields: JSONValue {
        guard var metadata = self["metadata"], metadata["managedFields"] != nil else { return self }
        metadata["managedFields"] = nil
        var result = self
        result["metadata"] = metadata
        return result
    }
}
