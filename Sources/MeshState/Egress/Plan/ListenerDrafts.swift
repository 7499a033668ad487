/// The listeners of one port under construction: services that land on the same address are merged, or the later one
/// loses.
struct ListenerDrafts: Sendable {
    private struct Draft: Sendable {
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

    /// Puts what a service listens for now in the place of what it listened for before, if nothing else depends on that.
    ///
    /// - Parameter isLater: whether another host's service comes after this one.
    /// - Returns: the addresses of which the listeners are others now; nil, and nothing is done, where all is to be made
    ///   anew.
    mutating func replace(
        _ old: PortContribution?, by new: PortContribution?, isLater: (String) -> Bool
    ) -> Set<String>? {
        guard report.isEmpty, let host = (new ?? old)?.host else { return nil }
        let before = Dictionary(grouping: old?.offers.filter { !$0.chains.isEmpty } ?? [], by: \.bind)
        let after = Dictionary(grouping: new?.offers.filter { !$0.chains.isEmpty } ?? [], by: \.bind)
        let binds = Set(before.keys).union(after.keys)
        func chains(_ offers: [PortContribution.Offer]?) -> [ListenerPlan.Chain] { (offers ?? []).flatMap(\.chains) }
        for bind in binds {
            let draft = drafts[bind]
            let protocols = ((before[bind] ?? []) + (after[bind] ?? [])).map(\.parsed) + [draft?.parsed].compactMap { $0 }
            // The first service of an address decides what may come beside it.
            if draft?.isLocked == true || !Self.serverFirst.isDisjoint(with: protocols)
                || draft?.host == host && draft?.chains.isAlone(host) == false
            {
                return nil
            }
            let known = draft?.chains ?? ChainSet()
            guard known.canReplace(chains(before[bind]), by: chains(after[bind]), of: host, isLater: isLater) else {
                return nil
            }
        }
        for bind in binds {
            if let first = drafts[bind]?.host, first != host {
                drafts[bind]?.chains.replace(
                    chains(before[bind]), by: chains(after[bind]), of: host, isLater: isLater)
            } else {
                drafts[bind] = nil
                for offer in after[bind] ?? [] { add(offer, host: host) }
            }
        }
        return binds
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

    var listeners: [ListenerPlan] { drafts.keys.compactMap { listener(bind: $0) }.sorted { $0.name < $1.name } }

    /// The listener at an address; nil where there is none.
    func listener(bind: String) -> ListenerPlan? {
        drafts[bind].map { ListenerPlan(bind: bind, port: port, chains: $0.chains.chains) }
    }
}
