import MeshState

/// What a resource names outside itself, and what is wrong within it.
///
/// Envoy accepts a route or a `tcp_proxy` to a cluster that does not exist in silence, so this is looked at before a
/// push. Where a VirtualService names such a cluster, that is what Istio does with it: requests get 503.
struct ResourceReferences: Sendable, Hashable {
    private(set) var clusters: Set<String> = []
    private(set) var routes: Set<String> = []
    private(set) var problems: [String] = []

    /// `mayLack`: clusters that need not exist; `clusters`: those that it leads to without naming them.
    init(of resource: JSONValue, mayLack: Set<String> = [], clusters: Set<String> = []) {
        self.clusters = clusters
        visit(resource)
        self.clusters.subtract(mayLack)
        problems.sort()
    }

    /// Takes in those of parts.
    mutating func add(clusters: Set<String>, problems: [String]) {
        if self.clusters.isEmpty { self.clusters = clusters } else { self.clusters.formUnion(clusters) }
        self.problems += problems
    }

    private mutating func visit(_ value: JSONValue) {
        switch value {
        case .array(let elements): for element in elements { visit(element) }
        case .object(let members): visit(members)
        default: break
        }
    }

    private mutating func visit(_ members: [String: JSONValue]) {
        if let cluster = members["cluster"]?.stringValue { clusters.insert(cluster) }
        for share in members["weighted_clusters"]?["clusters"]?.arrayValue ?? [] {
            if let cluster = share["name"]?.stringValue { clusters.insert(cluster) }
        }
        if let route = members["route_config_name"]?.stringValue { routes.insert(route) }
        if let port = members["port_value"]?.integerValue, !(1...65_535).contains(port) {
            problems.append("port \(port) is not in the range 1 to 65535")
        }
        // Where a matcher chooses the chain, its own rules tell them apart.
        if members["filter_chain_matcher"] == nil, let chains = members["filter_chains"]?.arrayValue {
            var seen: Set<JSONValue> = []
            for chain in chains where !seen.insert(chain["filter_chain_match"] ?? [:]).inserted {
                problems.append("two filter chains match the same connections")
            }
        }
        if let hosts = members["virtual_hosts"]?.arrayValue {
            var seen: Set<String> = []
            for domain in hosts.flatMap({ $0["domains"]?.stringList ?? [] })
            where !seen.insert(domain.lowercased()).inserted {
                problems.append("domain \(domain) is in two virtual hosts")
            }
        }
        for member in members.values { visit(member) }
    }
}

extension ResourceChange {
    /// What would fail or go nowhere with this change of a configuration, in words; empty when all is well.
    func problems(in before: [DiscoveryType: [String: EncodedResource]]) -> [String] {
        let gone = removed.mapValues(Set.init)
        let new = put.mapValues { Dictionary($0.map { ($0.name, $0) }, uniquingKeysWith: { $1 }) }
        func exists(_ name: String, _ type: DiscoveryType) -> Bool {
            new[type]?[name] != nil || before[type]?[name] != nil && gone[type]?.contains(name) != true
        }
        var problems = failures.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        func look(at resource: EncodedResource, _ type: DiscoveryType) {
            let place = "\(type.resourceName) \(resource.name)"
            problems += resource.references.problems.map { "\(place): \($0)" }
            // What it named already is there, unless it goes now.
            let named = resource.clusters(notIn: before[type]?[resource.name])
                .union(gone[.cds]?.filter { resource.references.clusters.contains($0) } ?? [])
            for cluster in named.filter({ !exists($0, .cds) }).sorted() {
                problems.append("\(place) names the cluster \(cluster), which does not exist")
            }
            for route in resource.references.routes.filter({ !exists($0, .rds) }).sorted() {
                problems.append("\(place) names the route configuration \(route), which does not exist")
            }
        }
        for type in DiscoveryType.allCases {
            for (_, resource) in (new[type] ?? [:]).sorted(by: { $0.key < $1.key }) { look(at: resource, type) }
            // What stays may name what goes; a cluster names nothing.
            if type == .cds || gone[.cds]?.isEmpty != false && gone[.rds]?.isEmpty != false { continue }
            for (name, resource) in before[type] ?? [:] where new[type]?[name] == nil && exists(name, type) {
                let names = resource.references
                if gone[.cds]?.isDisjoint(with: names.clusters) == false
                    || gone[.rds]?.isDisjoint(with: names.routes) == false
                {
                    look(at: resource, type)
                }
            }
        }
        return problems
    }
}

extension DiscoveryType {
    fileprivate var resourceName: String {
        switch self {
        case .cds: "cluster"
        case .lds: "listener"
        case .rds: "route configuration"
        }
    }
}
