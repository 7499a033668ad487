import Foundation
import MeshState

/// Where the sources put what they saw; it also knows which of them have spoken.
final class SourceSink: Sendable {
    /// What the first round waits for.
    enum Expectation: Sendable, Hashable {
        case source(SourceID)
        /// The name behind an address.
        case name(address: String)
    }

    /// Observations that may wait for their reader.
    private static let capacity = 256

    let channel = BoundedChannel<Observation>(capacity: capacity)
    let round = FirstRound()

    /// Tells a fact as of now; waits while the reader is behind.
    func tell(_ source: SourceID, _ fact: Observation.Fact) async { await post(source, fact)?.wait() }

    /// Tells a fact as of now.
    ///
    /// - Returns: to wait on while the reader is behind.
    func post(_ source: SourceID, _ fact: Observation.Fact) -> Waiter? {
        defer { round.fulfil(.source(source)) }
        return channel.put(Observation(source: source, time: Date(), fact: fact))
    }

    /// Tells what is wrong with a source, and when it is tried again.
    func tell(_ source: SourceID, _ failure: RequestFailure, attempt: Int, retryIn delay: Duration) async {
        let fact: Observation.Fact =
            if failure.kind == .denied {
                .denied(reason: failure.message)
            } else {
                .failed(
                    reason: failure.message, attempt: attempt,
                    retryAt: Date(timeIntervalSinceNow: delay.inSeconds))
            }
        await tell(source, fact)
    }
}
