public import MeshState

extension ObjectStore {
    /// Stores a new object, named by its own metadata; throws ``StoreError/alreadyExists(_:name:)``.
    @discardableResult
    public func create(_ resource: Resource, _ object: JSONValue) throws -> JSONValue {
        let (namespace, name) = try Self.identity(of: object, in: resource)
        return try write(resource, namespace: namespace, name: name) { live in
            if live != nil { throw StoreError.alreadyExists(resource, name: name) }
            return object
        }.object
    }

    /// Replaces an object, named by its own metadata; with a resourceVersion only if the live one has the same.
    @discardableResult
    public func replace(_ resource: Resource, _ object: JSONValue) throws -> JSONValue {
        let (namespace, name) = try Self.identity(of: object, in: resource)
        return try write(resource, namespace: namespace, name: name) { live in
            if live == nil { throw StoreError.notFound(resource, name: name) }
            return object
        }.object
    }

    /// Sets an object's `status` and leaves the rest alone.
    @discardableResult
    public func updateStatus(
        _ resource: Resource, namespace: String, name: String, _ status: JSONValue
    ) throws -> JSONValue {
        try write(resource, namespace: namespace, name: name, part: .status) { live in
            guard let live else { throw StoreError.notFound(resource, name: name) }
            return live.replacing("status", by: status)
        }.object
    }

    /// Deletes an object, if it still has this uid and resourceVersion where they are given.
    @discardableResult
    public func delete(
        _ resource: Resource, namespace: String, name: String, uid: String? = nil, resourceVersion: String? = nil,
        dryRun: Bool = false
    ) throws -> JSONValue {
        try write(resource, namespace: namespace, name: name, dryRun: dryRun) { live in
            guard let live else { throw StoreError.notFound(resource, name: name) }
            let metadata = live["metadata"]
            for (field, given) in [("UID", uid), ("ResourceVersion", resourceVersion)] {
                let actual = metadata?[field == "UID" ? "uid" : "resourceVersion"]?.stringValue ?? ""
                if let given, given != actual {
                    throw StoreError.precondition(resource, name: name, field: field, given: given, actual: actual)
                }
            }
            return nil
        }.object
    }

    /// Stores the objects of the lab's world: new ones are created, changed ones replaced, equal ones left alone.
    public func seed(_ objects: [JSONValue]) throws {
        for object in objects {
            let kind = object["kind"]?.stringValue ?? ""
            guard let resource = Resource(kind: kind, apiVersion: object["apiVersion"]?.stringValue ?? "") else {
                throw StoreError.unusable("no resource for kind \(kind)")
            }
            let (namespace, name) = try Self.identity(of: object, in: resource)
            try write(resource, namespace: namespace, name: name) { _ in object }
        }
    }

    private static func identity(
        of object: JSONValue, in resource: Resource
    ) throws -> (namespace: String, name: String) {
        let metadata = object["metadata"]
        guard let name = metadata?["name"]?.stringValue, !name.isEmpty else { throw StoreError.unusable("no name") }
        return (resource.isNamespaced ? metadata?["namespace"]?.stringValue ?? "default" : "", name)
    }
}
