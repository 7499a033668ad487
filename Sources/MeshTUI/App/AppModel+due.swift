public import FoundationEssentials
import MeshState

extension AppModel {
    /// When the screen will be out of date although nothing has happened: a tick is due then, and none before. A mesh at
    /// rest needs one a minute, for the clock.
    public var nextDue: Date {
        if layout.boxes.contains(where: { self[$0.id].isPending }) { return now }
        var moments = [clock.nextMinute(after: now)]
        if let message, !message.isError { moments.append(message.shownAt.addingTimeInterval(5)) }
        if past != nil, !isReplay { moments.append(Self.nextSecond(after: now, from: now)) }
        if let pause { moments.append(Self.nextSecond(after: now, from: pause.since)) }
        if !progress.isEmpty { moments.append(Self.nextSecond(after: now, from: now)) }
        for (id, state) in panes {
            if state.isUnordered, let held = state.heldUntil { moments.append(held) }
            if let first = state.changedAt.values.min() { moments.append(first.addingTimeInterval(interval)) }
            if layout.box(of: id) != nil, state.data.countsSeconds || Panes.pane(id).showsAges {
                moments.append(Self.nextSecond(after: now, from: now))
            }
        }
        if health.countsSeconds { moments.append(Self.nextSecond(after: now, from: now)) }
        moments += layers.compactMap { ($0 as? FormLayer)?.keepsAt }
        moments += (latest?.sources ?? [:]).values.compactMap(\.staleAt).filter { $0 > now }
        if let expiry = nextExpiryDue { moments.append(expiry) }
        return moments.min() ?? now
    }

    /// The first moment after `now` that is whole seconds away from another one.
    private static func nextSecond(after now: Date, from start: Date) -> Date {
        start.addingTimeInterval(now.timeIntervalSince(start).rounded(.down) + 1)
    }
}

extension DataState {
    /// Whether what is said of it tells an age or counts down.
    var countsSeconds: Bool {
        switch self {
        case .loading, .live, .denied: false
        case .partial, .stale, .unreachable: true
        }
    }
}
