import FoundationEssentials
import MeshState

/// Decides what a watch does next; knows no network and no clock.
///
/// A list gives the state and a resourceVersion; the watch goes on from there, and from the last version that it saw
/// whenever the connection ends. Only an answer that says the version is of no use leads to a new list.
struct WatchMachine: Sendable {
    enum Action: Sendable, Hashable {
        case list
        case watch(resourceVersion: String)
        /// Tell what is wrong, and go on with `resume` after this long.
        case wait(Duration)
    }

    /// How the connection of a watch ended without an error of the server.
    enum Ending: Sendable, Hashable {
        /// The server ended it, as it does after its own timeout.
        case closed
        /// Nothing came for so long that the connection may be dead.
        case idle
        case failed(RequestFailure)
    }

    /// What is wrong, to be told.
    struct Trouble: Sendable, Hashable {
        var reason: String
        var isDenied: Bool
        var attempt: Int
    }

    /// A watch that ends sooner than this is a failure; otherwise the server would be asked in a loop.
    static let shortest: Duration = .seconds(1)

    private var backoff: Backoff
    private(set) var resourceVersion: String?
    private(set) var trouble: Trouble?
    private var isExpired = false
    private var mayRetryAtOnce = false
    /// Nothing has come since the list.
    private var isFresh = false

    init(policy: Backoff.Policy = .init()) { backoff = Backoff(policy: policy) }

    func start() -> Action { resourceVersion.map { .watch(resourceVersion: $0) } ?? .list }

    /// The list has come.
    mutating func listed(resourceVersion version: String) -> Action {
        resourceVersion = version
        isFresh = true
        recovered()
        return .watch(resourceVersion: version)
    }

    /// The server has accepted the watch.
    mutating func opened() { mayRetryAtOnce = true }

    /// A line of the watch has come; an error event ends the watch, `ended` follows.
    mutating func received(_ event: WatchEvent, resourceVersion version: String?) {
        switch event {
        case .applied, .deleted, .bookmark:
            if let version { resourceVersion = version }
            isFresh = false
            recovered()
        case .error(let failure): if failure.kind == .expired { isExpired = true }
        }
    }

    /// The watch has ended.
    ///
    /// - Parameters:
    ///   - lasted: since it was accepted; zero if it never was.
    ///   - random: 0 to 1, for the jitter.
    mutating func ended(_ ending: Ending, lasted: Duration, random: Double) -> Action {
        if lasted >= Self.shortest { recovered() }
        if isExpired {
            isExpired = false
            return relist()
        }
        switch ending {
        case .closed:
            if lasted >= Self.shortest { return start() }
            return fail(RequestFailure(.unreachable, "the server ends the watch at once"), random: random)
        case .idle: return start()
        case .failed(let failure):
            if failure.kind == .expired { return relist() }
            // A connection that was good and is cut is tried again at once; only if that fails there is trouble.
            if failure.kind == .unreachable, mayRetryAtOnce {
                mayRetryAtOnce = false
                return start()
            }
            if failure.kind != .unreachable && failure.kind != .denied { resourceVersion = nil }
            return fail(failure, random: random)
        }
    }

    /// The list failed.
    mutating func failed(_ failure: RequestFailure, random: Double) -> Action {
        resourceVersion = nil
        return fail(failure, random: random)
    }

    private mutating func relist() -> Action {
        resourceVersion = nil
        // A list that is already too old to watch from is no reason to ask for lists in a loop.
        return isFresh ? .wait(Self.shortest) : .list
    }

    private mutating func fail(_ failure: RequestFailure, random: Double) -> Action {
        let delay = backoff.failed(random: random, atLeast: failure.retryAfter)
        trouble = Trouble(reason: failure.message, isDenied: failure.kind == .denied, attempt: backoff.attempt)
        mayRetryAtOnce = false
        return .wait(delay)
    }

    private mutating func recovered() {
        backoff.succeeded()
        trouble = nil
    }
}
