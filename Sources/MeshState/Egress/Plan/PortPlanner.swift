/// What a proxy imports at once: all there is for it, or what one egress listener of its Sidecar names.
package struct EgressPart: Sendable {
    /// The listener's own port; nil where services are listened for at theirs.
    package var port: ServicePort?
    /// The listener's own address; nil where services are listened for at theirs.
    package var bind: String?
    package var services: [ServiceIndex.Effective]
    package var virtualServices: VirtualServiceScope

    package init(
        port: ServicePort? = nil, bind: String? = nil, services: [ServiceIndex.Effective],
        virtualServices: VirtualServiceScope
    ) {
        self.port = port
        self.bind = bind
        self.services = services
        self.virtualServices = virtualServices
    }
}

/// Plans what a sidecar listens for on one port, and the routes behind it.
///
/// It looks at nothing but what it is given, so that the plans of other ports stand when a service of this one changes.
package struct PortPlanner {
    let port: Int
    let place: VirtualService.Place
    let clusters: DestinationClusters
    package internal(set) var listeners: [ListenerPlan] = []
    package internal(set) var routes: [RoutePlan] = []
    package internal(set) var report = PushReport()

    /// Plans a port from the parts that have something for it, in their order; of the services those count that have
    /// the port.
    package init(port: Int, parts: [EgressPart], target: PlanTarget, clusters: DestinationClusters) {
        self.port = port
        self.clusters = clusters
        place = VirtualService.Place(gateway: VirtualService.mesh, port: port, target: target)
        var parts = parts
        for index in parts.indices where !parts[index].services.allSatisfy({ $0.port(port) != nil }) {
            parts[index].services.removeAll { $0.port(port) == nil }
        }
        planListeners(parts)
        // A Sidecar's listener for the port has the port's routes for itself.
        if let part = parts.first { planRoutes(part) }
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
