/// How long to wait after each failure in a row: twice as long each time, up to a limit, less a random part.
struct Backoff: Sendable, Hashable {
    /// The wait after the first failure, and the longest one.
    struct Policy: Sendable, Hashable {
        var first: Duration = .seconds(1)
        var limit: Duration = .seconds(30)
    }

    let policy: Policy
    /// Failures in a row.
    private(set) var attempt = 0

    init(policy: Policy = Policy()) { self.policy = policy }

    /// Counts a failure.
    ///
    /// - Parameters:
    ///   - random: 0 to 1; takes up to a quarter off, so that sources that failed together do not return together.
    ///   - atLeast: what the server asked for (`Retry-After`).
    /// - Returns: how long to wait before the next try.
    mutating func failed(random: Double, atLeast: Duration? = nil) -> Duration {
        attempt += 1
        let doubled = policy.first * (1 << min(attempt - 1, 16))
        let delay = min(doubled, policy.limit) * (1 - 0.25 * random)
        return max(delay, atLeast ?? .zero)
    }

    /// All is well again.
    mutating func succeeded() { attempt = 0 }
}
