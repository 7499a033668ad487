/// The filter chains of one listener: of two that match the same connections the earlier one stays.
///
/// Envoy refuses a listener of which two chains match alike in a single name and block, so that the later chain keeps
/// only what nobody has yet.
struct ChainSet {
    /// One combination of what a chain matches.
    private struct Selector: Hashable {
        var prefix: NetworkPrefix?
        var serverName: String?
        var isHTTP: Bool
        var isMeshTLS: Bool
    }

    private(set) var chains: [ListenerPlan.Chain] = []
    /// For whom the chains are.
    private var owners: [String] = []
    /// How many have chains here; what is for one of them comes in one go.
    private(set) var ownerCount = 0
    /// Places in `chains`.
    private var places: [Selector: Int] = [:]

    /// Takes a chain in, or what is left of it; returns for whom the chain is that has the rest already and leads
    /// elsewhere.
    mutating func add(_ chain: ListenerPlan.Chain, for owner: String) -> String? {
        var chain = chain
        chain.match = chain.match.normal
        let match = chain.match
        if match.serverNames.count < 2, match.prefixes.count < 2 {
            let only = selector(match, match.prefixes.first, match.serverNames.first)
            guard let place = places[only] else {
                append(chain, owner)
                return nil
            }
            return chains[place].action == chain.action && chains[place].tls == chain.tls ? nil : owners[place]
        }
        let names: [String?] = match.serverNames.isEmpty ? [nil] : match.serverNames
        let prefixes: [NetworkPrefix?] = match.prefixes.isEmpty ? [nil] : match.prefixes
        var other: Int?
        func isFree(_ prefix: NetworkPrefix?, _ name: String?) -> Bool {
            guard let place = places[selector(match, prefix, name)] else { return true }
            if chains[place].action != chain.action || chains[place].tls != chain.tls { other = other ?? place }
            return false
        }
        let freeNames = names.filter { name in prefixes.allSatisfy { isFree($0, name) } }
        if !freeNames.isEmpty {
            if freeNames.count < names.count { chain.match.serverNames = freeNames.compactMap { $0 } }
        } else {
            chain.match.prefixes = prefixes.filter { prefix in names.allSatisfy { isFree(prefix, $0) } }
                .compactMap { $0 }
            if chain.match.prefixes.isEmpty { return other.map { owners[$0] } }
        }
        append(chain, owner)
        return other.map { owners[$0] }
    }

    private mutating func append(_ chain: ListenerPlan.Chain, _ owner: String) {
        let match = chain.match
        for prefix in match.prefixes.isEmpty ? [nil] : match.prefixes as [NetworkPrefix?] {
            for name in match.serverNames.isEmpty ? [nil] : match.serverNames as [String?] {
                places[selector(match, prefix, name)] = chains.endIndex
            }
        }
        if owners.last != owner { ownerCount += 1 }
        chains.append(chain)
        owners.append(owner)
    }

    private func selector(_ match: ListenerPlan.Match, _ prefix: NetworkPrefix?, _ name: String?) -> Selector {
        Selector(prefix: prefix, serverName: name, isHTTP: match.isHTTP, isMeshTLS: match.isMeshTLS)
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
