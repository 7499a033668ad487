import MeshState

/// The OpenAPI documents from which kubectl explains types and learns what writes can do.
enum OpenAPIDocument {
    private static let components = "#/components/schemas/"
    private static let definitions = "#/definitions/"

    /// `/openapi/v3`: where each document is.
    static var index: JSONValue {
        var paths: JSONValue = [:]
        for group in APICatalog.groups where !group.resources.isEmpty {
            for version in group.versions {
                let name = Self.name(group: group.name, version: version)
                paths[name] = ["serverRelativeURL": .string("/openapi/v3/\(name)")]
            }
        }
        return ["paths": paths]
    }

    private static func name(group: String, version: String) -> String {
        group.isEmpty ? "api/\(version)" : "apis/\(group)/\(version)"
    }

    /// The document of one version of a group, by its name in the index; nil where there is none.
    static func version3(named name: String) -> JSONValue? {
        for group in APICatalog.groups where !group.resources.isEmpty {
            for version in group.versions where Self.name(group: group.name, version: version) == name {
                var paths: JSONValue = [:]
                var schemas = shared(prefix: components)
                for resource in group.resources {
                    for (path, item) in Self.paths(of: resource, version: version) { paths[path] = item }
                    for (type, schema) in types(of: resource, version: version, prefix: components) {
                        schemas[type] = schema
                    }
                }
                return [
                    "openapi": "3.0.0", "info": info, "paths": paths, "components": ["schemas": .object(schemas)],
                ]
            }
        }
        return nil
    }

    /// `/openapi/v2`: all types in one document.
    static var version2: JSONValue {
        var types = shared(prefix: definitions)
        for resource in Resource.allCases {
            for version in resource.versions {
                types.merge(Self.types(of: resource, version: version, prefix: definitions)) { first, _ in first }
            }
        }
        return ["swagger": "2.0", "info": info, "paths": [:], "definitions": .object(types)]
    }

    private static let info: JSONValue = ["title": "meshtop lab", "version": APICatalog.version["gitVersion"] ?? ""]

    private static func shared(prefix: String) -> [String: JSONValue] {
        guard case .reference(let name, let schema) = Schema.metadata.shape else { return [:] }
        return [name: schema.openAPI(prefix: prefix)]
    }

    static func typeName(_ resource: Resource, _ version: String) -> String {
        let group =
            resource.isCustom
            ? "io.istio.networking" : resource.group.isEmpty ? "io.k8s.api.core" : "io.k8s.api.networking"
        return "\(group).\(version).\(resource.kind)"
    }

    private static func types(of resource: Resource, version: String, prefix: String) -> [String: JSONValue] {
        func kind(_ name: String) -> JSONValue {
            [["group": .string(resource.group), "version": .string(version), "kind": .string(name)]]
        }
        let name = typeName(resource, version)
        let list = Schema.object(
            "\(resource.kind)List is a list of \(resource.kind).", required: ["items"],
            [
                "apiVersion": .apiVersion, "kind": .kind, "metadata": .any("Metadata of the list."),
                "items": .list("The objects.", of: Schema(.reference(name, resource.schema), "")),
            ])
        return [
            name: resource.schema.openAPI(prefix: prefix).replacing(
                "x-kubernetes-group-version-kind", by: kind(resource.kind)),
            name + "List": list.openAPI(prefix: prefix)
                .replacing("x-kubernetes-group-version-kind", by: kind("\(resource.kind)List")),
        ]
    }

    // MARK: Paths

    private static func paths(of resource: Resource, version: String) -> [(String, JSONValue)] {
        let root = "/\(name(group: resource.group, version: version))/"
        let collection = root + (resource.isNamespaced ? "namespaces/{namespace}/" : "") + resource.rawValue
        func operation(_ action: String, _ words: String, parameters: [String]) -> JSONValue {
            [
                "description": .string("\(words) \(resource.kind)"),
                "operationId": .string("\(action)\(version)\(resource.kind)"),
                "parameters": .array(
                    parameters.map { ["name": .string($0), "in": "query", "schema": ["type": "string"]] }),
                "responses": ["200": ["description": "OK"]],
                "x-kubernetes-action": .string(action),
                "x-kubernetes-group-version-kind": [
                    "group": .string(resource.group), "version": .string(version), "kind": .string(resource.kind),
                ],
            ]
        }
        let writing = ["dryRun", "fieldManager", "fieldValidation"]
        return [
            (
                collection,
                [
                    "get": operation("list", "list or watch objects of kind", parameters: listing),
                    "post": operation("post", "create a", parameters: writing),
                    "delete": operation("deletecollection", "delete collection of", parameters: listing + ["dryRun"]),
                ]
            ),
            (
                collection + "/{name}",
                [
                    "get": operation("get", "read the specified", parameters: []),
                    "put": operation("put", "replace the specified", parameters: writing),
                    "patch": operation("patch", "partially update the specified", parameters: writing + ["force"]),
                    "delete": operation("delete", "delete a", parameters: ["dryRun", "propagationPolicy"]),
                ]
            ),
        ]
    }

    private static let listing = [
        "allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion",
        "resourceVersionMatch", "timeoutSeconds", "watch",
    ]
}
