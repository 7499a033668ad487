import Foundation
import MeshState

/// Which manager set which fields of an object: `metadata.managedFields`.
struct ManagedFields: Sendable {
    enum Operation: String, Sendable, Hashable {
        case apply = "Apply"
        case update = "Update"
    }

    struct Manager: Sendable, Hashable {
        var name: String
        var operation: Operation
        var apiVersion: String
        var subresource: String?
    }

    private struct Entry: Sendable {
        var manager: Manager
        var time: String
        var fields: FieldSet
    }

    private var entries: [Entry]

    /// The list that a written object brings along, or the live object's where it brings none.
    ///
    /// Entries without an operation that the API knows are dropped.
    init(of object: JSONValue?, live: JSONValue? = nil) {
        let given = object?["metadata"]?["managedFields"]?.arrayValue ?? []
        let list = given.isEmpty ? live?["metadata"]?["managedFields"]?.arrayValue ?? [] : given
        entries = list.compactMap { entry in
            guard let operation = Operation(rawValue: entry["operation"]?.stringValue ?? "") else { return nil }
            return Entry(
                manager: Manager(
                    name: entry["manager"]?.stringValue ?? "", operation: operation,
                    apiVersion: entry["apiVersion"]?.stringValue ?? "", subresource: entry["subresource"]?.stringValue),
                time: entry["time"]?.stringValue ?? "", fields: FieldSet(fieldsV1: entry["fieldsV1"] ?? [:]))
        }
    }

    /// The list for an object's metadata; nil for an empty one.
    var json: JSONValue? {
        if entries.isEmpty { return nil }
        let sorted = entries.sorted {
            ($0.manager.operation.rawValue, $0.time, $0.manager.name)
                < ($1.manager.operation.rawValue, $1.time, $1.manager.name)
        }
        return .array(
            sorted.map { entry in
                var json: JSONValue = [
                    "manager": .string(entry.manager.name), "operation": .string(entry.manager.operation.rawValue),
                    "apiVersion": .string(entry.manager.apiVersion), "time": .string(entry.time),
                    "fieldsType": "FieldsV1", "fieldsV1": entry.fields.fieldsV1,
                ]
                json["subresource"] = entry.manager.subresource.map(JSONValue.string)
                return json
            })
    }

    // MARK: Updates

    /// Records that a manager changed an object by anything but an apply: what it changed becomes its own.
    mutating func recordUpdate(by manager: Manager, from old: JSONValue?, to new: JSONValue, resource: Resource) {
        let before = Self.managed(old ?? Self.blank(resource))
        let after = Self.managed(new)
        let changed = FieldSet(changedFrom: before, to: after, schema: resource.schema)
        let present = FieldSet(present: after, schema: resource.schema)
        for index in entries.indices {
            let kept =
                entries[index].manager == manager ? entries[index].fields : entries[index].fields.subtracting(changed)
            entries[index].fields = kept.existing(in: present)
        }
        if !changed.isEmpty { add(changed, to: manager) }
        entries.removeAll { $0.fields.isEmpty }
    }

    private mutating func add(_ fields: FieldSet, to manager: Manager) {
        let now = Date.now.rfc3339Text
        if let index = entries.firstIndex(where: { $0.manager == manager }) {
            let union = entries[index].fields.union(fields)
            if union != entries[index].fields { entries[index].time = now }
            entries[index].fields = union
        } else {
            entries.append(Entry(manager: manager, time: now, fields: fields))
        }
    }

    // MARK: Server-side apply

    /// Lays a configuration over the live object for a manager: what it names becomes the manager's, what it named
    /// before and no longer names goes, unless another manager has it too.
    ///
    /// Throws the API's conflict where it changes fields of another manager, unless `force` takes them over.
    mutating func apply(
        _ configuration: JSONValue, over live: JSONValue?, by manager: Manager, force: Bool, resource: Resource
    ) throws(APIFailure) -> JSONValue {
        let schema = resource.schema
        var applied = FieldSet(applied: Self.managed(configuration), schema: schema)
        // Metadata itself is no one's field, only its members are.
        if applied.children["f:metadata"] == .member { applied.children["f:metadata"] = nil }
        let index = entries.firstIndex { $0.manager.name == manager.name && $0.manager.operation == .apply }
        var merged = (live ?? .object([:])).applying(configuration, schema: schema)
        if let index {
            var dropped = entries[index].fields.subtracting(applied)
            for (other, entry) in entries.enumerated() where other != index {
                dropped = dropped.subtracting(entry.fields)
            }
            merged = merged.removing(dropped, schema: schema)
        }
        let changed = FieldSet(
            changedFrom: Self.managed(live ?? Self.blank(resource)), to: Self.managed(merged), schema: schema)
        // What kubectl once applied on the client's side it may take over as its own.
        let inherited = manager.name == "kubectl" ? Self.lastApplied(live, schema: schema) : FieldSet()
        var conflicts: [(Manager, FieldSet)] = []
        for (other, entry) in entries.enumerated() where other != index {
            let common = changed.intersection(entry.fields).intersection(applied)
            if common.isEmpty { continue }
            let disputed = common.subtracting(inherited)
            if !disputed.isEmpty { conflicts.append((entry.manager, disputed)) }
            entries[other].fields = entry.fields.subtracting(common)
        }
        if !force, !conflicts.isEmpty { throw Self.conflict(conflicts) }
        let present = FieldSet(present: Self.managed(merged), schema: schema)
        for other in entries.indices where other != index {
            entries[other].fields = entries[other].fields.existing(in: present)
        }
        let now = Date.now.rfc3339Text
        if let index {
            if entries[index].fields != applied { entries[index].time = now }
            entries[index].fields = applied
            entries[index].manager = manager
        } else {
            entries.append(Entry(manager: manager, time: now, fields: applied))
        }
        entries.removeAll { $0.fields.isEmpty && $0.manager != manager }
        return merged
    }

    /// The fields that kubectl's client-side apply noted in its annotation; none where there is no valid one.
    private static func lastApplied(_ live: JSONValue?, schema: Schema) -> FieldSet {
        let annotations = live?["metadata"]?["annotations"]
        guard let text = annotations?["kubectl.kubernetes.io/last-applied-configuration"]?.stringValue,
            let configuration = try? JSONValue(parsing: text)
        else { return FieldSet() }
        return FieldSet(applied: managed(configuration), schema: schema)
    }

    private static func conflict(_ conflicts: [(Manager, FieldSet)]) -> APIFailure {
        var causes: [JSONValue] = []
        var texts: [String] = []
        for (manager, fields) in conflicts {
            let owner = "\"\(manager.name)\" using \(manager.apiVersion)"
            texts.append("conflicts with \(owner):\n" + fields.paths.map { "- \($0)" }.joined(separator: "\n"))
            for path in fields.paths {
                causes.append([
                    "reason": "FieldManagerConflict", "message": .string("conflict with \(owner)"),
                    "field": .string(path),
                ])
            }
        }
        let message: String
        if causes.count == 1 {
            let owner = conflicts[0].0
            let path = conflicts[0].1.paths[0]
            message = "Apply failed with 1 conflict: conflict with \"\(owner.name)\" using \(owner.apiVersion): \(path)"
        } else {
            message = "Apply failed with \(causes.count) conflicts: " + texts.joined(separator: "\n")
        }
        return APIFailure(409, "Conflict", message, details: ["causes": .array(causes)])
    }

    // MARK: What is managed

    /// The object without the fields that the server decides and no one owns; its metadata may be left empty.
    private static func managed(_ object: JSONValue) -> JSONValue {
        var object = object.replacing("apiVersion", by: nil).replacing("kind", by: nil)
        var metadata = object["metadata"] ?? [:]
        for name in [
            "name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields",
            "generateName", "selfLink",
        ] { metadata[name] = nil }
        object["metadata"] = metadata
        return object
    }

    /// What a new object is compared with: objects of the core group always have a spec and a status.
    private static func blank(_ resource: Resource) -> JSONValue {
        resource.isCustom ? ["metadata": [:]] : ["metadata": [:], "spec": [:], "status": [:]]
    }
}
