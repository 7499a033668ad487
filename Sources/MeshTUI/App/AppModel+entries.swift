import MeshState

/// Switching and deleting the entries that are marked, or else the selected one.
extension AppModel {
    /// Opens the dialog that switches entries off, or on again. Of several those that are on are switched off, and only
    /// where none is on are they switched on.
    mutating func openToggle() -> [Effect] {
        guard let shown else { return [] }
        let chosen = chosenRows.map { shown.entries[$0.index] }
        let isOff = chosen.allSatisfy(EntriesPane.isOff)
        let summaries = chosen.filter { EntriesPane.isOff($0) == isOff }
        do throws(ChangeRefusal) {
            var changes: [ProposedChange] = []
            for summary in summaries { changes.append(try toggle(summary, version: shown.istioVersion)) }
            guard let first = summaries.first, changes.count > 1 else {
                guard let change = changes.first else { return [] }
                return reviewLasting([change], lead: Self.lead(summaries[0], isOff: isOff))
            }
            let count = Words.count(changes.count, "service entry", "service entries")
            let skipped = chosen.count - summaries.count
            let rest = skipped == 0 ? "" : "; \(skipped) of the marked \(skipped == 1 ? "is" : "are") off already"
            let lead = "\(first.entry.meta.name) and \(changes.count - 1) more\(rest)"
            return reviewLasting(changes, title: "Switch \(isOff ? "on" : "off") \(count)", lead: lead)
        } catch {
            say("t: \(error.reason)", isError: true)
        }
        return []
    }

    private static func lead(_ summary: EntrySummary, isOff: Bool) -> String {
        let hosts = summary.entry.hosts.joined(separator: " ")
        if isOff { return "\(hosts) would be let out again" }
        let live = Words.count(summary.live, "live connection")
        return "\(hosts): in \(Words.count(summary.proxies, "proxy", "proxies")), \(live)"
    }

    private mutating func toggle(
        _ summary: EntrySummary, version: String
    ) throws(ChangeRefusal) -> ProposedChange {
        let entry = summary.entry
        lastRequest += 1
        if EntriesPane.isOff(summary) {
            return proposal(try EntrySwitch.switchOn(entry, id: lastRequest), of: entry, goal: .on(entry.id))
        }
        let request = try EntrySwitch.switchOff(entry, version: version, by: user, at: now, id: lastRequest)
        return proposal(request, of: entry, goal: .off(entry.id))
    }

    /// Opens the dialog that deletes entries.
    mutating func openDelete() -> [Effect] {
        guard let shown else { return [] }
        let chosen = chosenRows.map { shown.entries[$0.index] }
        let changes = chosen.map { summary in
            let entry = summary.entry
            lastRequest += 1
            let request = ChangeRequest(
                id: lastRequest, target: entry.id, action: .delete(resourceVersion: entry.meta.resourceVersion),
                summary: "delete \(entry.meta.name)")
            return proposal(request, of: entry, goal: .off(entry.id))
        }
        guard let first = chosen.first else { return [] }
        let live = chosen.reduce(0) { $0 + $1.live }
        let lead = "\(Words.count(live, "live connection")) through \(changes.count == 1 ? "it" : "them")"
        guard changes.count > 1 else {
            return review(changes, lead: "\(first.entry.hosts.joined(separator: " ")): \(lead)")
        }
        let count = Words.count(changes.count, "service entry", "service entries")
        return review(changes, title: "Delete \(count)", lead: lead)
    }

    private func proposal(
        _ request: ChangeRequest, of entry: ServiceEntry, goal: ChangeProgress.Goal
    ) -> ProposedChange {
        ProposedChange(request: request, row: .object(entry.id), pane: focus, goal: goal, base: entry.object)
    }
}
