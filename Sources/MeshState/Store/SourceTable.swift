import FoundationEssentials

/// How every source fares.
struct SourceTable {
    /// Seconds between two signs of life of a source while all is well.
    private static func interval(of source: SourceID) -> Double {
        switch source {
        // Both are connections: they give a sign of life even when nothing happens.
        case .watch, .accessLog: 10
        case .admin: 1
        case .istiod: 5
        case .meshtop: .infinity
        }
    }

    private(set) var states: [SourceID: SourceState] = [:]

    mutating func note(_ observation: Observation) {
        let source = observation.source
        var state = states[source] ?? SourceState(interval: Self.interval(of: source))
        switch observation.fact {
        case .ended:
            states[source] = nil
            return
        case .failed(let reason, let attempt, let retryAt):
            state.condition = .failing(reason: reason.madeSafe, attempt: attempt, retryAt: retryAt)
        case .denied(let reason): state.condition = .denied(reason: reason.madeSafe)
        // A name server's word says nothing of the log that asked for it.
        case .resolved: return
        // What meshtop itself does is known at once and always.
        case .action: return
        case .listed, .applied, .deleted, .traffic, .accessLog, .syncStatus, .mesh, .alive:
            if state.condition == .live, let last = state.lastSuccess {
                // An operator may poll less often: what was punctual so far is not stale.
                state.interval = max(Self.interval(of: source), observation.time.timeIntervalSince(last))
            }
            state.condition = .live
            state.lastSuccess = max(state.lastSuccess ?? observation.time, observation.time)
        }
        states[source] = state
    }

    /// The states, with what a healthy source told and nobody could read.
    func states(unreadable: [SourceID: String]) -> [SourceID: SourceState] {
        var result = states
        for (source, reason) in unreadable where result[source]?.condition == .live {
            result[source]?.condition = .failing(reason: reason, attempt: 0, retryAt: nil)
        }
        return result
    }
}
