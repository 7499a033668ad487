import Synchronization

/// Knows when everything that was expected has come once.
final class FirstRound: Sendable {
    private struct State {
        var open: Set<SourceSink.Expectation> = []
        var known: Set<SourceSink.Expectation> = []
        var waiters: [Waiter] = []
    }

    private let state = Mutex(State())

    /// Waits for this as well, unless it has been expected before.
    ///
    /// - Returns: false where it has been.
    @discardableResult
    func expect(_ expectation: SourceSink.Expectation) -> Bool {
        state.withLock { state in
            guard state.known.insert(expectation).inserted else { return false }
            state.open.insert(expectation)
            return true
        }
    }

    /// It has come, or will never come.
    func fulfil(_ expectation: SourceSink.Expectation) {
        let waiters: [Waiter] = state.withLock { state in
            guard state.open.remove(expectation) != nil, state.open.isEmpty else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        waiters.forEach { $0.resume() }
    }

    /// Forgets it, so that it can be expected again.
    func forget(_ expectation: SourceSink.Expectation) {
        fulfil(expectation)
        state.withLock { state in _ = state.known.remove(expectation) }
    }

    /// What has not come yet.
    var missing: Set<SourceSink.Expectation> { state.withLock { $0.open } }

    /// Waits until everything has come, or the task is cancelled.
    func complete() async {
        let waiter = Waiter()
        state.withLock { state in
            if state.open.isEmpty { waiter.resume() } else { state.waiters.append(waiter) }
        }
        await waiter.wait()
    }
}
