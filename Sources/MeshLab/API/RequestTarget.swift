import MeshState

/// What a path of the API names.
enum RequestTarget: Sendable, Hashable {
    case version
    case health(String)
    /// `/api`.
    case coreVersions
    /// `/apis`.
    case groups
    /// `/apis/GROUP`.
    case group(String)
    /// `/api/v1` or `/apis/GROUP/VERSION`.
    case resources(group: String, version: String)
    case openAPIv2
    /// `/openapi/v3`, or a document below it: `api/v1`, `apis/GROUP/VERSION`.
    case openAPIv3(String)
    /// A review of what the caller may do, by its kind; it is not stored.
    case review(group: String, kind: String)
    case objects(ObjectPath)

    /// Reads a path; nil for one that the API does not serve.
    init?(path: String) {
        let steps = path.split(separator: "/").map(String.init)
        switch steps.first {
        case "version" where steps.count == 1: self = .version
        case "healthz", "livez", "readyz":
            self = .health(steps[0])
        case "openapi" where steps.count == 2 && steps[1] == "v2": self = .openAPIv2
        case "openapi" where steps.count >= 2 && steps[1] == "v3":
            self = .openAPIv3(steps.dropFirst(2).joined(separator: "/"))
        case "api":
            if steps.count == 1 {
                self = .coreVersions
            } else {
                self.init(group: "", version: steps[1], rest: steps.dropFirst(2))
            }
        case "apis":
            switch steps.count {
            case 1: self = .groups
            case 2: self = .group(steps[1])
            default: self.init(group: steps[1], version: steps[2], rest: steps.dropFirst(3))
            }
        default: return nil
        }
    }

    private init?(group: String, version: String, rest: ArraySlice<String>) {
        guard let served = APICatalog.groups.first(where: { $0.name == group }), served.versions.contains(version)
        else {
            return nil
        }
        guard let first = rest.first else {
            self = .resources(group: group, version: version)
            return
        }
        if let kind = served.reviews[first], rest.count == 1 {
            self = .review(group: group, kind: kind)
            return
        }
        guard let path = ObjectPath(group: group, version: version, steps: Array(rest)) else { return nil }
        self = .objects(path)
    }

    /// Whether everyone may read it, with no token.
    var isPublic: Bool {
        switch self {
        case .version, .health: true
        default: false
        }
    }
}

/// The path of an object or a collection.
struct ObjectPath: Sendable, Hashable {
    var resource: Resource
    var version: String
    /// nil for all namespaces, and for a resource without namespaces.
    var namespace: String?
    /// nil for the collection.
    var name: String?
    var subresource: String?

    init?(group: String, version: String, steps: [String]) {
        var steps = steps[...]
        self.version = version
        // `namespaces/NAME/pods` is about pods, `namespaces/NAME/status` about the namespace.
        if steps.count > 2, steps[0] == "namespaces", Resource.at(steps[2], group: group, version: version) != nil {
            namespace = steps[1]
            steps = steps.dropFirst(2)
        }
        guard let first = steps.popFirst(), let resource = Resource.at(first, group: group, version: version) else {
            return nil
        }
        self.resource = resource
        name = steps.popFirst()
        subresource = steps.popFirst()
        // What follows `proxy` is the path of what is behind it.
        if !steps.isEmpty, subresource != "proxy" { return nil }
        if let subresource, !resource.subresources.contains(subresource) { return nil }
        if name != nil, resource.isNamespaced, namespace == nil { return nil }
    }

    var storeNamespace: String { namespace ?? "" }
}

extension Resource {
    fileprivate static func at(_ plural: String, group: String, version: String) -> Resource? {
        Resource(rawValue: plural).flatMap { $0.group == group && $0.versions.contains(version) ? $0 : nil }
    }

    /// Names that follow an object's name in a path.
    var subresources: [String] {
        switch self {
        case .pods: ["status", "log", "proxy"]
        case .services: ["status", "proxy"]
        case .endpoints, .configMaps, .secrets, .events: []
        default: ["status"]
        }
    }
}
