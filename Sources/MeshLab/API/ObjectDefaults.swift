import Foundation
import MeshState

/// What the API server fills in where a written object of the core group leaves it open.
enum ObjectDefaults {
    static func fill(_ object: inout JSONValue, of resource: Resource, name: String, live: JSONValue?) {
        if resource.isCustom { return }
        // A null in an object of the core group is a member that is not there.
        object = object.withoutNulls
        switch resource {
        case .namespaces: namespace(&object, name: name)
        case .services: service(&object, live: live)
        case .endpoints: endpoints(&object)
        case .secrets: secret(&object)
        case .networkPolicies: networkPolicy(&object)
        default: break
        }
    }

    private static func namespace(_ object: inout JSONValue, name: String) {
        let labels = object["metadata"]?["labels"] ?? [:]
        object["metadata"]?["labels"] = labels.replacing("kubernetes.io/metadata.name", by: .string(name))
        if object["status"] == nil { object["status"] = ["phase": "Active"] }
    }

    private static func service(_ object: inout JSONValue, live: JSONValue?) {
        guard case .object(var spec) = object["spec"] ?? [:] else { return }
        for (member, value) in serviceDefaults where spec[member] == nil { spec[member] = value }
        if spec["type"] != "ExternalName" {
            // The address of a service stays what it is, also where an update does not repeat it.
            for member in ["clusterIP", "clusterIPs"] where spec[member] == nil {
                spec[member] = live?["spec"]?[member]
            }
        }
        if case .array(let ports) = spec["ports"] {
            spec["ports"] = .array(
                ports.map { port in
                    guard case .object(var members) = port else { return port }
                    members["protocol"] = members["protocol"] ?? "TCP"
                    members["targetPort"] = members["targetPort"] ?? members["port"]
                    return .object(members)
                })
        }
        object["spec"] = .object(spec)
        if object["status"] == nil { object["status"] = live?["status"] ?? ["loadBalancer": [:]] }
    }

    private static let serviceDefaults: [String: JSONValue] = [
        "type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster",
    ]

    private static func endpoints(_ object: inout JSONValue) {
        guard case .array(let subsets) = object["subsets"] else { return }
        object["subsets"] = .array(
            subsets.map { subset in
                guard case .array(let ports) = subset["ports"] else { return subset }
                return subset.replacing("ports", by: .array(ports.map(withProtocol)))
            })
    }

    private static func networkPolicy(_ object: inout JSONValue) {
        guard case .object(var spec) = object["spec"] ?? [:] else { return }
        for direction in ["egress", "ingress"] {
            guard case .array(let rules) = spec[direction] else { continue }
            spec[direction] = .array(
                rules.map { rule in
                    guard case .array(let ports) = rule["ports"] else { return rule }
                    return rule.replacing("ports", by: .array(ports.map(withProtocol)))
                })
        }
        if spec["policyTypes"] == nil {
            let hasEgress = spec["egress"]?.arrayValue?.isEmpty == false
            spec["policyTypes"] = hasEgress ? ["Ingress", "Egress"] : ["Ingress"]
        }
        object["spec"] = .object(spec)
    }

    private static func withProtocol(_ port: JSONValue) -> JSONValue {
        port.objectValue == nil || port["protocol"] != nil ? port : port.replacing("protocol", by: "TCP")
    }

    private static func secret(_ object: inout JSONValue) {
        if object["type"]?.stringValue?.isEmpty != false { object["type"] = "Opaque" }
        guard case .object(let texts) = object["stringData"] else { return }
        var data = object["data"] ?? [:]
        for (key, value) in texts {
            // What is no text stays, and is found to be of the wrong type.
            data[key] = value.stringValue.map { .string(Data($0.utf8).base64EncodedString()) } ?? value
        }
        object["data"] = data
        object["stringData"] = nil
    }
}

extension JSONValue {
    /// The value with no member that is null, at any depth.
    fileprivate var withoutNulls: JSONValue {
        switch self {
        case .object(let members):
            .object(members.compactMapValues { $0.isNull ? nil : $0.withoutNulls })
        case .array(let elements): .array(elements.map(\.withoutNulls))
        default: self
        }
    }
}
