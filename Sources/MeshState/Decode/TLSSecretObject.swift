import FoundationEssentials

extension TLSSecret {
    /// Reads a `v1 Secret`: one of type `kubernetes.io/tls`, or a generic one in the names that Istio knows.
    public init(object: JSONValue) throws(DecodeError) {
        let reader = try FieldReader(kubernetes: object, kind: Self.kind)
        let data = try reader.map("data")
        func text(_ keys: String...) throws(DecodeError) -> String? {
            guard let key = keys.first(where: { data[$0] != nil }), let value = data[key] else { return nil }
            guard let bytes = Data(base64Encoded: value) else { throw reader.error("data[\(key)]", "is not Base64") }
            return String(decoding: bytes, as: UTF8.self)
        }
        self.init(
            meta: try ObjectMeta(reader), certificate: try text("tls.crt", "cert"),
            privateKey: try text("tls.key", "key"), authorities: try text("ca.crt", "cacert"))
    }
}
