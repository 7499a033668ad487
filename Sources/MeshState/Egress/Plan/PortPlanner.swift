/// What a proxy imports at once for one port: all there is for it, or what one egress listener of its Sidecar names.
struct EgressPart {
    /// Its place among the proxy's parts.
    let place: Int
    /// The listener's own port; nil where services are listened for at theirs.
    let port: ServicePort?
    /// The listener's own address; nil where services are listened for at theirs.
    let bind: String?
    let services: OrderedByHost<ServiceIndex.Effective>
    let virtualServices: VirtualServiceScope
}

/// What is planned for one port.
struct PortPlan: Sendable {
    var listeners: [ListenerPlan] = []
    var routes: [RoutePlan] = []
    var report = PushReport()
    /// Of what it is made, by the place of the part.
    var contributions: [Int: OrderedByHost<PortContribution>] = [:]
}

/// Plans what a sidecar listens for on one port, and the routes behind it.
///
/// It looks at nothing but what it is given, so that the plans of other ports stand when a service of this one changes;
/// and what a service contributes stands when another one changes.
struct PortPlanner {
    let port: Int
    let place: VirtualService.Place
    let clusters: DestinationClusters
    var plan = PortPlan()

    /// Plans a port from the parts that have something for it, in their order; of the services those count that have
    /// the port.
    ///
    /// `before` is the plan that there was, if all that is another since are the services of the `changed` hosts.
    init(
        port: Int, parts: [EgressPart], target: PlanTarget, clusters: DestinationClusters, before: PortPlan? = nil,
        changed: Set<String> = []
    ) {
        self.port = port
        self.clusters = clusters
        place = VirtualService.Place(gateway: VirtualService.mesh, port: port, target: target)
        for part in parts {
            let known = before?.contributions[part.place]
            plan.contributions[part.place] = contributions(of: part, known: known, changed: changed)
        }
        planListeners(parts)
        // A Sidecar's listener for the port has the port's routes for itself.
        if let part = parts.first { planRoutes(part) }
    }

    private func contributions(
        of part: EgressPart, known: OrderedByHost<PortContribution>?, changed: Set<String>
    ) -> OrderedByHost<PortContribution> {
        guard var result = known else {
            return OrderedByHost(part.services.all.compactMap { PortContribution($0, part, self) })
        }
        for host in changed { result.set(host, part.services[host].flatMap { PortContribution($0, part, self) }) }
        return result
    }
}

/// How a listener treats a port's bytes.
enum PortKind {
    case http, tcp, auto

    init(_ parsed: PortProtocol) { self = parsed.isHTTP ? .http : parsed.isTCP ? .tcp : .auto }
}

extension ServiceIndex.Effective {
    /// The numbers of all ports that something can listen for.
    var portNumbers: Set<Int> { Set(service.ports.lazy.filter { $0.parsedProtocol != .udp }.map(\.number)) }

    /// The port of this number as requests see it.
    func port(_ number: Int) -> ServicePort? {
        service.ports.first { $0.number == number && $0.parsedProtocol != .udp }
    }
}
