extension ServiceIndex {
    /// A service as one proxy sees it: what its clusters are made of, and the rows that its listeners come from.
    package struct Effective: Sendable, Hashable, BelongingToHost {
        /// The winner, with the ports of those that could be merged into it.
        package private(set) var service: MeshService
        /// Every row of the host in the chosen namespace that the proxy sees, the oldest first.
        package private(set) var rows: [MeshService]
        /// One row of each object of the host and namespace, seen or not: what is behind the host, as istiod keeps it.
        package let sources: [MeshService]
        /// Ports that came from another object than the winner's.
        private var mergedPorts: [Int: ObjectKey] = [:]
        /// Objects of the same host and namespace whose own ports count for nothing, because they differ from the
        /// winner in more than ports.
        package private(set) var ignored: [ObjectKey] = []
        /// Objects of the same host in other namespaces, which lose to this one.
        package internal(set) var shadowed: [ObjectKey] = []
        /// Whether it is a destination of a VirtualService and nothing else: it has clusters, and is not listened for.
        package internal(set) var isDestinationOnly = false
        /// Its place among the services that a proxy sees.
        let order: Order

        init(_ row: MeshService, sources: [MeshService], order: Order) {
            service = row
            rows = [row]
            self.sources = sources
            self.order = order
        }

        var host: String { service.host }

        /// The object that a port is from.
        package func source(port: Int) -> ObjectKey { mergedPorts[port] ?? service.source }

        /// Every name that a certificate of this service may carry, in the order of the alphabet.
        package var identities: [String] { Set(sources.flatMap(\.identities)).sorted() }

        /// What is behind a port: the endpoints of all objects of this host and namespace.
        package func endpoints(port: Int) -> [MeshEndpoint] {
            if sources.count == 1 { return sources[0].endpoints[port] ?? [] }
            var seen: Set<MeshEndpoint> = []
            return sources.flatMap { $0.endpoints[port] ?? [] }.filter { seen.insert($0).inserted }
        }
    }

    /// A place among the services that a proxy sees: what is exported to its namespace by name comes before what
    /// everyone sees, and the older before the newer.
    struct Order: Sendable, Hashable, Comparable {
        let isForEveryone: Bool
        let created: Int
        let attributeName: String
        let namespace: String
        let name: String
        let host: String

        init(_ row: MeshService) {
            isForEveryone = row.visibility == .everyone
            created = row.created
            attributeName = row.attributeName
            namespace = row.namespace
            name = row.source.name
            host = row.host
        }

        static func < (one: Self, other: Self) -> Bool {
            if one.isForEveryone != other.isForEveryone { return other.isForEveryone }
            return (one.created, one.attributeName, one.namespace, one.name, one.host)
                < (other.created, other.attributeName, other.namespace, other.name, other.host)
        }
    }
}

extension ServiceIndex.Effective {
    /// Takes in a later row of the same host and namespace.
    mutating func add(_ row: MeshService) {
        rows.append(row)
        if row.registry == .kubernetes && service.registry != .kubernetes {
            ignored.append(service.source)
            service = row
            mergedPorts = [:]
        } else if row.source != service.source {
            addPorts(row.ports, from: row)
        }
    }

    /// Takes in what another egress listener imports of the same host; the first that names a host decides whose it is.
    mutating func absorb(_ other: Self) {
        if other.service.namespace == service.namespace { addPorts(other.service.ports, from: other.service) }
    }

    private mutating func addPorts(_ ports: [ServicePort], from row: MeshService) {
        let isAlike =
            row.registry == service.registry && row.resolution == service.resolution && row.labels == service.labels
            && row.selector == service.selector && row.visibility == service.visibility
        let missing = ports.filter { port in !service.ports.contains { $0.number == port.number } }
        guard isAlike else {
            if ports != service.ports, !ignored.contains(row.source) { ignored.append(row.source) }
            return
        }
        service.ports += missing
        for port in missing { mergedPorts[port.number] = row.source }
    }

    /// Gives rows without an address the one that was allocated to them.
    mutating func useAllocatedAddresses() {
        service.address = service.address ?? service.allocatedAddress
        for index in rows.indices { rows[index].address = rows[index].address ?? rows[index].allocatedAddress }
    }

    /// With these ports alone; nil where none of them is there.
    func limited(toPorts ports: Set<Int>) -> Self? {
        var result = self
        result.service.ports.removeAll { !ports.contains($0.number) }
        return result.service.ports.isEmpty ? nil : result
    }
}
