import MeshState

extension JSONValue {
    /// The document in a request's body, JSON or YAML by its content type.
    static func decoding(_ request: APIRequest) async throws -> JSONValue {
        let types = ["application/json", "application/yaml"]
        guard types.contains(request.contentType.name) else {
            throw APIFailure.unsupportedMediaType(accepted: types)
        }
        let bytes = try await request.body()
        return try decoding(bytes, isYAML: request.contentType.name == "application/yaml", expecting: nil)
    }

    /// Reads JSON, or YAML, of which JSON is a part; `expecting` is the kind for the message of a failure.
    static func decoding(_ bytes: [UInt8], isYAML: Bool, expecting kind: String?) throws(APIFailure) -> JSONValue {
        do {
            if isYAML { return try YAMLText.parse(String(decoding: bytes, as: UTF8.self)).first ?? .null }
            return try JSONValue(parsing: bytes)
        } catch {
            let text = bytes.isEmpty ? "<empty>" : String(decoding: bytes.prefix(500), as: UTF8.self)
            guard let kind else { throw .badRequest("error decoding body: \(error)") }
            throw .badRequest(
                "the object provided is unrecognized (must be of type \(kind)): couldn't get version/kind; "
                    + "json parse error: \(error) (\(text))")
        }
    }
}
