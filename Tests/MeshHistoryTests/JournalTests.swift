import Foundation
import GRDB
import MeshHistory
import MeshState
import Testing

/// What is written of changes, and read again by this and by other processes.
@Suite struct JournalTests {
    static let author = Journal.Author(who: "ann", origin: "console", context: "lab", server: "https://127.0.0.1:6443")
    static let start = Date(timeIntervalSince1970: 1_770_000_000)

    static func request(_ name: String = "cnn", undoes: Int64? = nil) -> ChangeRequest {
        let object: JSONValue = ["kind": "ServiceEntry", "metadata": ["name": .string(name), "namespace": "default"]]
        return ChangeRequest(
            id: 1, target: ObjectKey(kind: "ServiceEntry", namespace: "default", name: name), action: .replace(object),
            summary: "switch off \(name)", undoes: undoes)
    }

    /// A folder of its own, which goes when the test is over.
    final class Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: "meshtop-\(UUID().uuidString)")
        var journal: URL { url.appending(path: "state/journal.sqlite") }
        deinit {
            // A folder that was never made needs no removing.
            try? FileManager.default.removeItem(at: url)
        }
    }

    @Test func aChangeIsThereBeforeItsAnswer() async throws {
        let folder = Folder()
        let journal = try Journal(folder.journal)
        #expect(journal.notice == nil)
        let before: JSONValue = ["metadata": ["resourceVersion": "7"]]
        let begun = try await journal.begin(Self.request(undoes: 5), before: before, by: Self.author, at: Self.start)
        #expect(begun.id == .change(1) && begun.outcome == .pending && begun.change?.before == before)
        let other = try Journal(folder.journal)
        #expect(try await other.records(now: Self.start) == [begun])

        let answer: JSONValue = ["metadata": ["resourceVersion": "8"]]
        let finished = try await journal.finish(
            begun, .done(object: answer, warnings: ["deprecated"]), at: Self.start + 1)
        #expect(finished.change?.answer == answer && finished.outcome == .done(warnings: ["deprecated"]))
        #expect(try await other.records(now: Self.start) == [finished])
        #expect(try await other.record(1) == finished)
        #expect(try await other.record(2) == nil)
    }

    @Test func failuresAreKeptInTheAPIsWords() async throws {
        let folder = Folder()
        let journal = try Journal(folder.journal)
        for (number, isConflict) in [(1, true), (2, false)] {
            let begun = try await journal.begin(Self.request(), before: nil, by: Self.author, at: Self.start)
            _ = try await journal.finish(begun, .failed(message: "no \(number)", isConflict: isConflict), at: Self.start)
        }
        #expect(
            try await journal.records().map(\.outcome) == [
                .failed(message: "no 2", isConflict: false), .failed(message: "no 1", isConflict: true),
            ])
    }

    @Test func aChangeWithoutAnAnswerIsUnknownOnceItsProcessIsGoneOrItIsOld() async throws {
        let folder = Folder()
        let journal = try Journal(folder.journal)
        _ = try await journal.begin(Self.request(), before: nil, by: Self.author, at: Self.start)
        #expect(try await journal.records(now: Self.start + 100).first?.outcome == .pending)
        #expect(try await journal.records(now: Self.start + 121).first?.outcome == .unknown)
        // No process has this number.
        try await DatabaseQueue(path: folder.journal.path).write { try $0.execute(sql: "UPDATE change SET pid = 99999999") }
        #expect(try await journal.records(now: Self.start + 1).first?.outcome == .unknown)
    }

    @Test func changesOfOtherMeshesAndOldOnesAreLeftOut() async throws {
        let folder = Folder()
        let journal = try Journal(folder.journal, bounds: .init(changes: 3, age: 100))
        var other = Self.author
        other.server = "https://other"
        _ = try await journal.begin(Self.request("first"), before: nil, by: Self.author, at: Self.start)
        _ = try await journal.begin(Self.request("other"), before: nil, by: other, at: Self.start + 1)
        #expect(try await journal.records(server: "https://other").map(\.change?.target.name) == ["other"])
        for name in ["a", "b"] { _ = try await journal.begin(Self.request(name), before: nil, by: other, at: Self.start + 2) }
        #expect(try await journal.records().map(\.change?.target.name) == ["b", "a", "other"])
        _ = try await journal.begin(Self.request("late"), before: nil, by: other, at: Self.start + 102.5)
        #expect(try await journal.records().map(\.change?.target.name) == ["late"])
    }

    @Test func filesAreForTheirOwnerAlone() async throws {
        let folder = Folder()
        let journal = try Journal(folder.journal)
        _ = try await journal.begin(Self.request(), before: nil, by: Self.author, at: Self.start)
        let parent = folder.journal.deletingLastPathComponent()
        let names = try FileManager.default.contentsOfDirectory(atPath: parent.path)
        #expect(names.contains("journal.sqlite-wal"))
        for (path, mode) in [(parent.path, 0o700)] + names.map({ (parent.appending(path: $0).path, 0o600) }) {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == mode, "\(path)")
        }
    }

    @Test(arguments: ["no database at all, by far not one, and long enough to be one", "SQLite format 3\0garbage"])
    func aDamagedFileIsMovedAsideAndSaysSo(_ contents: String) async throws {
        let folder = Folder()
        let parent = folder.journal.deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        try Data((contents + String(repeating: "x", count: 4096)).utf8).write(to: folder.journal)
        let journal = try Journal(folder.journal)
        let notice = try #require(journal.notice)
        #expect(notice.contains("damaged") && notice.contains("journal.sqlite.damaged-"))
        _ = try await journal.begin(Self.request(), before: nil, by: Self.author, at: Self.start)
        let names = try FileManager.default.contentsOfDirectory(atPath: parent.path)
        let aside = try #require(names.first { $0.contains(".damaged-") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") })
        let kept = try Data(contentsOf: parent.appending(path: aside))
        #expect(kept.starts(with: Data(contents.utf8)))
    }

    @Test func aFileOfAnotherProgramIsMovedAside() async throws {
        let folder = Folder()
        try FileManager.default.createDirectory(
            at: folder.journal.deletingLastPathComponent(), withIntermediateDirectories: true)
        try await DatabaseQueue(path: folder.journal.path).write { try $0.execute(sql: "CREATE TABLE t (x)") }
        let journal = try Journal(folder.journal)
        #expect(journal.notice?.contains("another program") == true)
        #expect(try await journal.records() == [])
    }

    @Test func changesThatAreMadeTogetherHaveOneWord() async throws {
        let folder = Folder()
        let journal = try Journal(folder.journal)
        let begun = try await journal.begin(
            Self.request(), before: nil, batch: "together", by: Self.author, at: Self.start)
        #expect(begun.change?.batch == "together")
        #expect(try await journal.records(now: Self.start) == [begun])
    }

    @Test func aFileOfTheFirstFormatIsReadOn() async throws {
        let folder = Folder()
        do {
            let journal = try Journal(folder.journal)
            _ = try await journal.begin(Self.request(), before: nil, by: Self.author, at: Self.start)
        }
        try await DatabaseQueue(path: folder.journal.path).write {
            try $0.execute(sql: "ALTER TABLE change DROP COLUMN batch; PRAGMA user_version = 1")
        }
        let journal = try Journal(folder.journal)
        #expect(journal.notice == nil)
        _ = try await journal.begin(Self.request("b"), before: nil, batch: "x", by: Self.author, at: Self.start)
        #expect(try await journal.records(now: Self.start).map(\.change?.batch) == ["x", nil])
    }

    @Test func whereNoFileCanBeMadeTheReasonIsGiven() {
        #expect { try Journal(URL(filePath: "/proc/meshtop/journal.sqlite")) } throws: { error in
            "\(error)".contains("/proc/meshtop/journal.sqlite cannot be used")
        }
    }

    @Test func manyWritersAtOnceLoseNothing() async throws {
        let folder = Folder()
        let journals = try (0..<4).map { _ in try Journal(folder.journal) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, journal) in journals.enumerated() {
                group.addTask {
                    for turn in 0..<10 {
                        let begun = try await journal.begin(
                            Self.request("n\(index)-\(turn)"), before: nil, by: Self.author, at: Self.start)
                        _ = try await journal.finish(begun, .done(object: .null, warnings: []), at: Self.start)
                    }
                }
            }
            try await group.waitForAll()
        }
        let records = try await journals[0].records()
        #expect(Set(records.map(\.id)).count == 40 && records.allSatisfy(\.isDone))
    }

    @Test func textInTheFileIsMadeSafe() async throws {
        let folder = Folder()
        let journal = try Journal(folder.journal)
        _ = try await journal.begin(Self.request(), before: nil, by: Self.author, at: Self.start)
        try await DatabaseQueue(path: folder.journal.path).write {
            try $0.execute(
                sql: "UPDATE change SET summary = ?, who = ?, outcome = 'failed', message = ?, before = 'no json'",
                arguments: ["\u{1B}]0;x\u{7}", "a\u{202E}b", "x\ny"])
        }
        let record = try #require(try await journal.records().first)
        #expect(record.summary == "␛]0;x␇" && record.who == "a\\u{202e}b" && record.change?.before == nil)
        #expect(record.outcome == .failed(message: "x␊y", isConflict: false))
    }
}
