import MeshState

/// What the API serves, as its discovery documents tell it.
enum APICatalog {
    struct Group: Sendable {
        let name: String
        let versions: [String]
        /// Kinds by plural name of reviews, which are answered and not stored.
        var reviews: [String: String] = [:]

        func apiVersion(_ version: String) -> String { name.isEmpty ? version : "\(name)/\(version)" }
        var resources: [Resource] { Resource.allCases.filter { $0.group == name } }
    }

    /// The core group first.
    static let groups = [
        Group(name: "", versions: ["v1"]),
        Group(
            name: "authentication.k8s.io", versions: ["v1"], reviews: ["selfsubjectreviews": "SelfSubjectReview"]),
        Group(
            name: "authorization.k8s.io", versions: ["v1"],
            reviews: [
                "selfsubjectaccessreviews": "SelfSubjectAccessReview",
                "selfsubjectrulesreviews": "SelfSubjectRulesReview",
            ]),
        Group(name: Resource.serviceEntries.group, versions: Resource.serviceEntries.versions),
        Group(name: Resource.networkPolicies.group, versions: Resource.networkPolicies.versions),
    ]

    static let version: JSONValue = [
        "major": "1", "minor": "31", "gitVersion": "v1.31.0+meshtop", "gitCommit": "", "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "swift", "platform": "linux/amd64",
    ]

    static let coreVersions: JSONValue = [
        "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": ""]],
    ]

    static var groupList: JSONValue {
        ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(groups.dropFirst().map(description))]
    }

    /// `/apis/GROUP`; nil for a group that is not served.
    static func group(_ name: String) -> JSONValue? {
        groups.first { $0.name == name && !name.isEmpty }.map {
            var json = description(of: $0)
            json["kind"] = "APIGroup"
            json["apiVersion"] = "v1"
            return json
        }
    }

    private static func description(of group: Group) -> JSONValue {
        let versions = group.versions.map { version -> JSONValue in
            ["groupVersion": .string(group.apiVersion(version)), "version": .string(version)]
        }
        return ["name": .string(group.name), "versions": .array(versions), "preferredVersion": versions[0]]
    }

    // MARK: Resources

    /// `/api/v1` and `/apis/GROUP/VERSION`; nil for what is not served.
    static func resources(group name: String, version: String) -> JSONValue? {
        guard let group = groups.first(where: { $0.name == name }), group.versions.contains(version) else { return nil }
        var list: [JSONValue] = group.reviews.sorted { $0.key < $1.key }.map { plural, kind in
            [
                "name": .string(plural), "singularName": .string(kind.lowercased()), "namespaced": false,
                "kind": .string(kind), "verbs": ["create"],
            ]
        }
        for resource in group.resources {
            var json: JSONValue = [
                "name": .string(resource.rawValue), "singularName": .string(resource.singular),
                "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind),
                "verbs": JSONValue(resource.verbs),
            ]
            if !resource.shortNames.isEmpty { json["shortNames"] = JSONValue(resource.shortNames) }
            if !resource.categories.isEmpty { json["categories"] = JSONValue(resource.categories) }
            list.append(json)
            for subresource in resource.subresources {
                list.append([
                    "name": .string("\(resource.rawValue)/\(subresource)"), "singularName": "",
                    "namespaced": .bool(resource.isNamespaced),
                    "kind": .string(resource.kind(ofSubresource: subresource)),
                    "verbs": JSONValue(subresource == "status" ? ["get", "patch", "update"] : ["get"]),
                ])
            }
        }
        return [
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(group.apiVersion(version)),
            "resources": .array(list),
        ]
    }

    /// Aggregated discovery of `/api` or `/apis`, in this version of `apidiscovery.k8s.io`.
    static func aggregated(core: Bool, version: String) -> JSONValue {
        let items = groups.filter { $0.name.isEmpty == core }.map { group -> JSONValue in
            let versions = group.versions.map { version -> JSONValue in
                let resources = group.resources.map { aggregated($0, version: version) }
                let reviews = group.reviews.sorted { $0.key < $1.key }.map { plural, kind -> JSONValue in
                    [
                        "resource": .string(plural), "singularResource": .string(kind.lowercased()),
                        "responseKind": responseKind(group.name, version, kind), "scope": "Cluster",
                        "verbs": ["create"],
                    ]
                }
                return ["version": .string(version), "resources": .array(resources + reviews), "freshness": "Current"]
            }
            let metadata: JSONValue = group.name.isEmpty ? [:] : ["name": .string(group.name)]
            return ["metadata": metadata.replacing("creationTimestamp", by: .null), "versions": .array(versions)]
        }
        return [
            "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/\(version)"), "metadata": [:],
            "items": .array(items),
        ]
    }

    private static func aggregated(_ resource: Resource, version: String) -> JSONValue {
        let subresources = resource.subresources.map { subresource -> JSONValue in
            [
                "subresource": .string(subresource),
                "responseKind": responseKind(resource.group, version, resource.kind(ofSubresource: subresource)),
                "verbs": JSONValue(subresource == "status" ? ["get", "patch", "update"] : ["get"]),
            ]
        }
        var json: JSONValue = [
            "resource": .string(resource.rawValue), "singularResource": .string(resource.singular),
            "responseKind": responseKind(resource.group, version, resource.kind),
            "scope": resource.isNamespaced ? "Namespaced" : "Cluster", "verbs": JSONValue(resource.verbs),
        ]
        if !resource.shortNames.isEmpty { json["shortNames"] = JSONValue(resource.shortNames) }
        if !resource.categories.isEmpty { json["categories"] = JSONValue(resource.categories) }
        if !subresources.isEmpty { json["subresources"] = .array(subresources) }
        return json
    }

    private static func responseKind(_ group: String, _ version: String, _ kind: String) -> JSONValue {
        ["group": .string(group), "version": .string(version), "kind": .string(kind)]
    }
}

extension Resource {
    fileprivate var singular: String { kind.lowercased() }

    fileprivate var shortNames: [String] {
        switch self {
        case .namespaces: ["ns"]
        case .pods: ["po"]
        case .services: ["svc"]
        case .endpoints: ["ep"]
        case .configMaps: ["cm"]
        case .events: ["ev"]
        case .networkPolicies: ["netpol"]
        case .serviceEntries: ["se"]
        case .virtualServices: ["vs"]
        case .destinationRules: ["dr"]
        case .gateways: ["gw"]
        case .workloadEntries: ["we"]
        case .workloadGroups: ["wg"]
        case .secrets, .sidecars: []
        }
    }

    fileprivate var categories: [String] {
        switch self {
        case .pods, .services: ["all"]
        default: isCustom ? ["istio-io", "networking-istio-io"] : []
        }
    }

    fileprivate var verbs: [String] {
        let all = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
        return self == .namespaces ? all.filter { $0 != "deletecollection" } : all
    }

    fileprivate func kind(ofSubresource name: String) -> String {
        switch (self, name) {
        case (.pods, "proxy"): "PodProxyOptions"
        case (.services, "proxy"): "ServiceProxyOptions"
        default: kind
        }
    }
}
