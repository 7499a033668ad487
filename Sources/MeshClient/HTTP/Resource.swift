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
    /// Its version stands until discovery tells the newest one that the cluster serves.
    public static let serviceEntries = Resource(
        group: istioGroup, version: "v1", plural: "serviceentries", kind: "ServiceEntry")

    static let istioGroup = "networking.istio.io"
    /// Istio's versions, the newest first.
    static let istioVersions = ["v1", "v1beta1", "v1alpha3"]

    /// As it stands in objects: `networking.istio.io/v1`.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// The path of a list, or of one object.
    func path(namespace: String? = nil, name: String? = nil) -> String {
        var path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        if let namespace { path += "/namespaces/\(namespace.pathEscaped)" }
        path += "/\(plural)"
        if let name { path += "/\(name.pathEscaped)" }
        return path
    }
}
