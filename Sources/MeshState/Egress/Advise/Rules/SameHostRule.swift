/// Several objects define one host: tells who wins, in which namespaces, and what becomes of the others.
struct SameHostRule: AdviceRule {
    let name = "same-host"

    func findings(in context: AdviceContext) -> [Advice] {
        var sources: [String: Set<ObjectKey>] = [:]
        for row in context.index.rows where row.visibility != .nobody {
            sources[row.host, default: []].insert(row.source)
        }
        let shared = sources.filter { $0.value.count > 1 }
        guard !shared.isEmpty else { return [] }

        // What became of each object in each namespace that sees it.
        var fates: [Case: [String]] = [:]
        for viewer in context.viewers {
            for (host, keys) in shared {
                guard let effective = context.index.effective(host: host, namespace: viewer) else { continue }
                let winner = effective.service.source
                for loser in keys where loser != winner {
                    let fate = Self.fate(of: loser, in: effective)
                    fates[Case(host: host, loser: loser, winner: winner, fate: fate), default: []].append(viewer)
                }
            }
        }
        return fates.sorted {
            ($0.key.loser, $0.key.host, $0.value.first ?? "") < ($1.key.loser, $1.key.host, $1.value.first ?? "")
        }
        .map { advice($0.key, viewers: $0.value) }
    }

    private struct Case: Hashable {
        var host: String
        var loser: ObjectKey
        var winner: ObjectKey
        var fate: Fate
    }

    private enum Fate: Hashable {
        /// Its ports of these numbers were added to the winner's.
        case merged([Int])
        case ignored
    }

    private static func fate(of loser: ObjectKey, in effective: ServiceIndex.Effective) -> Fate {
        let added = effective.service.ports.map(\.number).filter { effective.source(port: $0) == loser }
        return added.isEmpty ? .ignored : .merged(added.sorted())
    }

    private func advice(_ found: Case, viewers: [String]) -> Advice {
        let place = "namespace\(viewers.count == 1 ? "" : "s") \(AdviceContext.words(viewers))"
        let what: String
        switch found.fate {
        case .merged(let ports):
            what =
                "of this one only port\(ports.count == 1 ? "" : "s") \(ports.map(String.init).joined(separator: ", ")) "
                + "came in beside it"
        case .ignored: what = "this one is ignored"
        }
        return Advice(
            rule: name, severity: found.fate == .ignored ? .warning : .info, object: found.loser, field: "spec.hosts",
            others: [found.winner],
            message: "\(found.host) is also defined by \(found.winner), which wins for \(place); \(what)",
            why: "for one host a proxy takes the definitions of one namespace: its own, else a Kubernetes service's, "
                + "else the oldest entry's; ports of a second entry there are added only if resolution, labels and "
                + "exportTo are alike",
            remedy: "put all ports of the host into one entry, or keep the entries apart by exportTo")
    }
}
