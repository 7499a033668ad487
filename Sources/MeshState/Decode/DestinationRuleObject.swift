extension DestinationRule {
    /// Reads a DestinationRule of any version of its API.
    public init(object: JSONValue) throws(DecodeError) {
        let reader = try FieldReader(kubernetes: object, kind: Self.kind)
        guard let spec = try reader.child("spec") else { throw reader.error("spec", "is missing") }
        var subsets: [Subset] = []
        for subset in try spec.children("subsets") {
            subsets.append(
                Subset(
                    name: try subset.string("name") ?? "", labels: try subset.map("labels"),
                    policy: try TrafficPolicy(subset.child("trafficPolicy"))))
        }
        self.init(
            meta: try ObjectMeta(reader), host: try spec.string("host") ?? "",
            policy: try TrafficPolicy(spec.child("trafficPolicy")), subsets: subsets,
            exportTo: try spec.strings("exportTo"),
            selectorLabels: try spec.child("workloadSelector")?.map("matchLabels"))
    }
}

extension DestinationRule.TrafficPolicy {
    fileprivate init(_ reader: FieldReader?) throws(DecodeError) {
        self.init()
        guard let reader else { return }
        settings = try .init(reader)
        for port in try reader.children("portLevelSettings") {
            guard let number = try port.child("port")?.integer("number") else {
                throw port.error("port.number", "is missing")
            }
            portLevel[number] = try .init(port)
        }
    }
}

extension DestinationRule.TrafficSettings {
    fileprivate init(_ reader: FieldReader) throws(DecodeError) {
        self.init()
        if let child = try reader.child("loadBalancer") { loadBalancer = try Self.loadBalancer(child) }
        if let child = try reader.child("connectionPool") { connectionPool = try .init(child) }
        if let child = try reader.child("outlierDetection") { outlierDetection = try .init(child) }
        if let child = try reader.child("tls") { tls = try .init(child) }
    }

    private static func loadBalancer(_ reader: FieldReader) throws(DecodeError) -> DestinationRule.LoadBalancer? {
        if let name = try reader.string("simple") { return .simple(name) }
        guard let hash = try reader.child("consistentHash") else { return nil }
        if let name = try hash.string("httpHeaderName") { return .header(name) }
        if let name = try hash.child("httpCookie")?.string("name") { return .cookie(name) }
        if let name = try hash.string("httpQueryParameterName") { return .queryParameter(name) }
        return try hash.flag("useSourceIp") == true ? .sourceIP : nil
    }
}

extension DestinationRule.ConnectionPool {
    fileprivate init(_ reader: FieldReader) throws(DecodeError) {
        self.init()
        if let tcp = try reader.child("tcp") {
            maxConnections = try tcp.integer("maxConnections")
            connectTimeout = try tcp.duration("connectTimeout")
            maxConnectionDuration = try tcp.duration("maxConnectionDuration")
        }
        if let http = try reader.child("http") {
            http1MaxPendingRequests = try http.integer("http1MaxPendingRequests")
            http2MaxRequests = try http.integer("http2MaxRequests")
            maxRequestsPerConnection = try http.integer("maxRequestsPerConnection")
            maxRetries = try http.integer("maxRetries")
            idleTimeout = try http.duration("idleTimeout")
            h2UpgradePolicy = try http.string("h2UpgradePolicy")
        }
    }
}

extension DestinationRule.OutlierDetection {
    fileprivate init(_ reader: FieldReader) throws(DecodeError) {
        self.init()
        consecutive5xxErrors = try reader.integer("consecutive5xxErrors")
        if consecutive5xxErrors == nil { consecutive5xxErrors = try reader.integer("consecutiveErrors") }
        consecutiveGatewayErrors = try reader.integer("consecutiveGatewayErrors")
        interval = try reader.duration("interval")
        baseEjectionTime = try reader.duration("baseEjectionTime")
        maxEjectionPercent = try reader.integer("maxEjectionPercent")
        minHealthPercent = try reader.integer("minHealthPercent")
    }
}

extension DestinationRule.ClientTLS {
    fileprivate init(_ reader: FieldReader) throws(DecodeError) {
        self.init(mode: try reader.choice("mode") ?? .disable)
        sni = try reader.string("sni").flatMap { $0.isEmpty ? nil : $0 }
        subjectAltNames = try reader.strings("subjectAltNames")
        clientCertificate = try reader.string("clientCertificate")
        privateKey = try reader.string("privateKey")
        caCertificates = try reader.string("caCertificates")
        credentialName = try reader.string("credentialName")
        insecureSkipVerify = try reader.flag("insecureSkipVerify")
    }
}
