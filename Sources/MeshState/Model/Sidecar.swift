/// What the sidecars of a namespace, or some of them, may reach (`networking.istio.io` Sidecar).
public struct Sidecar: Sendable, Hashable, Identifiable {
    public var meta: ObjectMeta
    /// nil for all of the namespace; in the root namespace for all of the mesh.
    public var selectorLabels: [String: String]?
    public var egress: [Egress]
    /// nil where the mesh's policy holds.
    public var policy: OutboundPolicy?
    /// Takes what would otherwise be passed through.
    public var egressProxy: VirtualService.Destination?

    public init(
        meta: ObjectMeta, selectorLabels: [String: String]? = nil, egress: [Egress] = [],
        policy: OutboundPolicy? = nil, egressProxy: VirtualService.Destination? = nil
    ) {
        self.meta = meta
        self.selectorLabels = selectorLabels
        self.egress = egress
        self.policy = policy
        self.egressProxy = egressProxy
    }

    public static let kind = "Sidecar"
    public var id: ObjectKey { ObjectKey(kind: Self.kind, namespace: meta.namespace, name: meta.name) }

    /// Hosts that are imported, for all ports or for one.
    public struct Egress: Sendable, Hashable {
        /// `NAMESPACE/HOST` with `.`, `*` or `~` for the namespace.
        public var hosts: [String]
        public var port: ServicePort?
        public var bind: String

        public init(hosts: [String], port: ServicePort? = nil, bind: String = "") {
            self.hosts = hosts
            self.port = port
            self.bind = bind
        }
    }
}

/// A workload outside Kubernetes, such as a virtual machine (`networking.istio.io` WorkloadEntry).
public struct WorkloadEntry: Sendable, Hashable, Identifiable {
    public var meta: ObjectMeta
    public var endpoint: EntryEndpoint

    public init(meta: ObjectMeta, endpoint: EntryEndpoint) {
        self.meta = meta
        self.endpoint = endpoint
    }

    public static let kind = "WorkloadEntry"
    public var id: ObjectKey { ObjectKey(kind: Self.kind, namespace: meta.namespace, name: meta.name) }
    /// By these selectors choose it: those of its spec and of its metadata.
    public var labels: [String: String] { meta.labels.merging(endpoint.labels) { _, own in own } }
}
