/// The listeners of one port under construction: services that land on the same address are merged, or the later one
/// loses.
struct ListenerDrafts {
    private struct Draft {
        /// The protocol of the first service here, and that service.
        let parsed: PortProtocol
        let host: String
        var chains = ChainSet()
        /// Made by a Sidecar's listener for this port: what the others import does not come here.
        var isLocked = false
    }

    private let port: Int
    private var drafts: [String: Draft] = [:]
    private(set) var report = PushReport()

    init(port: Int) { self.port = port }

    /// Takes in what a service listens for at an address.
    mutating func add(_ offer: PortContribution.Offer, host: String) {
        let (bind, parsed) = (offer.bind, offer.parsed)
        if let draft = drafts[bind] {
            if draft.isLocked { return }
            if draft.parsed != parsed, Self.serverFirst.contains(parsed) || Self.serverFirst.contains(draft.parsed) {
                return note(bind, accepted: draft.host, rejected: host)
            }
        }
        for chain in offer.chains {
            // Changed in place: a listener may have thousands of chains.
            let owner = drafts[bind, default: Draft(parsed: parsed, host: host)].chains.add(chain, for: host)
            if let owner { note(bind, accepted: owner, rejected: host) }
        }
    }

    /// In these protocols the server speaks first, so that nothing can be sniffed beside them.
    private static let serverFirst: Set<PortProtocol> = [.mongo, .mysql]

    /// Keeps the listeners that there are as they are.
    mutating func lock() {
        for bind in drafts.keys { drafts[bind]?.isLocked = true }
    }

    private mutating func note(_ bind: String, accepted: String, rejected: String) {
        let services = drafts[bind]?.chains.ownerCount ?? 0
        report.add(
            PushReport.listenerConflict, key: "\(bind):\(port)",
            message: "Listener=\(bind):\(port) AcceptedTCP=\(accepted) RejectedTCP=\(rejected) TCPServices=\(services)")
    }

    var listeners: [ListenerPlan] {
        drafts.map { ListenerPlan(bind: $0.key, port: port, chains: $0.value.chains.chains) }.sorted {
            $0.name < $1.name
        }
    }
}
