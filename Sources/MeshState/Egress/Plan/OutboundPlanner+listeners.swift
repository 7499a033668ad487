extension OutboundPlanner {
    /// How a listener treats a port's bytes.
    enum PortKind { case http, tcp, auto }

    static func kindOf(_ parsed: PortProtocol) -> PortKind {
        parsed.isHTTP ? .http : parsed.isTCP ? .tcp : .auto
    }

    /// Ports of the proxy's own listeners, which a service on every address cannot have.
    private static let reservedPorts: Set<Int> = [15_001, 15_006, 15_021, 15_090]

    mutating func planListeners() {
        var drafts = ListenerDrafts()
        for effective in services {
            for row in effective.rows {
                for port in row.ports where port.parsedProtocol != .udp {
                    let cluster = ClusterPlan.name(port: port.number, host: row.host)
                    if clusterNames.contains(cluster) { add(row, port: port, cluster: cluster, to: &drafts) }
                }
            }
        }
        report.merge(drafts.report)
        plan.listeners = drafts.listeners
    }

    private func add(_ row: MeshService, port: ServicePort, cluster: String, to drafts: inout ListenerDrafts) {
        let kind = Self.kindOf(port.parsedProtocol)
        for place in Self.places(of: row, port: port) {
            let bind = kind == .http || place.prefix != nil ? ListenerPlan.wildcard : place.bind
            let isWildcard = bind == ListenerPlan.wildcard
            if isWildcard && Self.reservedPorts.contains(port.number) { continue }
            var chains: [ListenerPlan.Chain] = []
            if kind != .tcp {
                let route = isWildcard ? String(port.number) : "\(row.host):\(port.number)"
                chains.append(.init(match: .init(isHTTP: true), action: .http(route: route)))
            }
            if kind != .http {
                // On its own address a service takes any SNI; elsewhere the name tells the services apart.
                let serverName = port.parsedProtocol.isTLS && isWildcard ? row.host.lowercased() : nil
                if let serverName, !Self.canBeServerName(serverName) { continue }
                chains.append(
                    .init(
                        match: .init(
                            serverNames: serverName.map { [$0] } ?? [], prefixes: place.prefix.map { [$0] } ?? []),
                        action: .tcp([WeightedCluster(cluster: cluster)]),
                        because: [Because(row.source, "spec.ports")]))
            }
            drafts.add(chains, bind: bind, port: port.number, parsed: port.parsedProtocol, host: row.host)
        }
    }

    /// The places that a service is called at: an own address, or every address with or without a block to match.
    private static func places(of row: MeshService, port: ServicePort) -> [(bind: String, prefix: NetworkPrefix?)] {
        if kindOf(port.parsedProtocol) == .http { return [(ListenerPlan.wildcard, nil)] }
        if row.isHeadless {
            return (row.endpoints[port.number] ?? []).compactMap { endpoint in
                guard case .host(let address, port.number) = endpoint.address else { return nil }
                return (address, nil)
            }
        }
        guard let address = row.address else { return [(ListenerPlan.wildcard, nil)] }
        guard let prefix = NetworkPrefix(address) else { return [] }
        return prefix.isSingleAddress ? [(prefix.address, nil)] : [(ListenerPlan.wildcard, prefix)]
    }

    /// Envoy takes a `*` only as the whole first label.
    private static func canBeServerName(_ name: String) -> Bool {
        !(name.hasPrefix("*.") ? name.dropFirst(2) : name[...]).contains("*")
    }
}
