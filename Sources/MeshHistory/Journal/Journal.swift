public import Foundation
import GRDB
public import MeshState

/// Every change that meshtop makes: written before it is sent, completed when the API has answered.
///
/// One SQLite file for all meshtops of a user. A change that was begun and never completed, because meshtop was ended in
/// between, is told as of unknown outcome.
public struct Journal: Sendable {
    /// How much is kept.
    public struct Bounds: Sendable {
        public var changes: Int
        /// Seconds.
        public var age: Double

        public init(changes: Int = 10_000, age: Double = 366 * 86_400) {
            self.changes = changes
            self.age = age
        }
    }

    /// Who makes changes, and to which mesh.
    public struct Author: Sendable, Hashable {
        public var who: String
        public var origin: String
        public var context: String
        public var server: String

        public init(who: String, origin: String, context: String, server: String) {
            self.who = who
            self.origin = origin
            self.context = context
            self.server = server
        }
    }

    /// Seconds after which a change without an answer will not get one any more, whoever made it.
    static let longestPending = 120.0

    private let queue: DatabaseQueue
    private let bounds: Bounds
    /// What the operator should know of how the file was opened.
    public let notice: String?

    /// Opens the journal, or begins one. A damaged file is moved aside, which `notice` tells.
    public init(_ file: URL, bounds: Bounds = Bounds(), now: Date = Date()) throws(HistoryError) {
        let opened = try HistoryFile(file, Self.format, now: now)
        queue = opened.queue
        notice = opened.notice
        self.bounds = bounds
    }

    private static let format = HistoryFile.Format(
        application: 0x6D74_6A6C, version: 2,
        schema: """
            CREATE TABLE change (
                id INTEGER PRIMARY KEY AUTOINCREMENT, begun REAL NOT NULL, finished REAL, pid INTEGER NOT NULL,
                who TEXT NOT NULL, origin TEXT NOT NULL, context TEXT NOT NULL, server TEXT NOT NULL,
                summary TEXT NOT NULL, verb TEXT NOT NULL,
                kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
                before TEXT, sent TEXT, answer TEXT, undoes INTEGER,
                outcome TEXT NOT NULL, message TEXT, warnings TEXT, batch TEXT
            );
            CREATE INDEX change_by_server ON change (server, id);
            """,
        upgrades: [1: "ALTER TABLE change ADD COLUMN batch TEXT"], noun: "the journal")

    // MARK: - Writing

    /// Notes a change that is about to be sent.
    ///
    /// - Parameters:
    ///   - before: the object as the API holds it.
    ///   - batch: the same word for all changes that are made together; nil for one made alone.
    public func begin(
        _ request: ChangeRequest, before: JSONValue?, batch: String? = nil, by author: Author, at time: Date
    ) async throws -> ActionRecord {
        let change = ActionRecord.Change(
            target: request.target, verb: request.verb, before: before, sent: request.object, undoes: request.undoes,
            batch: batch)
        let bounds = bounds
        return try await queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO change (begun, pid, who, origin, context, server, summary, verb, kind, namespace, name,
                        before, sent, undoes, batch, outcome)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')
                    """,
                arguments: [
                    time.timeIntervalSince1970, Int64(getpid()), author.who, author.origin, author.context,
                    author.server, request.summary, change.verb.rawValue, change.target.kind, change.target.namespace,
                    change.target.name, before?.jsonText(), change.sent?.jsonText(), change.undoes,
                    change.batch,
                ])
            let number = database.lastInsertedRowID
            try database.execute(
                sql: "DELETE FROM change WHERE id <= ? OR begun < ?",
                arguments: [number - Int64(bounds.changes), time.timeIntervalSince1970 - bounds.age])
            return ActionRecord(
                id: .change(number), time: time, who: author.who, origin: author.origin, context: author.context,
                server: author.server, summary: request.summary, change: change, outcome: .pending)
        }
    }

    /// Notes the API's answer.
    public func finish(_ record: ActionRecord, _ result: ChangeResult, at time: Date) async throws -> ActionRecord {
        let finished = record.finished(result, at: time)
        let answer = finished.change?.answer?.jsonText()
        try await queue.write { database in
            switch finished.outcome {
            case .pending, .unknown: break
            case .done(let warnings):
                try database.execute(
                    sql: "UPDATE change SET finished = ?, outcome = 'done', answer = ?, warnings = ? WHERE id = ?",
                    arguments: [
                        time.timeIntervalSince1970, answer, JSONValue(warnings).jsonText(), record.number,
                    ])
            case .failed(let message, let isConflict):
                try database.execute(
                    sql: "UPDATE change SET finished = ?, outcome = ?, message = ? WHERE id = ?",
                    arguments: [
                        time.timeIntervalSince1970, isConflict ? "conflict" : "failed", message, record.number,
                    ])
            }
        }
        return finished
    }

    // MARK: - Reading

    /// The latest changes, newest first.
    ///
    /// - Parameters:
    ///   - server: changes to this mesh alone; nil for all.
    ///   - after: only those with a higher number, or that were not completed when last read.
    public func records(server: String? = nil, limit: Int = 500, now: Date = Date()) async throws -> [ActionRecord] {
        try await queue.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT * FROM change WHERE (? IS NULL OR server = ?) ORDER BY id DESC LIMIT ?",
                arguments: [server, server, limit])
            return rows.compactMap { Self.record($0, now: now) }
        }
    }

    /// The change with this number.
    public func record(_ number: Int64, now: Date = Date()) async throws -> ActionRecord? {
        try await queue.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM change WHERE id = ?", arguments: [number])
                .flatMap { Self.record($0, now: now) }
        }
    }

    /// A number that is another one after another program has written to the file.
    public func version() async throws -> Int {
        try await queue.read { try Int.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
    }

    /// nil for a row that is not one of ours, as somebody may have written to the file.
    private static func record(_ row: Row, now: Date) -> ActionRecord? {
        guard let id = Int64.fromDatabaseValue(row["id"]), let begun = moment(row, "begun"), let change = change(row)
        else { return nil }
        return ActionRecord(
            id: .change(id), time: begun, finished: moment(row, "finished"), who: text(row, "who") ?? "",
            origin: text(row, "origin") ?? "", context: text(row, "context") ?? "",
            server: text(row, "server") ?? "", summary: text(row, "summary") ?? "", change: change,
            outcome: outcome(row, begun: begun, now: now))
    }

    private static func change(_ row: Row) -> ActionRecord.Change? {
        guard let verb = ActionRecord.Verb(rawValue: text(row, "verb") ?? "") else { return nil }
        let target = ObjectKey(
            kind: text(row, "kind") ?? "", namespace: text(row, "namespace") ?? "", name: text(row, "name") ?? "")
        return ActionRecord.Change(
            target: target, verb: verb, before: document(row, "before"), sent: document(row, "sent"),
            answer: document(row, "answer"), undoes: Int64.fromDatabaseValue(row["undoes"]),
            batch: text(row, "batch"))
    }

    private static func moment(_ row: Row, _ column: String) -> Date? {
        guard let seconds = Double.fromDatabaseValue(row[column]), seconds.isFinite, abs(seconds) < 1e11 else { return nil }
        return Date(timeIntervalSince1970: seconds)
    }

    private static func outcome(_ row: Row, begun: Date, now: Date) -> ActionRecord.Outcome {
        switch text(row, "outcome") {
        case "done": return .done(warnings: document(row, "warnings")?.stringList.map(\.madeSafe) ?? [])
        case "failed": return .failed(message: text(row, "message") ?? "", isConflict: false)
        case "conflict": return .failed(message: text(row, "message") ?? "", isConflict: true)
        default:
            let isAlive = Int32.fromDatabaseValue(row["pid"]).map { kill($0, 0) == 0 || errno == EPERM } ?? false
            return isAlive && now.timeIntervalSince(begun) < longestPending ? .pending : .unknown
        }
    }

    private static func text(_ row: Row, _ column: String) -> String? {
        String.fromDatabaseValue(row[column])?.madeSafe
    }

    private static func document(_ row: Row, _ column: String) -> JSONValue? {
        // What is no JSON was not written by meshtop, and there is nothing to show of it.
        String.fromDatabaseValue(row[column]).flatMap { try? JSONValue(parsing: $0) }
    }
}

extension ActionRecord {
    /// The record once the API has answered.
    public func finished(_ result: ChangeResult, at time: Date) -> ActionRecord {
        var record = self
        record.finished = time
        switch result {
        case .done(let object, let warnings):
            record.outcome = .done(warnings: warnings)
            if record.change?.verb != .delete { record.change?.answer = object }
        case .failed(let message, let isConflict): record.outcome = .failed(message: message, isConflict: isConflict)
        }
        return record
    }
}
