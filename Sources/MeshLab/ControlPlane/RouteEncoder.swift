import MeshState

/// Encodes route configurations; of their virtual hosts, those alone that are not what they were.
struct RouteEncoder: Sendable {
    private struct Host: Sendable {
        let plan: RoutePlan.VirtualHost
        let bytes: [UInt8]
        let references: ResourceReferences
    }

    private let encoder: ResourceEncoder
    /// By the names of the configuration and of the host.
    private var known: [String: [String: Host]] = [:]

    init(encoder: ResourceEncoder) { self.encoder = encoder }

    /// Forgets a configuration that is gone, or all: what they are written with has changed.
    mutating func forget(_ name: String? = nil) {
        if let name { known[name] = nil } else { known = [:] }
    }

    mutating func encode(
        _ plan: RoutePlan, by writer: ResourceWriter, before earlier: EncodedResource? = nil
    ) throws(ResourceEncoder.Failure) -> EncodedResource {
        let before = known[plan.name] ?? [:]
        var hosts: [String: Host] = [:]
        var domains: Set<String> = []
        var (bytes, references) = try encode(
            ResourceWriter.members(name: plan.name, hosts: []), ResourceWriter.routeType, mayLack: [])
        func append(_ host: Host) {
            var field = WireWriter()
            field.add(2, host.bytes)
            bytes += field.bytes
            references.add(host.references)
            for domain in host.plan.domains where !domains.insert(HostName.folded(domain)).inserted {
                references.add(problem: "domain \(domain) is in two virtual hosts")
            }
        }
        let mayLack = writer.mayLack(plan)
        for host in plan.virtualHosts {
            var made = before[host.name]
            if made?.plan != host {
                let written = writer.virtualHost(host, of: plan).objectValue ?? [:]
                let (bytes, references) = try encode(written, Self.hostType, mayLack: mayLack)
                made = Host(plan: host, bytes: bytes, references: references)
            }
            guard let made else { continue }
            append(made)
            hosts[host.name] = made
        }
        if let last = writer.catchAll(plan)?.objectValue {
            let (bytes, references) = try encode(last, Self.hostType, mayLack: mayLack)
            append(Host(plan: .init(name: "", domains: ["*"], routes: []), bytes: bytes, references: references))
        }
        known[plan.name] = hosts
        return EncodedResource(name: plan.name, bytes: bytes, references: references, before: earlier)
    }

    private static let hostType = "envoy.config.route.v3.VirtualHost"

    private func encode(
        _ members: [String: JSONValue], _ type: String, mayLack: Set<String>
    ) throws(ResourceEncoder.Failure) -> ([UInt8], ResourceReferences) {
        let value = JSONValue.object(members)
        return (try encoder.message(value, type), ResourceReferences(of: value, mayLack: mayLack))
    }
}
