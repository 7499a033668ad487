/// Turns a VirtualService's rules for connections into filter chains, as far as they hold at one place.
struct L4Rules {
    let place: VirtualService.Place
    let clusters: DestinationClusters

    /// The chains of all `tls` rules that hold; where a match names no blocks, the service's own is its.
    func tlsChains(of services: [VirtualService], prefixes: [NetworkPrefix]) -> [ListenerPlan.Chain] {
        var chains: [ListenerPlan.Chain] = []
        var seen: Set<ListenerPlan.Match> = []
        for service in services {
            for (index, rule) in service.tls.enumerated() {
                for (number, match) in rule.matches.enumerated() where match.scope.holds(at: place) {
                    let field = "spec.tls[\(index)]"
                    guard let names = ListenerPlan.Match.serverNames(match.sniHosts),
                        let blocks = Self.blocks(match.destinationSubnets)
                    else { continue }
                    let matched = ListenerPlan.Match(
                        serverNames: names, prefixes: match.destinationSubnets.isEmpty ? prefixes : blocks)
                    guard seen.insert(matched).inserted,
                        let action = action(rule, of: service, field: field)
                    else { continue }
                    chains.append(
                        .init(
                            match: matched, action: action, because: [Because(service.id, "\(field).match[\(number)]")])
                    )
                }
            }
        }
        return chains
    }

    /// The chains of the `tcp` rules that hold, up to the first that takes every connection; whether there is one.
    func tcpChains(
        of services: [VirtualService], prefixes: [NetworkPrefix]
    ) -> (chains: [ListenerPlan.Chain], isComplete: Bool) {
        var chains: [ListenerPlan.Chain] = []
        var isComplete = false
        for service in services {
            for (index, rule) in service.tcp.enumerated() {
                let field = "spec.tcp[\(index)]"
                guard let action = action(rule, of: service, field: field) else { continue }
                let holding = rule.matches.enumerated().filter { $0.element.scope.holds(at: place) }
                if holding.isEmpty && !rule.matches.isEmpty { continue }
                let catchAll = holding.first { $0.element.destinationSubnets.isEmpty }
                if rule.matches.isEmpty || catchAll != nil {
                    let reason = catchAll.map { "\(field).match[\($0.offset)]" } ?? field
                    chains.append(
                        .init(match: .init(prefixes: prefixes), action: action, because: [Because(service.id, reason)]))
                    return (chains, true)
                }
                guard let blocks = Self.blocks(holding.flatMap(\.element.destinationSubnets)) else { continue }
                chains.append(
                    .init(
                        match: .init(prefixes: blocks), action: action,
                        because: holding.map { Because(service.id, "\(field).match[\($0.offset)]") }))
                isComplete = isComplete || Set(blocks) == Set(prefixes)
            }
        }
        return (chains, isComplete)
    }

    /// Where connections go by a rule; nil where it names no destination.
    func action(_ rule: VirtualService.L4Route, of service: VirtualService, field: String) -> ListenerPlan.Action? {
        let used = rule.shares.inUse
        if used.isEmpty { return nil }
        return .tcp(
            used.map { index, share in
                WeightedCluster(
                    cluster: clusters.name(
                        for: share.destination, namespace: service.meta.namespace, listenerPort: place.port),
                    weight: used.count == 1 ? 100 : share.weight,
                    because: Because(service.id, "\(field).route[\(index)]"))
            })
    }

    /// Blocks of IPv4 addresses; nil where there were some and none is left.
    private static func blocks(_ texts: [String]) -> [NetworkPrefix]? {
        let blocks = texts.compactMap { NetworkPrefix($0) }
        return blocks.isEmpty && !texts.isEmpty ? nil : blocks
    }
}
