import Foundation
import MeshState

/// The debug documents about connections and workloads, and those in which a mesh of one cluster has little to say.
extension DebugView {
    static let meshEndpoints: [(path: String, summary: String)] = [
        ("authorizationz", "Internal authorization policies"),
        ("cachez", "Info about the internal XDS caches"),
        ("clusterz", "List remote clusters where istiod reads endpoints"),
        ("connections", "Info about the connected XDS clients"),
        ("inject", "Active inject template"),
        ("instancesz", "Debug support for service instances"),
        ("list", "List all supported debug commands in json"),
        ("mcsz", "List information about Kubernetes MCS services"),
        ("networkz", "List cross-network gateways"),
        ("pushcontext", "Debug support for current push context"),
        ("resourcesz", "Debug support for watched resources"),
        ("telemetryz", "Debug Telemetry configuration"),
    ]

    func meshDocument(_ name: String) -> JSONValue? {
        switch name {
        case "authorizationz": ["authorization_policies": Self.authorization]
        // What is written once for alike proxies is kept with them, and not by key.
        case "cachez", "inject": [:]
        case "clusterz", "mcsz": .null
        case "connections": connections
        case "instancesz": instancesz
        case "list": .array(Self.allEndpoints.map { .string($0.path) })
        case "networkz": []
        case "pushcontext": ["AuthorizationPolicies": Self.authorization, "NetworkGateways": [:]]
        case "resourcesz": Self.resourcesz
        case "telemetryz": ["telemetries": ["namespace_to_telemetries": [:], "root_namespace": Self.root]]
        default: nil
        }
    }

    private static let root = JSONValue.string(MeshConfiguration.rootNamespace)
    private static let authorization: JSONValue = ["namespace_to_policies": [:], "root_namespace": root]

    private static let resourcesz = JSONValue.array(
        Resource.allCases.filter(\.isCustom).sorted { $0.kind < $1.kind }.map { resource in
            [
                "group": .string(resource.group), "version": .string(resource.versions[0]),
                "kind": .string(resource.kind),
            ]
        })

    private var connections: JSONValue {
        [
            "totalClients": .integer(Int64(connected.count)),
            "clients": .array(
                connected.map { detail in
                    [
                        "connectionId": .string(detail.connection ?? ""),
                        "connectedAt": .string(detail.connectedAt.map(Self.text) ?? ""),
                        "address": .string(nodes.first { $0.id == detail.proxy }?.ip ?? ""),
                    ]
                }),
        ]
    }

    /// The services that each workload is an endpoint of, with the port at which it is.
    private var instancesz: JSONValue {
        var result: [String: JSONValue] = [:]
        for detail in connected {
            guard let node = nodes.first(where: { $0.id == detail.proxy }) else { continue }
            result[node.id.description] = .array(
                targets(of: node).map { row, port, number in
                    [
                        "Service": Self.registryRow(row),
                        "Port": Self.portDocument(port).replacing("TargetPort", by: .integer(Int64(number))),
                    ]
                })
        }
        return .object(result)
    }

    /// The ports of Services that lead to a workload's own address, and the numbers there.
    func targets(of node: ProxyNode) -> [(row: MeshService, port: ServicePort, number: Int)] {
        index.rows.filter { $0.registry == .kubernetes }.flatMap { row in
            row.ports.flatMap { port in
                (row.endpoints[port.number] ?? []).compactMap { endpoint in
                    if case .host(node.ip, let number) = endpoint.address { (row, port, number) } else { nil }
                }
            }
        }
    }
}
