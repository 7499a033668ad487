import Foundation
import MeshClient
import MeshState

/// One look at a mesh: folds what the sources see into the store and tells when something changed.
actor MeshSession {
    nonisolated let source: MeshSource
    nonisolated let resolver: NameResolver
    nonisolated let identity: MeshIdentity
    private var store: MeshStore
    private var folding: Task<Void, Never>?

    /// Yields after changes; several changes in a row may be one element. For one consumer.
    nonisolated let changes: AsyncStream<Void>
    private nonisolated let changed: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - interval: seconds between two polls of a proxy.
    ///   - nameServers: who is asked for names behind addresses; nil for the system's.
    init(access: ClusterAccess, namespace: String?, interval: Double, nameServers: [NameServer]?) throws {
        resolver = NameResolver(servers: nameServers)
        source = try MeshSource(
            access: access,
            options: MeshSource.Options(namespace: namespace, interval: .seconds(interval), resolver: resolver))
        identity = MeshIdentity(context: access.context, server: access.server, namespace: namespace)
        store = MeshStore(identity: identity)
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func start() {
        guard folding == nil else { return }
        folding = Task {
            for await observation in source.observations() {
                store.fold(observation)
                changed.yield()
            }
        }
    }

    /// The mesh once every source has spoken, well or ill, or after ten seconds.
    func firstSnapshot() async -> MeshSnapshot {
        start()
        await source.firstRound(timeout: .seconds(10))
        return snapshot()
    }

    /// Starts, and waits until the condition holds.
    ///
    /// - Returns: whether it held before the time was over.
    func waitForStart(
        atMost limit: Duration, until condition: @escaping @Sendable (MeshSnapshot) -> Bool
    ) async -> Bool {
        start()
        return await wait(atMost: limit, until: condition)
    }

    func snapshot() -> MeshSnapshot { store.snapshot(at: Date()) }

    /// Waits until the condition holds for a snapshot, looking after every change.
    ///
    /// - Returns: whether it held before the time was over.
    func wait(atMost limit: Duration, until condition: @escaping @Sendable (MeshSnapshot) -> Bool) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { [self] in
                if condition(await snapshot()) { return true }
                for await _ in changes where condition(await snapshot()) { return true }
                return false
            }
            group.addTask {
                // Ends early, and unheard, when the condition holds.
                try? await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    func stop() async {
        await source.shutdown()
        folding?.cancel()
        await folding?.value
        changed.finish()
    }
}
