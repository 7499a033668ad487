import Foundation
import MeshState
import Testing

@testable import MeshLab

@Suite struct WatchTests {
    private static let path = TestWorld.entries + "?watch=1"

    @Test func tellsChangesInOrderAndResumes() async throws {
        try await TestAPI.run { api in
            let start = await api.store.resourceVersion
            let object = try await api.store.create(.serviceEntries, TestWorld.entryJSON("a"))
            var events = try await api.watch("\(Self.path)&resourceVersion=\(start)").makeAsyncIterator()
            let added = try #require(try await events.next())
            #expect(added["type"] == "ADDED")
            #expect(added["object"] == object)
            try await api.store.replace(.serviceEntries, object.replacing("spec", by: ["hosts": ["b.example.com"]]))
            #expect(try await events.next()?["type"] == "MODIFIED")
            // An object of another resource or namespace is not this watch's.
            try await api.store.create(
                .services, ["metadata": ["name": "other", "namespace": "default"]])
            try await api.store.delete(.serviceEntries, namespace: "default", name: "a")
            let deleted = try #require(try await events.next())
            #expect(deleted["type"] == "DELETED")
            #expect(deleted["object"]?["metadata"]?["resourceVersion"] == .string(String(start + 4)))

            var resumed = try await api.watch("\(Self.path)&resourceVersion=\(start + 1)").makeAsyncIterator()
            #expect(try await resumed.next()?["type"] == "MODIFIED")
            #expect(try await resumed.next()?["type"] == "DELETED")
        }
    }

    @Test func startsWithWhatIsThere() async throws {
        try await TestAPI.run { api in
            for name in ["a", "b"] { try await api.store.create(.serviceEntries, TestWorld.entryJSON(name)) }
            for path in [Self.path, Self.path + "&resourceVersion=0"] {
                var events = try await api.watch(path + "&timeoutSeconds=1").makeAsyncIterator()
                #expect(try await events.next()?["object"]?["metadata"]?["name"] == "a")
                #expect(try await events.next()?["object"]?["metadata"]?["name"] == "b")
                #expect(try await events.next() == nil, "the watch ends at its timeout")
            }
        }
    }

    @Test func followsObjectsIntoAndOutOfASelector() async throws {
        try await TestAPI.run { api in
            let start = await api.store.resourceVersion
            var object = try await api.store.create(.serviceEntries, TestWorld.entryJSON("a", labels: ["app": "x"]))
            for app in ["y", "z", "y", "y"] {
                let version = object["metadata"]?["resourceVersion"] ?? ""
                object["metadata"]?["labels"] = ["app": .string(app), "n": version]
                object = try await api.store.replace(.serviceEntries, object)
            }
            var events = try await api.watch("\(Self.path)&resourceVersion=\(start)&labelSelector=app%3Dy")
                .makeAsyncIterator()
            var types: [JSONValue?] = []
            for _ in 0..<4 { types.append(try await events.next()?["type"]) }
            #expect(types == ["ADDED", "DELETED", "ADDED", "MODIFIED"])
        }
    }

    @Test func sendsBookmarksBeforeTheEnd() async throws {
        try await TestAPI.run { api in
            let version = await api.store.resourceVersion
            var events: [JSONValue] = []
            let path = "\(Self.path)&resourceVersion=\(version)&allowWatchBookmarks=true&timeoutSeconds=3"
            for try await event in try await api.watch(path) { events.append(event) }
            // Two are due, a second apart; those that are late are sent as one.
            #expect((1...2).contains(events.count))
            for event in events {
                #expect(event["type"] == "BOOKMARK")
                #expect(event["object"]?["metadata"] == ["resourceVersion": .string(String(version))])
                #expect(event["object"]?["kind"] == "ServiceEntry")
            }
        }
    }

    @Test func namesTheColumnsOfATableOnce() async throws {
        try await TestAPI.run { api in
            for name in ["a", "b"] { try await api.store.create(.serviceEntries, TestWorld.entryJSON(name)) }
            var events = try await api.watch(Self.path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
                .makeAsyncIterator()
            let first = try #require(try await events.next()?["object"])
            #expect(first["kind"] == "Table")
            #expect(
                first["columnDefinitions"]?.arrayValue?.compactMap { $0["name"] } == [
                    "Name", "Hosts", "Location", "Resolution", "Age",
                ])
            #expect(first["rows"]?[0]?["cells"]?.arrayValue?.prefix(4) == ["a", "[\"example.com\"]", .null, "DNS"])
            #expect(try await events.next()?["object"]?["columnDefinitions"] == .null)
        }
    }

    @Test func sendsAClientFromAnotherLifeToListAgain() async throws {
        try await TestAPI.run { api in
            var events = try await api.watch("\(Self.path)&resourceVersion=999999").makeAsyncIterator()
            let error = try #require(try await events.next())
            #expect(error["type"] == "ERROR")
            #expect(error["object"]?["code"] == 410)
        }
    }

    @Test func deliversEachChangeInOrder() async throws {
        try await TestAPI.run { api in
            let version = await api.store.resourceVersion
            var events = try await api.watch("\(Self.path)&resourceVersion=\(version)").makeAsyncIterator()
            for index in 0..<30 {
                try await api.store.create(.serviceEntries, TestWorld.entryJSON("entry-\(index)"))
                let event = try #require(try await events.next())
                #expect(event["object"]?["metadata"]?["name"] == .string("entry-\(index)"))
            }
        }
    }

    @Test func listsInChunksOfOneSnapshot() async throws {
        try await TestAPI.run(eventCapacity: 20) { api in
            for name in ["a", "b", "c", "d", "e"] {
                try await api.store.create(.serviceEntries, TestWorld.entryJSON(name))
            }
            func names(_ answer: TestAPI.Answer) -> [JSONValue] {
                (answer.json["items"]?.arrayValue ?? []).compactMap { $0["metadata"]?["name"] }
            }
            let first = try await api.get(TestWorld.entries + "?limit=2")
            #expect(names(first) == ["a", "b"])
            #expect(first.json["metadata"]?["remainingItemCount"] == 3)
            let token = try #require(first.json["metadata"]?["continue"]?.stringValue)
            // What changes meanwhile does not show.
            try await api.store.delete(.serviceEntries, namespace: "default", name: "c")
            try await api.store.create(.serviceEntries, TestWorld.entryJSON("bb"))
            let second = try await api.get(TestWorld.entries + "?limit=2&continue=\(token)")
            #expect(names(second) == ["c", "d"])
            #expect(second.json["metadata"]?["resourceVersion"] == first.json["metadata"]?["resourceVersion"])
            // Until the snapshot is too old: then the rest comes from now.
            for index in 0..<20 { try await api.store.create(.serviceEntries, TestWorld.entryJSON("z\(index)")) }
            let expired = try await api.get(TestWorld.entries + "?limit=2&continue=\(token)")
            let capture = try JSONValue(parsing: try RecordedAnswer("list-continue-expired-410").body)
            #expect(expired.code == 410)
            #expect(expired.json["message"] == capture["message"])
            let inconsistent = try #require(expired.json["metadata"]?["continue"]?.stringValue)
            #expect(names(try await api.get(TestWorld.entries + "?limit=2&continue=\(inconsistent)")) == ["bb", "d"])
            #expect(try await api.get(TestWorld.entries + "?continue=!!").code == 400)
        }
    }
}
