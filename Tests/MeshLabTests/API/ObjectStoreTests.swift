import Foundation
import MeshState
import Testing

@testable import MeshLab

@Suite struct ObjectStoreTests {
    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "meshlab-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    @Test func keepsTheBooks() async throws {
        try await withFolder { folder in
            let store = try ObjectStore(file: folder.appending(path: "db"))
            let created = try await store.create(.serviceEntries, TestWorld.entryJSON("a"))
            #expect(created["metadata"]?["generation"] == 1)
            #expect(created["metadata"]?["uid"]?.stringValue?.count == 36)
            await #expect(throws: StoreError.alreadyExists(.serviceEntries, name: "a")) {
                try await store.create(.serviceEntries, TestWorld.entryJSON("a"))
            }
            // A label leaves the generation alone, a change of the spec raises it, and no change is no change.
            var labelled = created
            labelled["metadata"]?["labels"] = ["x": "y"]
            let second = try await store.replace(.serviceEntries, labelled)
            #expect(second["metadata"]?["generation"] == 1)
            #expect(second["metadata"]?["resourceVersion"] != created["metadata"]?["resourceVersion"])
            #expect(try await store.replace(.serviceEntries, second) == second)
            var changed = second
            changed["spec"]?["resolution"] = "NONE"
            let third = try await store.replace(.serviceEntries, changed)
            #expect(third["metadata"]?["generation"] == 2)
            #expect(third["metadata"]?["uid"] == created["metadata"]?["uid"])
            await #expect(throws: StoreError.conflict(.serviceEntries, name: "a")) {
                try await store.replace(.serviceEntries, changed)
            }
            let reported = try await store.updateStatus(
                .serviceEntries, namespace: "default", name: "a", ["addresses": []])
            #expect(reported["metadata"]?["generation"] == 2)
            #expect(reported["spec"] == third["spec"])
            try await store.delete(.serviceEntries, namespace: "default", name: "a")
            #expect(await store.get(.serviceEntries, namespace: "default", name: "a") == JSONValue?.none)
            let kinds = try await store.events(after: 1).map(\.kind)
            #expect(kinds == [.added, .modified, .modified, .modified, .deleted])
        }
    }

    @Test func survivesAKilledProcess() async throws {
        try await withFolder { folder in
            let file = folder.appending(path: "db")
            let store = try ObjectStore(file: file)
            for index in 0..<20 { try await store.create(.serviceEntries, TestWorld.entryJSON("entry-\(index)")) }
            try await store.delete(.serviceEntries, namespace: "default", name: "entry-7")
            let version = await store.resourceVersion
            // What a killed process leaves are its files as they are at that moment, with the log not yet folded in.
            let left = folder.appending(path: "left")
            try FileManager.default.createDirectory(at: left, withIntermediateDirectories: true)
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(
                    at: folder.appending(path: "db\(suffix)"), to: left.appending(path: "db\(suffix)"))
            }
            let reopened = try ObjectStore(file: left.appending(path: "db"))
            #expect(await reopened.list(.serviceEntries).objects == store.list(.serviceEntries).objects)
            #expect(await reopened.list(.serviceEntries).objects.count == 19)
            #expect(await reopened.resourceVersion == version)
            #expect(try await reopened.events(after: version - 1).map(\.kind) == [.deleted])
            let next = try await reopened.create(.serviceEntries, TestWorld.entryJSON("next"))
            #expect(next["metadata"]?["resourceVersion"] == .string(String(version + 1)))
        }
    }

    @Test func seedsWithoutChangingWhatIsEqual() async throws {
        try await withFolder { folder in
            let store = try ObjectStore(file: folder.appending(path: "db"))
            try await store.seed(TestWorld.objects)
            let version = await store.resourceVersion
            try await store.seed(TestWorld.objects)
            #expect(await store.resourceVersion == version)
            var changed = TestWorld.objects
            changed[2]["status"]?["podIP"] = "10.244.0.10"
            try await store.seed(changed)
            #expect(await store.resourceVersion == version + 1)
            #expect(await store.get(.pods, namespace: "default", name: "sleep-1")?["status"]?["podIP"] == "10.244.0.10")
            await #expect(throws: StoreError.unusable("no resource for kind Gateway")) {
                try await store.seed([["apiVersion": "v1", "kind": "Gateway", "metadata": ["name": "x"]]])
            }
        }
    }

    @Test func losesNothingForASlowReaderAndTellsALateOne() async throws {
        try await withFolder { folder in
            let store = try ObjectStore(file: folder.appending(path: "db"), eventCapacity: 300)
            let changes = store.changes(since: await store.resourceVersion)
            for index in 0..<250 { try await store.create(.serviceEntries, TestWorld.entryJSON("entry-\(index)")) }
            var versions: [Int64] = []
            for try await event in changes {
                versions.append(event.resourceVersion)
                if versions.count == 250 { break }
            }
            #expect(versions == Array(2...251))
            for index in 250..<400 { try await store.create(.serviceEntries, TestWorld.entryJSON("entry-\(index)")) }
            #expect(await store.oldestResumableVersion == 101)
            await #expect(throws: StoreError.expired(requested: 1, oldest: 101)) {
                for try await _ in changes {}
            }
        }
    }

    @Test func wakesAReaderThatWaits() async throws {
        try await withFolder { folder in
            let store = try ObjectStore(file: folder.appending(path: "db"))
            let changes = store.changes(since: await store.resourceVersion)
            let reader = Task { try await changes.first { _ in true } }
            try await store.create(.serviceEntries, TestWorld.entryJSON("a"))
            #expect(try await reader.value?.object["metadata"]?["name"] == "a")
            // One that waits in vain ends with its task.
            let idle = Task { try await store.changes(since: store.resourceVersion).first { _ in true } }
            idle.cancel()
            #expect(try await idle.value == nil)
        }
    }

    @Test func showsThePast() async throws {
        try await withFolder { folder in
            let store = try ObjectStore(file: folder.appending(path: "db"))
            try await store.create(.serviceEntries, TestWorld.entryJSON("a"))
            let before = try await store.create(.serviceEntries, TestWorld.entryJSON("b"))
            let version = await store.resourceVersion
            try await store.replace(.serviceEntries, before.replacing("spec", by: ["hosts": ["changed.example.com"]]))
            try await store.delete(.serviceEntries, namespace: "default", name: "a")
            try await store.create(.serviceEntries, TestWorld.entryJSON("c"))
            let past = try await store.list(.serviceEntries, at: version)
            #expect(past.compactMap { $0["metadata"]?["name"] } == ["a", "b"])
            #expect(past[1] == before)
            await #expect(throws: StoreError.tooLarge(requested: 99, current: version + 3)) {
                try await store.list(.serviceEntries, at: 99)
            }
        }
    }
}
