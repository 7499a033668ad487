public import Foundation
import GRDB
public import MeshState

/// What was observed of one mesh, to be looked at moment by moment.
public struct Recording: Sendable {
    /// A way to go in time.
    public enum Step: Sendable, Hashable {
        /// To the moment before, or after, at which something was written down.
        case previous, next
        /// So many seconds, back or forth.
        case by(Double)
    }

    private let queue: DatabaseQueue
    private let server: String
    private let namespace: String?

    init(queue: DatabaseQueue, server: String, namespace: String?) {
        self.queue = queue
        self.server = server
        self.namespace = namespace
    }

    static let format = HistoryFile.Format(
        application: 0x6D74_6672, version: 1,
        schema: """
            CREATE TABLE run (
                id INTEGER PRIMARY KEY AUTOINCREMENT, context TEXT NOT NULL, server TEXT NOT NULL, namespace TEXT,
                started REAL NOT NULL, seen REAL NOT NULL, pid INTEGER NOT NULL
            );
            CREATE TABLE frame (
                id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES run, time REAL NOT NULL,
                whole INTEGER NOT NULL, data BLOB NOT NULL
            );
            CREATE INDEX frame_by_time ON frame (run, time);
            """,
        noun: "the recording")

    /// Opens a file that was made by `meshtop record`, here or elsewhere; it is not changed.
    ///
    /// - Throws: `HistoryError` with the reason where it is none, or damaged.
    public init(file: URL) throws(HistoryError) {
        func failure(_ reason: String) -> HistoryError { HistoryError("\(file.path) \(reason)") }
        guard FileManager.default.isReadableFile(atPath: file.path) else {
            throw failure(FileManager.default.fileExists(atPath: file.path) ? "may not be read" : "is not there")
        }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON") }
            queue = try DatabaseQueue(path: file.path, configuration: configuration)
            let mesh = try queue.read { database in
                try HistoryFile.check(database, Self.format)
                guard try String.fetchOne(database, sql: "PRAGMA quick_check(1)") == "ok" else {
                    throw HistoryFile.Foreign("it is damaged")
                }
                return try Row.fetchOne(
                    database,
                    sql: "SELECT server, namespace FROM run WHERE id IN (SELECT run FROM frame) ORDER BY id DESC LIMIT 1")
            }
            guard let mesh, let server = String.fromDatabaseValue(mesh["server"]) else {
                throw HistoryFile.Foreign("it is empty")
            }
            self.server = server
            namespace = String.fromDatabaseValue(mesh["namespace"])
        } catch {
            throw failure("is no recording of meshtop that can be read: \(HistoryFile.words(error))")
        }
    }

    /// From when to when something is recorded; nil where nothing is.
    public func extent() async throws -> ClosedRange<Date>? {
        try await queue.read { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT (SELECT min(time) FROM frame WHERE run IN (\(Self.runs))) AS first,
                        (SELECT max(seen) FROM run WHERE id IN (\(Self.runs))) AS last
                    """, arguments: [server, namespace, server, namespace])
            guard let first = row.flatMap({ Self.seconds($0["first"]) }), let last = row.flatMap({ Self.seconds($0["last"]) })
            else { return nil }
            return Date(timeIntervalSince1970: first)...Date(timeIntervalSince1970: max(first, last))
        }
    }

    private static let runs = "SELECT id FROM run WHERE server = ? AND namespace IS ?"

    private static func seconds(_ value: DatabaseValue) -> Double? {
        // A file may hold anything; no moment that can be shown lies beyond.
        Double.fromDatabaseValue(value).flatMap { (0...1e11).contains($0) ? $0 : nil }
    }

    /// Where a step leads to; nil beyond the newest frame, or before the oldest one.
    public func moment(_ step: Step, from time: Date) async throws -> Date? {
        let now = time.timeIntervalSince1970
        guard let extent = try await extent() else { return nil }
        switch step {
        // In another second: times are shown to the second, and a step that shows nothing puzzles.
        case .previous: return try await frame("max(time)", "time < ?", now.rounded(.down))
        case .next: return try await frame("min(time)", "time >= ?", now.rounded(.down) + 1)
        case .by(let seconds) where seconds < 0:
            guard time > extent.lowerBound else { return nil }
            let target = max(now + seconds, extent.lowerBound.timeIntervalSince1970)
            // Where nobody looked on at that time, what was seen last before it.
            return try await bounded(target, "SELECT max(seen) FROM run WHERE seen <= ? AND id IN (\(Self.runs))")
        case .by(let seconds):
            guard now + seconds < extent.upperBound.timeIntervalSince1970 else { return nil }
            return try await bounded(now + seconds, "SELECT min(started) FROM run WHERE started >= ? AND id IN (\(Self.runs))")
        }
    }

    private func frame(_ what: String, _ condition: String, _ time: Double) async throws -> Date? {
        try await queue.read { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT \(what) AS time FROM frame WHERE \(condition) AND run IN (\(Self.runs))",
                arguments: [time, server, namespace])
            return row.flatMap { Self.seconds($0["time"]) }.map(Date.init(timeIntervalSince1970:))
        }
    }

    /// The moment itself where somebody looked on, else the nearest one.
    private func bounded(_ target: Double, _ nearest: String) async throws -> Date? {
        try await queue.read { database in
            let isSeen = try Bool.fetchOne(
                database,
                sql: "SELECT count(*) > 0 FROM run WHERE started <= ? AND seen >= ? AND id IN (\(Self.runs))",
                arguments: [target, target, server, namespace])
            if isSeen == true { return Date(timeIntervalSince1970: target) }
            let row = try Row.fetchOne(database, sql: nearest, arguments: [target, server, namespace])
            return row.flatMap { Self.seconds($0[0]) }.map(Date.init(timeIntervalSince1970:))
        }
    }

    /// The mesh as it was seen at a moment; nil where nothing had been seen yet.
    ///
    /// - Throws: `HistoryError` where the recording is damaged there.
    public func snapshot(at time: Date) async throws -> MeshSnapshot? {
        let found = try await queue.read { database -> (run: Run, frames: [Frame])? in
            guard let last = try Row.fetchOne(
                database,
                sql: "SELECT id, run FROM frame WHERE time <= ? AND run IN (\(Self.runs)) ORDER BY time DESC, id DESC LIMIT 1",
                arguments: [time.timeIntervalSince1970, server, namespace]),
                let id = Int64.fromDatabaseValue(last["id"]), let number = Int64.fromDatabaseValue(last["run"]),
                let run = try Run.fetch(database, "id = ?", [number]).first
            else { return nil }
            let frames = try Frame.fetch(
                database, "run = ? AND id <= ? AND id >= (SELECT max(id) FROM frame WHERE run = ? AND whole AND id <= ?)",
                [number, id, number, id])
            return (run, frames)
        }
        guard let found else { return nil }
        var scene = SnapshotCodec.Scene()
        for frame in found.frames { scene.apply(try PackedJSON.value(of: Array(frame.data))) }
        let run = found.run
        let identity = MeshIdentity(
            context: run.context.madeSafe, server: run.server.madeSafe, namespace: run.namespace?.madeSafe)
        return try scene.snapshot(at: min(time, Date(timeIntervalSince1970: run.seen)), identity: identity)
    }

    /// A time in which one meshtop looked on.
    private struct Run: Sendable {
        var id: Int64
        var context: String
        var server: String
        var namespace: String?
        var started: Double
        var seen: Double

        static func fetch(_ database: Database, _ condition: String, _ arguments: StatementArguments) throws -> [Run] {
            let rows = try Row.fetchAll(
                database, sql: "SELECT * FROM run WHERE \(condition) ORDER BY id", arguments: arguments)
            return rows.compactMap { row in
                guard let id = Int64.fromDatabaseValue(row["id"]), let started = Recording.seconds(row["started"]),
                    let seen = Recording.seconds(row["seen"])
                else { return nil }
                return Run(
                    id: id, context: String.fromDatabaseValue(row["context"]) ?? "",
                    server: String.fromDatabaseValue(row["server"]) ?? "",
                    namespace: String.fromDatabaseValue(row["namespace"]), started: started, seen: seen)
            }
        }
    }

    private struct Frame: Sendable {
        var time: Double
        var isWhole: Bool
        var data: Data

        static func fetch(_ database: Database, _ condition: String, _ arguments: StatementArguments) throws -> [Frame] {
            let rows = try Row.fetchAll(
                database, sql: "SELECT time, whole, data FROM frame WHERE \(condition) ORDER BY id", arguments: arguments)
            return rows.compactMap { row in
                guard let time = Recording.seconds(row["time"]) else { return nil }
                return Frame(
                    time: time, isWhole: Bool.fromDatabaseValue(row["whole"]) ?? false,
                    data: Data.fromDatabaseValue(row["data"]) ?? Data())
            }
        }
    }

    /// Writes what was seen since a moment into a new file of its own, which `init(file:)` reads anywhere.
    ///
    /// - Returns: how many frames it holds.
    /// - Throws: `HistoryError` where there is nothing to write, or the file is there already.
    public func export(to file: URL, since start: Date) async throws -> Int {
        guard !FileManager.default.fileExists(atPath: file.path) else {
            throw HistoryError("\(file.path) is there already")
        }
        let parts = try await queue.read { database in
            try Run.fetch(
                database, "seen >= ? AND id IN (\(Self.runs))", [start.timeIntervalSince1970, server, namespace]
            ).map { run in
                // A frame is of use with the whole one before it alone.
                let frames = try Frame.fetch(
                    database,
                    """
                    run = ? AND id >= ifnull(
                        (SELECT max(id) FROM frame WHERE run = ? AND whole AND time <= ?), 0)
                    """, [run.id, run.id, start.timeIntervalSince1970])
                return (run, frames)
            }
        }
        let count = parts.reduce(0) { $0 + $1.1.count }
        guard count > 0 else { throw HistoryError("nothing of this mesh has been recorded in that time") }
        let copy = try HistoryFile(file, Self.format, now: start).queue
        try await copy.write { database in
            for (run, frames) in parts where !frames.isEmpty {
                try database.execute(
                    sql: "INSERT INTO run (context, server, namespace, started, seen, pid) VALUES (?, ?, ?, ?, ?, 0)",
                    arguments: [run.context, run.server, run.namespace, run.started, run.seen])
                let id = database.lastInsertedRowID
                for frame in frames {
                    try database.execute(
                        sql: "INSERT INTO frame (run, time, whole, data) VALUES (?, ?, ?, ?)",
                        arguments: [id, frame.time, frame.isWhole, frame.data])
                }
            }
        }
        try await copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        return count
    }
}
