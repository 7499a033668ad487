import MeshState

extension JSONValue {
    /// The review in a request's body, JSON or YAML by its content type.
    ///
    /// Of one in Protocol Buffers nothing is read: what is answered does not depend on what is asked.
    static func decodingReview(_ request: APIRequest) async throws -> JSONValue {
        let types = ["application/json", "application/yaml"]
        let type = request.contentType.name
        if type == KubernetesProtobuf.mediaType { return [:] }
        guard types.contains(type) else { throw APIFailure.unsupportedMediaType(accepted: types) }
        return try decoding(try await request.body(), isYAML: type == types[1], expecting: nil)
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
