import MeshState

extension LabelSelector {
    /// Reads the selector of a request.
    init(query text: String) throws(APIFailure) {
        do {
            try self.init(parsing: text)
        } catch {
            throw .badRequest(error.description)
        }
    }
}

/// A field selector: `metadata.name=cnn,metadata.namespace!=vm`.
struct FieldSelector: Sendable, Hashable {
    struct Term: Sendable, Hashable {
        let path: [String]
        let value: String
        let isEqual: Bool
    }

    let terms: [Term]

    /// Reads a selector over the fields that the resource lets select by.
    init(parsing text: String, for resource: Resource) throws(APIFailure) {
        var terms: [Term] = []
        for part in text.split(separator: ",") {
            guard let split = part.firstRange(of: /!=|==|=/) else {
                throw .badRequest("invalid selector: '\(part)'; can't understand '\(part)'")
            }
            let label = String(part[..<split.lowerBound])
            guard Self.fields(of: resource).contains(label) else {
                throw .badRequest("field label not supported: \(label)")
            }
            terms.append(
                Term(
                    path: label.split(separator: ".").map(String.init), value: String(part[split.upperBound...]),
                    isEqual: part[split] != "!="))
        }
        self.terms = terms
    }

    private static func fields(of resource: Resource) -> Set<String> {
        switch resource {
        case .pods:
            ["metadata.name", "metadata.namespace", "status.phase", "status.podIP", "spec.nodeName"]
        case .namespaces: ["metadata.name", "status.phase"]
        case .services: ["metadata.name", "metadata.namespace", "spec.clusterIP", "spec.type"]
        case .events:
            [
                "metadata.name", "metadata.namespace", "involvedObject.kind", "involvedObject.namespace",
                "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion", "reason", "type",
            ]
        case .secrets: ["metadata.name", "metadata.namespace", "type"]
        default: ["metadata.name", "metadata.namespace"]
        }
    }

    func matches(_ object: JSONValue) -> Bool {
        terms.allSatisfy { term in
            let value = term.path.reduce(Optional(object)) { $0?[$1] }?.stringValue ?? ""
            return (value == term.value) == term.isEqual
        }
    }
}

/// What a list or a watch chooses.
struct ObjectFilter: Sendable {
    var namespace: String?
    var labels: LabelSelector
    var fields: FieldSelector

    /// Whether it chooses by anything but the namespace.
    var isSelective: Bool { !labels.requirements.isEmpty || !fields.terms.isEmpty }

    func matches(_ object: JSONValue) -> Bool {
        let metadata = object["metadata"]
        if let namespace, metadata?["namespace"]?.stringValue != namespace { return false }
        return labels.matches(metadata?["labels"]?.stringMap ?? [:]) && fields.matches(object)
    }
}
