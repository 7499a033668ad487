/// A DestinationRule adds TLS to a port on which the callers speak it already.
struct DoubleTLSRule: AdviceRule {
    let name = "double-tls"

    func findings(in context: AdviceContext) -> [Advice] {
        context.mesh.destinationRules.filter { MeshConfiguration.isVisible($0.meta) }.flatMap { rule in
            let host = HostName.expand(rule.host, namespace: rule.meta.namespace)
            var seen: Set<Int> = []
            return context.externalRows.filter { HostName.covers(host, $0.host) }.flatMap { row in
                row.ports.compactMap { port -> Advice? in
                    let own = rule.policy.portLevel[port.number]
                    guard port.parsedProtocol.isTLS, let mode = (own ?? rule.policy.settings).tls?.mode,
                        mode != .disable, !Self.isReachedByHTTP(row.host, port: port.number, context.mesh),
                        seen.insert(port.number).inserted
                    else { return nil }
                    return Advice(
                        rule: name, object: rule.id,
                        field: own == nil ? "spec.trafficPolicy.tls" : "spec.trafficPolicy.portLevelSettings",
                        others: [row.source],
                        message:
                            "calls to \(row.host):\(port.number) get TLS within TLS (\(mode.rawValue)): the server "
                            + "does not understand them, the caller sees `wrong version number`",
                        why:
                            "port \(port.number) is \(port.parsedProtocol.rawValue), so callers speak TLS themselves, "
                            + "and no VirtualService sends plain HTTP there",
                        remedy:
                            "set the mode to DISABLE for this port; to originate TLS, let the callers speak HTTP on "
                            + "port 80 with targetPort \(port.number), and put the mode on port 80")
                }
            }
        }
    }

    private static func isReachedByHTTP(_ host: String, port: Int, _ mesh: MeshConfiguration) -> Bool {
        mesh.virtualServices.contains { service in
            service.http.flatMap(\.shares).contains {
                $0.destination.port == port
                    && HostName.expand($0.destination.host, namespace: service.meta.namespace) == host.lowercased()
            }
        }
    }
}
