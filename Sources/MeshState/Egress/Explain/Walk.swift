/// One call's way through the mesh, taken as Envoy takes it.
struct Walk {
    /// A call that passes more proxies than this goes round in circles.
    private static let mostHops = 8

    let call: EgressCall
    var explainer: Explainer
    var hops: [Explanation.Hop] = []
    var because: [Because] = []
    /// Where the last proxy's connection goes to, in the IP packet's terms.
    private(set) var address: IPAddress?
    private(set) var port: Int
    var wire: Wire
    /// The `Host` that the request has by now.
    var authority: String
    private(set) var ending: (verdict: Explanation.Verdict, status: Explanation.Status?, reason: String)?
    private var remedy: Explanation.Remedy?
    /// Whether the policy for what is unknown let it through.
    var isPassedThrough = false
    /// Whether the proxy that the call is at took TLS off it.
    private(set) var hasEndedTLS = false
    /// Gateways' listeners that it came by.
    private var visited: Set<String> = []

    init(call: EgressCall, explainer: Explainer) {
        self.call = call
        self.explainer = explainer
        address = call.address
        port = call.port
        wire = Wire(call)
        authority = call.host
    }

    var explanation: Explanation {
        let end = ending ?? (.blocked, nil, "nothing decides it")
        return Explanation(
            call: call, verdict: end.verdict, status: end.status, reason: end.reason, hops: hops, because: because,
            assumptions: [], remedy: end.verdict == .blocked ? remedy : nil)
    }

    // MARK: Ends

    mutating func end(
        _ verdict: Explanation.Verdict, _ status: Explanation.Status?, _ reason: String,
        remedy: Explanation.Remedy? = nil
    ) {
        ending = (verdict, status, reason)
        self.remedy = remedy
    }

    /// The last proxy closes the connection: a proxy before it that speaks HTTP makes a 503 of it.
    mutating func cut(_ reason: String, remedy: Explanation.Remedy? = nil) {
        if hops.dropLast().contains(where: { $0.virtualHost != nil }) {
            end(.blocked, .code(503), reason, remedy: remedy)
        } else {
            end(.blocked, hops.count > 1 ? .closed : .reset, reason, remedy: remedy)
        }
    }

    /// The last proxy cannot forward: 503 for a request, the connection's end otherwise.
    mutating func fail(_ reason: String, remedy: Explanation.Remedy? = nil) {
        if hops.last?.virtualHost != nil {
            end(.blocked, .code(503), reason, remedy: remedy)
        } else {
            cut(reason, remedy: remedy)
        }
    }

    /// Fills in what becomes known of the proxy that the call is at.
    mutating func amend(_ change: (inout Explanation.Hop) -> Void) {
        guard !hops.isEmpty else { return }
        change(&hops[hops.count - 1])
    }

    mutating func note(_ text: String) { amend { $0.notes.append(text) } }

    mutating func decide(_ reasons: [Because]) {
        for reason in reasons {
            // One of a list says more than the list.
            let isSaid = because.contains { known in
                known.object == reason.object
                    && (known.field == reason.field || known.field.hasPrefix("\(reason.field)["))
            }
            if !isSaid { because.append(reason) }
        }
    }

    // MARK: The caller's sidecar

    mutating func leaveSidecar() {
        let caller = call.caller
        guard caller.hasSidecar else {
            isPassedThrough = true
            leaveUnseen()
            return
        }
        let plan = explainer.plan(for: caller.planTarget)
        var hop = Explanation.Hop(.sidecar, "\(caller.workload).\(caller.namespace)")
        if let own = Self.ownListeners[call.port] {
            (hop.listener, hop.chain, hop.cluster) = (own.listener, own.chain, LastResort.blackHole)
            hops.append(hop)
            end(.blocked, .reset, "port \(call.port) is the sidecar's own: such a call would go round in circles")
            return
        }
        guard let listener = plan.listener(address: address, port: port) else {
            hop.listener = "virtualOutbound"
            if plan.lastResort.takesRequestsAnywhere,
                wire.inspected(tls: false, http: true).applicationProtocols.contains(
                    where: ListenerPlan.httpProtocols.contains)
            {
                hop.chain = "virtualOutbound-http"
                hops.append(hop)
                takeLastResort(plan)
            } else {
                hop.chain = "virtualOutbound-catchall-tcp"
                hops.append(hop)
                passConnection(plan)
            }
            return
        }
        hop.listener = listener.name
        guard let chain = listener.chain(for: wire, to: address) else {
            hop.chain = "PassthroughFilterChain"
            hops.append(hop)
            passConnection(plan)
            return
        }
        hop.chain = chain.match.envoyText
        hops.append(hop)
        follow(chain, plan)
    }

    /// Calls to these ports meet the sidecar itself.
    private static let ownListeners = [
        15_001: (listener: "virtualOutbound", chain: "virtualOutbound-blackhole"),
        15_006: (listener: "virtualInbound", chain: "virtualInbound-blackhole"),
    ]

    mutating func follow(_ chain: ListenerPlan.Chain, _ plan: IndexedPlan) {
        switch chain.action {
        case .tcp(let clusters):
            decide(chain.because)
            forward(clusters, plan)
        case .http(let name):
            // A sidecar's chain for requests is there for all services of the port; the route tells whose it is.
            if hops.last?.kind == .gateway { decide(chain.because) }
            route(name, plan)
        }
    }

    // MARK: A gateway

    mutating func enter(_ gateway: Pod, port: Int) {
        let target = PlanTarget(gateway)
        let plan = explainer.plan(for: target)
        let name = "\(gateway.workload).\(gateway.meta.namespace)"
        let listener = plan.listener(address: IPAddress(gateway.ip), port: port)
        var hop = Explanation.Hop(.gateway, name)
        hop.listener = listener?.name
        hops.append(hop)
        guard let listener, listener.isBound else {
            cut(
                "\(name) does not listen on port \(port)",
                remedy: .words("give a Gateway that selects \(name) a server for this port"))
            return
        }
        guard visited.insert("\(name) \(listener.name)").inserted, hops.count < Self.mostHops else {
            fail("the call comes back to \(name), which sends it round in circles")
            return
        }
        (address, self.port, hasEndedTLS) = (IPAddress(gateway.ip), port, false)
        guard let chain = listener.chain(for: wire, to: address) else {
            let name = wire.hellos.first?.serverName.map { " with the server name \($0)" } ?? ""
            cut(
                "no filter chain of \(hop.name) takes a connection\(name) on port \(port) (NR filter_chain_not_found)",
                remedy: .words("bind a VirtualService with this name to the gateway"))
            return
        }
        amend { $0.chain = chain.match.envoyText }
        guard terminate(chain) else { return }
        follow(chain, plan)
    }

    /// Takes the outer TLS off, if the chain does.
    private mutating func terminate(_ chain: ListenerPlan.Chain) -> Bool {
        guard let tls = chain.tls, tls.mode != .passthrough, tls.mode != .autoPassthrough else { return true }
        decide(chain.because)
        guard let hello = wire.hellos.first else {
            cut("\(hops.last?.name ?? "") expects TLS (\(tls.mode.rawValue)), and the call comes as plain text")
            return false
        }
        if tls.mode == .istioMutual, !hello.isMesh {
            cut("\(hops.last?.name ?? "") expects the mesh's mutual TLS, and the call comes with other TLS")
            return false
        }
        wire.hellos.removeFirst()
        hasEndedTLS = true
        return true
    }
}

extension LastResort {
    /// Whether plain requests to ports without a listener are treated as requests, too.
    package var takesRequestsAnywhere: Bool { policy == .allowAnyDynamicDNS }
}
