import Foundation
import MeshState
import Synchronization

/// All sources of one mesh: watches of the API, istiod, and each proxy's admin interface and access log.
///
/// `observations` starts them; `shutdown` ends them and waits until they are gone.
public final class MeshSource: Sendable {
    /// What can be set up about the sources.
    public struct Options: Sendable {
        /// The namespace to look at; nil for all. Pods and services of istiod's namespace are always looked at.
        public var namespace: String?
        /// Time between two polls of a proxy.
        public var interval: Duration
        /// Where istiod is.
        public var istioNamespace: String
        /// Finds names behind addresses; nil for none.
        public var resolver: NameResolver?

        public init(
            namespace: String? = nil, interval: Duration = .seconds(1), istioNamespace: String = "istio-system",
            resolver: NameResolver? = NameResolver()
        ) {
            self.namespace = namespace
            self.interval = interval
            self.istioNamespace = istioNamespace
            self.resolver = resolver
        }
    }

    /// Time between two polls of istiod.
    static let istiodInterval: Duration = .seconds(3)

    public let client: KubernetesClient
    let options: Options
    let sink = SourceSink()
    let interval: PollInterval
    let alarms = AlarmBoard()
    let settings: SourceSettings
    private let runner = Mutex<Task<Void, Never>?>(nil)
    private let isShutDown = Mutex(false)

    /// - Throws: `AccessError` where certificates or keys cannot be read.
    public convenience init(access: ClusterAccess, options: Options = Options()) throws(AccessError) {
        try self.init(access: access, options: options, settings: SourceSettings())
    }

    init(access: ClusterAccess, options: Options, settings: SourceSettings) throws(AccessError) {
        client = try KubernetesClient(access: access)
        self.options = options
        self.settings = settings
        interval = PollInterval(options.interval)
        // Known from the beginning, so that the first round cannot be over before it has begun.
        for watch in watches { sink.round.expect(.source(watch.source)) }
        sink.round.expect(.source(.istiod))
    }

    /// Starts the sources and gives what they see. To be called once.
    public func observations() -> ObservationStream {
        runner.withLock { runner in
            if runner == nil, !isShutDown.withLock({ $0 }) { runner = Task { await self.run() } }
        }
        return ObservationStream(channel: sink.channel)
    }

    /// Waits until every source that is known has spoken once, well or badly, and the reader of `observations` has
    /// dealt with what was said.
    ///
    /// - Returns: false where that took longer than the timeout.
    @discardableResult
    public func firstRound(timeout: Duration) async -> Bool {
        do {
            return try await withDeadline(timeout) { [sink] in
                await sink.round.complete()
                await sink.channel.flushed()
                return !Task.isCancelled
            }
        } catch {
            return false
        }
    }

    /// Asks every source again now; those that wait after a failure try again at once.
    public func refresh() { alarms.ringAll() }

    /// Sets the time between two polls of a proxy; it counts from now on.
    public func setInterval(_ interval: Duration) {
        self.interval.want(interval)
        alarms.ringAll()
    }

    /// Ends all sources and their connections.
    public func shutdown() async {
        isShutDown.withLock { $0 = true }
        let task = runner.withLock { $0 }
        sink.channel.finish()
        task?.cancel()
        await client.shutdown()
        await task?.value
    }
}

/// What the sources are set up with; tests make them impatient.
struct SourceSettings: Sendable {
    var watch = ResourceWatcher.Settings()
    var log = LogFollower.Settings()
    var policy = Backoff.Policy()
    /// How long a proxy or istiod may take to answer.
    var answerDeadline: Duration = .seconds(5)
}

/// The alarms of all sources that run.
final class AlarmBoard: Sendable {
    private let alarms = Mutex<[SourceID: Alarm]>([:])

    /// The alarm of a source.
    func alarm(for source: SourceID) -> Alarm {
        alarms.withLock { alarms in
            if let known = alarms[source] { return known }
            let alarm = Alarm()
            alarms[source] = alarm
            return alarm
        }
    }

    func remove(_ source: SourceID) { alarms.withLock { $0[source] = nil } }

    /// Rings the alarm of a source, if it runs.
    func ring(_ source: SourceID) { alarms.withLock { $0[source] }?.ring() }

    func ringAll() { alarms.withLock { Array($0.values) }.forEach { $0.ring() } }
}
