/// What a file says of an object, as a change to the object that the API has.
public enum ManifestChange {
    /// The object that a manifest is about.
    public static func key(of manifest: JSONValue) -> ObjectKey {
        ObjectKey(
            kind: manifest["kind"]?.stringValue ?? "", namespace: manifest["metadata"]?["namespace"]?.stringValue ?? "",
            name: manifest["metadata"]?["name"]?.stringValue ?? "")
    }

    /// Why a manifest cannot be applied by meshtop, and what the rules say of it.
    public static func problems(
        in manifest: JSONValue, version: IstioVersion = .current
    ) -> [Problem] {
        let problems = ManifestCheck.problems(in: manifest, version: version)
        if problems.contains(where: { $0.severity == .error }) { return problems }
        func refused(_ path: String, _ message: String) -> Problem {
            Problem(path: path, severity: .error, layer: .schema, cause: .required, message: message)
        }
        guard ObjectKind(of: manifest) != nil else {
            return [
                refused("kind", "meshtop does not change objects of this kind: apply it with kubectl")
            ] + problems
        }
        if key(of: manifest).name.isEmpty {
            return [refused("metadata.name", "an object is applied by its name")] + problems
        }
        return problems
    }

    /// The change that makes an object what a manifest says; nil where it is so already.
    ///
    /// What the manifest says takes the place of what is there. Labels and annotations are added to those that are
    /// there, and so are the members of what Kubernetes itself writes into: the `spec` of a Service or a Namespace.
    public static func request(applying manifest: JSONValue, to live: JSONValue?, id: Int) -> ChangeRequest? {
        let key = key(of: manifest)
        guard let live else {
            return ChangeRequest(id: id, target: key, action: .create(manifest), summary: "add \(words(key))")
        }
        var object = live.withoutManagedFields
        object["status"] = nil
        for (name, value) in manifest.objectValue ?? [:] where !head.contains(name) {
            object[name] = merging.contains(key.kind) ? (object[name] ?? .null).merging(value) : value
        }
        for map in ["labels", "annotations"] {
            let added = manifest["metadata"]?[map]?.objectValue ?? [:]
            guard !added.isEmpty else { continue }
            let here = object["metadata"]?[map]?.objectValue ?? [:]
            object["metadata"]?[map] = .object(here.merging(added) { _, new in new })
        }
        guard object.withoutServerFields != live.withoutServerFields else { return nil }
        return ChangeRequest(id: id, target: key, action: .replace(object), summary: "change \(words(key))")
    }

    /// The change that deletes an object as it is.
    public static func request(deleting live: JSONValue, _ key: ObjectKey, id: Int) -> ChangeRequest {
        ChangeRequest(
            id: id, target: key, action: .delete(resourceVersion: live["metadata"]?["resourceVersion"]?.stringValue),
            summary: "delete \(words(key))")
    }

    /// The change that sets labels of an object, or with nil takes them away; nil where nothing is different.
    public static func request(
        labelling live: JSONValue, _ key: ObjectKey, _ labels: [String: String?], id: Int
    ) -> ChangeRequest? {
        var object = live.withoutManagedFields
        object["status"] = nil
        var all = object["metadata"]?["labels"]?.objectValue ?? [:]
        for (name, value) in labels {
            if let value { all[name] = .string(value) } else { all.removeValue(forKey: name) }
        }
        if all.isEmpty { object["metadata"]?["labels"] = nil } else { object["metadata"]?["labels"] = .object(all) }
        guard object.withoutServerFields != live.withoutServerFields else { return nil }
        return ChangeRequest(id: id, target: key, action: .replace(object), summary: "label \(words(key))")
    }

    /// What an object is known by, whose `kind` and place do not change.
    private static let head: Set = ["apiVersion", "kind", "metadata", "status"]
    private static let merging: Set = ["Service", "Namespace"]

    /// Entries are what the console is about; of all else the kind is told.
    package static func words(_ key: ObjectKey) -> String {
        key.kind == ServiceEntry.kind ? key.name : "\(key.kind) \(key.name)"
    }
}

extension JSONValue {
    /// This value with the members of another one put into it, objects in objects.
    fileprivate func merging(_ other: JSONValue) -> JSONValue {
        guard let here = objectValue, let there = other.objectValue else { return other }
        return .object(here.merging(there) { $0.merging($1) })
    }
}
