import MeshState

/// What a write asks for beside its object, and the checks that every written object goes through.
struct WriteRequest: Sendable {
    enum FieldValidation: String, Sendable {
        case strict = "Strict"
        case warn = "Warn"
        case ignore = "Ignore"
    }

    let resource: Resource
    let path: ObjectPath
    let apiVersion: String
    let isDryRun: Bool
    let fieldValidation: FieldValidation
    let manager: ManagedFields.Manager

    init(_ request: APIRequest, _ path: ObjectPath) throws(APIFailure) {
        resource = path.resource
        self.path = path
        apiVersion = path.resource.apiVersion(path.version)
        isDryRun = try request.isDryRun()
        fieldValidation = request.query["fieldValidation"].flatMap(FieldValidation.init) ?? .warn
        manager = ManagedFields.Manager(
            name: request.manager, operation: .update, apiVersion: apiVersion,
            subresource: path.subresource)
    }

    /// The part of the object that the request may change.
    var part: ObjectStore.Part {
        if path.subresource == "status" { return .status }
        return resource == .namespaces ? .everything : .specification
    }

    // MARK: Checks

    /// Checks that a sent object is of the kind, version and namespace of the request's path, and fills in the
    /// namespace.
    func checkIdentity(_ object: inout JSONValue) throws(APIFailure) {
        guard case .object = object else {
            throw .badRequest(
                "the object provided is unrecognized (must be of type \(resource.kind)): couldn't get version/kind; "
                    + "json parse error: the document is no object")
        }
        let name = object["metadata"]?["name"]?.stringValue ?? ""
        let kind = object["kind"]?.stringValue ?? resource.kind
        if kind != resource.kind {
            throw .invalid(
                group: resource.group, kind: kind, name: name,
                causes: [
                    InvalidField(.invalid, "kind", "Invalid value: \"\(kind)\": must be \(resource.kind)")
                ])
        }
        let version = object["apiVersion"]?.stringValue ?? apiVersion
        if version != apiVersion {
            throw .badRequest(
                "the API version in the data (\(version)) does not match the expected API version (\(apiVersion))")
        }
        let metadata = object["metadata"]?.objectValue?.filter { !$0.value.isNull } ?? [:]
        object["metadata"] = .object(metadata)
        guard resource.isNamespaced else { return }
        let namespace = metadata["namespace"]?.stringValue ?? ""
        if !namespace.isEmpty, namespace != path.namespace {
            throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
        }
        object["metadata"]?["namespace"] = path.namespace.map(JSONValue.string)
    }

    /// Checks that an object carries the name of the request's path, or no name.
    func checkName(_ object: JSONValue, is name: String) throws(APIFailure) {
        let given = object["metadata"]?["name"]?.stringValue ?? ""
        if given.isEmpty || given == name { return }
        throw .badRequest("the name of the object (\(given)) does not match the name on the URL (\(name))")
    }

    /// Removes what the schema does not know, fills in what is left open, and checks the rest; returns the object to
    /// store and the warnings for it.
    func admit(_ object: JSONValue, live: JSONValue?) throws(APIFailure) -> (object: JSONValue, warnings: [String]) {
        var object = object
        var warnings: [String] = []
        if resource.isFullyDescribed {
            let unknown = resource.schema.prune(&object).map { "unknown field \"\($0)\"" }
            if !unknown.isEmpty {
                switch fieldValidation {
                case .ignore: break
                case .warn: warnings = unknown
                case .strict:
                    throw .badRequest(
                        "\(resource.kind) in version \"\(path.version)\" cannot be handled as a \(resource.kind): "
                            + "strict decoding error: \(unknown.prefix(32).joined(separator: ", "))")
                }
            }
        }
        if part != .status {
            let name = object["metadata"]?["name"]?.stringValue ?? ""
            ObjectDefaults.fill(&object, of: resource, name: name, live: live)
            warnings += try Admission.check(object, live: live, of: resource)
        }
        return (object, warnings)
    }

    /// Notes in the object's managed fields what this request's manager changed.
    func recordUpdate(_ object: JSONValue, live: JSONValue?) -> JSONValue {
        var fields = ManagedFields(of: object, live: live)
        fields.recordUpdate(by: manager, from: live, to: object, resource: resource)
        var object = object
        object["metadata"]?["managedFields"] = fields.json
        return object
    }

    // MARK: Names

    /// Gives an object that asks for it a generated name, and checks the name.
    func name(_ object: inout JSONValue) throws(APIFailure) -> String {
        var name = object["metadata"]?["name"]?.stringValue ?? ""
        if name.isEmpty, let prefix = object["metadata"]?["generateName"]?.stringValue, !prefix.isEmpty {
            let letters = Array("bcdfghjklmnpqrstvwxz2456789")
            name = prefix + String((0..<5).map { _ in letters[Int.random(in: letters.indices)] })
            object["metadata"]?["name"] = .string(name)
        }
        if name.isEmpty {
            throw .invalid(
                resource, "",
                causes: [
                    InvalidField(.required, "metadata.name", "Required value: name or generateName is required")
                ])
        }
        if let problem = Syntax(nameOf: resource).problem(name) {
            throw .invalid(resource, name, causes: [InvalidField(.invalid, "metadata.name", problem)])
        }
        return name
    }
}
