extension Gateway {
    /// Whether an object of kind Gateway is Istio's; Kubernetes has another kind of that name.
    static func isIstio(_ object: JSONValue) -> Bool {
        object["apiVersion"]?.stringValue?.hasPrefix("networking.istio.io/") == true
    }

    /// Reads a Gateway of any version of Istio's API.
    public init(object: JSONValue) throws(DecodeError) {
        let reader = try FieldReader(kubernetes: object, kind: Self.kind)
        guard let spec = try reader.child("spec") else { throw reader.error("spec", "is missing") }
        var servers: [Server] = []
        for server in try spec.children("servers") {
            let port = try server.child("port")
            servers.append(
                Server(
                    port: ServicePort(
                        number: try port?.integer("number") ?? 0, name: try port?.string("name") ?? "",
                        protocolText: try port?.string("protocol") ?? "", targetPort: try port?.integer("targetPort")),
                    hosts: try server.strings("hosts"), tls: try server.child("tls").map(ServerTLS.read),
                    name: try server.string("name") ?? "", bind: try server.string("bind") ?? ""))
        }
        self.init(meta: try ObjectMeta(reader), selector: try spec.map("selector"), servers: servers)
    }
}

extension Gateway.ServerTLS {
    fileprivate static func read(_ reader: FieldReader) throws(DecodeError) -> Self {
        var tls = Self(mode: try reader.choice("mode") ?? .passthrough)
        tls.httpsRedirect = try reader.flag("httpsRedirect") ?? false
        tls.serverCertificate = try reader.string("serverCertificate")
        tls.privateKey = try reader.string("privateKey")
        tls.caCertificates = try reader.string("caCertificates")
        tls.credentialName = try reader.string("credentialName")
        tls.subjectAltNames = try reader.strings("subjectAltNames")
        return tls
    }
}

extension Sidecar {
    /// Reads a Sidecar of any version of its API.
    public init(object: JSONValue) throws(DecodeError) {
        let reader = try FieldReader(kubernetes: object, kind: Self.kind)
        let spec = try reader.child("spec")
        var egress: [Egress] = []
        for listener in try spec?.children("egress") ?? [] {
            let port = try listener.child("port")
            egress.append(
                Egress(
                    hosts: try listener.strings("hosts"),
                    port: try port.map { reader throws(DecodeError) in
                        ServicePort(
                            number: try reader.integer("number") ?? 0, name: try reader.string("name") ?? "",
                            protocolText: try reader.string("protocol") ?? "")
                    }, bind: try listener.string("bind") ?? ""))
        }
        let policy = try spec?.child("outboundTrafficPolicy")
        self.init(
            meta: try ObjectMeta(reader), selectorLabels: try spec?.child("workloadSelector")?.map("labels"),
            egress: egress,
            // A policy without a mode has the enumeration's zero value.
            policy: try policy.map { reader throws(DecodeError) in try reader.choice("mode") ?? .registryOnly },
            egressProxy: try policy?.child("egressProxy").map(VirtualService.Destination.init))
    }
}

extension WorkloadEntry {
    /// Reads a WorkloadEntry of any version of its API.
    public init(object: JSONValue) throws(DecodeError) {
        let reader = try FieldReader(kubernetes: object, kind: Self.kind)
        guard let spec = try reader.child("spec") else { throw reader.error("spec", "is missing") }
        self.init(meta: try ObjectMeta(reader), endpoint: try EntryEndpoint(spec))
    }
}
