/// Turns a VirtualService's rules for requests into routes, as far as they hold at one place.
struct HTTPRules {
    let place: VirtualService.Place
    let clusters: DestinationClusters
    /// Whether requests come over TLS that the proxy answers.
    var isTLS = false

    /// The routes in the order in which they are tried; empty where no rule holds here.
    func routes(of service: VirtualService) -> [RoutePlan.Route] {
        var routes: [RoutePlan.Route] = []
        for (index, rule) in service.http.enumerated() {
            let field = "spec.http[\(index)]"
            if rule.matches.isEmpty {
                if let route = route(rule, nil, of: service, field: field, because: field) { routes.append(route) }
                return routes
            }
            for (number, match) in rule.matches.enumerated() where match.scope.holds(at: place) {
                let because = "\(field).match[\(number)]"
                guard let route = route(rule, match, of: service, field: field, because: because) else { continue }
                routes.append(route)
                // Nothing gets past it.
                if route.isCatchAll { return routes }
            }
        }
        return routes
    }

    private func route(
        _ rule: VirtualService.HTTPRoute, _ match: VirtualService.HTTPMatch?, of service: VirtualService, field: String,
        because: String
    ) -> RoutePlan.Route? {
        let action: RoutePlan.Route.Action
        var authority = rule.headers.authority
        var isForwarded = false
        if let redirect = rule.redirect {
            action = .redirect(shown(redirect))
        } else if let response = rule.directResponse {
            action = .respond(response)
        } else {
            var ways = ways(rule.shares, of: service, field: field)
            if ways.isEmpty { return nil }
            if ways.count == 1 {
                authority = authority ?? ways[0].authority
                ways[0].authority = nil
            }
            action = .forward(ways)
            isForwarded = true
        }
        var rewrite = isForwarded ? rule.rewrite : nil
        if isForwarded, rewrite?.authority == nil, let authority {
            rewrite = rewrite ?? .init()
            rewrite?.authority = authority
        }
        return RoutePlan.Route(
            name: match.map { $0.name.isEmpty ? rule.name : "\(rule.name).\($0.name)" } ?? rule.name,
            match: match.flatMap { $0.isAny ? nil : $0 }, action: action, rewrite: rewrite,
            timeout: isForwarded ? rule.timeout : nil, retries: isForwarded ? rule.retries : nil, fault: rule.fault,
            mirrors: isForwarded ? mirrors(rule.mirrors, of: service) : [], headers: rule.headers.ofMessage,
            operation: operation(service, action, match?.uri), because: [Because(service.id, because)])
    }

    private func ways(
        _ shares: [VirtualService.Share], of service: VirtualService, field: String
    ) -> [WeightedCluster] {
        let used = shares.inUse
        return used.map { index, share in
            WeightedCluster(
                cluster: cluster(share.destination, of: service), weight: used.count == 1 ? 100 : share.weight,
                headers: share.headers.ofMessage, authority: share.headers.authority,
                because: Because(service.id, "\(field).route[\(index)]"))
        }
    }

    private func mirrors(_ mirrors: [VirtualService.Mirror], of service: VirtualService) -> [RoutePlan.MirrorCluster] {
        mirrors.filter { $0.share > 0 }.map { .init(cluster: cluster($0.destination, of: service), share: $0.share) }
    }

    private func cluster(_ destination: VirtualService.Destination, of service: VirtualService) -> String {
        clusters.name(for: destination, namespace: service.meta.namespace, listenerPort: place.port)
    }

    /// A port that the scheme implies is left out.
    private func shown(_ redirect: VirtualService.Redirect) -> VirtualService.Redirect {
        var shown = redirect
        let scheme = redirect.scheme ?? (isTLS ? "https" : "http")
        if (redirect.port == 80 && scheme == "http") || (redirect.port == 443 && scheme == "https") { shown.port = nil }
        return shown
    }

    /// The only destination's host and port, else the VirtualService's name and the port called, and the path.
    private func operation(
        _ service: VirtualService, _ action: RoutePlan.Route.Action, _ uri: VirtualService.StringMatch?
    ) -> String {
        let path =
            switch uri {
            case .exact(let text): text
            case .prefix(let text): text + "*"
            case .regex(let text): text
            case .present, nil: "/*"
            }
        if case .forward(let ways) = action, ways.count == 1 {
            let parts = ways[0].cluster.split(separator: "|", maxSplits: 3, omittingEmptySubsequences: false)
            if parts.count == 4 { return "\(parts[3]):\(parts[1])\(path)" }
        }
        return "\(service.meta.name):\(place.port)\(path)"
    }
}

extension RoutePlan.Route {
    /// Whether it takes every request.
    var isCatchAll: Bool {
        guard var rest = match else { return true }
        guard rest.uri == .prefix("/") || rest.uri == .regex(".*") else { return false }
        rest.uri = nil
        return rest.isAny
    }
}

extension VirtualService.HeaderChanges {
    /// The request's host, where it is among the headers to be set or added.
    fileprivate var authority: String? {
        for headers in [request.set, request.add] {
            if let found = headers.first(where: { Self.isAuthority($0.key) }) { return found.value }
        }
        return nil
    }

    /// Without what Envoy does not let be changed as a header.
    fileprivate var ofMessage: Self {
        var result = self
        result.request = Self.ofMessage(request)
        result.response = Self.ofMessage(response)
        return result
    }

    private static func ofMessage(_ operations: Operations) -> Operations {
        var result = operations
        result.set = operations.set.filter { !isInternal($0.key) }
        result.add = operations.add.filter { !isInternal($0.key) }
        result.remove = operations.remove.filter { !isInternal($0) }
        return result
    }

    private static func isInternal(_ name: String) -> Bool { name.hasPrefix(":") || name.lowercased() == "host" }

    private static func isAuthority(_ name: String) -> Bool { [":authority", "host"].contains(name.lowercased()) }
}
