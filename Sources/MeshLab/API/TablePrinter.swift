import Foundation
import MeshState

/// The rows and columns in which kubectl shows a resource: Kubernetes' own, and Istio's printer columns.
struct TablePrinter: Sendable {
    private let definitions: [Column]

    init(_ resource: Resource, now: Date = .now) { definitions = Self.columns(of: resource, now: now) }

    private struct Column {
        let name: String
        var type = "string"
        var format = ""
        let description: String
        var priority: Int64 = 0
        let cell: @Sendable (JSONValue) -> JSONValue

        init(
            _ name: String, _ description: String, priority: Int64 = 0,
            cell: @escaping @Sendable (JSONValue) -> JSONValue
        ) {
            self.name = name
            self.description = description
            self.priority = priority
            self.cell = cell
        }

        /// A column of Istio's definitions: the text of a field, or a list as JSON.
        init(_ name: String, _ field: String, _ description: String) {
            self.init(name, description) { object in
                let value = object["spec"]?[field] ?? .null
                return value.arrayValue == nil ? value : .string(value.jsonText())
            }
        }
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

    /// The cells of one object, in the order of the columns.
    func cells(_ object: JSONValue) -> JSONValue { .array(definitions.map { $0.cell(object) }) }

    private static func columns(of resource: Resource, now: Date) -> [Column] {
        var name = Column("Name", "Name, unique within the namespace.") { $0["metadata"]?["name"] ?? "" }
        name.format = "name"
        var age = Column("Age", "Time since the object was created.") { object in
            .string(Self.age(of: object["metadata"]?["creationTimestamp"], at: now))
        }
        if resource.isCustom { age.type = "date" }
        switch resource {
        case .namespaces:
            return [name, Column("Status", "Phase of the namespace.") { $0["status"]?["phase"] ?? "Active" }, age]
        case .pods: return [name] + podColumns(age)
        case .services: return [name] + serviceColumns(age)
        case .endpoints:
            return [name, Column("Endpoints", "Addresses with their ports.") { .string(endpoints($0)) }, age]
        case .configMaps: return [name, Column("Data", "Number of keys.") { size($0, ["data", "binaryData"]) }, age]
        case .secrets:
            return [
                name, Column("Type", "What the secret is for.") { $0["type"] ?? "Opaque" },
                Column("Data", "Number of keys.") { size($0, ["data"]) }, age,
            ]
        case .events: return eventColumns(now)
        case .networkPolicies:
            let selector = Column("Pod-Selector", "Labels of the pods that the policy is for.") { object in
                .string(ObjectSelector(object["spec"]?["podSelector"]).description)
            }
            return [name, selector, age]
        case .serviceEntries:
            return [
                name, Column("Hosts", "hosts", "Hosts of the entry."),
                Column("Location", "location", "Whether the hosts are inside or outside of the mesh."),
                Column("Resolution", "resolution", "Where the endpoints come from."), age,
            ]
        case .virtualServices:
            return [
                name, Column("Gateways", "gateways", "Gateways and sidecars that the routes are for."),
                Column("Hosts", "hosts", "Hosts whose traffic is routed."), age,
            ]
        case .destinationRules: return [name, Column("Host", "host", "Service that the rule is for."), age]
        case .workloadEntries:
            return [name, age, Column("Address", "address", "Address of the workload.")]
        case .gateways, .sidecars, .workloadGroups: return [name, age]
        }
    }

    private static func podColumns(_ age: Column) -> [Column] {
        [
            Column("Ready", "Containers that are ready, of all.") { object in
                let ready = statuses(object).count { $0["ready"]?.boolValue == true }
                return .string("\(ready)/\(object["spec"]?["containers"]?.arrayValue?.count ?? 0)")
            },
            Column("Status", "Phase of the pod, or why it is in trouble.") { object in
                statuses(object).lazy.compactMap { $0["state"]?["waiting"]?["reason"] }.first
                    ?? object["status"]?["phase"] ?? "Unknown"
            },
            Column("Restarts", "Restarts of all containers.") { object in
                .string(String(statuses(object).reduce(0) { $0 + ($1["restartCount"]?.integerValue ?? 0) }))
            },
            age,
            Column("IP", "Address of the pod.", priority: 1) { $0["status"]?["podIP"] ?? "<none>" },
            Column("Node", "Node of the pod.", priority: 1) { $0["spec"]?["nodeName"] ?? "<none>" },
            Column("Nominated Node", "Node that is being cleared for it.", priority: 1) { _ in "<none>" },
            Column("Readiness Gates", "Further conditions of being ready.", priority: 1) { _ in "<none>" },
        ]
    }

    private static func statuses(_ pod: JSONValue) -> [JSONValue] {
        pod["status"]?["containerStatuses"]?.arrayValue ?? []
    }

    private static func serviceColumns(_ age: Column) -> [Column] {
        [
            Column("Type", "How the service is exposed.") { $0["spec"]?["type"] ?? "ClusterIP" },
            Column("Cluster-IP", "Virtual address.") { $0["spec"]?["clusterIP"] ?? "None" },
            Column("External-IP", "Addresses from outside of the cluster.") { _ in "<none>" },
            Column("Port(s)", "Ports with their transports.") { object in
                list(
                    (object["spec"]?["ports"]?.arrayValue ?? []).map { port in
                        "\(port["port"]?.integerValue ?? 0)/\(port["protocol"]?.stringValue ?? "TCP")"
                    })
            },
            age,
            Column("Selector", "Labels of the pods behind it.", priority: 1) { object in
                let selector = object["spec"]?["selector"]?.stringMap ?? [:]
                return list(selector.sorted { $0.key < $1.key }.map { "\($0)=\($1)" })
            },
        ]
    }

    private static func eventColumns(_ now: Date) -> [Column] {
        [
            Column("Last Seen", "Time since it last happened.") { object in
                .string(age(of: object["lastTimestamp"] ?? object["eventTime"], at: now))
            },
            Column("Type", "Normal or Warning.") { $0["type"] ?? "" },
            Column("Reason", "What happened, in a word.") { $0["reason"] ?? "" },
            Column("Object", "What it happened to.") { object in
                let about = object["involvedObject"]
                return .string(
                    "\(about?["kind"]?.stringValue?.lowercased() ?? "")/\(about?["name"]?.stringValue ?? "")")
            },
            Column("Message", "What happened, in a sentence.") { $0["message"] ?? "" },
        ]
    }

    private static func size(_ object: JSONValue, _ fields: [String]) -> JSONValue {
        .string(String(fields.reduce(0) { $0 + (object[$1]?.objectValue?.count ?? 0) }))
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

    private static func age(of time: JSONValue?, at now: Date) -> String {
        guard let text = time?.stringValue, let created = Date(rfc3339: text) else { return "<unknown>" }
        return duration(seconds: max(0, Int(now.timeIntervalSince(created))))
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
