/// A name that no proxy finds an address for.
struct UnresolvedNameRule: AdviceRule {
    let name = "unresolved-name"

    func findings(in context: AdviceContext) -> [Advice] {
        guard let snapshot = context.snapshot else { return [] }
        let known = Dictionary(grouping: snapshot.connections.filter { $0.id.cluster.direction == .outbound }) {
            HostPort(host: $0.id.cluster.host, port: $0.id.cluster.port)
        }
        return context.entries.filter { $0.resolution == .dns || $0.resolution == .dnsRoundRobin }.flatMap { entry in
            entry.hosts.enumerated().compactMap { index, host -> Advice? in
                let rows = entry.ports.flatMap { known[HostPort(host: host, port: $0.number)] ?? [] }
                guard !rows.isEmpty, rows.allSatisfy(\.endpoints.isEmpty) else { return nil }
                let names = entry.endpoints.isEmpty ? [host] : entry.endpoints.map(\.address)
                return Advice(
                    rule: name, object: entry.id,
                    field: entry.endpoints.isEmpty ? "spec.hosts[\(index)]" : "spec.endpoints",
                    message:
                        "no proxy finds an address for \(AdviceContext.words(names)): every call fails with 503 UH",
                    why: "with resolution \(entry.resolution.rawValue) the proxies ask their name server for the name",
                    remedy: "check the spelling and what the name server of the pods answers, or name endpoints that "
                        + "resolve")
            }
        }
    }
}
