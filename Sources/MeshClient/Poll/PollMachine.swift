/// Decides when to ask again; knows no network and no clock.
///
/// One question at a time: the next one is due an interval after the last one was due, or when its answer is there if
/// that took longer. Intervals are jittered by a twentieth, so that many pollers do not fall into step.
struct PollMachine: Sendable {
    private var backoff: Backoff

    init(policy: Backoff.Policy = .init()) { backoff = Backoff(policy: policy) }

    /// An answer came.
    ///
    /// - Parameters:
    ///   - took: from question to answer.
    ///   - random: 0 to 1, for the jitter.
    /// - Returns: how long to wait before asking again.
    mutating func answered(took: Duration, interval: Duration, random: Double) -> Duration {
        backoff.succeeded()
        return max(.zero, interval * (0.95 + 0.1 * random) - took)
    }

    /// No answer came.
    ///
    /// - Returns: how many times in a row, and how long to wait before asking again; never sooner than the interval.
    mutating func failed(
        _ failure: RequestFailure, interval: Duration, random: Double
    ) -> (attempt: Int, delay: Duration) {
        let delay = backoff.failed(random: random, atLeast: max(interval * 0.95, failure.retryAfter ?? .zero))
        return (backoff.attempt, delay)
    }
}
