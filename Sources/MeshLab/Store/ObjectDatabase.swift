import Foundation
import GRDB
import MeshState

/// The SQLite file behind the store: the objects as JSON text, and the log of the latest changes.
///
/// Write-ahead logging with `synchronous = NORMAL` hands every commit to the operating system at once: a killed process
/// loses nothing; only a crash of the machine could lose the latest commits, never the file's consistency.
struct ObjectDatabase: Sendable {
    struct Contents {
        var objects: [(resource: Resource, object: JSONValue)] = []
        var events: [StoreEvent] = []
        /// Bytes of each event's object.
        var eventSizes: [Int] = []
    }

    private let queue: DatabaseQueue

    init(file: URL) throws {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
        queue = try DatabaseQueue(path: file.path, configuration: configuration)
        var migrator = DatabaseMigrator()
        migrator.registerMigration("objects and events") { database in
            try database.execute(
                sql: """
                    CREATE TABLE object (
                        resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL,
                        PRIMARY KEY (resource, namespace, name)
                    ) WITHOUT ROWID;
                    CREATE TABLE event (
                        version INTEGER PRIMARY KEY, kind TEXT NOT NULL, resource TEXT NOT NULL,
                        object TEXT NOT NULL, previous TEXT
                    );
                    """)
        }
        try migrator.migrate(queue)
    }

    /// Everything that the file holds, events in order.
    func load() throws -> Contents {
        try queue.read { database in
            var contents = Contents()
            for row in try Row.fetchAll(database, sql: "SELECT resource, json FROM object") {
                contents.objects.append((try Self.resource(row["resource"]), try Self.object(row["json"])))
            }
            for row in try Row.fetchAll(database, sql: "SELECT * FROM event ORDER BY version") {
                guard let kind = StoreEvent.Kind(rawValue: row["kind"]) else {
                    throw StoreError.damaged("an event of unknown kind")
                }
                let previous: String? = row["previous"]
                let object: String = row["object"]
                contents.events.append(
                    StoreEvent(
                        kind: kind, resource: try Self.resource(row["resource"]),
                        object: try Self.object(object),
                        previous: try previous.map(Self.object), resourceVersion: row["version"]))
                contents.eventSizes.append(object.utf8.count)
            }
            return contents
        }
    }

    /// Commits one change together with its event, and forgets the events up to a version; `text` is the object's JSON.
    func commit(
        _ event: StoreEvent, text: String, namespace: String, name: String, forgettingUpTo oldest: Int64
    ) throws {
        let resource = event.resource.rawValue
        try queue.write { database in
            if event.kind == .deleted {
                let statement = try database.cachedStatement(
                    sql: "DELETE FROM object WHERE resource = ? AND namespace = ? AND name = ?")
                try statement.execute(arguments: [resource, namespace, name])
            } else {
                let statement = try database.cachedStatement(sql: "INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?)")
                try statement.execute(arguments: [resource, namespace, name, text])
            }
            let statement = try database.cachedStatement(sql: "INSERT INTO event VALUES (?, ?, ?, ?, ?)")
            try statement.execute(arguments: [
                event.resourceVersion, event.kind.rawValue, resource, text, event.previous?.jsonText(),
            ])
            try database.cachedStatement(sql: "DELETE FROM event WHERE version <= ?").execute(arguments: [oldest])
        }
    }

    private static func resource(_ text: String) throws -> Resource {
        guard let resource = Resource(rawValue: text) else { throw StoreError.damaged("unknown resource \(text)") }
        return resource
    }

    private static func object(_ text: String) throws -> JSONValue {
        do { return try JSONValue(parsing: text) } catch { throw StoreError.damaged("\(error)") }
    }
}
