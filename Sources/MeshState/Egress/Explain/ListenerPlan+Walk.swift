extension ListenerPlan {
    /// The filter chain that Envoy gives a connection to; nil where none takes it.
    ///
    /// Criteria are looked at one after the other, and the closest match of each decides which chains are left: there
    /// is no way back to a chain that was dropped, other than to the one that takes all.
    func chain(for wire: Wire, to address: IPAddress?) -> Chain? {
        let seen = wire.inspected(tls: inspectsTLS, http: inspectsHTTP)
        var left = chains.filter { !$0.match.isAny }
        left = Self.closest(left, to: address)
        left = Self.closest(left, to: seen.serverName)
        if !seen.isTLS, left.contains(where: \.match.isHTTP) {
            left = left.filter(\.match.isHTTP)
            if !seen.applicationProtocols.contains(where: Self.httpProtocols.contains) { left = [] }
        } else {
            left = left.filter { !$0.match.isHTTP }
            let isMesh = seen.isTLS && seen.applicationProtocols.contains { $0.hasPrefix(Self.meshProtocol) }
            let mesh = left.filter(\.match.isMeshTLS)
            left = isMesh && !mesh.isEmpty ? mesh : left.filter { !$0.match.isMeshTLS }
        }
        return left.first ?? chains.first(where: \.match.isAny)
    }

    /// What the chain of a sniffed HTTP port asks for.
    static let httpProtocols = ["http/1.1", "h2c"]
    /// What the names of the mesh's own application protocols begin with.
    static let meshProtocol = "istio"

    private static func closest(_ chains: [Chain], to address: IPAddress?) -> [Chain] {
        let longest = chains.compactMap { $0.match.prefixLength(of: address) }.max()
        guard let longest else { return chains.filter(\.match.prefixes.isEmpty) }
        return chains.filter { $0.match.prefixLength(of: address) == longest }
    }

    private static func closest(_ chains: [Chain], to serverName: String) -> [Chain] {
        for name in wildcards(of: serverName) {
            let matching = chains.filter { $0.match.serverNames.contains(name) }
            if !matching.isEmpty { return matching }
        }
        return chains.filter(\.match.serverNames.isEmpty)
    }

    /// The name itself and the wildcards that stand for it, the closest first.
    private static func wildcards(of name: String) -> [String] {
        guard !name.isEmpty else { return [] }
        var result = [name]
        var rest = name[...]
        while let dot = rest.dropFirst().firstIndex(of: ".") {
            rest = rest[dot...]
            result.append("*\(rest)")
        }
        return result
    }
}

extension ListenerPlan.Match {
    /// The length of the narrowest of the blocks that covers an address.
    fileprivate func prefixLength(of address: IPAddress?) -> Int? {
        guard let address else { return nil }
        return prefixes.filter { IPPrefix("\($0.address)/\($0.length)")?.contains(address) == true }.map(\.length).max()
    }

    /// What it asks for, in the words of Envoy's configuration; nil where it takes all.
    var envoyText: String? {
        var parts: [String] = []
        if !prefixes.isEmpty {
            parts.append("prefix_ranges \(prefixes.map { "\($0.address)/\($0.length)" }.joined(separator: ","))")
        }
        if !serverNames.isEmpty { parts.append("server_names \(serverNames.joined(separator: ","))") }
        if isMeshTLS { parts.append("application_protocols \(ListenerPlan.meshProtocol)") }
        if isHTTP { parts.append("application_protocols \(ListenerPlan.httpProtocols.joined(separator: ","))") }
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }
}
