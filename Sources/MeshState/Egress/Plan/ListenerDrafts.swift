/// Listeners under construction: services that land on the same address and port are merged, or the later one loses.
struct ListenerDrafts {
    private struct Place: Hashable {
        var bind: String
        var port: Int
    }

    private struct Draft {
        /// The protocol of the first service here.
        let parsed: PortProtocol
        private(set) var chains: [ListenerPlan.Chain] = []
        /// Where each match leads, and for which host.
        private var owners: [ListenerPlan.Match: (action: ListenerPlan.Action, host: String)] = [:]

        init(parsed: PortProtocol) { self.parsed = parsed }

        /// Takes a chain in; returns the host that has its connections already, if it leads elsewhere.
        ///
        /// HTTP services share a chain; of two TCP services with the same match the earlier one stays.
        mutating func add(_ chain: ListenerPlan.Chain, of host: String) -> String? {
            if let owner = owners[chain.match] { return owner.action == chain.action ? nil : owner.host }
            chains.append(chain)
            owners[chain.match] = (chain.action, host)
            return nil
        }
    }

    private var drafts: [Place: Draft] = [:]
    private(set) var report = PushReport()

    mutating func add(_ chains: [ListenerPlan.Chain], bind: String, port: Int, parsed: PortProtocol, host: String) {
        let place = Place(bind: bind, port: port)
        let first = drafts[place]?.parsed ?? parsed
        if first != parsed, Self.serverFirst.contains(parsed) || Self.serverFirst.contains(first) { return }
        for chain in chains {
            // Changed in place: a listener may have thousands of chains.
            guard let owner = drafts[place, default: Draft(parsed: parsed)].add(chain, of: host) else { continue }
            report.add(
                PushReport.listenerConflict, key: "\(bind):\(port)",
                message: "Listener=\(bind):\(port) AcceptedTCP=\(owner) RejectedTCP=\(host) TCPServices=1")
        }
    }

    /// In these protocols the server speaks first, so that nothing can be sniffed beside them.
    private static let serverFirst: Set<PortProtocol> = [.mongo, .mysql]

    var listeners: [ListenerPlan] {
        drafts.map { ListenerPlan(bind: $0.key.bind, port: $0.key.port, chains: $0.value.chains) }
            .sorted { $0.name < $1.name }
    }
}
