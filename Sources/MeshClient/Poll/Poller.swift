import Foundation
import MeshState
import Synchronization

/// Seconds between two polls, as they are now.
final class PollInterval: Sendable {
    private let current: Mutex<Duration>

    init(_ interval: Duration) { current = Mutex(interval) }

    var value: Duration {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }
}

/// Asks one source again and again, for as long as its task lives; one question at a time.
struct Poller: Sendable {
    let source: SourceID
    let sink: SourceSink
    let alarm: Alarm
    let interval: PollInterval
    var policy = Backoff.Policy()
    var random: @Sendable () -> Double = { .random(in: 0..<1) }
    let server: String
    /// Asks once and gives what the answer says.
    let ask: @Sendable () async throws -> [Observation.Fact]

    func run() async {
        var machine = PollMachine(policy: policy)
        while !Task.isCancelled {
            let start = ContinuousClock.now
            let delay: Duration
            do {
                let facts = try await ask()
                for fact in facts { await sink.tell(source, fact) }
                delay = machine.answered(took: start.duration(to: .now), interval: interval.value, random: random())
            } catch {
                if Task.isCancelled { return }
                let failure = RequestFailure(any: error, server: server)
                let next = machine.failed(failure, interval: interval.value, random: random())
                await sink.tell(source, failure, attempt: next.attempt, retryIn: next.delay)
                delay = next.delay
            }
            await alarm.sleep(for: delay)
        }
    }
}
