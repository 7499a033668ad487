import Foundation
import MeshState

/// The rows and columns in which kubectl shows a resource: Kubernetes' own, and Istio's printer columns.
struct TablePrinter: Sendable {
    let resource: Resource
    let now: Date

    init(_ resource: Resource, now: Date = .now) {
        self.resource = resource
        self.now = now
    }

    private struct Column {
        let name: String
        var type = "string"
        var format = ""
        let description: String
        var priority: Int64 = 0
    }

    var columns: JSONValue {
        .array(
            definitions.map {
                [
                    "name": .string($0.name), "type": .string($0.type), "format": .string($0.format),
                    "description": .string($0.description), "priority": .integer($0.priority),
                ]
            })
    }

    private var definitions: [Column] {
        let name = Column(name: "Name", format: "name", description: "Name, unique within the namespace.")
        let age = Column(
            name: "Age", type: resource.isCustom ? "date" : "string", description: "Time since the object was created.")
        switch resource {
        case .namespaces: return [name, Column(name: "Status", description: "Phase of the namespace."), age]
        case .endpoints: return [name, Column(name: "Endpoints", description: "Addresses with their ports."), age]
        case .serviceEntries:
            return [
                name, Column(name: "Hosts", description: "Hosts of the entry."),
                Column(name: "Location", description: "Whether the hosts are inside or outside of the mesh."),
                Column(name: "Resolution", description: "Where the endpoints come from."), age,
            ]
        case .services:
            return [
                name, Column(name: "Type", description: "How the service is exposed."),
                Column(name: "Cluster-IP", description: "Virtual address."),
                Column(name: "External-IP", description: "Addresses from outside of the cluster."),
                Column(name: "Port(s)", description: "Ports with their transports."), age,
                Column(name: "Selector", description: "Labels of the pods behind it.", priority: 1),
            ]
        case .pods:
            return [
                name, Column(name: "Ready", description: "Containers that are ready, of all."),
                Column(name: "Status", description: "Phase of the pod, or why it is in trouble."),
                Column(name: "Restarts", description: "Restarts of all containers."), age,
                Column(name: "IP", description: "Address of the pod.", priority: 1),
                Column(name: "Node", description: "Node of the pod.", priority: 1),
                Column(name: "Nominated Node", description: "Node that is being cleared for it.", priority: 1),
                Column(name: "Readiness Gates", description: "Further conditions of being ready.", priority: 1),
            ]
        }
    }

    /// The cells of one object, in the order of the columns.
    func cells(_ object: JSONValue) -> JSONValue {
        let spec = object["spec"]
        let status = object["status"]
        let name = object["metadata"]?["name"] ?? ""
        let age = JSONValue.string(age(of: object))
        switch resource {
        case .namespaces: return [name, status?["phase"] ?? "Active", age]
        case .endpoints: return [name, .string(Self.endpoints(object)), age]
        case .serviceEntries:
            let hosts = spec?["hosts"].map { JSONValue.string($0.jsonText()) } ?? .null
            return [name, hosts, spec?["location"] ?? .null, spec?["resolution"] ?? .null, age]
        case .services:
            let ports = (spec?["ports"]?.arrayValue ?? []).map { port in
                "\(port["port"]?.integerValue ?? 0)/\(port["protocol"]?.stringValue ?? "TCP")"
            }
            let selector = (spec?["selector"]?.stringMap ?? [:]).sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
            return [
                name, spec?["type"] ?? "ClusterIP", spec?["clusterIP"] ?? "None", "<none>", Self.list(ports), age,
                Self.list(selector),
            ]
        case .pods:
            let containers = status?["containerStatuses"]?.arrayValue ?? []
            let ready = containers.count { $0["ready"]?.boolValue == true }
            let total = spec?["containers"]?.arrayValue?.count ?? 0
            let restarts = containers.reduce(0) { $0 + ($1["restartCount"]?.integerValue ?? 0) }
            let waiting = containers.lazy.compactMap { $0["state"]?["waiting"]?["reason"] }.first
            return [
                name, .string("\(ready)/\(total)"), waiting ?? status?["phase"] ?? "Unknown", .string(String(restarts)),
                age, status?["podIP"] ?? "<none>", spec?["nodeName"] ?? "<none>", "<none>", "<none>",
            ]
        }
    }

    private static func list(_ texts: [String]) -> JSONValue {
        .string(texts.isEmpty ? "<none>" : texts.joined(separator: ","))
    }

    /// The first three addresses with their ports, as kubectl shows them.
    private static func endpoints(_ object: JSONValue) -> String {
        let all = (object["subsets"]?.arrayValue ?? []).flatMap { subset -> [String] in
            let ports = subset["ports"]?.arrayValue ?? []
            return ports.flatMap { port in
                (subset["addresses"]?.arrayValue ?? []).map {
                    "\($0["ip"]?.stringValue ?? ""):\(port["port"]?.integerValue ?? 0)"
                }
            }
        }
        if all.isEmpty { return "<none>" }
        let shown = all.prefix(3).joined(separator: ",")
        return all.count > 3 ? "\(shown) + \(all.count - 3) more..." : shown
    }

    private func age(of object: JSONValue) -> String {
        guard let text = object["metadata"]?["creationTimestamp"]?.stringValue,
            let created = Date(rfc3339: text)
        else { return "<unknown>" }
        return Self.duration(seconds: max(0, Int(now.timeIntervalSince(created))))
    }

    /// A duration as kubectl writes it: two units at most, fewer the longer it is.
    static func duration(seconds: Int) -> String {
        func pair(_ big: Int, _ bigUnit: String, _ small: Int, _ smallUnit: String) -> String {
            small == 0 ? "\(big)\(bigUnit)" : "\(big)\(bigUnit)\(small)\(smallUnit)"
        }
        let minutes = seconds / 60
        let hours = minutes / 60
        let days = hours / 24
        switch seconds {
        case ..<120: return "\(seconds)s"
        case ..<600: return pair(minutes, "m", seconds % 60, "s")
        case ..<(3 * 3600): return "\(minutes)m"
        case ..<(8 * 3600): return pair(hours, "h", minutes % 60, "m")
        case ..<(48 * 3600): return "\(hours)h"
        case ..<(8 * 86_400): return pair(days, "d", hours % 24, "h")
        case ..<(2 * 365 * 86_400): return "\(days)d"
        case ..<(8 * 365 * 86_400): return pair(days / 365, "y", days % 365, "d")
        default: return "\(days / 365)y"
        }
    }
}
