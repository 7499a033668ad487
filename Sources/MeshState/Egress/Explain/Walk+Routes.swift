extension Walk {
    /// Sends the request where a route configuration says.
    mutating func route(_ name: String, _ plan: IndexedPlan) {
        guard wire.hellos.isEmpty, wire.payload != .bytes else {
            let what = wire.isTLS ? "TLS" : "what is no HTTP"
            end(
                .blocked, wire.isTLS ? .words("TLS error: wrong version number") : .code(400),
                "\(hops.last?.name ?? "") expects plain HTTP on port \(port), and gets \(what)")
            return
        }
        let request = Request(
            method: call.method, path: call.path, authority: authority, scheme: hasEndedTLS ? "https" : "http",
            headers: call.headers)
        guard let routes = plan.route(name) else {
            answerNotFound("there is no route configuration \(name) (NR route_not_found)")
            return
        }
        switch routes.pick(authority: authority) {
        case .lastResort: takeLastResort(plan)
        case .nothing: answerNotFound("no virtual host of \(name) has \(authority) (NR route_not_found)")
        case .notFound(let host):
            amend { $0.virtualHost = host }
            answerNotFound(
                "\(hops.last?.name ?? "") knows no host \(authority) (NR route_not_found)",
                remedy: .words("bind a VirtualService for \(authority) to the gateway"))
        case .host(let host):
            amend { $0.virtualHost = host.name }
            decide(host.because)
            if host.requiresTLS, !hasEndedTLS {
                end(.allowed, .code(301), "\(hops.last?.name ?? "") sends plain HTTP to HTTPS by a redirect")
                return
            }
            guard let route = host.routes.first(where: { $0.match?.takes(request) ?? true }) else {
                answerNotFound("no route of \(host.name) takes \(call.method) \(call.path) (NR route_not_found)")
                return
            }
            follow(route, plan)
        }
    }

    private mutating func answerNotFound(_ reason: String, remedy: Explanation.Remedy? = nil) {
        end(.blocked, .code(404), reason, remedy: remedy)
    }

    private mutating func follow(_ route: RoutePlan.Route, _ plan: IndexedPlan) {
        amend { $0.route = route.name.isEmpty ? nil : route.name }
        decide(route.because)
        if let fault = route.fault {
            if let delay = fault.delay, fault.delayShare > 0 {
                note("\(Self.percent(fault.delayShare)) of the requests wait \(Self.seconds(delay)) (fault.delay)")
            }
            if let status = fault.abortStatus, fault.abortShare > 0 {
                if fault.abortShare >= 100 {
                    end(.blocked, .code(status), "a fault answers every request with \(status) (FI fault_filter_abort)")
                    return
                }
                note("\(Self.percent(fault.abortShare)) of the requests are answered with \(status) (fault.abort)")
            }
        }
        switch route.action {
        case .respond(let answer):
            end(answer.status < 400 ? .allowed : .blocked, .code(answer.status), "the route answers itself")
        case .redirect(let redirect):
            let place = [redirect.scheme.map { "\($0)://" }, redirect.authority, redirect.uri].compactMap { $0 }
                .joined()
            end(.allowed, .code(redirect.code), "the client is sent to \(place) by a redirect")
        case .forward(let clusters):
            if let timeout = route.timeout {
                note("an answer that takes longer than \(Self.seconds(timeout)) becomes a 504")
            }
            for mirror in route.mirrors {
                note("a copy of \(Self.percent(mirror.share)) of the requests goes to \(mirror.cluster)")
            }
            if let rewritten = route.rewrite?.authority { authority = rewritten }
            forward(clusters, plan)
        }
    }

    // MARK: What nothing knows

    /// The policy's virtual host takes the request.
    mutating func takeLastResort(_ plan: IndexedPlan) {
        guard explainer.version >= Self.firstWithCatchAllRoutes else {
            // Without a virtual host for the rest Envoy's own answer is what the client gets.
            decide([policy(of: plan)])
            end(.blocked, .code(404), unknownHost, remedy: remedyForUnknown())
            return
        }
        let last = plan.lastResort
        amend { ($0.virtualHost, $0.route) = (last.routeName, last.routeName) }
        guard let cluster = last.requestCluster else {
            decide([policy(of: plan)])
            end(
                .blocked, .code(502), "\(unknownHost), and \(last.policy.rawValue) blocks it",
                remedy: remedyForUnknown())
            return
        }
        passThrough(to: cluster, plan)
    }

    /// The connection goes the way of all that no filter chain takes.
    mutating func passConnection(_ plan: IndexedPlan) {
        let cluster = plan.lastResort.connectionCluster
        guard cluster == LastResort.blackHole else {
            passThrough(to: cluster, plan)
            return
        }
        amend { $0.cluster = cluster }
        decide([policy(of: plan)])
        let place = address.map { "\($0):\(port)" } ?? "port \(port)"
        let name = wire.hellos.first?.serverName.map { " with the server name \($0)" } ?? ""
        end(
            .blocked, .reset,
            "nothing in the mesh takes \(place)\(name), and \(plan.lastResort.policy.rawValue) blocks it",
            remedy: remedyForUnknown())
    }

    private mutating func passThrough(to cluster: String, _ plan: IndexedPlan) {
        isPassedThrough = true
        decide([policy(of: plan)])
        forward([WeightedCluster(cluster: cluster)], plan)
    }

    private var unknownHost: String { "no service of the mesh has host \(authority) on port \(port)" }

    /// Istio 1.1.3 made `block_all` and `allow_any`.
    private static let firstWithCatchAllRoutes = IstioVersion(1, 1, 3)

    private func policy(of plan: IndexedPlan) -> Because {
        plan.lastResort.because
            ?? Because(
                ObjectKey(kind: "ConfigMap", namespace: MeshConfiguration.rootNamespace, name: "istio"),
                "data.mesh.outboundTrafficPolicy.mode")
    }

    // MARK: Words

    private static func percent(_ share: Double) -> String { "\(share.formatted(decimals: 1)) %" }
    private static func seconds(_ time: Double) -> String { "\(time.formatted(decimals: 3)) s" }
}

extension Double {
    /// In decimal notation, without zeros at the end.
    fileprivate func formatted(decimals: Int) -> String {
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        let rounded = (self * scale).rounded() / scale
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}
