/// The filter chains of one listener: of two that match the same connections the earlier one stays.
///
/// Envoy refuses a listener of which two chains match alike in a single name and block, so that the later chain keeps
/// only what nobody has yet.
struct ChainSet: Sendable {
    /// One combination of what a chain matches.
    fileprivate struct Selector: Hashable, Sendable {
        var prefix: NetworkPrefix?
        var serverName: String?
        var isHTTP: Bool
        var isMeshTLS: Bool
    }

    /// Whose a combination is, and where it leads.
    private struct Claim: Sendable {
        let owner: String
        let action: ListenerPlan.Action
        let tls: Gateway.ServerTLS?

        func leadsElsewhere(than chain: ListenerPlan.Chain) -> Bool { action != chain.action || tls != chain.tls }
    }

    private(set) var chains: [ListenerPlan.Chain] = []
    /// For whom the chains are.
    private var owners: [String] = []
    /// How many have chains here; what is for one of them comes in one go.
    private(set) var ownerCount = 0
    private var claims: [Selector: Claim] = [:]
    /// What others wanted too.
    private var contested: Set<Selector> = []

    /// Takes a chain in, or what is left of it; returns for whom the chain is that has the rest already and leads
    /// elsewhere.
    mutating func add(_ chain: ListenerPlan.Chain, for owner: String) -> String? {
        var chain = chain
        chain.match = chain.match.normal
        let match = chain.match
        let names: [String?] = match.serverNames.isEmpty ? [nil] : match.serverNames
        let prefixes: [NetworkPrefix?] = match.prefixes.isEmpty ? [nil] : match.prefixes
        var other: String?
        func isFree(_ prefix: NetworkPrefix?, _ name: String?) -> Bool {
            let selector = Selector(match, prefix, name)
            guard let claim = claims[selector] else { return true }
            contested.insert(selector)
            if claim.leadsElsewhere(than: chain) { other = other ?? claim.owner }
            return false
        }
        let freeNames = names.filter { name in prefixes.allSatisfy { isFree($0, name) } }
        if !freeNames.isEmpty {
            if freeNames.count < names.count { chain.match.serverNames = freeNames.compactMap { $0 } }
        } else {
            chain.match.prefixes = prefixes.filter { prefix in names.allSatisfy { isFree(prefix, $0) } }
                .compactMap { $0 }
            if chain.match.prefixes.isEmpty { return other }
        }
        insert(chain, owner, at: chains.endIndex)
        return other
    }

    private mutating func insert(_ chain: ListenerPlan.Chain, _ owner: String, at place: Int) {
        let match = chain.match
        for prefix in match.prefixes.isEmpty ? [nil] : match.prefixes as [NetworkPrefix?] {
            for name in match.serverNames.isEmpty ? [nil] : match.serverNames as [String?] {
                claims[Selector(match, prefix, name)] = Claim(owner: owner, action: chain.action, tls: chain.tls)
            }
        }
        if place == 0 || owners[place - 1] != owner { ownerCount += 1 }
        chains.insert(chain, at: place)
        owners.insert(owner, at: place)
    }

    // MARK: One owner's chains

    /// Whether all is for this owner, and nobody else wanted any of it.
    func isAlone(_ owner: String) -> Bool { contested.isEmpty && ownerCount == 1 && owners.first == owner }

    /// Whether an owner's chains can be replaced without a look at anybody else's, so that the same comes of it as of
    /// beginning anew.
    ///
    /// - Parameter isLater: whether another owner comes after this one.
    func canReplace(
        _ old: [ListenerPlan.Chain], by new: [ListenerPlan.Chain], of owner: String, isLater: (String) -> Bool
    ) -> Bool {
        for chain in old {
            guard let selector = Selector(only: chain), let claim = claims[selector] else { return false }
            if claim.owner == owner {
                // Others would have it now; and with a way to routes these may go.
                if contested.contains(selector) || chain.leadsToRoutes { return false }
            } else if claim.leadsElsewhere(than: chain) {
                return false
            }
        }
        var seen: Set<Selector> = []
        for chain in new {
            guard let selector = Selector(only: chain), seen.insert(selector).inserted else { return false }
            if let claim = claims[selector], claim.owner != owner {
                if isLater(claim.owner) || claim.leadsElsewhere(than: chain) { return false }
            } else if chain.leadsToRoutes {
                return false
            }
        }
        return true
    }

    /// Replaces an owner's chains, as far as others do not have the same already; only where that can be done.
    mutating func replace(
        _ old: [ListenerPlan.Chain], by new: [ListenerPlan.Chain], of owner: String, isLater: (String) -> Bool
    ) {
        for selector in old.compactMap(Selector.init(only:)) where claims[selector]?.owner == owner {
            claims[selector] = nil
        }
        if let first = owners.firstIndex(of: owner) {
            let end = owners[first...].firstIndex { $0 != owner } ?? owners.endIndex
            owners.removeSubrange(first..<end)
            chains.removeSubrange(first..<end)
            ownerCount -= 1
        }
        var place = owners.partitioningIndex(where: isLater)
        for var chain in new {
            guard let selector = Selector(only: chain) else { continue }
            if claims[selector] != nil {
                contested.insert(selector)
            } else {
                chain.match = chain.match.normal
                insert(chain, owner, at: place)
                place += 1
            }
        }
    }
}

extension ChainSet.Selector {
    init(_ match: ListenerPlan.Match, _ prefix: NetworkPrefix?, _ name: String?) {
        self.init(prefix: prefix, serverName: name, isHTTP: match.isHTTP, isMeshTLS: match.isMeshTLS)
    }

    /// What a chain matches, if that is one combination.
    init?(only chain: ListenerPlan.Chain) {
        let match = chain.match.normal
        if match.serverNames.count > 1 || match.prefixes.count > 1 { return nil }
        self.init(match, match.prefixes.first, match.serverNames.first)
    }
}

extension ListenerPlan.Chain {
    fileprivate var leadsToRoutes: Bool { if case .http = action { true } else { false } }
}

extension [String] {
    /// The place of the first element for which a condition holds that holds for all after it too.
    fileprivate func partitioningIndex(where holds: (String) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension ListenerPlan.Match {
    /// In the form in which two matches can be compared: nothing twice, and nothing that excludes nothing.
    fileprivate var normal: Self {
        if serverNames.count < 2, prefixes.count < 2, serverNames.first != "*", prefixes.first?.length != 0 { return self }
        var result = self
        var seen: Set<String> = []
        result.serverNames = serverNames.contains("*") ? [] : serverNames.filter { seen.insert($0).inserted }
        var blocks: Set<NetworkPrefix> = []
        result.prefixes =
            prefixes.contains { $0.length == 0 } ? [] : prefixes.filter { blocks.insert($0).inserted }
        return result
    }

    /// Names of TLS hellos that a match can have, lower case; nil where there were some and none is left.
    ///
    /// Envoy takes a `*` only as the whole first label.
    static func serverNames(_ names: [String]) -> [String]? {
        let star = UInt8(ascii: "*")
        let usable = names.map(HostName.folded).filter { name in
            name == "*" || !(name.hasPrefix("*.") ? name.utf8.dropFirst(2) : name.utf8[...]).contains(star)
        }
        return usable.isEmpty && !names.isEmpty ? nil : usable
    }
}
