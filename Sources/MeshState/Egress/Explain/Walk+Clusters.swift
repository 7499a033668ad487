extension Walk {
    /// Chooses among clusters by weight and goes on through the one that gets most.
    mutating func forward(_ clusters: [WeightedCluster], _ plan: IndexedPlan) {
        let most = clusters.map(\.weight).max() ?? 0
        guard let chosen = clusters.first(where: { $0.weight == most }) else {
            fail("the route names no destination")
            return
        }
        let total = clusters.reduce(0) { $0 + $1.weight }
        amend { hop in
            hop.cluster = chosen.cluster
            guard clusters.count > 1, total > 0 else { return }
            hop.shares = clusters.map { .init(cluster: $0.cluster, percent: Double($0.weight) * 100 / Double(total)) }
        }
        decide([chosen.because].compactMap { $0 })
        if let other = chosen.authority { authority = other }
        switch chosen.cluster {
        case LastResort.blackHole: fail("the connection ends in \(LastResort.blackHole)")
        case LastResort.passthrough: connect(to: [.init(address: originalDestination(port: nil))], by: nil)
        case LastResort.anyDynamicDNS:
            connect(to: [.init(address: .host(RoutePlan.withoutPort(authority), port: port))], by: nil)
        default:
            guard let cluster = plan.cluster(chosen.cluster) else {
                fail(
                    "the destination does not exist: there is no cluster \(chosen.cluster) (NC cluster_not_found)",
                    remedy: .words(
                        "make a ServiceEntry or Service for the destination, or correct its host, subset or port"))
                return
            }
            enter(cluster)
        }
    }

    private mutating func enter(_ cluster: ClusterPlan) {
        decide(cluster.because)
        switch cluster.effectiveDiscovery {
        case .fixed(let endpoints), .strictDNS(let endpoints):
            guard !endpoints.isEmpty else {
                fail(
                    "\(cluster.name) has no endpoints (UH no_healthy_upstream)",
                    remedy: hops.last?.kind == .gateway && cluster.isExternal
                        ? .words(
                            "give the entry of \(cluster.host) resolution DNS: a gateway has no original destination")
                        : .words("give \(cluster.host) an endpoint that is ready"))
                return
            }
            connect(to: endpoints, by: cluster)
        case .logicalDNS(let endpoint): connect(to: [endpoint], by: cluster)
        case .originalDestination(let port): connect(to: [.init(address: originalDestination(port: port))], by: cluster)
        case .dynamicDNS(let port):
            let name = wire.isTLS ? wire.hellos.first?.serverName : RoutePlan.withoutPort(authority)
            guard let name else {
                fail("\(cluster.name) is resolved by the server name, and the call has none")
                return
            }
            connect(to: [.init(address: .host(name, port: port))], by: cluster)
        }
    }

    private func originalDestination(port override: Int?) -> MeshEndpoint.Address {
        .host(address?.description ?? call.target, port: override ?? port)
    }

    // MARK: The connection to the next hop

    private mutating func connect(to endpoints: [MeshEndpoint], by cluster: ClusterPlan?) {
        amend { $0.endpoints = endpoints.map(\.address.text) }
        let heaviest = endpoints.map(\.weight).max() ?? 0
        guard let endpoint = endpoints.first(where: { $0.weight == heaviest }) else { return }
        secure(cluster, endpoint)
        arrive(at: endpoint.address, host: cluster?.host)
    }

    private mutating func secure(_ cluster: ClusterPlan?, _ endpoint: MeshEndpoint) {
        let asItIs = Explanation.HopTLS(
            mode: wire.isTLS ? .passthrough : .plain, serverName: wire.hellos.first?.serverName)
        var tls = asItIs
        var hello: Wire.Hello?
        switch cluster?.tls {
        case .automatic(let serverName, let names) where endpoint.hasMeshTLS:
            let peers = names.isEmpty ? [endpoint.identity].filter { !$0.isEmpty } : names
            tls = .init(mode: .istioMutual, serverName: serverName, identity: identity, peers: peers)
            hello = .init(serverName: serverName, alpn: ["istio"], isMesh: true)
        case .originate(let settings) where settings.mode != .disable:
            let name = settings.sni ?? (wire.isTLS || wire.payload == .bytes ? nil : RoutePlan.withoutPort(authority))
            let mode: Explanation.HopTLS.Mode =
                settings.mode == .istioMutual ? .istioMutual : settings.mode == .mutual ? .mutual : .simple
            tls = .init(mode: mode, serverName: name, peers: settings.subjectAltNames)
            if mode == .istioMutual { tls.identity = identity }
            hello = .init(serverName: name, alpn: [], isMesh: mode == .istioMutual)
        case .plain, .automatic, .originate, nil: break
        }
        amend { $0.tls = tls }
        if let hello { wire.hellos.insert(hello, at: 0) }
    }

    /// The SPIFFE name of the proxy that the call is at.
    private var identity: String? {
        if hops.last?.kind == .sidecar { return call.caller.identity.isEmpty ? nil : call.caller.identity }
        return address.flatMap { explainer.pod(at: $0.description) }.map {
            MeshEndpoint.identity(namespace: $0.meta.namespace, account: $0.serviceAccount)
        }
    }

    /// A call that no sidecar takes goes where its packets go.
    mutating func leaveUnseen() {
        arrive(at: originalDestination(port: nil), host: nil)
        if ending?.verdict == .passthrough {
            end(.passthrough, nil, "\(call.caller.workload) has no sidecar: its calls go out unseen")
        }
    }

    private mutating func arrive(at place: MeshEndpoint.Address, host: String?) {
        guard case .host(let called, let calledPort) = place else {
            finish(at: place.text, host: host)
            return
        }
        let (name, port) = explainer.behindService(called, port: calledPort) ?? (called, calledPort)
        guard let pod = explainer.pod(at: name) else {
            finish(at: MeshEndpoint.Address.host(name, port: port).text, host: host)
            return
        }
        switch pod.proxyKind {
        case .gateway: enter(pod, port: port)
        case .sidecar: enterInbound(pod, port: port)
        case .none: finish(at: "\(pod.workload).\(pod.meta.namespace)", host: host)
        }
    }

    private mutating func enterInbound(_ pod: Pod, port: Int) {
        var hop = Explanation.Hop(.inbound, "\(pod.workload).\(pod.meta.namespace)")
        hop.listener = "virtualInbound"
        hop.cluster = explainer.isServed(pod, port: port) ? "inbound|\(port)||" : "InboundPassthroughCluster"
        hop.endpoints = ["\(pod.ip):\(port)"]
        if wire.hellos.first?.isMesh == true { wire.hellos.removeFirst() }
        hop.tls = .init(mode: wire.isTLS ? .passthrough : .plain)
        hops.append(hop)
        succeed(at: hop.name)
    }

    /// The call leaves the mesh's proxies.
    private mutating func finish(at name: String, host: String?) {
        let layers = wire.hellos.count
        let isPlainOnTLSPort = !wire.isTLS && wire.payload != .bytes && name.hasSuffix(":443")
        hops.append(.init(.endpoint, name))
        if let host, !name.hasPrefix("\(host):") { note("stands for \(host)") }
        if layers > 1 {
            note("TLS comes inside of TLS: the client speaks it already, and a DestinationRule adds another layer")
            succeed(at: name, status: .words("TLS error: wrong version number"))
        } else {
            if isPlainOnTLSPort { note("plain HTTP comes to port 443, where servers expect TLS") }
            succeed(at: name)
        }
    }

    private mutating func succeed(at name: String, status: Explanation.Status? = nil) {
        let gateways = hops.filter { $0.kind == .gateway }.map(\.name)
        let way = gateways.isEmpty ? "" : " through \(gateways.joined(separator: " and "))"
        end(
            isPassedThrough ? .passthrough : .allowed, status,
            isPassedThrough
                ? "nothing in the mesh knows it, and the policy lets it through to \(name)\(way)"
                : "it goes to \(name)\(way)")
    }
}

extension ClusterPlan {
    /// Where endpoints come from: a DestinationRule may have every connection go where it was going.
    fileprivate var effectiveDiscovery: Discovery {
        if case .dynamicDNS = discovery { return discovery }
        if case .originalDestination = discovery { return discovery }
        return settings.loadBalancer == .simple("PASSTHROUGH") ? .originalDestination(port: nil) : discovery
    }
}

extension MeshEndpoint.Address {
    /// `ADDRESS:PORT`, or `unix://PATH`.
    var text: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .pipe(let path): "unix://\(path)"
        }
    }
}

extension Explainer {
    /// The first ready endpoint behind a Kubernetes Service's name or address: what a proxy's own connections reach.
    func behindService(_ name: String, port: Int) -> (String, Int)? {
        let service = mesh.services.first { $0.clusterIP == name || $0.host == name }
        guard let service, let servicePort = service.ports.first(where: { $0.number == port }) else { return nil }
        let endpoints = mesh.endpoints.first {
            $0.meta.name == service.meta.name && $0.meta.namespace == service.meta.namespace
        }
        for subset in endpoints?.subsets ?? [] {
            if let target = subset.ports[servicePort.name], let address = subset.ready.first {
                return (address, target)
            }
        }
        return nil
    }

    /// Whether a service leads to this port of a pod.
    func isServed(_ pod: Pod, port: Int) -> Bool {
        mesh.endpoints.contains { endpoints in
            endpoints.subsets.contains { $0.ready.contains(pod.ip) && $0.ports.values.contains(port) }
        }
            || index.rows.contains { row in
                row.endpoints.values.joined().contains { $0.address == .host(pod.ip, port: port) }
            }
    }
}
