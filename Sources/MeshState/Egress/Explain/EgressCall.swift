/// A call that a workload makes: the connection, and what is said on it.
package struct EgressCall: Sendable, Hashable {
    /// What the workload speaks.
    package enum Speech: String, Sendable, Hashable, CaseIterable {
        case http, http2, grpc, tls, tcp
        /// What the mesh takes the port to speak.
        case auto
    }

    /// Who calls.
    package struct Caller: Sendable, Hashable {
        package var workload: String
        package var namespace: String
        package var labels: [String: String]
        /// The SPIFFE name of its proxy; empty where it is not known.
        package var identity: String
        /// Whether its proxy uses the addresses that istiod allocates.
        package var usesAllocatedAddresses: Bool
        /// Otherwise its calls go out as they are.
        package var hasSidecar: Bool

        package init(
            workload: String, namespace: String, labels: [String: String] = [:], identity: String = "",
            usesAllocatedAddresses: Bool = false, hasSidecar: Bool = true
        ) {
            self.workload = workload
            self.namespace = namespace
            self.labels = labels
            self.identity = identity
            self.usesAllocatedAddresses = usesAllocatedAddresses
            self.hasSidecar = hasSidecar
        }

        /// A pod of the mesh.
        package init(_ pod: Pod) {
            self.init(
                workload: pod.workload, namespace: pod.meta.namespace, labels: pod.meta.labels,
                identity: MeshEndpoint.identity(namespace: pod.meta.namespace, account: pod.serviceAccount),
                usesAllocatedAddresses: pod.usesAllocatedAddresses, hasSidecar: pod.proxyKind == .sidecar)
        }

        var planTarget: PlanTarget {
            PlanTarget(
                namespace: namespace, kind: .sidecar, labels: labels, usesAllocatedAddresses: usesAllocatedAddresses)
        }
    }

    package var caller: Caller
    /// What the workload was told to call: a name, or an address.
    package var target: String
    package var port: Int
    /// Where it connects to; nil for what the mesh knows as the target's address, else one that nothing names.
    package var address: IPAddress?
    package var speech: Speech
    /// The `Host` header.
    package var host: String
    /// The name in the TLS hello; nil for none.
    package var serverName: String?
    /// The application protocols in the TLS hello.
    package var alpn: [String]
    package var method: String
    /// With the query, if there is one.
    package var path: String
    /// By name in lower case.
    package var headers: [String: String]

    /// A call in which the target is the Host and, if it is a name, the server name.
    package init(
        from caller: Caller, to target: String, port: Int, address: IPAddress? = nil, speech: Speech = .auto,
        host: String? = nil, serverName: String? = nil, alpn: [String] = [], method: String = "GET",
        path: String = "/", headers: [String: String] = [:]
    ) {
        self.caller = caller
        self.target = target
        self.port = port
        self.address = address ?? IPAddress(target)
        self.speech = speech
        self.host = host ?? target
        self.serverName = serverName ?? (IPAddress(target) == nil ? target : nil)
        self.alpn = alpn
        self.method = method
        self.path = path
        self.headers = headers
    }
}

/// What a connection carries at one point of its way.
struct Wire: Sendable, Hashable {
    /// One layer of TLS, as its hello shows it.
    struct Hello: Sendable, Hashable {
        var serverName: String?
        var alpn: [String]
        /// Whether the client shows the mesh's certificate.
        var isMesh = false
    }

    enum Payload: Sendable, Hashable { case http1, http2, bytes }

    /// Outermost first.
    var hellos: [Hello]
    /// What is inside all TLS.
    var payload: Payload

    var isTLS: Bool { !hellos.isEmpty }

    init(_ call: EgressCall) {
        switch call.speech {
        case .http: (hellos, payload) = ([], .http1)
        case .http2, .grpc: (hellos, payload) = ([], .http2)
        case .tcp, .auto: (hellos, payload) = ([], .bytes)
        case .tls:
            hellos = [Hello(serverName: call.serverName, alpn: call.alpn)]
            // Who ends this TLS finds HTTP in it, unless the client offers other protocols only.
            let isHTTP1 = call.alpn.isEmpty || call.alpn.contains { $0.hasPrefix("http/") }
            payload = call.alpn.first == "h2" ? .http2 : isHTTP1 ? .http1 : .bytes
        }
    }

    /// What a listener's inspectors find out before a filter chain is chosen.
    struct Inspection {
        var isTLS = false
        var serverName = ""
        var applicationProtocols: [String] = []
    }

    func inspected(tls: Bool, http: Bool) -> Inspection {
        if tls, let hello = hellos.first {
            return Inspection(
                isTLS: true, serverName: hello.serverName?.lowercased() ?? "", applicationProtocols: hello.alpn)
        }
        guard http, hellos.isEmpty else { return Inspection() }
        switch payload {
        case .http1: return Inspection(applicationProtocols: ["http/1.1"])
        case .http2: return Inspection(applicationProtocols: ["h2c"])
        case .bytes: return Inspection()
        }
    }
}
