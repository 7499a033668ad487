import Synchronization

/// Notices when nothing has come for too long.
final class Silence: Sendable {
    private let last = Mutex(ContinuousClock.now)

    /// Something came.
    func broken() { last.withLock { $0 = .now } }

    /// Returns once nothing has come for this long.
    func outlasts(_ limit: Duration) async throws {
        while true {
            let end = last.withLock { $0 }.advanced(by: limit)
            if end <= .now { return }
            try await Task.sleep(until: end, clock: .continuous)
        }
    }
}
