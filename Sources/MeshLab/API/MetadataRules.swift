import MeshState

/// What the API server checks of every object's metadata.
enum MetadataRules {
    /// Bytes of all annotations together, keys and values.
    private static let mostAnnotationBytes = 256 * 1024

    static func violations(in object: JSONValue) -> [InvalidField] {
        let metadata = object["metadata"] ?? [:]
        return labels(metadata["labels"], field: "metadata.labels") + annotations(metadata["annotations"])
            + finalizers(metadata["finalizers"]) + owners(metadata["ownerReferences"])
    }

    /// Checks labels, or the labels of a selector, at a field.
    static func labels(_ labels: JSONValue?, field: String) -> [InvalidField] {
        (labels?.stringMap ?? [:]).sorted { $0.key < $1.key }.flatMap { key, value in
            [Syntax.qualifiedName.problem(key), Syntax.labelValue.problem(value)].compactMap { problem in
                problem.map { InvalidField(.invalid, field, $0) }
            }
        }
    }

    private static func annotations(_ annotations: JSONValue?) -> [InvalidField] {
        let annotations = annotations?.stringMap ?? [:]
        var result: [InvalidField] = annotations.keys.sorted().compactMap { key in
            // Unlike those of labels, keys of annotations are the same in any case.
            Syntax.qualifiedName.problem(key.lowercased()).map {
                InvalidField(.invalid, "metadata.annotations", $0)
            }
        }
        if annotations.reduce(0, { $0 + $1.key.utf8.count + $1.value.utf8.count }) > mostAnnotationBytes {
            let message = "Too long: may not be more than \(mostAnnotationBytes) bytes"
            result.append(InvalidField(.tooLong, "metadata.annotations", message))
        }
        return result
    }

    private static func finalizers(_ finalizers: JSONValue?) -> [InvalidField] {
        (finalizers?.stringList ?? []).enumerated().compactMap { index, name in
            Syntax.qualifiedName.problem(name).map { InvalidField(.invalid, "metadata.finalizers[\(index)]", $0) }
        }
    }

    private static func owners(_ owners: JSONValue?) -> [InvalidField] {
        (owners?.arrayValue ?? []).enumerated().flatMap { index, owner in
            ["apiVersion", "kind", "name", "uid"].compactMap { member in
                guard owner[member]?.stringValue?.isEmpty != false else { return nil }
                let field = "metadata.ownerReferences[\(index)].\(member)"
                return InvalidField(.invalid, field, "Invalid value: \"\": must not be empty")
            }
        }
    }
}
