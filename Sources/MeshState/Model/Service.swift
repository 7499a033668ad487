/// A Kubernetes Service as the mesh sees it.
public struct Service: Sendable, Hashable, Codable, Identifiable {
    public var meta: ObjectMeta
    public var ports: [ServicePort]
    /// nil for a headless service.
    public var clusterIP: String?
    public var selector: [String: String]

    public init(meta: ObjectMeta, ports: [ServicePort], clusterIP: String?, selector: [String: String] = [:]) {
        self.meta = meta
        self.ports = ports
        self.clusterIP = clusterIP
        self.selector = selector
    }

    public var id: ObjectKey { ObjectKey(kind: "Service", namespace: meta.namespace, name: meta.name) }

    /// The fully qualified name, which is the host in Envoy's cluster names.
    public var host: String { "\(meta.name).\(meta.namespace).svc.cluster.local" }

    /// The service that has this fully qualified name; nil for a name of another form.
    public static func key(ofHost host: String) -> ObjectKey? {
        guard host.hasSuffix(".svc.cluster.local") else { return nil }
        let parts = host.dropLast(".svc.cluster.local".count).split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 2
            ? ObjectKey(kind: "Service", namespace: String(parts[1]), name: String(parts[0])) : nil
    }
}

/// The addresses behind a Service (`v1 Endpoints`), one element a subset.
public struct Endpoints: Sendable, Hashable, Identifiable {
    /// Addresses that share one set of ports.
    public struct Subset: Sendable, Hashable {
        public var ready: [String]
        public var notReady: [String]
        /// Port numbers by the service port's name.
        public var ports: [String: Int]

        public init(ready: [String], notReady: [String] = [], ports: [String: Int]) {
            self.ready = ready
            self.notReady = notReady
            self.ports = ports
        }
    }

    public var meta: ObjectMeta
    public var subsets: [Subset]

    public init(meta: ObjectMeta, subsets: [Subset]) {
        self.meta = meta
        self.subsets = subsets
    }

    public var id: ObjectKey { ObjectKey(kind: "Endpoints", namespace: meta.namespace, name: meta.name) }
}

/// A pod, as far as the mesh is concerned.
public struct Pod: Sendable, Hashable, Identifiable {
    public enum ProxyKind: String, Sendable, Hashable, Codable { case none, sidecar, gateway }

    public var meta: ObjectMeta
    public var ip: String
    public var phase: String
    public var isReady: Bool
    public var proxyKind: ProxyKind
    /// The Kubernetes service account that it runs as.
    public var serviceAccount: String
    /// Whether its proxy answers for names, with the addresses that istiod allocates (`ISTIO_META_DNS_CAPTURE`).
    public var usesAllocatedAddresses: Bool

    public init(
        meta: ObjectMeta, ip: String, phase: String, isReady: Bool, proxyKind: ProxyKind,
        serviceAccount: String = "default", usesAllocatedAddresses: Bool = false
    ) {
        self.meta = meta
        self.ip = ip
        self.phase = phase
        self.isReady = isReady
        self.proxyKind = proxyKind
        self.serviceAccount = serviceAccount
        self.usesAllocatedAddresses = usesAllocatedAddresses
    }

    public var id: ObjectKey { ObjectKey(kind: "Pod", namespace: meta.namespace, name: meta.name) }
}
