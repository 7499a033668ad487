/// The way through an egress gateway has two halves, and one of them is missing.
struct GatewayHalfRule: AdviceRule {
    let name = "gateway-half"

    func findings(in context: AdviceContext) -> [Advice] {
        let routes = context.gatewayRoutes
        return routes.unbound.map(unbound) + withoutGatewayHalf(routes) + withoutMeshHalf(context)
            + unlistened(context)
    }

    private func unbound(_ found: GatewayRoutes.Unbound) -> Advice {
        Advice(
            rule: name, object: found.source, field: found.field,
            message: "this rule never holds: it is for \(found.gateway), which is not in spec.gateways",
            why: "a rule holds only for gateways that the VirtualService is bound to"
                + (found.gateway == VirtualService.mesh
                    ? "; without mesh the sidecars do not know it and go past the gateway" : ""),
            remedy: "add \(found.gateway) to spec.gateways")
    }

    /// Sidecars send a host to the gateway, which does not know what to do with it.
    private func withoutGatewayHalf(_ routes: GatewayRoutes) -> [Advice] {
        var seen: Set<String> = []
        return routes.meshHalves.compactMap { half in
            let isTaken = routes.gatewayHalves.contains { other in
                other.hosts.contains { HostName.overlap($0, half.host) }
            }
            guard !isTaken, seen.insert("\(half.source) \(half.host)").inserted else { return nil }
            return Advice(
                rule: name, object: half.source, field: half.field,
                message: "sidecars send \(half.host) to \(half.gatewayService), but no rule tells the gateway where it "
                    + "goes from there: 404 for HTTP, a closed connection for TLS",
                why: "a gateway sends on only what a VirtualService bound to its Gateway routes",
                remedy:
                    "add a rule with match gateways: [GATEWAY] that sends \(half.host) to itself, and the Gateway to "
                    + "spec.gateways")
        }
    }

    /// A gateway would send an outside host on, but no sidecar sends it there.
    private func withoutMeshHalf(_ context: AdviceContext) -> [Advice] {
        let routes = context.gatewayRoutes
        let external = Set(context.externalRows.filter(\.isExternal).map { $0.host.lowercased() })
        var seen: Set<String> = []
        return routes.gatewayHalves.flatMap { half in
            half.hosts.compactMap { host -> Advice? in
                let isOutside = external.contains { HostName.overlap($0, host) }
                let isSent = routes.meshHalves.contains {
                    HostName.overlap($0.host, host)
                }
                guard isOutside, !isSent, seen.insert("\(half.source) \(host)").inserted else { return nil }
                return Advice(
                    rule: name, object: half.source, field: "spec.gateways", others: [half.gateway],
                    message: "\(half.gateway) would send \(host) on, but no sidecar sends it there: calls go past the "
                        + "gateway",
                    why: "sidecars follow only rules for the gateway mesh",
                    remedy:
                        "add mesh to spec.gateways, and a rule with match gateways: [mesh] that sends \(host) to the "
                        + "gateway's service")
            }
        }
    }

    /// The Gateway has no server for the host of a rule that is bound to it.
    private func unlistened(_ context: AdviceContext) -> [Advice] {
        let gateways = Dictionary(context.mesh.gateways.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var seen: Set<String> = []
        return context.gatewayRoutes.gatewayHalves.flatMap { half in
            half.hosts.compactMap { host -> Advice? in
                guard let gateway = gateways[half.gateway], !gateway.listens(for: host),
                    seen.insert("\(half.source) \(host)").inserted
                else { return nil }
                return Advice(
                    rule: name, object: gateway.id, field: "spec.servers", others: [half.source],
                    message: "it does not listen for \(host), which \(half.source) routes by it",
                    why: "a rule that is bound to a Gateway counts for the hosts of its servers alone",
                    remedy: "add \(host) to the hosts of one of its servers")
            }
        }
    }
}

extension Gateway {
    /// Whether one of its servers is for a host.
    fileprivate func listens(for host: String) -> Bool {
        servers.flatMap(\.hosts).contains { text in
            let name = text.split(separator: "/").last.map(String.init) ?? text
            return name == "*" || HostName.overlap(name, host)
        }
    }
}
