import MeshState

/// Decides how a log is read next; knows no network and no clock.
///
/// First what is there already is read to its end, then the log is followed; a follower that ends goes on from where
/// it was.
struct LogMachine: Sendable {
    enum Action: Sendable, Hashable {
        /// Read what is there.
        case read(since: Since)
        /// Go on with it, as it grows.
        case follow(since: Since)
        case wait(Duration)
    }

    /// From where on.
    enum Since: Sendable, Hashable {
        /// The last lines of the last hour.
        case recent
        /// A second, as `sinceTime` wants it.
        case time(String)

        static let recentLines = 2000
        static let recentSeconds = 3600

        var query: [(String, String)] {
            switch self {
            case .recent: [("tailLines", String(Self.recentLines)), ("sinceSeconds", String(Self.recentSeconds))]
            case .time(let text): [("sinceTime", text)]
            }
        }
    }

    /// A follower that ends sooner than this has nothing to follow.
    static let shortest: Duration = .seconds(1)

    private var backoff: Backoff
    private var position = LogPosition()
    private var hasRead = false

    init(policy: Backoff.Policy = .init()) { backoff = Backoff(policy: policy) }

    mutating func next() -> Action {
        position.resume()
        let since = position.sinceTime.map { Since.time($0) } ?? .recent
        return hasRead ? .follow(since: since) : .read(since: since)
    }

    /// What was there has been read.
    mutating func finishedReading() -> Action {
        hasRead = true
        backoff.succeeded()
        return next()
    }

    /// A line as the API gives it; nil if it has been seen before.
    mutating func take(_ line: [UInt8]) -> ArraySlice<UInt8>? { position.take(line) }

    /// The follower has ended without an error, after this long.
    ///
    /// - Returns: what to do next, and what is wrong if something is.
    mutating func ended(lasted: Duration, random: Double) -> (Action, attempt: Int?) {
        if lasted >= Self.shortest {
            backoff.succeeded()
            return (next(), nil)
        }
        return (.wait(backoff.failed(random: random)), backoff.attempt)
    }

    /// The request failed, this long after it was accepted; zero if it never was.
    mutating func failed(
        _ failure: RequestFailure, lasted: Duration, random: Double
    ) -> (Action, attempt: Int?) {
        // A connection that was good and is cut is tried again at once; only if that fails there is trouble.
        if lasted >= Self.shortest {
            backoff.succeeded()
            if failure.kind == .unreachable { return (next(), nil) }
        }
        return (.wait(backoff.failed(random: random, atLeast: failure.retryAfter)), backoff.attempt)
    }
}
