import MeshState

/// A patch as it was sent.
struct PatchRequest: Sendable {
    enum Kind: Sendable {
        case json(JSONPatch)
        case merge(JSONValue)
        case strategic(JSONValue)
        case apply(JSONValue, force: Bool)
    }

    let kind: Kind
    private let resource: Resource
    private let name: String

    /// Reads the body of a PATCH by its content type; throws 415 for one that the resource does not take.
    init(_ request: APIRequest, _ path: ObjectPath, name: String) async throws {
        resource = path.resource
        self.name = name
        let types =
            ["application/json-patch+json", "application/merge-patch+json"]
            + (resource.isCustom ? [] : ["application/strategic-merge-patch+json"]) + ["application/apply-patch+yaml"]
        let type = request.contentType.name
        guard types.contains(type) else { throw APIFailure.unsupportedMediaType(accepted: types) }
        let isApply = type == "application/apply-patch+yaml"
        if isApply, request.query["fieldManager"]?.isEmpty != false { throw Self.noFieldManager }
        let body = try JSONValue.decoding(try await request.body(), isYAML: isApply, expecting: nil)
        switch type {
        case "application/json-patch+json":
            do { kind = .json(try JSONPatch(body)) } catch { throw Self.failure(error) }
        case "application/merge-patch+json": kind = .merge(body)
        case "application/strategic-merge-patch+json": kind = .strategic(body)
        default:
            if body["metadata"]?["managedFields"] != nil {
                throw APIFailure.badRequest("metadata.managedFields must be nil")
            }
            kind = .apply(body, force: request.flag("force"))
        }
    }

    private static func failure(_ failure: JSONPatch.Failure) -> APIFailure {
        switch failure {
        case .malformed: .badRequest("error decoding patch: \(failure)")
        case .notApplicable: .patchRejected
        case .tooLarge(let message): APIFailure(413, "RequestEntityTooLarge", message)
        }
    }

    private static let noFieldManager = APIFailure.invalid(
        group: "meta.k8s.io", kind: "PatchOptions", name: "",
        causes: [
            InvalidField(.required, "fieldManager", "Required value: is required for apply patch")
        ])

    /// The object after the patch, and whether its managed fields are already up to date.
    ///
    /// Only an apply makes an object that is not there yet.
    func patched(_ live: JSONValue?, write: WriteRequest) throws -> (object: JSONValue, isManaged: Bool) {
        if case .apply(var configuration, let force) = kind {
            try write.checkIdentity(&configuration)
            // A configuration is laid over what is there: identity and version stay the live object's own, unless
            // given.
            var fields = ManagedFields(of: live)
            var manager = write.manager
            manager.operation = .apply
            var object = try fields.apply(configuration, over: live, by: manager, force: force, resource: resource)
            object["metadata"]?["name"] = configuration["metadata"]?["name"] ?? .string(name)
            object["metadata"]?["managedFields"] = fields.json
            return (object, true)
        }
        guard let live else { throw StoreError.notFound(resource, name: name) }
        switch kind {
        case .json(let patch):
            do { return (try patch.applied(to: live), false) } catch { throw Self.failure(error) }
        case .merge(let patch): return (live.merging(patch), false)
        case .strategic(let patch): return (live.mergingStrategically(patch, schema: resource.schema), false)
        case .apply: return (live, false)
        }
    }
}
