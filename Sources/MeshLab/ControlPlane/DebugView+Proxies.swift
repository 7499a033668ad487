import Foundation
import MeshState

/// What istiod answers about one proxy: a document, or why there is none.
enum ProxyAnswer: Sendable, Hashable {
    case document(JSONValue)
    /// A line of text with this HTTP status.
    case refusal(status: Int, String)
}

/// The debug documents that ask for a proxy by `?proxyID=POD.NAMESPACE`.
extension DebugView {
    static let proxyEndpoints: [(path: String, summary: String)] = [
        ("config_dump", "ConfigDump in the form of the Envoy admin config dump API for passed in proxyID"),
        ("ecdsz", "Status and debug interface for ECDS"),
        ("edsz", "Status and debug interface for EDS"),
        ("ndsz", "Status and debug interface for NDS"),
        ("sidecarz", "Debug sidecar scope for a proxy"),
    ]

    /// Nil for a document that is not about one proxy.
    func proxyDocument(_ name: String, proxyID: String?) -> ProxyAnswer? {
        guard Self.proxyEndpoints.contains(where: { $0.path == name }) else { return nil }
        guard let proxyID, !proxyID.isEmpty else {
            return .refusal(status: 400, "You must provide a proxyID in the query string")
        }
        guard let node = nodes.first(where: { $0.id.description == proxyID }),
            let detail = connected.first(where: { $0.proxy == node.id })
        else {
            return .refusal(
                status: 404, "Proxy not connected to this Pilot instance. It may be connected to another instance.")
        }
        switch name {
        case "config_dump": return .document(configDump(of: node, detail))
        case "edsz": return .document(endpointDiscovery(of: node))
        case "sidecarz": return .document(sidecarScope(of: node, detail))
        case "ecdsz":
            return .refusal(status: 404, "no watched ExtensionConfigurationType found, proxyID: \(proxyID)")
        default:
            guard node.usesAllocatedAddresses else {
                return .refusal(status: 400, "DNS capture is not enabled in the proxy")
            }
            return .document(["table": .object(nameTable(of: node))])
        }
    }

    /// The names that a proxy answers for, with their addresses.
    private func nameTable(of node: ProxyNode) -> [String: JSONValue] {
        var table: [String: JSONValue] = [:]
        for service in ProxyScope(index, target: node.target).services.map(\.service) {
            guard let address = service.address, !address.contains("/") else { continue }
            var entry: JSONValue = ["ips": [.string(address)], "registry": .string(service.registry.rawValue)]
            if service.registry == .kubernetes {
                entry["shortname"] = .string(service.attributeName)
                entry["namespace"] = .string(service.namespace)
            }
            table[service.host] = entry
        }
        return table
    }

    /// What the proxy is sent, in the form of Envoy's own dump; names of members are those of JSON.
    private func configDump(of node: ProxyNode, _ detail: ProxySyncDetail) -> JSONValue {
        let resources = EnvoyResources(mesh: index.mesh, node: node, layout: layout)
        func values(_ type: DiscoveryType) -> [(name: String, value: JSONValue)] {
            resources[type].sorted { $0.key < $1.key }.map { name, resource in
                (name, resource.value.replacing("@type", by: .string(type.typeURL)).inLowerCamelCase)
            }
        }
        func dump(_ kind: String, _ members: [String: JSONValue]) -> JSONValue {
            var object = members
            object["@type"] = .string("type.googleapis.com/envoy.admin.v3.\(kind)ConfigDump")
            return .object(object)
        }
        func version(_ type: DiscoveryType) -> JSONValue { .string(detail.types[type]?.sent ?? "") }
        return [
            "configs": [
                dump("Bootstrap", [:]),
                dump(
                    "Clusters",
                    [
                        "versionInfo": version(.cds),
                        "dynamicActiveClusters": .array(values(.cds).map { ["cluster": $0.value] }),
                    ]),
                dump(
                    "Listeners",
                    [
                        "versionInfo": version(.lds),
                        "dynamicListeners": .array(
                            values(.lds).map { ["name": .string($0.name), "activeState": ["listener": $0.value]] }),
                    ]),
                dump("ScopedRoutes", [:]),
                dump("Routes", ["dynamicRouteConfigs": .array(values(.rds).map { ["routeConfig": $0.value] })]),
                dump("Secrets", [:]),
            ]
        ]
    }

    /// The endpoints of the clusters that istiod keeps apart from them (EDS).
    private func endpointDiscovery(of node: ProxyNode) -> JSONValue {
        let planner = OutboundPlanner(index: index, target: node.target)
        let fixed = Set(
            planner.plan.clusters.filter { if case .fixed = $0.discovery { true } else { false } }.map(\.name))
        let clusters = EnvoyResources(mesh: index.mesh, node: node, layout: layout).clusters
        return .array(
            clusters.filter { fixed.contains($0.key) }.sorted { $0.key < $1.key }.compactMap { _, cluster in
                guard let assignment = cluster.value["load_assignment"]?.inLowerCamelCase else { return nil }
                let groups = (assignment["endpoints"]?.arrayValue ?? []).map { group -> JSONValue in
                    let endpoints = (group["lbEndpoints"]?.arrayValue ?? []).map { endpoint in
                        endpoint.replacing("healthStatus", by: "HEALTHY")
                            .replacing("loadBalancingWeight", by: endpoint["loadBalancingWeight"] ?? 1)
                    }
                    let weight = endpoints.reduce(0) { $0 + ($1["loadBalancingWeight"]?.integerValue ?? 0) }
                    return group.replacing("lbEndpoints", by: .array(endpoints))
                        .replacing("locality", by: group["locality"] ?? [:])
                        .replacing("loadBalancingWeight", by: .integer(weight))
                }
                return assignment.replacing("endpoints", by: groups.isEmpty ? nil : .array(groups))
            })
    }

    /// What a proxy gets to see of the mesh, by its Sidecar or without one.
    private func sidecarScope(of node: ProxyNode, _ detail: ProxySyncDetail) -> JSONValue {
        let scope = ProxyScope(index, target: node.target)
        let services = scope.services.map(\.service)
        var rules: [String: JSONValue] = [:]
        for service in services
        where index.rules.rule(host: service.host, namespace: service.namespace, target: node.target) != nil {
            rules[service.host] = [[:]]
        }
        let policy = scope.lastResort.policy
        return [
            "name": .string(scope.sidecar?.meta.name ?? "default-sidecar"),
            "namespace": .string(scope.sidecar?.meta.namespace ?? node.id.namespace),
            "rootNamespace": .string(MeshConfiguration.rootNamespace),
            "version": .string(detail.types[.cds]?.sent ?? ""),
            "outboundTrafficPolicy": policy == .registryOnly ? [:] : ["mode": .string(policy.rawValue)],
            "services": .array(services.map(Self.registryRow)), "destinationRules": .object(rules),
            "sidecar": scope.sidecar.flatMap { sidecar in
                (objects[.sidecars] ?? []).first { object in
                    object["metadata"]?["name"]?.stringValue == sidecar.meta.name
                        && object["metadata"]?["namespace"]?.stringValue == sidecar.meta.namespace
                }?["spec"]
            } ?? .null,
        ]
    }
}

extension JSONValue {
    /// The value with the names of Protocol Buffers' fields as JSON has them: `port_value` as `portValue`.
    ///
    /// Names with a dot are keys of maps, and stay.
    var inLowerCamelCase: JSONValue {
        switch self {
        case .object(let members):
            .object(
                Dictionary(
                    members.map { name, value in (name.inLowerCamelCase, value.inLowerCamelCase) },
                    uniquingKeysWith: { first, _ in first }))
        case .array(let elements): .array(elements.map(\.inLowerCamelCase))
        default: self
        }
    }
}

extension String {
    fileprivate var inLowerCamelCase: String {
        let words = split(separator: "_")
        if words.count < 2 || contains(".") || contains("-") || contains("/") { return self }
        return words[0] + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
