/// A manifest as it goes through a text editor: what is written above it, and what is wrong with what comes back.
public enum EditedManifest {
    /// What a text turned out to be.
    public enum Verdict: Sendable, Hashable {
        /// Nothing but comments, or nothing at all.
        case empty
        case object(JSONValue)
        /// What has to be corrected, a line each.
        case wrong([String])
    }

    private static let mark = "# "
    /// Ends the comments that are meshtop's own.
    private static let end = "# ---- correct it below this line; leave it as it is to give up ----\n"

    /// The text to be opened: the manifest, below the problems of the round before as comments.
    public static func text(_ manifest: String, problems: [String]) -> String {
        guard !problems.isEmpty else { return manifest }
        let lines = problems.flatMap { $0.madeSafeLines }
        return lines.map { "\(mark)\($0)\n" }.joined() + end + manifest
    }

    /// The text without the comments that `text` wrote above it.
    public static func manifest(in text: String) -> String {
        guard let range = text.firstRange(of: end) else { return text }
        let above = text[..<range.lowerBound].split(separator: "\n", omittingEmptySubsequences: true)
        return above.allSatisfy { $0.hasPrefix("#") } ? String(text[range.upperBound...]) : text
    }

    /// Reads one object and checks it.
    ///
    /// - Parameter target: the object that is edited, whose name may not change; nil for a new one.
    public static func verdict(on text: String, target: ObjectKey?, version: IstioVersion = .current) -> Verdict {
        var objects: [YAMLDocument] = []
        for document in YAMLText.separateDocuments(in: text) {
            switch document {
            case .success(let document): objects.append(document)
            case .failure(let error): return .wrong(["not YAML: \(error)"])
            }
        }
        guard let document = objects.first else { return .empty }
        guard objects.count == 1 else { return .wrong(["one object is edited at a time: here are \(objects.count)"]) }
        let object = document.value
        var problems = ManifestCheck.problems(in: object, version: version).filter { $0.severity == .error }.map {
            "line \(document.lines.line(of: $0.path)): \($0.path): \($0.message)"
        }
        problems += identityProblems(of: object, target)
        return problems.isEmpty ? .object(object) : .wrong(problems)
    }

    private static func identityProblems(of object: JSONValue, _ target: ObjectKey?) -> [String] {
        let kind = object["kind"]?.stringValue
        if let kind, kind != target?.kind ?? ServiceEntry.kind {
            return ["kind: \(kind.madeSafe) is no \(target?.kind ?? ServiceEntry.kind), which is what is edited here"]
        }
        guard let target else { return [] }
        let metadata = object["metadata"]
        return [("name", target.name), ("namespace", target.namespace)].compactMap { key, expected in
            guard metadata?[key]?.stringValue != expected else { return nil }
            return "metadata.\(key): has to stay \(expected): make a new object for another \(key)"
        }
    }
}

extension String {
    fileprivate var madeSafeLines: [String] {
        split(separator: "\n", omittingEmptySubsequences: true).map { String($0).madeSafe }
    }
}
