import Foundation
import MeshState
import Synchronization

/// The time between two polls of one proxy, as it is now.
///
/// It is what the operator wants, and longer where there are so many proxies that the API would have too much to do.
final class PollInterval: Sendable {
    /// Polls a second of all proxies together.
    static let mostPerSecond = 50

    private struct State {
        var wanted: Duration
        var proxies = 0
    }

    private let state: Mutex<State>

    init(_ wanted: Duration) { state = Mutex(State(wanted: wanted)) }

    var value: Duration { state.withLock { max($0.wanted, .seconds($0.proxies) / Self.mostPerSecond) } }

    /// Whether there are more proxies than can be polled as often as is wanted.
    var isCrowded: Bool { state.withLock { .seconds($0.proxies) / Self.mostPerSecond > $0.wanted } }

    func want(_ interval: Duration) { state.withLock { $0.wanted = interval } }

    func expect(proxies: Int) { state.withLock { $0.proxies = proxies } }
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
