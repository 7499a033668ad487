/// Two entries for TCP at one address and port: the older one gets every connection.
struct AddressConflictRule: AdviceRule {
    let name = "address-conflict"

    private struct Place: Hashable {
        /// nil for entries without an address.
        var prefix: NetworkPrefix?
        var port: Int
    }

    func findings(in context: AdviceContext) -> [Advice] {
        var owners: [Place: MeshService] = [:]
        var result: [Advice] = []
        for row in context.externalRows {
            let prefix = row.address.flatMap { NetworkPrefix($0) }
            if row.address != nil && prefix == nil { continue }
            for port in row.ports where port.parsedProtocol.isPlainTCP {
                let place = Place(prefix: prefix, port: port.number)
                guard let owner = owners[place] else {
                    owners[place] = row
                    continue
                }
                guard owner.host != row.host, owner.source != row.source, owner.isSeenTogether(with: row) else {
                    continue
                }
                let address = row.address.map { "\($0):\(port.number)" } ?? "port \(port.number) without an address"
                result.append(
                    Advice(
                        rule: name, object: row.source, field: "spec.addresses", others: [owner.source],
                        message: "\(row.host) never gets a connection: \(address) belongs to \(owner.host) of "
                            + "\(owner.source), which is older",
                        why: "a plain connection has no name, so one address and port leads to one host: to the one of "
                            + "the oldest entry (push status pilot_conflict_outbound_listener_tcp_over_current_tcp)",
                        remedy: "give each entry the addresses of its own servers, or another port"))
            }
        }
        return result
    }
}

extension PortProtocol {
    /// Connections are told apart by address alone.
    var isPlainTCP: Bool { isTCP && !isTLS }
}

extension MeshService {
    /// Whether some namespace may see both.
    func isSeenTogether(with other: MeshService) -> Bool {
        switch (visibility, other.visibility) {
        case (.nobody, _), (_, .nobody): false
        case (.everyone, _), (_, .everyone): true
        case (.namespaces(let mine), .namespaces(let others)): !mine.isDisjoint(with: others)
        }
    }
}
