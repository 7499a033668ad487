public import MeshState

/// Everything that the control plane turns into Envoy configuration.
///
/// It is a value, so that the same mesh gives the same files.
public struct MeshConfiguration: Sendable, Hashable {
    /// What becomes of calls to what the mesh does not know.
    public var policy: OutboundPolicy
    /// ServiceEntries, those for other revisions included.
    public var entries: [ServiceEntry]
    /// Kubernetes Services.
    public var services: [Service]
    /// The Endpoints objects of the Services, of the same names.
    public var endpoints: [Endpoints]
    /// Pods, which a ServiceEntry's `workloadSelector` may choose.
    public var pods: [Pod]

    /// A mesh of these objects.
    public init(
        policy: OutboundPolicy = .registryOnly, entries: [ServiceEntry] = [], services: [Service] = [],
        endpoints: [Endpoints] = [], pods: [Pod] = []
    ) {
        self.policy = policy
        self.entries = entries
        self.services = services
        self.endpoints = endpoints
        self.pods = pods
    }

    /// The label by which an Istio object names the control plane that it is meant for.
    static let revisionLabel = "istio.io/rev"
    /// This control plane's revision.
    static let revision = "default"

    /// The entries that this control plane reads: one that is labelled for another revision does not exist for it.
    var visibleEntries: [ServiceEntry] {
        entries.filter { entry in
            entry.meta.labels[Self.revisionLabel].map { $0 == Self.revision } ?? true
        }
    }
}
