import FoundationEssentials
import MeshState

/// How far what a pane shows can be believed, from the sources that feed it.
enum DataState: Sendable, Hashable {
    /// Nothing has arrived yet.
    case loading
    case live
    /// Some sources fail, the rest is current: `1 of 7 proxies unreachable`. Or all of them, since a moment ago.
    case partial(String)
    /// Too old to be shown as true: seconds, and what is wrong where it is known.
    case stale(Double, String?)
    /// The server says that we may not; nothing was ever seen.
    case denied(String)
    /// Never reached.
    case unreachable(String, attempt: Int, retryAt: Date?)

    /// Judges by the sources that feed the pane; the worst that concerns all rows wins.
    init(pane: any Pane, snapshot: MeshSnapshot?, now: Date) {
        // What meshtop itself does is always known.
        if pane.isFed(by: .meshtop) {
            self = snapshot == nil ? .loading : .live
            return
        }
        let sources = (snapshot?.sources ?? [:]).compactMap { pane.isFed(by: $0.key) ? $0.value : nil }
        self.init(sources: sources, noun: pane.sourceNoun, now: now)
    }

    init(sources: some Collection<SourceState>, noun: String, now: Date) {
        var failures: [(reason: String, attempt: Int, retryAt: Date?)] = []
        var denials: [String] = []
        for source in sources {
            switch source.condition {
            case .failing(let reason, let attempt, let retryAt): failures.append((reason, attempt, retryAt))
            case .denied(let reason): denials.append(reason)
            case .connecting, .live: break
            }
        }
        // Of several reasons always the same one is told, whatever order the sources come in.
        failures.sort { ($0.reason, $0.attempt) < ($1.reason, $1.attempt) }
        denials.sort()
        let seen = sources.filter { $0.lastSuccess != nil }
        guard !seen.isEmpty else {
            if let reason = denials.first, denials.count == sources.count {
                self = .denied(reason)
            } else if let failure = failures.first, failures.count + denials.count == sources.count {
                self = .unreachable(failure.reason, attempt: failure.attempt, retryAt: failure.retryAt)
            } else {
                self = .loading
            }
            return
        }
        let stale = seen.filter { $0.isStale(at: now) }
        if !stale.isEmpty, stale.count == seen.count {
            self = .stale(stale.compactMap { $0.age(at: now) }.max() ?? 0, failures.first?.reason)
        } else if failures.count == sources.count {
            let age = seen.compactMap { $0.age(at: now) }.max() ?? 0
            self = .partial("unreachable for \(WallClock.age(age))")
        } else if !failures.isEmpty {
            self = .partial("\(failures.count) of \(sources.count) \(noun) unreachable")
        } else if !denials.isEmpty {
            self = .partial("\(denials.count) of \(sources.count) \(noun) denied")
        } else if !stale.isEmpty {
            self = .partial("\(stale.count) of \(sources.count) \(noun) stale")
        } else {
            self = .live
        }
    }

    var isStale: Bool {
        if case .stale = self { return true }
        return false
    }

    /// What the pane's border says; nil while all is well.
    var badge: CellText? {
        switch self {
        case .loading, .live: nil
        case .partial(let text): CellText(text, .warn)
        case .stale(let age, _): CellText("STALE \(WallClock.age(age))", .stale)
        case .denied: CellText("DENIED", .error)
        case .unreachable: CellText("UNREACHABLE", .error)
        }
    }
}
