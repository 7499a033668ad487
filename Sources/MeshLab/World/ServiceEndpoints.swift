import MeshState

/// Keeps the Endpoints of Services that select pods, as Kubernetes' controller does.
///
/// Those of Services without a selector are their owners'.
struct ServiceEndpoints: Sendable {
    private let store: ObjectStore

    init(store: ObjectStore) { self.store = store }

    /// Follows the store until the task is cancelled.
    func follow() async throws {
        try await store.follow(reading: write) { event in
            switch event.resource {
            case .services where event.kind == .deleted: try await remove(event.object)
            case .services, .pods: try await write()
            default: break
            }
        }
    }

    private func write() async throws {
        let pods = await store.list(.pods).objects
        for service in await store.list(.services).objects {
            guard let wanted = Self.endpoints(of: service, pods: pods) else { continue }
            let (namespace, name) = Self.identity(of: service)
            try await store.write(.endpoints, namespace: namespace, name: name) { live in
                guard var object = live else { return wanted }
                object["subsets"] = wanted["subsets"]
                object["metadata"]?["labels"] = wanted["metadata"]?["labels"]
                return object
            }
        }
    }

    private func remove(_ service: JSONValue) async throws {
        let (namespace, name) = Self.identity(of: service)
        // A Service of the same name may have been made since.
        guard await store.get(.services, namespace: namespace, name: name) == nil else { return }
        do {
            try await store.delete(.endpoints, namespace: namespace, name: name)
        } catch StoreError.notFound {
            // Somebody else was faster.
        }
    }

    private static func identity(of object: JSONValue) -> (namespace: String, name: String) {
        (object["metadata"]?["namespace"]?.stringValue ?? "", object["metadata"]?["name"]?.stringValue ?? "")
    }

    /// The Endpoints of a Service; nil for one that selects no pods.
    static func endpoints(of service: JSONValue, pods: [JSONValue]) -> JSONValue? {
        let spec = service["spec"]
        let selector = spec?["selector"]?.stringMap ?? [:]
        if selector.isEmpty || spec?["type"] == "ExternalName" { return nil }
        let (namespace, name) = identity(of: service)
        let chosen = pods.compactMap { object in NetworkPod(object).map { ($0, object) } }.filter { pod, _ in
            pod.namespace == namespace && selector.allSatisfy { pod.labels[$0.key] == $0.value }
        }
        // Pods may differ in the numbers behind a port's name.
        var groups: [JSONValue: (ready: [JSONValue], others: [JSONValue])] = [:]
        for (pod, object) in chosen.sorted(by: { isBefore($0.0, $1.0) }) {
            let ports = (spec?["ports"]?.arrayValue ?? []).compactMap { self.port($0, of: pod) }
            var target: JSONValue = [
                "kind": "Pod", "name": object["metadata"]?["name"] ?? "", "namespace": .string(namespace),
            ]
            if let uid = object["metadata"]?["uid"] { target["uid"] = uid }
            var address: JSONValue = ["ip": .string(pod.ip), "targetRef": target]
            if let node = object["spec"]?["nodeName"] { address["nodeName"] = node }
            if isReady(object) {
                groups[.array(ports), default: ([], [])].ready.append(address)
            } else {
                groups[.array(ports), default: ([], [])].others.append(address)
            }
        }
        let subsets = groups.sorted { $0.key.jsonText() < $1.key.jsonText() }.map { ports, addresses -> JSONValue in
            var subset: JSONValue = ["ports": ports]
            if !addresses.ready.isEmpty { subset["addresses"] = .array(addresses.ready) }
            if !addresses.others.isEmpty { subset["notReadyAddresses"] = .array(addresses.others) }
            return subset
        }
        var metadata: JSONValue = ["name": .string(name), "namespace": .string(namespace)]
        if let labels = service["metadata"]?["labels"] { metadata["labels"] = labels }
        var result: JSONValue = ["apiVersion": "v1", "kind": "Endpoints", "metadata": metadata]
        if !subsets.isEmpty { result["subsets"] = .array(subsets) }
        return result
    }

    private static func isBefore(_ left: NetworkPod, _ right: NetworkPod) -> Bool {
        let (left, right) = (IPAddress(left.ip)?.bytes ?? [], IPAddress(right.ip)?.bytes ?? [])
        return left.lexicographicallyPrecedes(right)
    }

    private static func isReady(_ pod: JSONValue) -> Bool {
        (pod["status"]?["conditions"]?.arrayValue ?? []).contains { $0["type"] == "Ready" && $0["status"] == "True" }
    }

    /// A port of the pod for one of the Service; nil where the pod has none of the name.
    private static func port(_ port: JSONValue, of pod: NetworkPod) -> JSONValue? {
        let transport = port["protocol"]?.stringValue ?? "TCP"
        let number: Int64
        switch port["targetPort"] ?? port["port"] {
        case .integer(let value)?: number = value
        case .string(let name)?:
            guard let value = pod.ports["\(name)/\(transport)"] else { return nil }
            number = Int64(value)
        default: return nil
        }
        var result: JSONValue = ["port": .integer(number), "protocol": .string(transport)]
        for member in ["name", "appProtocol"] {
            if let text = port[member], text != "" { result[member] = text }
        }
        return result
    }
}
