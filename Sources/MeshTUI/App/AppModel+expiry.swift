import FoundationEssentials
import MeshState

extension AppModel {
    /// Seconds until what could not be ended is tried again.
    private static let enforceAgain = 10.0

    /// Takes note of the entries that end, so that nobody has to look for them again before the mesh has changed.
    mutating func noteExpiries(in snapshot: MeshSnapshot) {
        expiries = [:]
        // In place: most entries have nothing to tell, and copying one costs more than looking.
        for place in snapshot.entries.indices where !snapshot.entries[place].entry.meta.annotations.isEmpty {
            let summary = snapshot.entries[place]
            guard let expiry = summary.entry.expiry, expiry.problem == nil else { continue }
            expiries[summary.id] = expiry.time
        }
    }

    /// When an end is due, or what is left of the time is shown otherwise.
    var nextExpiryDue: Date? {
        expiries.map { key, time in
            let left = time.timeIntervalSince(now)
            if left <= 0 { return (enforced[key] ?? now).addingTimeInterval(Self.enforceAgain) }
            // The last two minutes are counted in seconds.
            return time.addingTimeInterval(1 - min(left.rounded(.up), 120))
        }.filter { $0 > now }.min()
    }

    /// Asks for the end of entries whose time is over; a console that may change nothing leaves them to others.
    mutating func enforceExpiries() -> [Effect] {
        guard lock == .open, !expiries.isEmpty else { return [] }
        enforced = enforced.filter { now.timeIntervalSince($0.value) < Self.enforceAgain }
        let due = expiries.filter { $0.value <= now && enforced[$0.key] == nil }.keys.sorted()
        for key in due { enforced[key] = now }
        return due.isEmpty ? [] : [.enforce(due)]
    }
}
