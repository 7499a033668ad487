/// All services of the mesh in istiod's order, and which of them a namespace's proxies get.
package struct ServiceIndex: Sendable {
    /// A service as one proxy sees it: what its clusters are made of, and the rows that its listeners come from.
    package struct Effective: Sendable, Hashable {
        /// The winner, with the ports of those that could be merged into it.
        package var service: MeshService
        /// Every row of the host in the chosen namespace, the winner's own first.
        package var rows: [MeshService]
        /// Ports that came from another object than the winner's.
        private(set) var mergedPorts: [Int: ObjectKey] = [:]

        init(_ row: MeshService) {
            service = row
            rows = [row]
        }

        /// The object that a port is from.
        package func source(port: Int) -> ObjectKey { mergedPorts[port] ?? service.source }

        /// Every name that a certificate of this service may carry, in the order of the alphabet.
        package var identities: [String] { Set(rows.flatMap(\.identities)).sorted() }

        /// What is behind a port: the endpoints of all entries of this host and namespace, as istiod keeps them.
        package func endpoints(port: Int) -> [MeshEndpoint] {
            var sources: Set<ObjectKey> = []
            var seen: Set<MeshEndpoint> = []
            return rows.filter { sources.insert($0.source).inserted }
                .flatMap { $0.endpoints[port] ?? [] }
                .filter { seen.insert($0).inserted }
        }
    }

    /// Oldest first.
    package let rows: [MeshService]
    package let mesh: MeshConfiguration
    package let rules: DestinationRuleIndex

    package init(_ mesh: MeshConfiguration) {
        self.mesh = mesh
        rules = DestinationRuleIndex(mesh.destinationRules)
        let workloads = WorkloadIndex(pods: mesh.pods, entries: mesh.workloadEntries)
        let endpoints = Dictionary(
            mesh.endpoints.map { (Name(namespace: $0.meta.namespace, name: $0.meta.name), $0) },
            uniquingKeysWith: { first, _ in first })
        let kubernetes = mesh.services.map { service in
            MeshService(
                service: service,
                endpoints: endpoints[Name(namespace: service.meta.namespace, name: service.meta.name)],
                workloads: workloads)
        }
        let external = mesh.entries.filter { MeshConfiguration.isVisible($0.meta) }
            .flatMap { MeshService.rows(of: $0, workloads: workloads) }
        rows = (kubernetes + external).enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            // The position keeps the order of addresses inside one entry.
            return (one.created, one.attributeName, one.namespace, one.source.name, left.offset)
                < (other.created, other.attributeName, other.namespace, other.source.name, right.offset)
        }.map(\.element)
    }

    private struct Name: Hashable {
        var namespace: String
        var name: String
    }

    /// The services that a proxy of this namespace gets, in their order: one namespace for each host, its entries
    /// merged.
    package func services(forNamespace namespace: String) -> [Effective] {
        let exported = rows.filter { row in
            if case .namespaces(let names) = row.visibility { names.contains(namespace) } else { false }
        }
        let visible = exported + rows.filter { $0.visibility == .everyone }

        var chosen: [String: MeshService] = [:]
        for row in visible {
            guard let current = chosen[row.host] else {
                chosen[row.host] = row
                continue
            }
            if current.namespace == namespace { continue }
            if row.namespace == namespace || (row.registry == .kubernetes && current.registry != .kubernetes) {
                chosen[row.host] = row
            }
        }

        var order: [String] = []
        var result: [String: Effective] = [:]
        for row in visible where chosen[row.host]?.namespace == row.namespace {
            if result[row.host]?.add(row) == nil {
                order.append(row.host)
                result[row.host] = Effective(row)
            }
        }
        return order.compactMap { result[$0] }
    }
}

extension ServiceIndex.Effective {
    /// Takes in a later row of the same host and namespace.
    fileprivate mutating func add(_ row: MeshService) {
        rows.append(row)
        if row.registry == .kubernetes && service.registry != .kubernetes {
            service = row
            mergedPorts = [:]
        } else if canMerge(row) {
            let known = Set(service.ports.map(\.number))
            for port in row.ports where !known.contains(port.number) {
                service.ports.append(port)
                mergedPorts[port.number] = row.source
            }
        }
    }

    private func canMerge(_ row: MeshService) -> Bool {
        row.registry == service.registry && row.resolution == service.resolution && row.labels == service.labels
            && row.selector == service.selector && row.visibility == service.visibility
    }
}
