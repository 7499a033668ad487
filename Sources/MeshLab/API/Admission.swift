import MeshState

/// What must hold before an object is stored: the checks of its CustomResourceDefinition, then istiod's webhook.
struct Admission: Sendable {
    /// Finds what is wrong with an object of a custom resource.
    var validate: @Sendable (JSONValue) -> [Problem]

    /// Checks an object that is to be stored and returns the warnings that go with it.
    ///
    /// Throws 422 for what the definition refuses, and what the webhook denies as the 400 without a reason that the API
    /// makes of it.
    func check(_ object: JSONValue, of resource: Resource) throws(APIFailure) -> [String] {
        guard resource.isCustom else { return [] }
        let name = object["metadata"]?["name"]?.stringValue ?? ""
        let mistyped = resource.schema.mismatches(in: object)
        if !mistyped.isEmpty { throw .invalid(resource, name, causes: mistyped) }
        let problems = validate(object)
        let causes = problems.filter { $0.layer == .schema }.map {
            InvalidField(reason: ($0.cause ?? .invalid).rawValue, message: $0.message, field: $0.path)
        }
        if !causes.isEmpty { throw .invalid(resource, name, causes: causes) }
        if let denial = AdmissionMessage.denied(problems) { throw APIFailure(400, nil, denial) }
        return AdmissionMessage.warnings(problems)
    }
}
