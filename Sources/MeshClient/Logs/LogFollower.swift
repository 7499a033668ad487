import Foundation
import MeshState
import NIOCore
import NIOHTTP1

/// Follows the access log of one proxy for as long as its task lives.
actor LogFollower {
    /// What a follower is set up with.
    struct Settings: Sendable {
        var policy = Backoff.Policy()
        /// Silence is usual in a log; after this much the connection is made anew, in case it is dead.
        var idle: Duration = .seconds(300)
        /// Records that come within this time are told together.
        var batching: Duration = .milliseconds(40)
        /// 0 to 1, for the jitter.
        var random: @Sendable () -> Double = { .random(in: 0..<1) }
    }

    private static let longestLine = 256 << 10

    private let proxy: ProxyID
    private let client: KubernetesClient
    private let alarm: Alarm
    private let settings: Settings
    private let tell: @Sendable (SourceID, Observation.Fact) async -> Void
    private let source: SourceID

    private var machine: LogMachine
    private var splitter = LineSplitter(longest: longestLine)
    private var opened: ContinuousClock.Instant?
    private let batches = BoundedChannel<[AccessLogRecord]>(capacity: 64)

    init(
        proxy: ProxyID, client: KubernetesClient, alarm: Alarm, settings: Settings,
        tell: @escaping @Sendable (SourceID, Observation.Fact) async -> Void
    ) {
        self.proxy = proxy
        self.client = client
        self.alarm = alarm
        self.settings = settings
        self.tell = tell
        source = .accessLog(proxy)
        machine = LogMachine(policy: settings.policy)
    }

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.tellBatches() }
            group.addTask { await self.read() }
            await group.next()
            group.cancelAll()
        }
    }

    private func read() async {
        var action = machine.next()
        while !Task.isCancelled {
            switch action {
            case .read(let since): action = await readAll(since)
            case .follow(let since): action = await follow(since)
            case .wait(let delay):
                await alarm.sleep(for: delay)
                action = machine.next()
            }
        }
    }

    /// Joins records that come shortly after one another, so that a busy log is not told line by line.
    private func tellBatches() async {
        while let first = await batches.next() {
            // Ends early only when the follower ends.
            try? await Task.sleep(for: settings.batching)
            let records = first + batches.drain().flatMap { $0 }
            await tell(source, .accessLog(proxy: proxy, records: records))
        }
    }

    private func readAll(_ since: LogMachine.Since) async -> LogMachine.Action {
        do {
            let answer = try await client.send(
                .GET, path, query: query(since), what: "log of \(proxy)", deadline: .seconds(30))
            begin()
            let records = records(in: answer.body)
            await tell(source, records.isEmpty ? .alive : .accessLog(proxy: proxy, records: records))
            return machine.finishedReading()
        } catch {
            return await failed(error)
        }
    }

    private func follow(_ since: LogMachine.Since) async -> LogMachine.Action {
        begin()
        do {
            _ = try await client.stream(
                path, query: query(since) + [("follow", "true")], what: "log of \(proxy)", idle: settings.idle,
                opened: { await self.accepted() }, alive: { [tell, source] in await tell(source, .alive) },
                received: { await self.received($0) })
            let (action, attempt) = machine.ended(lasted: lasted, random: settings.random())
            await complain(
                RequestFailure(.unreachable, "the log of \(proxy) ends: is its container running?"), action, attempt)
            return action
        } catch {
            return await failed(error)
        }
    }

    private func failed(_ error: any Error) async -> LogMachine.Action {
        var failure = RequestFailure(any: error, server: client.access.server)
        if failure.kind == .denied { failure.message += "; blocked egress is read from logs (get pods/log)" }
        let (action, attempt) = machine.failed(failure, lasted: lasted, random: settings.random())
        await complain(failure, action, attempt)
        return action
    }

    private func complain(_ failure: RequestFailure, _ action: LogMachine.Action, _ attempt: Int?) async {
        guard !Task.isCancelled, let attempt, case .wait(let delay) = action else { return }
        await tell(
            source,
            failure.kind == .denied
                ? .denied(reason: failure.message)
                : .failed(
                    reason: failure.message, attempt: attempt, retryAt: Date(timeIntervalSinceNow: delay.inSeconds)))
    }

    private var path: String {
        "/api/v1/namespaces/\(proxy.namespace.pathEscaped)/pods/\(proxy.pod.pathEscaped)/log"
    }

    private func query(_ since: LogMachine.Since) -> [(String, String)] {
        [("container", "istio-proxy"), ("timestamps", "true")] + since.query
    }

    private var lasted: Duration { opened.map { $0.duration(to: .now) } ?? .zero }

    private func begin() {
        opened = nil
        splitter = LineSplitter(longest: Self.longestLine)
    }

    private func accepted() async {
        opened = .now
        await tell(source, .alive)
    }

    private func received(_ bytes: ByteBuffer) async {
        let records = records(in: bytes.readableBytesView)
        if !records.isEmpty { await batches.send(records) }
    }

    /// What the lines that these bytes complete say. A line that was cut off is not complete: it comes again.
    private func records(in bytes: some Sequence<UInt8>) -> [AccessLogRecord] {
        splitter.append(bytes).compactMap { line in
            machine.take(line).flatMap { AccessLogParser.record(String(decoding: $0, as: UTF8.self)) }
        }
    }
}
