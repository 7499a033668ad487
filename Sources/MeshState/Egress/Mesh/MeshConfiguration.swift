/// Everything that the control plane turns into Envoy configuration, and that a call is explained from.
///
/// It is a value, so that the same mesh gives the same plans.
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
    public var virtualServices: [VirtualService]
    public var destinationRules: [DestinationRule]
    public var gateways: [Gateway]
    public var sidecars: [Sidecar]
    public var workloadEntries: [WorkloadEntry]
    /// Secrets with certificates, which Gateways and DestinationRules name.
    public var secrets: [TLSSecret]

    /// A mesh of these objects.
    public init(
        policy: OutboundPolicy = .registryOnly, entries: [ServiceEntry] = [], services: [Service] = [],
        endpoints: [Endpoints] = [], pods: [Pod] = [], virtualServices: [VirtualService] = [],
        destinationRules: [DestinationRule] = [], gateways: [Gateway] = [], sidecars: [Sidecar] = [],
        workloadEntries: [WorkloadEntry] = [], secrets: [TLSSecret] = []
    ) {
        self.policy = policy
        self.entries = entries
        self.services = services
        self.endpoints = endpoints
        self.pods = pods
        self.virtualServices = virtualServices
        self.destinationRules = destinationRules
        self.gateways = gateways
        self.sidecars = sidecars
        self.workloadEntries = workloadEntries
        self.secrets = secrets
    }

    /// Takes in one object of the API; whether its kind is one that decides where calls go.
    ///
    /// An object that is there already, by kind, namespace and name, is not replaced. Throws when it cannot be read.
    public mutating func add(_ object: JSONValue) throws(DecodeError) -> Bool {
        switch try MeshObject(object: object) {
        case .serviceEntry(let object): entries.append(object)
        case .service(let object): services.append(object)
        case .endpoints(let object): endpoints.append(object)
        case .pod(let object): pods.append(object)
        case .virtualService(let object): virtualServices.append(object)
        case .destinationRule(let object): destinationRules.append(object)
        case .gateway(let object): gateways.append(object)
        case .sidecar(let object): sidecars.append(object)
        case .workloadEntry(let object): workloadEntries.append(object)
        case .secret(let object): secrets.append(object)
        case nil: return false
        }
        return true
    }

    /// The label by which an Istio object names the control plane that it is meant for.
    static let revisionLabel = "istio.io/rev"
    /// This control plane's revision.
    static let revision = "default"
    /// What is configured in this namespace holds for the whole mesh.
    package static let rootNamespace = "istio-system"

    /// Whether this control plane reads an object: one that is labelled for another revision does not exist for it.
    package static func isVisible(_ meta: ObjectMeta) -> Bool {
        meta.labels[revisionLabel].map { $0 == revision } ?? true
    }
}
