public import Foundation
import GRDB
public import MeshState

/// Writes down what is observed of a mesh, as far as it changes, so that it can be looked at later.
///
/// Several meshtops may share the file. Of those that look at the same mesh one alone writes; when it ends, another one
/// goes on.
public actor FlightRecorder {
    /// How much is kept, and how often is written.
    public struct Bounds: Sendable, Hashable {
        /// Seconds.
        public var age: Double
        /// Bytes.
        public var size: Int
        /// Seconds between two frames at least.
        public var interval: Double
        /// Seconds between two frames that have the counters of connections at least.
        public var trafficInterval: Double

        public init(age: Double = 86_400, size: Int = 256 << 20, interval: Double = 1, trafficInterval: Double = 10) {
            self.age = age
            self.size = size
            self.interval = interval
            self.trafficInterval = trafficInterval
        }
    }

    /// Seconds between two signs that it is still there.
    static let heartbeat = 30.0
    /// Deltas that may follow a whole frame.
    private static let mostDeltas = 400

    /// What the operator should know of how the file was opened.
    public nonisolated let notice: String?
    /// What has been recorded of the same mesh, by this and by others.
    public nonisolated let recording: Recording

    private let queue: DatabaseQueue
    private let mesh: MeshIdentity
    private var bounds: Bounds
    private var run: Int64?
    /// What is known to be written.
    private var last: MeshSnapshot?
    private var lastTraffic = Date.distantPast
    private var lastBeat = Date.distantPast
    private var lastTry = Date.distantPast
    private var bytesSinceWhole = 0
    private var framesSinceWhole = 0
    private var bytesOfWhole = 0
    private var bytesSincePruning = 0

    /// Opens the file, or begins one. A damaged one is moved aside, which `notice` tells.
    public init(_ file: URL, mesh: MeshIdentity, bounds: Bounds = Bounds(), now: Date = Date()) throws(HistoryError) {
        let opened = try HistoryFile(file, Recording.format, now: now)
        queue = opened.queue
        notice = opened.notice
        recording = Recording(queue: opened.queue, server: mesh.server, namespace: mesh.namespace)
        self.mesh = mesh
        self.bounds = bounds
    }

    /// Takes note of a snapshot, if something has changed and the last one is long enough ago.
    ///
    /// - Throws: what SQLite says; the next snapshot is then tried again.
    public func note(_ snapshot: MeshSnapshot) async throws {
        let now = snapshot.time
        guard let run = try await ownRun(now) else { return }
        let isTrafficDue = now.timeIntervalSince(lastTraffic) >= bounds.trafficInterval
        if let last, now.timeIntervalSince(lastTry) < bounds.interval, now >= last.time { return }
        lastTry = now
        let isWhole = last == nil || framesSinceWhole >= Self.mostDeltas
            || bytesSinceWhole > max(4 * bytesOfWhole, 128 << 10)
        let isChanged = isTrafficDue || !isCalm(snapshot)
        let frame = isChanged
            ? try SnapshotCodec.frame(of: snapshot, since: isWhole ? nil : last, traffic: isTrafficDue || isWhole) : nil
        let bytes = frame.map { Data(PackedJSON.bytes(of: $0)) }
        if bytes != nil || now.timeIntervalSince(lastBeat) >= Self.heartbeat {
            try await queue.write { database in
                if let bytes {
                    try database.execute(
                        sql: "INSERT INTO frame (run, time, whole, data) VALUES (?, ?, ?, ?)",
                        arguments: [run, now.timeIntervalSince1970, isWhole, bytes])
                }
                try database.execute(
                    sql: "UPDATE run SET seen = max(seen, ?) WHERE id = ?", arguments: [now.timeIntervalSince1970, run])
            }
            lastBeat = now
        }
        if let bytes { count(bytes.count, isWhole: isWhole) }
        // What was not written, because it can wait, is still to be written.
        if isChanged { remember(snapshot, traffic: isTrafficDue || isWhole) }
        if bytesSincePruning > min(1 << 20, bounds.size / 8) { try await prune(now) }
    }

    /// Says until when was observed, and lets others take over.
    public func finish(at now: Date) async throws {
        guard let run else { return }
        self.run = nil
        last = nil
        try await queue.write { database in
            try database.execute(
                sql: "UPDATE run SET seen = max(seen, ?), pid = 0 WHERE id = ?", arguments: [now.timeIntervalSince1970, run])
        }
    }

    /// Whether nothing but counters and rates has changed, which can wait.
    private func isCalm(_ snapshot: MeshSnapshot) -> Bool {
        guard let last else { return false }
        return last.policy == snapshot.policy && last.istioVersion == snapshot.istioVersion
            && last.actions == snapshot.actions && last.blocked == snapshot.blocked
            && last.entries.elementsEqual(snapshot.entries) { $0.entry == $1.entry && $0.state == $1.state }
            && last.services.elementsEqual(snapshot.services) {
                $0.service == $1.service && $0.readyEndpoints == $1.readyEndpoints && $0.totalEndpoints == $1.totalEndpoints
            }
            && last.proxies.elementsEqual(snapshot.proxies) {
                $0.id == $1.id && $0.sync == $1.sync && $0.rejection == $1.rejection && $0.istioVersion == $1.istioVersion
            }
            && last.sources.mapValues(\.condition) == snapshot.sources.mapValues(\.condition)
    }

    private func remember(_ snapshot: MeshSnapshot, traffic: Bool) {
        var new = snapshot
        if let last, !traffic { new.connections = last.connections } else { lastTraffic = snapshot.time }
        last = new
    }

    private func count(_ bytes: Int, isWhole: Bool) {
        if isWhole {
            bytesOfWhole = bytes
            bytesSinceWhole = 0
            framesSinceWhole = 0
        } else {
            bytesSinceWhole += bytes
            framesSinceWhole += 1
        }
        bytesSincePruning += bytes
    }

    // MARK: - Runs

    /// The run that is written to; nil while another meshtop writes about the same mesh.
    private func ownRun(_ now: Date) async throws -> Int64? {
        if let run { return run }
        guard now.timeIntervalSince(lastBeat) >= Self.heartbeat else { return nil }
        lastBeat = now
        let mesh = mesh
        run = try await queue.write { database in
            let writers = try Int32.fetchAll(
                database, sql: "SELECT pid FROM run WHERE server = ? AND namespace IS ? AND seen > ? AND pid > 0",
                arguments: [mesh.server, mesh.namespace, now.timeIntervalSince1970 - 3 * Self.heartbeat])
            if writers.contains(where: { $0 != getpid() && (kill($0, 0) == 0 || errno == EPERM) }) { return nil }
            try database.execute(
                sql: "INSERT INTO run (context, server, namespace, started, seen, pid) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    mesh.context, mesh.server, mesh.namespace, now.timeIntervalSince1970, now.timeIntervalSince1970,
                    Int64(getpid()),
                ])
            return database.lastInsertedRowID
        }
        if run != nil { try await prune(now) }
        return run
    }

    // MARK: - Forgetting

    /// Forgets what is too old, and the oldest as long as the file is too large.
    private func prune(_ now: Date) async throws {
        bytesSincePruning = 0
        let bounds = bounds
        let own = run
        let isOwnCut = try await queue.write { database in
            // A frame is of use with the whole one before it alone.
            try database.execute(
                sql: """
                    DELETE FROM frame WHERE id < (
                        SELECT max(id) FROM frame AS whole
                        WHERE whole.run = frame.run AND whole.whole AND whole.time <= ?)
                    """, arguments: [now.timeIntervalSince1970 - bounds.age])
            try database.execute(
                sql: "DELETE FROM frame WHERE run IN (SELECT id FROM run WHERE seen < ?)",
                arguments: [now.timeIntervalSince1970 - bounds.age])
            var isOwnCut = false
            while try Self.size(database) > bounds.size, let oldest = try Row.fetchOne(
                database, sql: "SELECT id, run FROM frame ORDER BY id LIMIT 1")
            {
                let run: Int64 = oldest["run"]
                let next = try Int64.fetchOne(
                    database, sql: "SELECT min(id) FROM frame WHERE run = ? AND whole AND id > ?",
                    arguments: [run, oldest["id"] as Int64])
                if next == nil, run == own { isOwnCut = true }
                try database.execute(
                    sql: "DELETE FROM frame WHERE run = ? AND id < ?", arguments: [run, next ?? Int64.max])
            }
            try database.execute(
                sql: "DELETE FROM run WHERE id IS NOT ? AND id NOT IN (SELECT run FROM frame)", arguments: [own])
            return isOwnCut
        }
        // What is left of our own run has no whole frame to begin with.
        if isOwnCut { last = nil }
        try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA incremental_vacuum") }
    }

    private static func size(_ database: Database) throws -> Int {
        let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
        return (pages - free) * (try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096)
    }

    /// Ends writing to a file that is to be carried away: everything is in the one file then.
    public func seal(at now: Date) async throws {
        try await finish(at: now)
        try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
    }
}
