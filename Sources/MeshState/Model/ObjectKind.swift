/// A kind of objects that meshtop changes, with the names that kubectl has for it.
///
/// Secrets are none of them: what is changed is kept in the journal, and what is secret does not belong there.
public struct ObjectKind: Sendable, Hashable {
    /// As it stands in objects: `ServiceEntry`.
    public let name: String
    /// Empty for the core group.
    public let group: String
    /// As it stands in paths: `serviceentries`.
    public let plural: String
    /// `se`; nil where kubectl has none.
    public let shortName: String?
    public let isNamespaced: Bool

    private init(_ name: String, _ group: String, _ plural: String, _ shortName: String?, isNamespaced: Bool = true) {
        self.name = name
        self.group = group
        self.plural = plural
        self.shortName = shortName
        self.isNamespaced = isNamespaced
    }

    public static let all = [
        istio("ServiceEntry", "serviceentries", "se"), istio("VirtualService", "virtualservices", "vs"),
        istio("DestinationRule", "destinationrules", "dr"), istio("Gateway", "gateways", "gw"),
        istio("Sidecar", "sidecars", nil), istio("WorkloadEntry", "workloadentries", "we"),
        istio("WorkloadGroup", "workloadgroups", "wg"),
        ObjectKind("NetworkPolicy", "networking.k8s.io", "networkpolicies", "netpol"),
        ObjectKind("Namespace", "", "namespaces", "ns", isNamespaced: false),
        ObjectKind("Service", "", "services", "svc"), ObjectKind("Endpoints", "", "endpoints", "ep"),
        ObjectKind("Pod", "", "pods", "po"),
    ]

    private static func istio(_ name: String, _ plural: String, _ shortName: String?) -> ObjectKind {
        ObjectKind(name, "networking.istio.io", plural, shortName)
    }

    /// The kind of this name, in the singular, in the plural or short, as kubectl takes it.
    public init?(_ word: String) {
        let word = word.lowercased()
        guard
            let kind = Self.all.first(where: { [$0.name.lowercased(), $0.plural, $0.shortName].contains(word) })
        else { return nil }
        self = kind
    }

    /// The kind that an object says it is of, if its group is this kind's too.
    public init?(of object: JSONValue) {
        guard let kind = Self.all.first(where: { $0.name == object["kind"]?.stringValue }),
            ObjectRules.group(of: object) == kind.group
        else { return nil }
        self = kind
    }
}
