/// The way of an entry's calls through an egress gateway: a Gateway that listens for its hosts, and a VirtualService
/// that leads from the sidecars to the gateway and from the gateway to the hosts.
///
/// It has no DestinationRule, as the documents' way has one: its subset would be known in the entry's namespace alone,
/// and callers of other namespaces would get 503.
public struct EgressRoute: Sendable, Hashable {
    /// The Gateway and the VirtualService, in the order in which they are made.
    public let manifests: [JSONValue]
    /// The entry that is sent.
    public let entry: ObjectKey
    /// What goes where, in words.
    public let summary: String

    /// A port of the entry, and the gateway's that takes its calls.
    private struct Leg {
        let port: ServicePort
        let entrance: Int
    }

    /// - Parameter services: those of the mesh, with the egress gateway's among them.
    /// - Throws: `ChangeRefusal` where no such way leads to the entry's hosts.
    public init(for entry: ServiceEntry, among services: [Service]) throws(ChangeRefusal) {
        let gateway = try Self.gateway(among: services)
        try Self.check(entry, gateway)
        let http = try Self.leg(of: entry, gateway, "HTTP", usual: 80) { $0.isHTTP }
        let tls = try Self.leg(of: entry, gateway, "TLS", usual: 443) { $0.isTLS }
        guard http != nil || tls != nil else {
            throw ChangeRefusal(
                "no port of \(entry.meta.name) speaks HTTP or TLS, by which a gateway tells hosts apart")
        }
        let name = "\(entry.meta.name.prefix(48))-egressgateway"
        let metadata: JSONValue = ["name": .string(name), "namespace": .string(entry.meta.namespace)]
        let hosts = JSONValue(entry.hosts)
        var servers: [JSONValue] = []
        var spec: JSONValue = ["hosts": hosts, "gateways": ["mesh", .string(name)]]
        if let http {
            servers.append(["port": Self.port(http.entrance, "http", "HTTP"), "hosts": hosts])
            spec["http"] = .array(Self.rules(http, name, gateway, entry) { ["gateways": [$0], "port": $1] })
        }
        if let tls {
            servers.append([
                "port": Self.port(tls.entrance, "tls", "TLS"), "hosts": hosts, "tls": ["mode": "PASSTHROUGH"],
            ])
            spec["tls"] = .array(
                Self.rules(tls, name, gateway, entry) { ["gateways": [$0], "port": $1, "sniHosts": hosts] })
        }
        let label = gateway.selector["istio"].map { ["istio": $0] } ?? gateway.selector
        manifests = [
            [
                "apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": metadata,
                "spec": ["selector": JSONValue(label), "servers": .array(servers)],
            ],
            [
                "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": metadata, "spec": spec,
            ],
        ]
        self.entry = entry.id
        let sent = [http, tls].compactMap { $0?.port.number }
        let rest = entry.ports.map(\.number).filter { !sent.contains($0) }
        let direct = rest.isEmpty ? "" : "; port \(rest.map(String.init).joined(separator: ", ")) still goes directly"
        summary =
            "\(entry.hosts.joined(separator: " ")), port \(sent.map(String.init).joined(separator: ", ")), by way of "
            + "\(gateway.meta.name).\(gateway.meta.namespace)\(direct)"
    }

    private static func gateway(among services: [Service]) throws(ChangeRefusal) -> Service {
        let found = services.filter { $0.selector["istio"] == "egressgateway" || $0.meta.name == "istio-egressgateway" }
        guard let first = found.min(by: { $0.id < $1.id }) else {
            throw ChangeRefusal("there is no egress gateway: no service selects istio=egressgateway")
        }
        return first
    }

    private static func check(_ entry: ServiceEntry, _ gateway: Service) throws(ChangeRefusal) {
        let name = entry.meta.name
        if let wildcard = entry.hosts.first(where: { $0.hasPrefix("*") }) {
            throw ChangeRefusal("\(wildcard) has no address that the gateway could go on to: name the hosts one by one")
        }
        if [.none, .dynamicDNS].contains(entry.resolution) {
            throw ChangeRefusal(
                "\(name) has resolution \(entry.resolution.rawValue): the gateway would have no address to go on to; "
                    + "make it DNS first (e)")
        }
        let namespace = gateway.meta.namespace
        guard entry.exportTo.isEmpty || !Set(entry.exportTo).isDisjoint(with: ["*", namespace])
            || entry.exportTo.contains(".") && entry.meta.namespace == namespace
        else {
            throw ChangeRefusal("\(name) is not exported to \(namespace), where the gateway is: add it to exportTo (e)")
        }
    }

    /// The entry's port of a family, and the gateway's port for it; nil where the entry has none.
    private static func leg(
        of entry: ServiceEntry, _ gateway: Service, _ family: String, usual: Int, _ isOfFamily: (PortProtocol) -> Bool
    ) throws(ChangeRefusal) -> Leg? {
        let ports = entry.ports.filter { isOfFamily($0.parsedProtocol) }
        guard let port = ports.first else { return nil }
        guard ports.count == 1 else {
            throw ChangeRefusal(
                "\(entry.meta.name) has \(ports.count) ports for \(family), which the gateway could not tell apart: "
                    + "give each an entry of its own")
        }
        guard gateway.ports.contains(where: { $0.number == usual }) else {
            throw ChangeRefusal("the service \(gateway.meta.name) has no port \(usual), which \(family) would go to")
        }
        return Leg(port: port, entrance: usual)
    }

    private static func port(_ number: Int, _ name: String, _ protocolText: JSONValue) -> JSONValue {
        ["number": .integer(Int64(number)), "name": .string(name), "protocol": protocolText]
    }

    /// From the sidecars to the gateway, and from there to each host.
    private static func rules(
        _ leg: Leg, _ name: String, _ gateway: Service, _ entry: ServiceEntry,
        match: (JSONValue, JSONValue) -> JSONValue
    ) -> [JSONValue] {
        func route(_ host: String, _ port: Int) -> JSONValue {
            [["destination": ["host": .string(host), "port": ["number": .integer(Int64(port))]]]]
        }
        let inward: JSONValue = [
            "match": [match("mesh", .integer(Int64(leg.port.number)))], "route": route(gateway.host, leg.entrance),
        ]
        return [inward]
            + entry.hosts.map { host in
                var condition = match(.string(name), .integer(Int64(leg.entrance)))
                if condition["sniHosts"] != nil {
                    condition["sniHosts"] = [.string(host)]
                } else if entry.hosts.count > 1 {
                    condition["authority"] = ["exact": .string(host)]
                }
                return ["match": [condition], "route": route(host, leg.port.number)]
            }
    }
}
