import FoundationEssentials

/// An entry that is there for a while and that no proxy ever sent a call by.
struct UnusedEntryRule: AdviceRule {
    let name = "unused-entry"

    func findings(in context: AdviceContext) -> [Advice] {
        guard let snapshot = context.snapshot else { return [] }
        let used = Set(
            snapshot.connections.filter { $0.total.connections > 0 || $0.total.requests > 0 || $0.live > 0 }
                .map(\.id.cluster.host))
        return context.entries.compactMap { entry in
            guard let created = entry.meta.creationTime, entry.location == .external,
                snapshot.time.timeIntervalSince(created) >= context.unusedAfter, used.isDisjoint(with: entry.hosts)
            else { return nil }
            return Advice(
                rule: name, severity: .info, object: entry.id, field: "spec.hosts",
                message: "no proxy has sent a call to \(AdviceContext.words(entry.hosts)) since it started",
                why: "each entry is a way out of the mesh; one that nobody needs is one too many",
                remedy: "switch it off (`meshtop toggle \(entry.meta.name) -n \(entry.meta.namespace)`), and delete it "
                    + "when nobody has missed it")
        }
    }
}
