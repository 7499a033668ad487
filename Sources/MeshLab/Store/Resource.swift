/// A kind of object that the lab keeps, under its plural name.
public enum Resource: String, Sendable, Hashable, CaseIterable {
    case namespaces, pods, services, endpoints
    case configMaps = "configmaps"
    case secrets, events
    case networkPolicies = "networkpolicies"
    case serviceEntries = "serviceentries"
    case virtualServices = "virtualservices"
    case destinationRules = "destinationrules"
    case gateways, sidecars
    case workloadEntries = "workloadentries"
    case workloadGroups = "workloadgroups"

    /// The API group; empty for the core group.
    public var group: String {
        self == .networkPolicies ? "networking.k8s.io" : isCustom ? "networking.istio.io" : ""
    }

    /// The served versions, the preferred one first; objects are stored in the first.
    public var versions: [String] { isCustom ? ["v1", "v1beta1", "v1alpha3"] : ["v1"] }

    /// The `kind` of its objects.
    public var kind: String {
        switch self {
        case .namespaces: "Namespace"
        case .pods: "Pod"
        case .services: "Service"
        case .endpoints: "Endpoints"
        case .configMaps: "ConfigMap"
        case .secrets: "Secret"
        case .events: "Event"
        case .networkPolicies: "NetworkPolicy"
        case .serviceEntries: "ServiceEntry"
        case .virtualServices: "VirtualService"
        case .destinationRules: "DestinationRule"
        case .gateways: "Gateway"
        case .sidecars: "Sidecar"
        case .workloadEntries: "WorkloadEntry"
        case .workloadGroups: "WorkloadGroup"
        }
    }

    /// Whether its objects live in namespaces.
    public var isNamespaced: Bool { self != .namespaces }

    /// Whether the resource is defined by a CustomResourceDefinition, which decides many of the API's manners.
    public var isCustom: Bool {
        switch self {
        case .namespaces, .pods, .services, .endpoints, .configMaps, .secrets, .events, .networkPolicies: false
        case .serviceEntries, .virtualServices, .destinationRules, .gateways, .sidecars, .workloadEntries,
            .workloadGroups:
            true
        }
    }

    /// The `apiVersion` of an object in this version: `v1`, `networking.istio.io/v1beta1`.
    public func apiVersion(_ version: String) -> String { group.isEmpty ? version : "\(group)/\(version)" }

    /// The `apiVersion` in which objects are stored.
    public var storageVersion: String { apiVersion(versions[0]) }

    /// The plural name with its group, as messages of the API name it: `serviceentries.networking.istio.io`.
    public var qualifiedName: String { group.isEmpty ? rawValue : "\(rawValue).\(group)" }

    /// The resource that keeps objects of this kind; nil for a kind that the lab does not know.
    public init?(kind: String, apiVersion: String) {
        let match = Self.allCases.first { resource in
            resource.kind == kind && resource.versions.contains { resource.apiVersion($0) == apiVersion }
        }
        guard let match else { return nil }
        self = match
    }
}
