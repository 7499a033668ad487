import MeshState

/// A request that fails: the `Status` object that answers it.
struct APIFailure: Error, Sendable, Hashable {
    var code: Int
    /// nil where the API gives none, as for what a webhook denies.
    var reason: String?
    var message: String
    var details: JSONValue?
    /// Continues an expired list.
    var continueToken: String?
    var retryAfterSeconds: Int?

    init(_ code: Int, _ reason: String?, _ message: String, details: JSONValue? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }

    /// The `Status` object.
    var status: JSONValue {
        var status: JSONValue = [
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": .string(message),
            "code": .integer(Int64(code)),
        ]
        status["metadata"] = continueToken.map { ["continue": .string($0)] } ?? [:]
        status["reason"] = reason.map(JSONValue.string)
        status["details"] = details
        return status
    }

    static func badRequest(_ message: String) -> Self { Self(400, "BadRequest", message) }
    static let unauthorized = Self(401, "Unauthorized", "Unauthorized")
    static let notFoundOnServer = Self(
        404, "NotFound", "the server could not find the requested resource", details: [:])
    static let methodNotAllowed = Self(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource", details: [:])
    static let patchRejected = Self(
        422, "Invalid", "the server rejected our request due to an error in our request", details: [:])

    static func notFound(_ resource: Resource, _ name: String) -> Self {
        Self(404, "NotFound", "\(resource.qualifiedName) \"\(name)\" not found", details: resource.details(name))
    }

    static func tooLarge(limit: Int) -> Self {
        Self(413, "RequestEntityTooLarge", "Request entity too large: limit is \(limit)")
    }

    static func unsupportedMediaType(accepted: [String]) -> Self {
        Self(
            415, "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: "
                + accepted.joined(separator: ", "))
    }

    static func unavailable(_ message: String) -> Self { Self(503, "ServiceUnavailable", message) }

    /// The most causes that an answer tells, and the most characters of each.
    private static let (mostCauses, longestCause) = (32, 1_000)

    /// An object that breaks rules; `kind` as messages name it, such as `ServiceEntry.networking.istio.io`.
    static func invalid(group: String, kind: String, name: String, causes: [InvalidField]) -> Self {
        let told = causes.prefix(mostCauses).map {
            (reason: $0.reason, message: $0.message.cut(longestCause), field: $0.field.cut(longestCause))
        }
        var texts = told.map { "\($0.field): \($0.message)" }
        if causes.count > told.count { texts.append("and \(causes.count - told.count) more") }
        let list = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
        let qualified = group.isEmpty ? kind : "\(kind).\(group)"
        var details: JSONValue = [
            "kind": .string(kind),
            "causes": .array(
                told.map {
                    ["reason": .string($0.reason), "message": .string($0.message), "field": .string($0.field)]
                }),
        ]
        let name = name.cut(longestCause)
        if !name.isEmpty { details["name"] = .string(name) }
        if !group.isEmpty { details["group"] = .string(group) }
        return Self(422, "Invalid", "\(qualified) \"\(name)\" is invalid: \(list)", details: details)
    }

    static func invalid(_ resource: Resource, _ name: String, causes: [InvalidField]) -> Self {
        invalid(group: resource.group, kind: resource.kind, name: name, causes: causes)
    }

    static func futureVersion(_ requested: Int64, current: Int64) -> Self {
        var failure = Self(
            504, "Timeout", "Timeout: Too large resource version: \(requested), current: \(current)",
            details: [
                "causes": [["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]],
                "retryAfterSeconds": 1,
            ])
        failure.retryAfterSeconds = 1
        return failure
    }

    static func expiredWatch(requested: Int64, oldest: Int64) -> Self {
        Self(410, "Expired", "too old resource version: \(requested) (\(oldest))")
    }

    /// The answer to what the store refused.
    init(_ error: StoreError) {
        switch error {
        case .notFound(let resource, let name): self = .notFound(resource, name)
        case .alreadyExists(let resource, let name):
            self.init(
                409, "AlreadyExists", "\(resource.qualifiedName) \"\(name)\" already exists",
                details: resource.details(name))
        case .conflict(let resource, let name):
            self.init(
                409, "Conflict",
                "Operation cannot be fulfilled on \(resource.qualifiedName) \"\(name)\": the object has been modified; "
                    + "please apply your changes to the latest version and try again",
                details: resource.details(name))
        case .precondition(let resource, let name, let field, let given, let actual):
            let kind = resource.group.isEmpty ? resource.kind : "\(resource.kind).\(resource.group)"
            self.init(
                409, "Conflict",
                "Operation cannot be fulfilled on \(kind) \"\(name)\": the \(field) in the precondition (\(given)) "
                    + "does not match the \(field) in record (\(actual)). The object might have been modified",
                details: resource.details(name).replacing("kind", by: .string(resource.kind)))
        case .expired:
            self.init(410, "Expired", "The resourceVersion for the provided list is too old.")
        case .tooLarge(let requested, let current): self = .futureVersion(requested, current: current)
        case .oversized: self.init(500, nil, "etcdserver: request is too large")
        case .addressTaken(let name, let address):
            let message =
                "Invalid value: [\"\(address)\"]: failed to allocate IP \(address): provided IP is already allocated"
            self = .invalid(.services, name, causes: [InvalidField(.invalid, "spec.clusterIPs", message)])
        case .noAddressLeft(let name):
            self.init(
                500, "InternalError",
                "Internal error occurred: failed to allocate a serviceIP for \(name): range is full")
        case .unusable(let message): self = .badRequest(message)
        case .damaged(let message): self.init(500, "InternalError", "Internal error occurred: \(message)")
        }
    }
}

extension Resource {
    /// The `details` of a Status about one object.
    func details(_ name: String) -> JSONValue {
        var details: JSONValue = ["name": .string(name), "kind": .string(rawValue)]
        if !group.isEmpty { details["group"] = .string(group) }
        return details
    }
}

extension String {
    /// The text without its middle where it is longer than about so many characters.
    func cut(_ limit: Int) -> String {
        utf8.count > limit ? prefix(limit * 3 / 4) + "…" + suffix(limit / 4) : self
    }
}
