/// What one service puts on a port, whatever the other services are.
///
/// It is shared by the plans that follow each other, so that keeping thousands costs no more than counting them.
final class PortContribution: Sendable, BelongingToHost {
    /// What is listened for at one place.
    struct Offer: Sendable {
        let bind: String
        let parsed: PortProtocol
        let chains: [ListenerPlan.Chain]
    }

    /// A name by which requests may mean the service.
    struct Domain: Sendable {
        let name: String
        /// As names are compared.
        let folded: String
        /// Whether it is a short form, which must not take what is another service's whole name.
        let isShort: Bool
    }

    let host: String
    let order: ServiceIndex.Order
    let offers: [Offer]
    /// Empty where requests are not looked at.
    let domains: [Domain]
    /// Where requests go that no VirtualService routes; nil where they are not looked at.
    let route: RoutePlan.Route?

    /// nil for a service that does not have the planner's port.
    init?(_ effective: ServiceIndex.Effective, _ part: EgressPart, _ planner: PortPlanner) {
        guard let port = effective.port(planner.port) else { return nil }
        host = effective.host
        order = effective.order
        offers = effective.rows.flatMap { row in
            row.ports.enumerated().filter { $0.element.number == planner.port && $0.element.parsedProtocol != .udp }
                .flatMap { index, own in
                    planner.offers(
                        of: row, part.port?.parsedProtocol ?? own.parsedProtocol, "spec.ports[\(index)]", part)
                }
        }
        if PortKind(port.parsedProtocol) == .tcp {
            domains = []
            route = nil
        } else {
            domains = effective.domains(in: planner.place.target.namespace)
            route = RoutePlan.Route(
                action: .forward([WeightedCluster(cluster: ClusterPlan.name(port: planner.port, host: host))]),
                operation: "\(host):\(planner.port)/*", because: effective.because(port: planner.port))
        }
    }
}

extension ServiceIndex.Effective {
    /// The entry that has the port, and where.
    fileprivate func because(port: Int) -> [Because] {
        for row in rows {
            guard let index = row.ports.firstIndex(where: { $0.number == port && $0.parsedProtocol != .udp }) else {
                continue
            }
            let hosts = row.registry == .external ? [Because(row.source, "spec.hosts")] : []
            return hosts + [Because(row.source, "spec.ports[\(index)]")]
        }
        return []
    }

    /// The names and addresses by which a request from a namespace may mean the service.
    fileprivate func domains(in namespace: String) -> [PortContribution.Domain] {
        var names = [service.host]
        if !HostName.isWildcard(service.host) { names.append(service.host + ".") }
        let short = Self.shortNames(of: service.host, in: namespace)
        names += short
        if service.isHeadless { names += names.map { "*." + $0 } }
        var addresses: Set<String> = []
        for row in rows {
            guard let address = row.address, NetworkPrefix(address)?.isSingleAddress == true else { continue }
            if addresses.insert(address).inserted { names.append(address) }
        }
        return names.map { .init(name: $0, folded: HostName.folded($0), isShort: short.contains($0)) }
    }

    /// The forms in which a name of the mesh itself can be shortened in a namespace.
    private static func shortNames(of host: String, in namespace: String) -> [String] {
        let ending = ".svc.cluster.local"
        guard host.hasSuffix(ending) else { return [] }
        let parts = host.dropLast(ending.count).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return [] }
        let inNamespace = "\(parts[0]).\(parts[1])"
        return (parts[1] == namespace ? [String(parts[0])] : []) + ["\(inNamespace).svc", inNamespace]
    }
}
