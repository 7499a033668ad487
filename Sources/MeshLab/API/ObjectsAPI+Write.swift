import Hummingbird
import MeshState
import Synchronization

extension ObjectsAPI {
    // MARK: Create and replace

    func create(_ request: APIRequest, _ path: ObjectPath) async throws -> Response {
        let write = try WriteRequest(request, path)
        var object = try await sentObject(request, write)
        let name = try write.name(&object)
        if object["metadata"]?["resourceVersion"]?.stringValue?.isEmpty == false {
            throw APIFailure.badRequest("resourceVersion should not be set on objects to be created")
        }
        try await checkNamespace(path)
        let prepared = object
        return try await store(request, write, name: name) { live in
            if live != nil { throw StoreError.alreadyExists(path.resource, name: name) }
            return (prepared, false)
        }
    }

    func replace(_ request: APIRequest, _ path: ObjectPath, name: String) async throws -> Response {
        let write = try WriteRequest(request, path)
        let object = try await sentObject(request, write)
        try write.checkName(object, is: name)
        return try await store(request, write, name: name) { live in
            guard let live else { throw StoreError.notFound(path.resource, name: name) }
            try Self.checkReplaces(live, object, path.resource, name)
            return (object, false)
        }
    }

    func patch(_ request: APIRequest, _ path: ObjectPath, name: String) async throws -> Response {
        let write = try WriteRequest(request, path)
        let presenter = try Presenter(request, path)
        let patch = try await PatchRequest(request, path, name: name)
        if case .apply = patch.kind { try await checkNamespace(path) }
        return try await store(request, write, name: name) { live in
            var (object, isManaged) = try patch.patched(live.map(presenter.versioned), write: write)
            try write.checkIdentity(&object)
            try write.checkName(object, is: name)
            if live == nil { _ = try write.name(&object) }
            return (object, isManaged)
        }
    }

    /// Stores what `change` makes of the live object, if it is admitted, and answers with it.
    ///
    /// `isManaged` tells that the object's managed fields are already up to date.
    private func store(
        _ request: APIRequest, _ write: WriteRequest, name: String,
        _ change: @escaping @Sendable (_ live: JSONValue?) throws -> (object: JSONValue, isManaged: Bool)
    ) async throws -> Response {
        let presenter = try Presenter(request, write.path)
        // The warnings belong to what is stored, and come out of the store's transaction beside the object.
        let warnings = Mutex<[String]>([])
        let outcome = try await store.write(
            write.resource, namespace: write.path.storeNamespace, name: name, part: write.part, dryRun: write.isDryRun
        ) { live in
            let (object, isManaged) = try change(live)
            let (admitted, found) = try write.admit(object, live: live)
            warnings.withLock { $0 = found }
            return isManaged ? admitted : write.recordUpdate(admitted, live: live)
        }
        return .json(
            presenter.single(outcome.object), code: outcome.action == .created ? 201 : 200,
            warnings: warnings.withLock { $0 })
    }

    private static func checkReplaces(
        _ live: JSONValue, _ object: JSONValue, _ resource: Resource, _ name: String
    ) throws(APIFailure) {
        let metadata = object["metadata"]
        if resource.isCustom, (metadata?["resourceVersion"]?.stringValue ?? "").isEmpty {
            throw .invalid(
                group: resource.group, kind: resource.rawValue, name: name,
                causes: [
                    InvalidField(
                        .invalid, "metadata.resourceVersion", "Invalid value: 0x0: must be specified for an update")
                ])
        }
        let actual = live["metadata"]?["uid"]?.stringValue ?? ""
        if let given = metadata?["uid"]?.stringValue, !given.isEmpty, given != actual {
            throw APIFailure(
                409, "Conflict",
                "Operation cannot be fulfilled on \(resource.qualifiedName) \"\(name)\": Precondition failed: "
                    + "UID in precondition: \(given), UID in object meta: \(actual)", details: resource.details(name))
        }
    }

    private func sentObject(_ request: APIRequest, _ write: WriteRequest) async throws -> JSONValue {
        let types = ["application/json", "application/yaml"]
        let type = request.contentType.name
        let body = try await request.body()
        var object: JSONValue
        if type == KubernetesProtobuf.mediaType, let sent = KubernetesProtobuf.object(body, of: write.resource) {
            object = sent
        } else {
            guard types.contains(type) else { throw APIFailure.unsupportedMediaType(accepted: types) }
            object = try JSONValue.decoding(body, isYAML: type == types[1], expecting: write.resource.kind)
        }
        try write.checkIdentity(&object)
        return object
    }

    private func checkNamespace(_ path: ObjectPath) async throws {
        guard path.resource.isNamespaced else { return }
        guard let namespace = path.namespace else { throw APIFailure.methodNotAllowed }
        if await store.get(.namespaces, namespace: "", name: namespace) == nil {
            throw APIFailure.notFound(.namespaces, namespace)
        }
    }

    // MARK: Delete

    func delete(_ request: APIRequest, _ path: ObjectPath, name: String) async throws -> Response {
        let options = try await deleteOptions(request)
        if path.resource == .namespaces { try await emptyNamespace(name, options) }
        let object = try await store.delete(
            path.resource, namespace: path.storeNamespace, name: name, uid: options.uid,
            resourceVersion: options.resourceVersion, dryRun: options.isDryRun)
        return .json([
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
            "details": path.resource.details(name).replacing("uid", by: object["metadata"]?["uid"]),
        ])
    }

    func deleteCollection(_ request: APIRequest, _ path: ObjectPath) async throws -> Response {
        let presenter = try Presenter(request, path)
        let filter = try filter(request, path)
        let options = try await deleteOptions(request)
        if path.resource.isNamespaced, path.namespace == nil { throw APIFailure.methodNotAllowed }
        if path.resource == .namespaces { throw APIFailure.methodNotAllowed }
        let (objects, version) = await store.list(path.resource, namespace: path.namespace)
        let chosen = objects.filter(filter.matches)
        for object in chosen {
            let name = object["metadata"]?["name"]?.stringValue ?? ""
            // One that went meanwhile is as deleted as the others.
            do {
                try await store.delete(
                    path.resource, namespace: path.storeNamespace, name: name, dryRun: options.isDryRun)
            } catch StoreError.notFound {}
        }
        return .json(presenter.list(chosen, metadata: ["resourceVersion": .string(String(version))]))
    }

    private struct DeleteOptions {
        var uid: String?
        var resourceVersion: String?
        var isDryRun: Bool
    }

    private func deleteOptions(_ request: APIRequest) async throws -> DeleteOptions {
        let bytes = try await request.body()
        let body =
            bytes.isEmpty
            ? [:]
            : try JSONValue.decoding(
                bytes, isYAML: request.contentType.name.hasSuffix("yaml"), expecting: "DeleteOptions")
        let preconditions = body["preconditions"]
        return DeleteOptions(
            uid: preconditions?["uid"]?.stringValue, resourceVersion: preconditions?["resourceVersion"]?.stringValue,
            isDryRun: try request.isDryRun() || body["dryRun"]?.stringList.contains("All") == true)
    }

    /// Deletes what is in a namespace, as the namespace controller of a cluster does.
    private func emptyNamespace(_ namespace: String, _ options: DeleteOptions) async throws {
        if ["default", "istio-system"].contains(namespace) {
            throw APIFailure(
                403, "Forbidden", "namespaces \"\(namespace)\" is forbidden: this namespace may not be deleted",
                details: Resource.namespaces.details(namespace))
        }
        if options.isDryRun { return }
        for resource in Resource.allCases where resource.isNamespaced {
            for object in await store.list(resource, namespace: namespace).objects {
                let name = object["metadata"]?["name"]?.stringValue ?? ""
                do { try await store.delete(resource, namespace: namespace, name: name) } catch StoreError.notFound {}
            }
        }
    }
}
