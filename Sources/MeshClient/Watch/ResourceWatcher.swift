import Foundation
import MeshState
import NIOCore

/// Lists and watches one resource for as long as its task lives.
actor ResourceWatcher {
    /// What a watcher is set up with.
    struct Settings: Sendable {
        var policy = Backoff.Policy()
        /// The server is asked to end a watch after this long; both sides then know that the connection works.
        var timeout: Duration = .seconds(240)
        /// Bookmarks come about once a minute, so that this much silence means a dead connection.
        var idle: Duration = .seconds(90)
        /// 0 to 1, for the jitter.
        var random: @Sendable () -> Double = { .random(in: 0..<1) }
    }

    /// Bytes of the longest object.
    private static let longestLine = 16 << 20

    private let client: KubernetesClient
    private let resource: Resource
    private let namespace: String?
    private let source: SourceID
    private let settings: Settings
    private let alarm: Alarm
    private let tell: @Sendable (SourceID, Observation.Fact) async -> Void

    private var machine: WatchMachine
    private var served: Resource?
    private var splitter = LineSplitter(longest: longestLine)
    private var opened: ContinuousClock.Instant?
    private var serverError: RequestFailure?

    init(
        _ resource: Resource, namespace: String?, source: SourceID, client: KubernetesClient, alarm: Alarm,
        settings: Settings, tell: @escaping @Sendable (SourceID, Observation.Fact) async -> Void
    ) {
        self.client = client
        self.resource = resource
        self.namespace = namespace
        self.source = source
        self.settings = settings
        self.alarm = alarm
        self.tell = tell
        machine = WatchMachine(policy: settings.policy)
    }

    func run() async {
        var action = machine.start()
        while !Task.isCancelled {
            switch action {
            case .list: action = await list()
            case .watch(let version): action = await watch(from: version)
            case .wait(let delay):
                if let trouble = machine.trouble {
                    await tell(
                        source,
                        trouble.isDenied
                            ? .denied(reason: trouble.reason)
                            : .failed(
                                reason: trouble.reason, attempt: trouble.attempt,
                                retryAt: Date(timeIntervalSinceNow: delay.inSeconds)))
                }
                await alarm.sleep(for: delay)
                action = machine.start()
            }
        }
    }

    private func list() async -> WatchMachine.Action {
        do {
            let resource = try await client.discovery.served(resource, by: client)
            served = resource
            let list = try await client.list(resource, namespace: namespace)
            await tell(source, .listed(resource: resource.plural, objects: list.objects))
            return machine.listed(resourceVersion: list.resourceVersion)
        } catch {
            let failure = await failure(error)
            return machine.failed(failure, random: settings.random())
        }
    }

    private func watch(from version: String) async -> WatchMachine.Action {
        opened = nil
        serverError = nil
        splitter = LineSplitter(longest: Self.longestLine)
        let resource = served ?? resource
        let ending: WatchMachine.Ending
        do {
            let isClosed = try await client.stream(
                resource.path(namespace: namespace),
                query: [
                    ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", version),
                    ("timeoutSeconds", String(Int(settings.timeout.inSeconds))),
                ],
                what: "watch of \(resource.plural)", idle: settings.idle,
                opened: { await self.accepted() }, alive: { [tell, source] in await tell(source, .alive) },
                received: { try await self.received($0) })
            ending = serverError.map { .failed($0) } ?? (isClosed ? .closed : .idle)
        } catch {
            ending = .failed(await failure(error))
        }
        let lasted = opened.map { $0.duration(to: .now) } ?? .zero
        return machine.ended(ending, lasted: lasted, random: settings.random())
    }

    private func accepted() async {
        opened = .now
        machine.opened()
        await tell(source, .alive)
    }

    private func received(_ bytes: ByteBuffer) async throws {
        for line in splitter.append(bytes.readableBytesView) where !line.isEmpty {
            guard let (event, version) = try WatchEvent.reading(line, resource: resource) else { continue }
            machine.received(event, resourceVersion: version)
            switch event {
            case .applied(let object): await tell(source, .applied(resource: resource.plural, object: object))
            case .deleted(let object): await tell(source, .deleted(resource: resource.plural, object: object))
            case .bookmark: await tell(source, .alive)
            case .error(let failure): serverError = failure
            }
        }
    }

    private func failure(_ error: any Error) async -> RequestFailure {
        var failure = RequestFailure(any: error, server: client.access.server)
        if failure.kind == .denied, namespace == nil { failure.message += "; -n looks at one namespace alone" }
        // The resource may be gone, or be served in another version now.
        if failure.kind == .notFound { await client.discovery.forget(resource) }
        return failure
    }
}

extension RequestFailure {
    /// Any error of a call to the API.
    init(any error: any Error, server: String) {
        if let error = error as? AccessError {
            self.init(.denied, error.description.madeSafe)
        } else {
            self =
                Self(transport: error, server: server)
                ?? Self(.unreachable, "the request to \(server) was cancelled")
        }
    }
}
