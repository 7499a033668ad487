public import MeshState

extension MeshSource {
    /// Makes a change and tells what the API answered.
    ///
    /// - Parameter dryRun: has the API check the change without making it.
    public func perform(_ change: ChangeRequest, dryRun: Bool = false) async -> ChangeResult {
        let target = change.target
        do {
            guard let known = Resource(kind: target.kind) else {
                throw RequestFailure(.refused(0), "meshtop does not change objects of kind \(target.kind)".madeSafe)
            }
            let resource = try await client.discovery.served(known, by: client)
            let result: (object: JSONValue, warnings: [String])
            switch change.action {
            case .create(var object):
                object["apiVersion"] = .string(resource.apiVersion)
                result = try await client.create(object, resource, namespace: target.namespace, dryRun: dryRun)
            case .replace(var object):
                object["apiVersion"] = .string(resource.apiVersion)
                result = try await client.replace(
                    object, resource, namespace: target.namespace, name: target.name, dryRun: dryRun)
            case .delete(let version):
                result = try await client.delete(
                    resource, namespace: target.namespace, name: target.name, resourceVersion: version, dryRun: dryRun)
            }
            return .done(object: result.object, warnings: result.warnings)
        } catch {
            let failure = RequestFailure(any: error, server: client.access.server)
            return .failed(message: failure.message, isConflict: failure.kind == .conflict)
        }
    }

    /// An object as it is now.
    ///
    /// - Throws: `RequestFailure`.
    public func object(_ key: ObjectKey) async throws -> JSONValue {
        guard let known = Resource(kind: key.kind) else {
            throw RequestFailure(.notFound, "meshtop does not read objects of kind \(key.kind) one by one".madeSafe)
        }
        do {
            let resource = try await client.discovery.served(known, by: client)
            return try await client.get(resource, namespace: key.namespace, name: key.name)
        } catch {
            throw RequestFailure(any: error, server: client.access.server)
        }
    }
}

extension Resource {
    /// What the API serves of a kind that meshtop changes; nil for another kind.
    fileprivate init?(kind: String) {
        guard let kind = ObjectKind.all.first(where: { $0.name == kind }) else { return nil }
        self.init(group: kind.group, version: "v1", plural: kind.plural, kind: kind.name)
    }
}
