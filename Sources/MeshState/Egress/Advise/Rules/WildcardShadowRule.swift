/// A host of one entry lies under a wildcard of another: on a port that both have, the narrower one decides.
struct WildcardShadowRule: AdviceRule {
    let name = "wildcard-shadow"

    func findings(in context: AdviceContext) -> [Advice] {
        let wildcards = context.externalRows.filter { $0.host.hasPrefix("*") }
        guard !wildcards.isEmpty else { return [] }
        var seen: Set<[ObjectKey]> = []
        var result: [Advice] = []
        for wide in wildcards {
            for narrow in context.externalRows
            where narrow.host != wide.host && narrow.source != wide.source && HostName.covers(wide.host, narrow.host)
                && narrow.isSeenTogether(with: wide)
            {
                let ports = Set(wide.namedPorts).intersection(narrow.namedPorts).sorted()
                guard !ports.isEmpty, Self.differ(wide, narrow), seen.insert([wide.source, narrow.source]).inserted
                else { continue }
                let list = ports.map(String.init).joined(separator: ", ")
                result.append(
                    Advice(
                        rule: name, severity: .info, object: wide.source, field: "spec.hosts", others: [narrow.source],
                        message: "calls to \(narrow.host) on port \(list) do not go by \(wide.host) but by "
                            + "\(narrow.source), which treats them otherwise (\(Self.difference(wide, narrow)))",
                        why: "of several hosts that fit, the longest decides, for HTTP and for TLS",
                        remedy: "nothing, if it is meant; else make both entries alike, or remove the narrower host"))
            }
        }
        return result
    }

    private static func differ(_ one: MeshService, _ other: MeshService) -> Bool {
        one.resolution != other.resolution || one.isExternal != other.isExternal
    }

    private static func difference(_ wide: MeshService, _ narrow: MeshService) -> String {
        wide.resolution != narrow.resolution
            ? "resolution \(narrow.resolution.rawValue) and not \(wide.resolution.rawValue)"
            : "location \(narrow.isExternal ? "MESH_EXTERNAL" : "MESH_INTERNAL")"
    }
}

extension MeshService {
    /// Ports whose calls carry a name.
    fileprivate var namedPorts: [Int] {
        ports.filter { $0.parsedProtocol.isHTTP || $0.parsedProtocol.isTLS }.map(\.number)
    }
}
