import Synchronization

/// A sleep that can be cut short: what a source rests in until its next turn, or until it is asked to hurry.
final class Alarm: Sendable {
    enum Reason: Sendable { case time, rung }

    private struct State {
        var isRung = false
        var waiter: Waiter?
    }

    private let state = Mutex(State())

    /// Ends the current sleep; if nobody sleeps, the next one.
    func ring() {
        let waiter = state.withLock { state in
            state.isRung = true
            return state.waiter
        }
        waiter?.resume()
    }

    /// Sleeps for this long, less when the alarm rings or the task is cancelled.
    @discardableResult
    func sleep(for duration: Duration) async -> Reason {
        let waiter = Waiter()
        let isRung = state.withLock { state in
            state.waiter = waiter
            return state.isRung
        }
        if isRung { waiter.resume() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await waiter.wait() }
            group.addTask {
                // Ends early only when the group is cancelled, which is the point of it.
                try? await Task.sleep(for: duration)
            }
            await group.next()
            group.cancelAll()
        }
        return state.withLock { state in
            defer { state = State() }
            return state.isRung ? .rung : .time
        }
    }
}
