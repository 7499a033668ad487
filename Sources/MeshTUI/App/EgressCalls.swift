import MeshState

/// What the state's egress reasoning is asked for.
enum EgressCalls {
    struct Refusal: Error { let reason: String }

    static func allow(_ blocked: BlockedEgress, in snapshot: MeshSnapshot, id: Int) throws -> ChangeRequest {
        let host = blocked.name ?? blocked.id.target
        let name = host.replacing(".", with: "-")
        let key = ObjectKey(kind: "ServiceEntry", namespace: blocked.id.namespace, name: name)
        let proto = blocked.id.transport == .http ? "HTTP" : blocked.id.transport == .tls ? "TLS" : "TCP"
        let object: JSONValue = [
            "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry",
            "metadata": ["name": .string(name), "namespace": .string(blocked.id.namespace)],
            "spec": [
                "hosts": [.string(host)], "location": "MESH_EXTERNAL", "resolution": "DNS",
                "ports": [[
                    "number": .integer(Int64(blocked.id.port)), "name": .string("\(proto.lowercased())-\(blocked.id.port)"),
                    "protocol": .string(proto),
                ]],
            ],
        ]
        return ChangeRequest(id: id, target: key, action: .create(object), summary: "allow \(host):\(blocked.id.port)")
    }

    static func allow(_ connection: Connection, in snapshot: MeshSnapshot, id: Int) throws -> ChangeRequest {
        throw Refusal(reason: "not yet")
    }

    static func toggle(_ entry: EntrySummary, in snapshot: MeshSnapshot, id: Int) throws -> ChangeRequest {
        var object = entry.entry.object
        var labels = object["metadata"]?["labels"] ?? [:]
        var metadata = object["metadata"] ?? [:]
        let isOff = EntriesPane.isOff(entry)
        labels["istio.io/rev"] = isOff ? nil : "meshtop-disabled"
        metadata["labels"] = labels
        object["metadata"] = metadata
        return ChangeRequest(
            id: id, target: entry.id, action: .replace(object),
            summary: "switch \(isOff ? "on" : "off") \(entry.entry.meta.name)")
    }

    static func diff(_ old: String, _ new: String) -> [CellText] {
        new.split(separator: "\n").map { CellText(String($0)) }
    }
}
