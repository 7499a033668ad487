/// A Kubernetes Secret with certificates, which a `credentialName` gives by its name; texts are PEM.
public struct TLSSecret: Sendable, Hashable, Identifiable {
    public var meta: ObjectMeta
    /// The certificate and those that lead to its root, if it holds one.
    public var certificate: String?
    public var privateKey: String?
    /// The certificates of the authorities that the other side's are checked against.
    public var authorities: String?

    public init(
        meta: ObjectMeta, certificate: String? = nil, privateKey: String? = nil, authorities: String? = nil
    ) {
        self.meta = meta
        self.certificate = certificate
        self.privateKey = privateKey
        self.authorities = authorities
    }

    public static let kind = "Secret"
    public var id: ObjectKey { ObjectKey(kind: Self.kind, namespace: meta.namespace, name: meta.name) }

    /// The certificates that proxies of a namespace get by name.
    ///
    /// The authorities may be in a Secret of their own, which ends in `-cacert` and then goes first.
    package static func credentials(in namespace: String, of secrets: [TLSSecret]) -> [String: TLSSecret] {
        var result: [String: TLSSecret] = [:]
        for secret in secrets where secret.meta.namespace == namespace { result[secret.meta.name] = secret }
        let suffix = "-cacert"
        for (name, secret) in result where name.hasSuffix(suffix) {
            let short = String(name.dropLast(suffix.count))
            guard let authorities = secret.authorities else { continue }
            result[short, default: TLSSecret(meta: secret.meta)].authorities = authorities
        }
        return result
    }
}
