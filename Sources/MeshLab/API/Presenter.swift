import MeshState

/// Shows stored objects in the version and the form that a client asked for.
struct Presenter: Sendable {
    /// What a row of a table carries beside its cells.
    enum Included: String, Sendable {
        case none = "None"
        case metadata = "Metadata"
        case object = "Object"
    }

    let resource: Resource
    let version: String
    let form: ObjectForm
    let included: Included
    private let printer: TablePrinter

    init(_ request: APIRequest, _ path: ObjectPath) throws(APIFailure) {
        resource = path.resource
        version = path.version
        form = try MediaType.objectForm(accept: request.accept)
        included = request.query["includeObject"].flatMap(Included.init) ?? .metadata
        printer = TablePrinter(path.resource)
    }

    /// The object in the asked version, whatever the form.
    func versioned(_ object: JSONValue) -> JSONValue {
        object.replacing("apiVersion", by: .string(resource.apiVersion(version)))
    }

    /// One object as the answer to a request for it.
    func single(_ object: JSONValue) -> JSONValue {
        switch form {
        case .object: versioned(object)
        case .partialMetadata: Self.partial(object)
        case .table:
            table(rows: [row(object)], metadata: ["resourceVersion": object["metadata"]?["resourceVersion"] ?? ""])
        }
    }

    func list(_ objects: [JSONValue], metadata: JSONValue) -> JSONValue {
        switch form {
        case .object:
            [
                "apiVersion": .string(resource.apiVersion(version)), "kind": .string("\(resource.kind)List"),
                "metadata": metadata, "items": .array(objects.map(versioned)),
            ]
        case .partialMetadata:
            [
                "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList", "metadata": metadata,
                "items": .array(objects.map(Self.partial)),
            ]
        case .table: table(rows: objects.map(row), metadata: metadata)
        }
    }

    /// The object of a watch event; a table names its columns in the first event alone.
    func event(_ object: JSONValue, isFirst: Bool) -> JSONValue {
        guard form == .table else { return single(object) }
        let table = single(object)
        return isFirst ? table : table.replacing("columnDefinitions", by: .null)
    }

    /// The object of a bookmark, which has a version and nothing else.
    func bookmark(_ resourceVersion: Int64, isFirst: Bool) -> JSONValue {
        let metadata: JSONValue = ["resourceVersion": .string(String(resourceVersion))]
        switch form {
        case .object:
            return [
                "apiVersion": .string(resource.apiVersion(version)), "kind": .string(resource.kind),
                "metadata": metadata,
            ]
        case .partialMetadata:
            return ["apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": metadata]
        case .table:
            let table = table(rows: [], metadata: metadata)
            return isFirst ? table : table.replacing("columnDefinitions", by: .null)
        }
    }

    private static func partial(_ object: JSONValue) -> JSONValue {
        [
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] ?? [:],
        ]
    }

    private func row(_ object: JSONValue) -> JSONValue {
        let cells = printer.cells(object)
        return switch included {
        case .none: ["cells": cells, "object": .null]
        case .metadata: ["cells": cells, "object": Self.partial(object)]
        case .object: ["cells": cells, "object": versioned(object)]
        }
    }

    private func table(rows: [JSONValue], metadata: JSONValue) -> JSONValue {
        [
            "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
            "columnDefinitions": printer.columns, "rows": .array(rows),
        ]
    }
}
