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
    /// How it is made of that.
    var drafts: ListenerDrafts?
    var virtualHosts: VirtualHosts?
}

/// Plans what a sidecar listens for on one port, and the routes behind it.
///
/// It looks at nothing but what it is given, so that the plans of other ports stand when a service of this one changes;
/// and where services do not meet, what one of them contributes takes the place of what it did before.
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
        port: Int, parts: [EgressPart], target: PlanTarget, clusters: DestinationClusters,
        before: consuming PortPlan? = nil, changed: Set<String> = []
    ) {
        self.port = port
        self.clusters = clusters
        place = VirtualService.Place(gateway: VirtualService.mesh, port: port, target: target)
        if let before = consume before {
            plan = consume before
            if let part = parts.first, parts.count == 1, plan.contributions.count == 1,
                amend(part, changed)
            {
                return
            }
        }
        var new = PortPlan()
        for part in parts {
            new.contributions[part.place] =
                plan.contributions[part.place].map { known in
                    var known = known
                    for host in changed { known.set(host, contribution(of: host, to: part)) }
                    return known
                } ?? OrderedByHost(part.services.all.compactMap { PortContribution($0, part, self) })
        }
        plan = new
        planListeners(parts)
        // A Sidecar's listener for the port has the port's routes for itself.
        if let part = parts.first { planRoutes(part) }
    }

    private func contribution(of host: String, to part: EgressPart) -> PortContribution? {
        part.services[host].flatMap { PortContribution($0, part, self) }
    }

    /// So many changes at once are better taken in as a whole.
    private static let few = 16

    /// Changes the plan where the changed services are concerned; false where all is to be made anew.
    private mutating func amend(_ part: EgressPart, _ changed: Set<String>) -> Bool {
        guard changed.count <= Self.few, var contributions = plan.contributions[part.place], var drafts = plan.drafts
        else { return false }
        plan.contributions = [:]
        plan.drafts = nil
        defer { plan.contributions = [part.place: contributions] }
        var changes: [(old: PortContribution?, new: PortContribution?)] = []
        for host in changed {
            let change = (old: contributions[host], new: contribution(of: host, to: part))
            if let old = change.old, let new = change.new, old.order != new.order { return false }
            contributions.set(host, change.new)
            if change.old != nil || change.new != nil { changes.append(change) }
        }
        // What is gone goes first: the order is that of those who stay.
        changes.sort { $0.new == nil && $1.new != nil }
        for (old, new) in changes {
            let binds = drafts.replace(old, by: new) { other in
                guard let new, let other = contributions[other] else { return false }
                return new.order < other.order
            }
            guard let binds, plan.replaceHost(old, by: new, known: contributions) else { return false }
            for bind in binds { plan.replaceListener(drafts.listener(bind: bind), bind: bind) }
        }
        plan.drafts = drafts
        return true
    }
}

extension PortPlan {
    fileprivate mutating func replaceListener(_ listener: ListenerPlan?, bind: String) {
        listeners.removeAll { $0.bind == bind }
        guard let listener else { return }
        listeners.insert(listener, at: listeners.firstIndex { $0.name > listener.name } ?? listeners.endIndex)
    }

    fileprivate mutating func replaceHost(
        _ old: PortContribution?, by new: PortContribution?, known: OrderedByHost<PortContribution>
    ) -> Bool {
        guard var hosts = virtualHosts else { return old?.route == nil && new?.route == nil }
        virtualHosts = nil
        guard hosts.replace(old, by: new, known: known) else { return false }
        if let place = routes.firstIndex(where: { $0.name == String(hosts.port) }) {
            routes[place].virtualHosts = hosts.all
        }
        virtualHosts = hosts
        return true
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
