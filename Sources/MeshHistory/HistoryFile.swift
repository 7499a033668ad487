import Foundation
import GRDB

/// Why a file of the history cannot be used, in words for an operator.
public struct HistoryError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// One of the SQLite files that meshtop keeps, readable by its owner alone.
///
/// Several meshtops share a file: write-ahead logging lets one read while another writes, and writers wait for each other.
struct HistoryFile: Sendable {
    let queue: DatabaseQueue
    /// What the operator should know of how it was opened, such as that a damaged file was moved aside.
    let notice: String?

    /// What a kind of file is known by.
    struct Format: Sendable {
        /// SQLite's `application_id`.
        var application: Int32
        /// SQLite's `user_version`.
        var version: Int32
        /// What makes its tables; nothing happens where they are there.
        var schema: String
        /// What makes a file of the version after it from one of this version.
        var upgrades: [Int32: String] = [:]
        /// What the operator calls it.
        var noun: String
    }

    /// Opens a file, or makes it. One that is damaged or of another kind is moved aside and made anew.
    ///
    /// - Throws: `HistoryError` where no file can be made there.
    init(_ file: URL, _ format: Format, now: Date) throws(HistoryError) {
        do {
            try Self.prepare(file)
            do {
                queue = try Self.open(file, format)
                notice = nil
            } catch where Self.isDamage(error) {
                let aside = try Self.moveAside(file, now: now)
                try Self.prepare(file)
                queue = try Self.open(file, format)
                notice = "\(format.noun) was damaged (\(Self.words(error))); it is now \(aside), and a new one was begun"
            }
        } catch {
            throw HistoryError("\(format.noun) \(file.path) cannot be used: \(Self.words(error))")
        }
    }

    /// Folder and file with the rights that they shall have before SQLite sees them; its other files follow them.
    private static func prepare(_ file: URL) throws {
        let files = FileManager.default
        try files.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let handle = Foundation.open(file.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        guard handle >= 0 else { throw CocoaError(.fileWriteNoPermission) }
        close(handle)
    }

    private static func open(_ file: URL, _ format: Format) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            // A crash of the machine may lose the last changes, never the file.
            try database.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF")
        }
        let queue = try DatabaseQueue(path: file.path, configuration: configuration)
        try queue.writeWithoutTransaction { database in
            if try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0 {
                // Takes effect while there are no tables alone.
                try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; VACUUM")
            }
        }
        try queue.write { database in
            let isNew = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0
            if isNew {
                try database.execute(sql: format.schema)
                try database.execute(sql: "PRAGMA application_id = \(format.application)")
                try database.execute(sql: "PRAGMA user_version = \(format.version)")
            }
            try upgrade(database, format)
            try check(database, format)
        }
        return queue
    }

    /// Makes a file of this version from one that an earlier release wrote.
    private static func upgrade(_ database: Database, _ format: Format) throws {
        guard try Int32.fetchOne(database, sql: "PRAGMA application_id") == format.application else { return }
        while let version = try Int32.fetchOne(database, sql: "PRAGMA user_version"), version < format.version,
            let upgrade = format.upgrades[version]
        {
            try database.execute(sql: upgrade)
            try database.execute(sql: "PRAGMA user_version = \(version + 1)")
        }
    }

    /// Whether it is a file of this kind and version.
    static func check(_ database: Database, _ format: Format) throws {
        let application = try Int32.fetchOne(database, sql: "PRAGMA application_id")
        let version = try Int32.fetchOne(database, sql: "PRAGMA user_version")
        guard application == format.application else { throw Foreign("it is an SQLite file of another program") }
        guard version == format.version else {
            throw Foreign("it was written by another release of meshtop (format \(version ?? 0))")
        }
    }

    /// The file is no file of ours, though SQLite can read it.
    struct Foreign: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    static func isDamage(_ error: any Error) -> Bool {
        if error is Foreign { return true }
        guard let error = error as? DatabaseError else { return false }
        return [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode.primaryResultCode)
            || (error.resultCode == .SQLITE_ERROR && error.message?.hasPrefix("no such") == true)
    }

    /// SQLite's own words, without the statement.
    static func words(_ error: any Error) -> String {
        if let error = error as? DatabaseError { return error.message ?? "\(error.resultCode)" }
        return (error as? CocoaError)?.localizedDescription ?? "\(error)"
    }

    /// Gives the file another name, with what belongs to it.
    private static func moveAside(_ file: URL, now: Date) throws -> String {
        let stamp = now.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        let aside = "\(file.path).damaged-\(stamp)-\(UInt16.random(in: 0...0xFFFF))"
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: file.path + suffix) {
            try FileManager.default.moveItem(atPath: file.path + suffix, toPath: aside + suffix)
        }
        return aside
    }
}
