/// A workload outside the cluster that is made known as a Kubernetes service, as `istioctl register` did up to 1.8.
///
/// It makes a Service without a selector and puts the address into the Endpoints of the same name.
public struct Registration: Sendable, Hashable {
    /// A port by number and name.
    public struct Port: Sendable, Hashable {
        public var number: Int
        public var name: String

        /// Reads `PORT` or `NAME:PORT`; a port without a name has that of the protocol that is usual there, or its digits.
        public init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2, let last = parts.last, let number = Int(last), (1...65_535).contains(number) else {
                return nil
            }
            self.number = number
            if parts.count == 2 {
                guard !parts[0].isEmpty else { return nil }
                name = String(parts[0])
            } else {
                name = Self.usual[number] ?? String(number)
            }
        }

        private static let usual = [80: "http", 443: "https", 3306: "mysql", 8080: "http"]
        var json: JSONValue { ["name": .string(name), "port": .integer(Int64(number))] }
    }

    /// The annotation by which the mesh learns the service account of the workloads behind a service.
    static let accountAnnotation = "alpha.istio.io/kubernetes-serviceaccounts"

    public var namespace: String
    public var name: String
    public var address: String
    public var ports: [Port]
    public var labels: [String: String]
    public var annotations: [String: String]

    public init(
        namespace: String, name: String, address: String, ports: [Port], labels: [String: String] = [:],
        annotations: [String: String] = [:], serviceAccount: String = "default"
    ) {
        self.namespace = namespace
        self.name = name
        self.address = address
        self.ports = ports
        self.labels = labels
        self.annotations = annotations
        self.annotations[Self.accountAnnotation] = serviceAccount
    }

    private var metadata: JSONValue {
        var metadata: JSONValue = ["name": .string(name), "namespace": .string(namespace)]
        if !labels.isEmpty { metadata["labels"] = JSONValue(labels) }
        metadata["annotations"] = JSONValue(annotations)
        return metadata
    }

    /// The Service, for when there is none.
    public var service: JSONValue {
        ["apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": ["ports": .array(ports.map(\.json))]]
    }

    /// The Endpoints without an address, for when there are none.
    public var endpoints: JSONValue { ["apiVersion": "v1", "kind": "Endpoints", "metadata": metadata] }

    /// What adding the address to Endpoints came to.
    public enum Addition: Sendable, Hashable {
        /// It joined the subset with exactly these ports.
        case joined
        /// No subset has exactly these ports, so that it is in one of its own.
        case newSubset
        /// It was there.
        case present
    }

    /// Adds the address to Endpoints as the API gave them.
    public func add(to endpoints: inout JSONValue) -> Addition {
        var subsets = endpoints["subsets"]?.arrayValue ?? []
        let wanted = Set(ports.map { "\($0.name) \($0.number)" })
        let place = subsets.firstIndex { subset in
            Set((subset["ports"]?.arrayValue ?? []).map(Self.portText)) == wanted
        }
        guard let place else {
            subsets.append(["addresses": [["ip": .string(address)]], "ports": .array(ports.map(\.json))])
            endpoints["subsets"] = .array(subsets)
            return .newSubset
        }
        var addresses = subsets[place]["addresses"]?.arrayValue ?? []
        if addresses.contains(where: { $0["ip"]?.stringValue == address }) { return .present }
        addresses.append(["ip": .string(address)])
        subsets[place]["addresses"] = .array(addresses)
        endpoints["subsets"] = .array(subsets)
        return .joined
    }

    private static func portText(_ port: JSONValue) -> String {
        "\(port["name"]?.stringValue ?? "") \(port["port"]?.integerValue ?? 0)"
    }

    /// Takes an address out of Endpoints; whether it was in them.
    public static func remove(_ address: String, from endpoints: inout JSONValue) -> Bool {
        var wasThere = false
        let subsets = (endpoints["subsets"]?.arrayValue ?? []).compactMap { subset -> JSONValue? in
            let addresses = subset["addresses"]?.arrayValue ?? []
            let left = addresses.filter { $0["ip"]?.stringValue != address }
            wasThere = wasThere || left.count < addresses.count
            if left.isEmpty && subset["notReadyAddresses"]?.arrayValue?.isEmpty != false { return nil }
            var subset = subset
            subset["addresses"] = .array(left)
            return subset
        }
        endpoints["subsets"] = .array(subsets)
        return wasThere
    }

    /// How many addresses Endpoints have.
    public static func count(_ endpoints: JSONValue) -> Int {
        (endpoints["subsets"]?.arrayValue ?? []).reduce(0) { $0 + ($1["addresses"]?.arrayValue?.count ?? 0) }
    }

    // MARK: In the words of istioctl

    /// What is about to be done.
    public var announcement: [String] {
        let list = ports.map { "{\($0.number) \($0.name)}" }.joined(separator: " ")
        return [
            "Registering for service '\(name)' ip '\(address)', ports list [\(list)]",
            "\(labels.count) labels (\(Self.words(labels))) and \(annotations.count) annotations "
                + "(\(Self.words(annotations)))",
        ]
    }

    private static func words(_ map: [String: String]) -> String {
        "[\(map.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "))]"
    }

    /// The subset that was made, as Go prints it.
    public var subsetText: String {
        let list = ports.map { "{\($0.name) \($0.number) }" }.joined(separator: " ")
        return "{[{\(address)  <nil> nil}] [] [\(list)]}"
    }
}
