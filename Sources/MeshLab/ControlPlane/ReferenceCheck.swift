import MeshState

/// What a resource names outside itself, and what is wrong within it.
///
/// Envoy accepts a route or a `tcp_proxy` to a cluster that does not exist in silence, so this is looked at before a
/// push. Where a VirtualService names such a cluster, that is what Istio does with it: requests get 503.
struct ResourceReferences: Sendable, Hashable {
    private(set) var clusters: Set<String> = []
    private(set) var routes: Set<String> = []
    private(set) var problems: [String] = []

    /// `mayLack`: clusters that need not exist.
    init(of resource: JSONValue, mayLack: Set<String> = []) {
        visit(resource)
        clusters.subtract(mayLack)
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
        if let chains = members["filter_chains"]?.arrayValue {
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
        for (_, member) in members.sorted(by: { $0.key < $1.key }) { visit(member) }
    }
}

extension EnvoyResources {
    /// What would make this configuration fail or go nowhere, in words; empty when all is well.
    func referenceProblems() -> [String] {
        var problems: [String] = []
        func check(_ resources: [String: EnvoyResource], _ type: String) {
            for (name, resource) in resources.sorted(by: { $0.key < $1.key }) {
                let place = "\(type) \(name)"
                problems += resource.references.problems.map { "\(place): \($0)" }
                for cluster in resource.references.clusters.sorted() where clusters[cluster] == nil {
                    problems.append("\(place) names the cluster \(cluster), which does not exist")
                }
                for route in resource.references.routes.sorted() where routes[route] == nil {
                    problems.append("\(place) names the route configuration \(route), which does not exist")
                }
            }
        }
        check(clusters, "cluster")
        check(listeners, "listener")
        check(routes, "route configuration")
        var addresses: [JSONValue: String] = [:]
        for (name, listener) in listeners.sorted(by: { $0.key < $1.key }) {
            guard let address = listener.value["address"] else { continue }
            if let other = addresses[address] {
                problems.append("listeners \(other) and \(name) have the same address")
            }
            addresses[address] = name
        }
        return problems
    }
}
