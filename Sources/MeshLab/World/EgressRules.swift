import MeshState

/// What the NetworkPolicies let out of one pod, for the capture library to read (see CCapture's `capture.h`).
struct EgressRules: Sendable, Hashable {
    /// Addresses and ports that may be reached by one protocol.
    struct Permit: Sendable, Hashable {
        let block: IPPrefix
        /// `TCP` or `UDP`.
        let transport: String
        let ports: ClosedRange<Int>

        fileprivate var line: String {
            "\(block.address)/\(block.length) \(transport.lowercased()) \(ports.lowerBound)-\(ports.upperBound)"
        }
    }

    private(set) var permits: [Permit]

    /// The rules of a pod; nil where no policy limits it.
    init?(of pod: NetworkPod, among pods: [NetworkPod], policies: [JSONValue], namespaces: [String: [String: String]]) {
        let own = policies.filter { policy in
            policy["metadata"]?["namespace"]?.stringValue == pod.namespace
                && policy["spec"]?["policyTypes"]?.stringList.contains("Egress") == true
                && ObjectSelector(policy["spec"]?["podSelector"]).matches(pod.labels)
        }
        if own.isEmpty { return nil }
        permits = own.flatMap { $0["spec"]?["egress"]?.arrayValue ?? [] }.flatMap { rule in
            Self.permits(of: rule, for: pod, among: pods, namespaces: namespaces)
        }
    }

    func allows(_ address: String, _ transport: String, _ port: Int) -> Bool {
        guard let address = IPAddress(address) else { return false }
        return permits.contains { $0.transport == transport && $0.ports.contains(port) && $0.block.contains(address) }
    }

    /// The file's text.
    ///
    /// A service may be called where the pod behind it may, and names asked for where the pod of the cluster's DNS may.
    func text(layout: LabLayout) -> String {
        var lines = permits.filter { $0.block.address.bytes.count == 4 }.map(\.line)
        for service in LabService.all {
            guard let workload = service.workloads.first else { continue }
            for port in service.ports where allows(workload.ip, port.transport, port.targetPort ?? port.number) {
                lines.append("\(service.clusterIP)/32 \(port.transport.lowercased()) \(port.number)-\(port.number)")
            }
        }
        if allows(LabWorkload.nameServer.ip, "UDP", 53) {
            lines += [layout.nameServerPort, layout.workloadNameServerPort].map { port in
                "\(layout.nameServerAddress)/32 udp \(port)-\(port)"
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: Rules

    private static func permits(
        of rule: JSONValue, for pod: NetworkPod, among pods: [NetworkPod], namespaces: [String: [String: String]]
    ) -> [Permit] {
        let ports = rule["ports"]?.arrayValue ?? []
        guard let peers = rule["to"]?.arrayValue, !peers.isEmpty else {
            return everywhere.flatMap { permits($0, to: nil, ports) }
        }
        return peers.flatMap { peer -> [Permit] in
            if let block = peer["ipBlock"] {
                guard let cidr = IPPrefix(block["cidr"]?.stringValue ?? "") else { return [] }
                let exceptions = (block["except"]?.stringList ?? []).compactMap { IPPrefix($0) }
                return cidr.without(exceptions).flatMap { permits($0, to: nil, ports) }
            }
            let namespaceSelector = peer["namespaceSelector"].map { ObjectSelector($0) }
            let podSelector = ObjectSelector(peer["podSelector"])
            return pods.filter { other in
                let isNear =
                    namespaceSelector?.matches(namespaces[other.namespace] ?? [:]) ?? (other.namespace == pod.namespace)
                return isNear && podSelector.matches(other.labels)
            }.flatMap { other in IPPrefix(other.ip).map { permits($0, to: other, ports) } ?? [] }
        }
    }

    private static let everywhere = [IPPrefix("0.0.0.0/0"), IPPrefix("::/0")].compactMap(\.self)

    private static func permits(_ block: IPPrefix, to pod: NetworkPod?, _ ports: [JSONValue]) -> [Permit] {
        if ports.isEmpty { return ["TCP", "UDP"].map { Permit(block: block, transport: $0, ports: 1...65_535) } }
        return ports.compactMap { port in
            let transport = port["protocol"]?.stringValue ?? "TCP"
            let range: ClosedRange<Int>
            switch port["port"] {
            case .integer(let number)?:
                let first = Int(number)
                range = first...max(first, Int(port["endPort"]?.integerValue ?? number))
            case .string(let name)?:
                guard let number = pod?.ports["\(name)/\(transport)"] else { return nil }
                range = number...number
            default: range = 1...65_535
            }
            return Permit(block: block, transport: transport, ports: range)
        }
    }
}

/// What policies look at of a pod.
struct NetworkPod: Sendable, Hashable {
    let namespace: String
    let labels: [String: String]
    let ip: String
    /// Its containers' ports by `NAME/PROTOCOL`.
    let ports: [String: Int]

    /// Nil for a pod without an address.
    init?(_ object: JSONValue) {
        guard let ip = object["status"]?["podIP"]?.stringValue else { return nil }
        self.ip = ip
        namespace = object["metadata"]?["namespace"]?.stringValue ?? ""
        labels = object["metadata"]?["labels"]?.stringMap ?? [:]
        var ports: [String: Int] = [:]
        for port in (object["spec"]?["containers"]?.arrayValue ?? []).flatMap({ $0["ports"]?.arrayValue ?? [] }) {
            guard let name = port["name"]?.stringValue, let number = port["containerPort"]?.integerValue else {
                continue
            }
            ports["\(name)/\(port["protocol"]?.stringValue ?? "TCP")"] = Int(number)
        }
        self.ports = ports
    }
}

extension ServicePort {
    /// What carries the port's protocol: `TCP` or `UDP`.
    var transport: String { parsedProtocol == .udp ? "UDP" : "TCP" }
}

extension IPPrefix {
    /// Blocks that cover what this one does and none of the others.
    fileprivate func without(_ others: [IPPrefix]) -> [IPPrefix] {
        if others.contains(where: { $0.length <= length && $0.contains(address) }) { return [] }
        guard others.contains(where: { contains($0.address) }) else { return [self] }
        return halves.flatMap { $0.without(others) }
    }

    /// The two blocks of half the size.
    private var halves: [IPPrefix] {
        var upper = address.bytes
        let (byte, bit) = (length / 8, UInt8(0x80) >> UInt8(length % 8))
        guard byte < upper.count else { return [] }
        upper[byte] |= bit
        return [address, IPAddress(bytes: upper)].map { IPPrefix(address: $0, length: length + 1) }
    }
}
