import FoundationEssentials

/// Tells where calls go and why, from the very plans that the proxies' configuration is written from.
package struct Explainer: Sendable {
    package let index: ServiceIndex
    /// The release whose proxies carry the calls.
    package let version: IstioVersion
    private let podsByAddress: [String: Pod]
    private var plans: [PlanTarget: IndexedPlan] = [:]

    package init(_ mesh: MeshConfiguration, version: IstioVersion = .current) {
        index = ServiceIndex(mesh)
        self.version = version
        podsByAddress = Dictionary(
            mesh.pods.filter { !$0.ip.isEmpty }.map { ($0.ip, $0) }, uniquingKeysWith: { first, _ in first })
    }

    var mesh: MeshConfiguration { index.mesh }

    /// Where a call goes and why. Plans are made when they are first needed, and kept for the calls to come.
    package mutating func explain(_ call: EgressCall) -> Explanation {
        var call = call
        var assumptions: [String] = []
        if call.address == nil { call.address = assumedAddress(of: call, &assumptions) }
        if call.speech == .auto { call.speech = assumedSpeech(of: call, &assumptions) }
        var walk = Walk(call: call, explainer: self)
        walk.leaveSidecar()
        // What was planned on the way is kept.
        plans = walk.explainer.plans
        var explanation = walk.explanation
        explanation.assumptions = assumptions
        return explanation
    }

    /// The plan of a proxy.
    mutating func plan(for target: PlanTarget) -> IndexedPlan {
        if let known = plans[target] { return known }
        let plan = IndexedPlan(OutboundPlanner(index: index, target: target))
        plans[target] = plan
        return plan
    }

    func pod(at address: String) -> Pod? { podsByAddress[address] }
}

/// A plan whose parts are found by name.
struct IndexedPlan: Sendable {
    let lastResort: LastResort
    private let planner: OutboundPlanner
    private let clusters: [String: ClusterPlan]
    private let listeners: [String: ListenerPlan]
    private let routes: [String: RoutePlan]

    init(_ planner: OutboundPlanner) {
        self.planner = planner
        let plan = planner.plan
        lastResort = plan.lastResort
        clusters = Dictionary(plan.clusters.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        listeners = Dictionary(plan.listeners.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        routes = Dictionary(plan.routes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The Sidecar that the proxy follows.
    var sidecar: ObjectKey? { planner.scope.sidecar?.id }
    func service(host: String) -> ServiceIndex.Effective? { planner.service(host: host) }
    func cluster(_ name: String) -> ClusterPlan? { clusters[name] }
    func route(_ name: String) -> RoutePlan? { routes[name] }

    /// The listener of exactly this address and port, else that of every address.
    func listener(address: IPAddress?, port: Int) -> ListenerPlan? {
        address.flatMap { listeners[ListenerPlan.name(bind: $0.description, port: port)] }
            ?? listeners[ListenerPlan.name(bind: ListenerPlan.wildcard, port: port)]
    }
}

// MARK: - What the call leaves open

extension Explainer {
    /// Addresses for documentation (RFC 5737): no workload's, so that one of them is sure to be unknown to the mesh.
    private static let unrelated = ["192.0.2.1", "198.51.100.1", "203.0.113.1"]

    /// The address that the mesh has for a name, as its name server would answer the caller; nil where it knows none.
    package mutating func knownAddress(of name: String, for caller: EgressCall.Caller) -> IPAddress? {
        guard let service = service(name, for: caller) else { return nil }
        for row in service.rows {
            if let prefix = row.address.flatMap({ IPPrefix($0) }) { return prefix.address }
        }
        guard service.service.isHeadless, let port = service.service.ports.first?.number,
            case .host(let address, _)? = service.endpoints(port: port).first?.address
        else { return nil }
        return IPAddress(address)
    }

    /// The service that a caller's proxy has for a name.
    private mutating func service(_ name: String, for caller: EgressCall.Caller) -> ServiceIndex.Effective? {
        plan(for: caller.planTarget).service(host: fullName(name, namespace: caller.namespace))
    }

    /// The host that a name stands for in a namespace's pods: a Kubernetes Service's, or the name itself.
    private func fullName(_ name: String, namespace: String) -> String {
        let name = name.lowercased()
        let service = mesh.services.first { service in
            let (short, own) = (service.meta.name, service.meta.namespace)
            return (name == short && own == namespace)
                || ["\(short).\(own)", "\(short).\(own).svc", service.host].contains(name)
        }
        return service?.host ?? name
    }

    private mutating func assumedAddress(of call: EgressCall, _ assumptions: inout [String]) -> IPAddress? {
        if let known = knownAddress(of: call.target, for: call.caller) {
            assumptions.append("\(call.target) is taken to be \(known), its address in the mesh")
            return known
        }
        let taken = index.rows.compactMap { $0.address.flatMap { IPPrefix($0) } }
        let free = Self.unrelated.compactMap { IPAddress($0) }.first { address in
            !taken.contains { $0.contains(address) }
        }
        if let free { assumptions.append("\(call.target) is taken to be \(free), an address that no object names") }
        return free
    }

    private mutating func assumedSpeech(of call: EgressCall, _ assumptions: inout [String]) -> EgressCall.Speech {
        let port = service(call.target, for: call.caller)?.service.ports.first { $0.number == call.port }
        guard let parsed = port?.parsedProtocol, parsed.isHTTP || parsed.isTCP else {
            assumptions.append("the call is taken as TCP: the mesh does not say what port \(call.port) speaks")
            return .tcp
        }
        let speech: EgressCall.Speech =
            parsed.isHTTP2 ? .http2 : parsed.isHTTP ? .http : parsed.isTLS ? .tls : .tcp
        assumptions.append(
            "the call is taken as \(speech.rawValue): the mesh has port \(call.port) as \(parsed.rawValue)")
        return speech
    }
}
