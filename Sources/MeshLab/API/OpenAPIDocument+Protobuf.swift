import MeshState

extension OpenAPIDocument {
    /// The media type in which kubectl asks for `/openapi/v2`, before it validates a List, and the proper form of it.
    static let protobufTypes = [
        "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
        "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
    ]

    /// `/openapi/v2` in the Protocol Buffers of the OpenAPI initiative's gnostic: the types by name, group, version and
    /// kind. Their fields are left to the server, which checks them again with every write.
    static var version2Protobuf: [UInt8] {
        var definitions = WireWriter()
        for resource in Resource.allCases {
            for version in resource.versions {
                definitions.add(1, named(typeName(resource, version), definition(of: resource, version)))
            }
        }
        var info = WireWriter()
        info.add(1, "meshtop lab")
        info.add(2, APICatalog.version["gitVersion"]?.stringValue ?? "")
        var document = WireWriter()
        document.add(1, "2.0")
        document.add(2, info.bytes)
        document.add(8, [])
        document.add(9, definitions.bytes)
        return document.bytes
    }

    /// A schema that takes anything and says whose it is.
    private static func definition(of resource: Resource, _ version: String) -> [UInt8] {
        let identity: JSONValue = [
            ["group": .string(resource.group), "version": .string(version), "kind": .string(resource.kind)]
        ]
        var value = WireWriter()
        // The text of an extension is YAML, of which JSON is a part.
        value.add(2, identity.jsonText())
        var schema = WireWriter()
        schema.add(4, resource.schema.description)
        schema.add(31, named("x-kubernetes-group-version-kind", value.bytes))
        return schema.bytes
    }

    /// An entry of a map.
    private static func named(_ name: String, _ value: [UInt8]) -> [UInt8] {
        var entry = WireWriter()
        entry.add(1, name)
        entry.add(2, value)
        return entry.bytes
    }
}
