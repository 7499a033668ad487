import MeshState

/// An object in words, field by field, as `kubectl describe` tells it.
enum Description {
    static func lines(_ object: JSONValue) -> [DetailLine] {
        guard let members = object.objectValue else { return [.text(CellText(scalar(object)))] }
        var lines: [DetailLine] = []
        let metadata = members["metadata"]
        for (label, key) in [("Name", "name"), ("Namespace", "namespace"), ("Created", "creationTimestamp")] {
            if let value = metadata?[key] { lines.append(.field(label, CellText(scalar(value)))) }
        }
        for (label, key) in [("Labels", "labels"), ("Annotations", "annotations")] {
            let pairs = (metadata?[key]?.stringMap ?? [:]).sorted { $0.key < $1.key }
            for (index, pair) in pairs.enumerated() {
                lines.append(.field(index == 0 ? label : "", CellText("\(pair.key): \(pair.value)")))
            }
        }
        for key in members.keys.sorted() where key != "metadata" {
            guard let value = members[key] else { continue }
            if isScalar(value) {
                lines.append(.field(title(key), CellText(scalar(value))))
            } else {
                lines.append(.heading(title(key)))
                lines += fields(value, depth: 1)
            }
        }
        return lines
    }

    private static func fields(_ value: JSONValue, depth: Int) -> [DetailLine] {
        let indent = String(repeating: "  ", count: depth)
        switch value {
        case .object(let members):
            return members.keys.sorted().flatMap { key -> [DetailLine] in
                guard let member = members[key] else { return [] }
                if isScalar(member) { return [.field(indent + title(key), CellText(scalar(member)))] }
                if let list = member.arrayValue, list.allSatisfy(isScalar) {
                    return [.field(indent + title(key), CellText(list.map(scalar).joined(separator: ", ")))]
                }
                return [.text(CellText(indent + title(key), .dim))] + fields(member, depth: depth + 1)
            }
        case .array(let elements):
            return elements.flatMap { element -> [DetailLine] in
                if let members = element.objectValue, members.values.allSatisfy(isScalar) {
                    let pairs = members.keys.sorted().map { "\($0) \(scalar(members[$0] ?? .null))" }
                    return [.text(CellText(indent + pairs.joined(separator: ", ")))]
                }
                return isScalar(element) ? [.text(CellText(indent + scalar(element)))] : fields(element, depth: depth)
            }
        default: return [.text(CellText(indent + scalar(value)))]
        }
    }

    private static func isScalar(_ value: JSONValue) -> Bool { value.objectValue == nil && value.arrayValue == nil }

    private static func scalar(_ value: JSONValue) -> String {
        value.stringValue ?? (value.isNull ? "-" : value.jsonText())
    }

    /// `exportTo` becomes `Export to`.
    private static func title(_ key: String) -> String {
        var words = ""
        for character in key {
            if character.isUppercase, words.last?.isLowercase == true { words += " " }
            words.append(words.isEmpty ? Character(character.uppercased()) : Character(character.lowercased()))
        }
        return words
    }
}
