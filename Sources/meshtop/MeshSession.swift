import Foundation
import MeshClient
import MeshHistory
import MeshState
import MeshTUI

/// One look at a mesh: folds what the sources see into the store and tells when something changed.
actor MeshSession {
    nonisolated let source: MeshSource
    nonisolated let resolver: NameResolver
    nonisolated let identity: MeshIdentity
    /// Who makes changes, as the journal has it.
    nonisolated let author: Journal.Author
    private var store: MeshStore
    private var folding: Task<Void, Never>?
    private let journalFile: URL
    private var openJournal: Journal?
    /// What the journal's `version` was when it was last read; nil before.
    var journalVersion: Int?
    private var journalRead = ContinuousClock.now
    private var messages = 0
    /// What is shown instead of a mesh, if it is a recording.
    nonisolated let replay: Recording?
    private var recorded: MeshSnapshot?
    /// Writes down what is observed; nil while nothing does.
    var recorder: FlightRecorder?
    /// The moment that the operator looks back at.
    var moment: Date?
    var lastSeek: Task<Event, Never>?

    /// Yields after changes; several changes in a row may be one element. For one consumer.
    nonisolated let changes: AsyncStream<Void>
    private nonisolated let changed: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - interval: seconds between two polls of a proxy.
    ///   - nameServers: who is asked for names behind addresses; nil for the system's.
    ///   - origin: which part of meshtop this is, as the journal calls it.
    init(
        access: ClusterAccess, namespace: String?, interval: Double, nameServers: [NameServer]?, origin: String,
        folder: StateFolder = StateFolder()
    ) throws {
        resolver = NameResolver(servers: nameServers)
        source = try MeshSource(
            access: access,
            options: MeshSource.Options(namespace: namespace, interval: .seconds(interval), resolver: resolver))
        identity = MeshIdentity(context: access.context, server: access.server, namespace: namespace)
        author = Journal.Author(
            who: NSUserName(), origin: origin, context: identity.context, server: identity.server)
        journalFile = folder.journal
        replay = nil
        store = MeshStore(identity: identity)
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What was recorded, at its end; no mesh is reached.
    init(replaying recording: Recording, last: MeshSnapshot) throws {
        resolver = NameResolver(servers: [])
        identity = last.identity
        let nowhere = try ClusterAccess(server: "https://recording.invalid", token: nil)
        source = try MeshSource(access: nowhere, options: MeshSource.Options(resolver: nil))
        author = Journal.Author(who: NSUserName(), origin: "replay", context: identity.context, server: identity.server)
        journalFile = StateFolder().journal
        replay = recording
        recorded = last
        moment = last.time
        store = MeshStore(identity: identity)
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func start() {
        guard folding == nil else { return }
        guard replay == nil else {
            changed.yield()
            return
        }
        folding = Task {
            await readJournal()
            for await observation in source.observations() {
                store.fold(observation)
                changed.yield()
                // What other meshtops do is seen while something else is to be done anyway.
                if journalRead.duration(to: .now) > .seconds(2) {
                    journalRead = .now
                    await readJournal()
                }
            }
        }
    }

    /// Puts something that was done, or that was said to the operator, into the log.
    func tell(_ action: ActionRecord) {
        store.fold(Observation(source: .meshtop, time: action.time, fact: .action(action)))
        changed.yield()
    }

    func nextMessage() -> Int {
        messages += 1
        return messages
    }

    /// The journal, opened when it is first needed.
    func journal() throws -> Journal {
        if let openJournal { return openJournal }
        let journal = try Journal(journalFile)
        openJournal = journal
        if let notice = journal.notice { note(notice) }
        return journal
    }

    /// The mesh once every source has spoken, well or ill, or when the time is over.
    func firstSnapshot(atMost limit: Duration = .seconds(10)) async -> MeshSnapshot {
        start()
        await source.firstRound(timeout: limit)
        return snapshot()
    }

    func snapshot() -> MeshSnapshot { recorded ?? store.snapshot(at: Date()) }

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
        do {
            try await recorder?.finish(at: Date())
        } catch {
            // It is only said a little too early until when was looked on.
        }
        changed.finish()
    }
}
