import MeshState

/// Encodes route configurations; of their virtual hosts, those alone that are not what they were.
struct RouteEncoder: Sendable {
    /// The virtual hosts of a configuration, as they were encoded last.
    private struct Hosts: Sendable {
        var plans: [RoutePlan.VirtualHost] = []
        var bytes: [UInt8] = []
        /// Where the bytes of each end.
        var ends: [Int] = []
        /// What each names outside itself.
        var references: [ResourceReferences] = []
        var all = ReferenceCount()
    }

    /// What many parts name, counted so that parts can go again.
    private struct ReferenceCount: Sendable {
        private(set) var clusters: Set<String> = []
        private(set) var problems: [String: Int] = [:]
        private var clusterCounts: [String: Int] = [:]
        private var domainCounts: [String: Int] = [:]

        mutating func add(_ host: RoutePlan.VirtualHost, _ references: ResourceReferences) {
            for cluster in references.clusters {
                clusterCounts[cluster, default: 0] += 1
                clusters.insert(cluster)
            }
            for problem in references.problems { problems[problem, default: 0] += 1 }
            for domain in host.domains {
                let folded = HostName.folded(domain)
                domainCounts[folded, default: 0] += 1
                if domainCounts[folded] == 2 { problems[Self.isTwice(folded), default: 0] += 1 }
            }
        }

        mutating func remove(_ host: RoutePlan.VirtualHost, _ references: ResourceReferences) {
            for cluster in references.clusters where Self.decrease(cluster, in: &clusterCounts) == 0 {
                clusters.remove(cluster)
            }
            for problem in references.problems { _ = Self.decrease(problem, in: &problems) }
            for domain in host.domains {
                let folded = HostName.folded(domain)
                if Self.decrease(folded, in: &domainCounts) == 1 {
                    _ = Self.decrease(Self.isTwice(folded), in: &problems)
                }
            }
        }

        /// What is wrong when another host has a domain.
        func problems(of domain: String) -> [String] { domainCounts[domain] == nil ? [] : [Self.isTwice(domain)] }

        private static func isTwice(_ domain: String) -> String { "domain \(domain) is in two virtual hosts" }

        private static func decrease(_ key: String, in counts: inout [String: Int]) -> Int {
            let left = (counts[key] ?? 1) - 1
            counts[key] = left == 0 ? nil : left
            return left
        }
    }

    private let encoder: ResourceEncoder
    /// By the configuration's name.
    private var known: [String: Hosts] = [:]

    init(encoder: ResourceEncoder) { self.encoder = encoder }

    /// Forgets a configuration that is gone, or all: what they are written with has changed.
    mutating func forget(_ name: String? = nil) {
        if let name { known[name] = nil } else { known = [:] }
    }

    /// - Parameter before: what it takes the place of.
    mutating func encode(
        _ plan: RoutePlan, by writer: ResourceWriter, before: EncodedResource? = nil
    ) throws(ResourceEncoder.Failure) -> EncodedResource {
        // Taken out, so that it is changed in place.
        var hosts = known.removeValue(forKey: plan.name) ?? Hosts()
        try follow(plan, writer, in: &hosts)
        var (bytes, references) = try encode(
            ResourceWriter.members(name: plan.name, hosts: []), ResourceWriter.routeType, mayLack: [])
        bytes += hosts.bytes
        references.add(clusters: hosts.all.clusters, problems: hosts.all.problems.keys.sorted())
        if let last = writer.catchAll(plan)?.objectValue {
            let (field, names) = try encodeHost(last, mayLack: writer.mayLack(plan))
            bytes += field
            references.add(clusters: names.clusters, problems: names.problems + hosts.all.problems(of: "*"))
        }
        known[plan.name] = hosts
        return EncodedResource(name: plan.name, bytes: bytes, references: references, before: before)
    }

    /// Encodes what lies between the virtual hosts that both have at the beginning and at the end.
    private func follow(
        _ plan: RoutePlan, _ writer: ResourceWriter, in hosts: inout Hosts
    ) throws(ResourceEncoder.Failure) {
        let (old, new) = (hosts.plans, plan.virtualHosts)
        let common = min(old.count, new.count)
        var (head, tail) = (0, 0)
        while head < common, old[head] == new[head] { head += 1 }
        while tail < common - head, old[old.count - 1 - tail] == new[new.count - 1 - tail] { tail += 1 }
        let (gone, come) = (head..<old.count - tail, head..<new.count - tail)
        let mayLack = writer.mayLack(plan)
        var made: (bytes: [UInt8], ends: [Int], references: [ResourceReferences]) = ([], [], [])
        let start = head == 0 ? 0 : hosts.ends[head - 1]
        for host in new[come] {
            let (field, names) = try encodeHost(writer.virtualHost(host, of: plan).objectValue ?? [:], mayLack: mayLack)
            made.bytes += field
            made.ends.append(start + made.bytes.count)
            made.references.append(names)
        }
        for place in gone { hosts.all.remove(old[place], hosts.references[place]) }
        for (place, names) in zip(come, made.references) { hosts.all.add(new[place], names) }
        let end = gone.isEmpty ? start : hosts.ends[gone.upperBound - 1]
        hosts.bytes.replaceSubrange(start..<end, with: made.bytes)
        hosts.ends.replaceSubrange(gone, with: made.ends)
        let shift = made.bytes.count - (end - start)
        for place in come.upperBound..<hosts.ends.count { hosts.ends[place] += shift }
        hosts.references.replaceSubrange(gone, with: made.references)
        hosts.plans = new
    }

    /// A virtual host as a field of its configuration.
    private func encodeHost(
        _ members: [String: JSONValue], mayLack: Set<String>
    ) throws(ResourceEncoder.Failure) -> ([UInt8], ResourceReferences) {
        let (bytes, references) = try encode(members, "envoy.config.route.v3.VirtualHost", mayLack: mayLack)
        var field = WireWriter()
        field.add(2, bytes)
        return (field.bytes, references)
    }

    private func encode(
        _ members: [String: JSONValue], _ type: String, mayLack: Set<String>
    ) throws(ResourceEncoder.Failure) -> ([UInt8], ResourceReferences) {
        let value = JSONValue.object(members)
        return (try encoder.message(value, type), ResourceReferences(of: value, mayLack: mayLack))
    }
}
