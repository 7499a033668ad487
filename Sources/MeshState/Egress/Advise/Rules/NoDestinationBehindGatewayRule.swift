/// A gateway is to send calls to a host with resolution NONE, of which it has no address.
struct NoDestinationBehindGatewayRule: AdviceRule {
    let name = "none-behind-gateway"

    func findings(in context: AdviceContext) -> [Advice] {
        let rows = Dictionary(grouping: context.externalRows.filter { $0.resolution == .none }) { $0.host.lowercased() }
        var seen: Set<[ObjectKey]> = []
        return context.gatewayRoutes.gatewayHalves.flatMap { half in
            half.destinations.compactMap { host -> Advice? in
                guard let row = rows[host]?.first, seen.insert([row.source, half.source]).inserted else { return nil }
                return Advice(
                    rule: name, object: row.source, field: "spec.resolution", others: [half.source, half.gateway],
                    message: "calls to \(host) fail behind \(half.gateway): the gateway has no address for it (503 UH; "
                        + "older releases send the call to themselves without end)",
                    why: "NONE means the address that the caller dialled, and a gateway was dialled itself",
                    remedy: "set spec.resolution to DNS, or to STATIC with endpoints")
            }
        }
    }
}
