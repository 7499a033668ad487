/// What a change is in the words of kubectl, for those who want to do it there, or to see what was done.
public enum KubectlText {
    /// One line: `kubectl delete serviceentry x -n y`, `kubectl label …`; YAML that it would read stands for itself.
    public static func line(for change: ActionRecord.Change) -> String {
        let lines = commands(for: change)
        return lines.isEmpty ? "\(reading(change))\(change.target.name).yaml" : lines.joined(separator: " && ")
    }

    /// Lines to be given to a shell as they stand, with the YAML as a here-document where there is need of one.
    public static func script(for change: ActionRecord.Change) -> [String] {
        let lines = commands(for: change)
        guard lines.isEmpty, let sent = change.sent else { return lines }
        let yaml = manifest(sent).madeSafe.yamlText.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        // A line of the document must not end it.
        var mark = "EOF"
        while yaml.contains(where: { $0 == mark }) { mark += "_" }
        return ["\(reading(change))- <<'\(mark)'"] + yaml.map(String.init) + [mark]
    }

    private static func reading(_ change: ActionRecord.Change) -> String {
        change.verb == .create ? "kubectl apply -f " : "kubectl replace -f "
    }

    /// What needs no YAML: deletions, and changes of labels and annotations alone.
    private static func commands(for change: ActionRecord.Change) -> [String] {
        let object = "\(change.target.kind.lowercased()) \(quoted(change.target.name))"
        let place = change.target.namespace.isEmpty ? "" : " -n \(quoted(change.target.namespace))"
        switch change.verb {
        case .create: return []
        case .delete: return ["kubectl delete \(object)\(place)"]
        case .replace:
            guard let before = Undo.content(change.before), let after = Undo.content(change.sent),
                withoutMaps(before) == withoutMaps(after)
            else { return [] }
            return [("label", "labels"), ("annotate", "annotations")].compactMap { verb, map in
                let changes = changes(from: before["metadata"]?[map], to: after["metadata"]?[map])
                guard !changes.isEmpty else { return nil }
                return "kubectl \(verb) \(object)\(place) --overwrite \(changes.joined(separator: " "))"
            }
        }
    }

    private static func withoutMaps(_ object: JSONValue) -> JSONValue {
        var object = object
        object["metadata"]?["labels"] = nil
        object["metadata"]?["annotations"] = nil
        return object
    }

    /// `key=value` for what is set, `key-` for what goes.
    private static func changes(from old: JSONValue?, to new: JSONValue?) -> [String] {
        let before = old?.stringMap ?? [:]
        let after = new?.stringMap ?? [:]
        return Set(before.keys).union(after.keys).sorted().filter { before[$0] != after[$0] }.map { key in
            quoted(after[key].map { "\(key)=\($0)" } ?? "\(key)-")
        }
    }

    /// The object without what only the API writes, and without the version that it would insist on.
    private static func manifest(_ object: JSONValue) -> JSONValue {
        var object = object.withoutManagedFields
        object["status"] = nil
        for key in ["resourceVersion", "uid", "generation", "creationTimestamp"] { object["metadata"]?[key] = nil }
        return object
    }

    /// Text as a word of a shell's line.
    private static func quoted(_ text: String) -> String {
        let safe = text.madeSafe
        let isWord = !safe.isEmpty && safe.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_./=:,@%+".unicodeScalars.contains($0))
        }
        return isWord ? safe : "'\(safe.replacing("'", with: "'\\''"))'"
    }
}
