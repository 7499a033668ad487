import MeshState

/// The form in which a client wants objects, from its `Accept` header.
enum ObjectForm: Sendable, Hashable {
    case object
    case table
    case partialMetadata
}

/// One media type of an `Accept` or `Content-Type` header with its parameters.
struct MediaType: Sendable, Hashable {
    let name: String
    let parameters: [String: String]

    init(_ text: some StringProtocol) {
        let parts = text.split(separator: ";").map { $0.trimmed }
        name = parts.first?.lowercased() ?? ""
        var parameters: [String: String] = [:]
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { parameters[String(pair[0]).trimmed] = String(pair[1]).trimmed }
        }
        self.parameters = parameters
    }

    /// The media types of a header, in its order.
    static func list(_ header: String?) -> [MediaType] {
        (header ?? "*/*").split(separator: ",").map { MediaType($0) }
    }

    /// Whether JSON answers it.
    var takesJSON: Bool { ["application/json", "application/*", "*/*"].contains(name) }

    /// The form of objects that the first acceptable media type asks for; throws 406 where none is.
    static func objectForm(accept header: String?) throws(APIFailure) -> ObjectForm {
        for type in list(header) where type.takesJSON {
            switch type.parameters["as"] {
            case nil: return .object
            case "Table" where type.parameters["v"] == "v1": return .table
            case "PartialObjectMetadata", "PartialObjectMetadataList": return .partialMetadata
            default: continue
            }
        }
        throw .notAcceptable
    }

    /// The version of aggregated discovery that a client prefers over the plain documents; nil for none.
    static func aggregatedDiscovery(accept header: String?) -> String? {
        for type in list(header) where type.takesJSON {
            guard type.parameters["as"] == "APIGroupDiscoveryList" else { return nil }
            if let version = type.parameters["v"], ["v2", "v2beta1"].contains(version) { return version }
        }
        return nil
    }
}

extension APIFailure {
    static let notAcceptable = Self(
        406, "NotAcceptable", "only the following media types are accepted: application/json")
}

extension StringProtocol {
    /// Without the white space at both ends.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }
}
