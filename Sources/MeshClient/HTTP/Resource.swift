/// A kind of objects that the API serves, in one version.
public struct Resource: Sendable, Hashable {
    /// Empty for the core group.
    public var group: String
    public var version: String
    /// As it stands in paths: `serviceentries`.
    public var plural: String
    public var kind: String

    public init(group: String, version: String, plural: String, kind: String) {
        self.group = group
        self.version = version
        self.plural = plural
        self.kind = kind
    }

    public static let services = Resource(group: "", version: "v1", plural: "services", kind: "Service")
    public static let endpoints = Resource(group: "", version: "v1", plural: "endpoints", kind: "Endpoints")
    public static let pods = Resource(group: "", version: "v1", plural: "pods", kind: "Pod")
    public static let namespaces = Resource(group: "", version: "v1", plural: "namespaces", kind: "Namespace")
    public static let configMaps = Resource(group: "", version: "v1", plural: "configmaps", kind: "ConfigMap")
    public static let events = Resource(group: "", version: "v1", plural: "events", kind: "Event")
    public static let serviceEntries = istio("serviceentries", "ServiceEntry")
    public static let virtualServices = istio("virtualservices", "VirtualService")
    public static let destinationRules = istio("destinationrules", "DestinationRule")
    public static let gateways = istio("gateways", "Gateway")
    public static let sidecars = istio("sidecars", "Sidecar")
    public static let workloadEntries = istio("workloadentries", "WorkloadEntry")
    public static let workloadGroups = istio("workloadgroups", "WorkloadGroup")

    /// Its version stands until discovery tells the newest one that the cluster serves.
    private static func istio(_ plural: String, _ kind: String) -> Resource {
        Resource(group: istioGroup, version: "v1", plural: plural, kind: kind)
    }

    static let istioGroup = "networking.istio.io"
    /// Istio's versions, the newest first.
    static let istioVersions = ["v1", "v1beta1", "v1alpha3"]

    /// As it stands in objects: `networking.istio.io/v1`.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// The path of a list, or of one object; an empty namespace is that of a kind without namespaces.
    func path(namespace: String? = nil, name: String? = nil) -> String {
        var path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        if let namespace, !namespace.isEmpty { path += "/namespaces/\(namespace.pathEscaped)" }
        path += "/\(plural)"
        if let name { path += "/\(name.pathEscaped)" }
        return path
    }
}
