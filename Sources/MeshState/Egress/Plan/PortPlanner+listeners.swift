extension PortPlanner {
    /// Ports of the proxy's own listeners, which a service on every address cannot have.
    private static let reservedPorts: Set<Int> = [15_001, 15_006, 15_021, 15_090]

    mutating func planListeners(_ parts: [EgressPart]) {
        var drafts = ListenerDrafts(port: port)
        for part in parts {
            if part.port == nil { drafts.lock() }
            for contribution in plan.contributions[part.place]?.all ?? [] {
                for offer in contribution.offers { drafts.add(offer, host: contribution.host) }
            }
        }
        plan.report.merge(drafts.report)
        plan.listeners = drafts.listeners
        plan.drafts = drafts
    }

    /// What a row of a service has listened for on a port of it.
    func offers(
        of row: MeshService, _ parsed: PortProtocol, _ field: String, _ part: EgressPart
    ) -> [PortContribution.Offer] {
        let kind = PortKind(parsed)
        let because = [Because(row.source, field)]
        return spots(of: row, kind: kind, bind: part.bind).compactMap { spot in
            let isWildcard = spot.bind == ListenerPlan.wildcard
            if isWildcard && Self.reservedPorts.contains(port) { return nil }
            var chains: [ListenerPlan.Chain] = []
            if kind != .tcp {
                // A sniffed service on its own address has routes of its own.
                let route = isWildcard || kind == .http ? "\(port)" : "\(row.host):\(port)"
                // Where a Sidecar has services at an address of its choice, nothing else is called.
                let match = ListenerPlan.Match(isHTTP: isWildcard || kind == .auto)
                chains.append(.init(match: match, action: .http(route: route), because: because))
            }
            if kind != .http {
                let found = part.virtualServices.matching(row.host)
                let prefixes = spot.prefix.map { [$0] } ?? []
                chains +=
                    parsed.isTLS
                    ? tlsChains(row, isWildcard: isWildcard, prefixes: prefixes, because, found)
                    : tcpChains(row, prefixes: prefixes, because, found)
            }
            return .init(bind: spot.bind, parsed: parsed, chains: chains)
        }
    }

    private func tlsChains(
        _ row: MeshService, isWildcard: Bool, prefixes: [NetworkPrefix], _ because: [Because], _ found: [VirtualService]
    ) -> [ListenerPlan.Chain] {
        let chains = L4Rules(place: place, clusters: clusters).tlsChains(of: found, prefixes: prefixes)
        if !chains.isEmpty { return chains }
        // On its own address a service takes any name; elsewhere the name tells the services apart.
        let isNamed = !prefixes.isEmpty || isWildcard && row.address == nil
        guard let names = ListenerPlan.Match.serverNames(isNamed ? [row.host] : []) else { return [] }
        return [
            .init(
                match: .init(serverNames: names, prefixes: prefixes), action: own(row),
                because: because + (isNamed ? [Because(row.source, "spec.hosts")] : []) + addresses(row, prefixes))
        ]
    }

    private func tcpChains(
        _ row: MeshService, prefixes: [NetworkPrefix], _ because: [Because], _ found: [VirtualService]
    ) -> [ListenerPlan.Chain] {
        let (chains, isComplete) = L4Rules(place: place, clusters: clusters).tcpChains(of: found, prefixes: prefixes)
        if isComplete { return chains }
        return chains + [
            .init(match: .init(prefixes: prefixes), action: own(row), because: because + addresses(row, prefixes))
        ]
    }

    private func own(_ row: MeshService) -> ListenerPlan.Action {
        .tcp([WeightedCluster(cluster: ClusterPlan.name(port: port, host: row.host))])
    }

    private func addresses(_ row: MeshService, _ prefixes: [NetworkPrefix]) -> [Because] {
        prefixes.isEmpty ? [] : [Because(row.source, "spec.addresses")]
    }

    /// The places that a service is called at: an own address, or every address with or without a block to match.
    private func spots(of row: MeshService, kind: PortKind, bind: String?) -> [(bind: String, prefix: NetworkPrefix?)] {
        if let bind { return [(bind, nil)] }
        if kind == .http { return [(ListenerPlan.wildcard, nil)] }
        guard let address = row.address else {
            // Whose endpoints are told by a selector has none as long as nothing is selected.
            guard row.isHeadless || row.resolution == .none && row.selector != nil else {
                return [(ListenerPlan.wildcard, nil)]
            }
            return (row.endpoints[port] ?? []).compactMap { endpoint in
                guard case .host(let address, _) = endpoint.address, NetworkPrefix(address)?.isSingleAddress == true
                else { return nil }
                return (address, nil)
            }
        }
        guard let prefix = NetworkPrefix(address) else { return [] }
        return prefix.isSingleAddress ? [(prefix.address, nil)] : [(ListenerPlan.wildcard, prefix)]
    }
}
