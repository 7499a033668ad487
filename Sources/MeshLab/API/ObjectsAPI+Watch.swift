import Hummingbird
import MeshState
import NIOCore

extension ObjectsAPI {
    /// Answers with the changes after a version as they come, one JSON object a line.
    ///
    /// Without a version, or from version 0, the objects that exist come first as added ones. A version that the log of
    /// changes no longer reaches, or that is from another life of the lab, gets an `ERROR` event with code 410, upon
    /// which clients list again.
    func watch(_ request: APIRequest, _ path: ObjectPath) async throws -> Response {
        let presenter = try Presenter(request, path)
        let filter = try filter(request, path)
        let wanted = try Self.resourceVersion(request)
        if request.flag("sendInitialEvents") { throw Self.noWatchList }
        let asked = try request.integer("timeoutSeconds") ?? 0
        let timeout = asked > 0 ? asked : Int64.random(in: 1800...3600)
        var watch = Watch(
            store: store, presenter: presenter, filter: filter, resource: path.resource,
            deadline: .now + .seconds(timeout), interval: request.flag("allowWatchBookmarks") ? bookmarkInterval : nil)
        let start = wanted ?? 0
        let (current, oldest) = (await store.resourceVersion, await store.oldestResumableVersion)
        if start > 0, start < oldest || start > current {
            watch.failure = .expiredWatch(requested: start, oldest: oldest)
        } else if start == 0 {
            let (objects, version) = await store.list(path.resource, namespace: path.namespace)
            watch.initial = objects.filter(filter.matches)
            watch.cursor = version
        } else {
            watch.cursor = start
        }
        let prepared = watch
        return .streaming(request.underlying, contentType: "application/json") { writer in
            var watch = prepared
            try await watch.run(&writer)
        }
    }

    private static let noWatchList = APIFailure.invalid(
        group: "meta.k8s.io", kind: "ListOptions", name: "",
        causes: [
            InvalidField(
                .forbidden, "sendInitialEvents",
                "Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled")
        ])
}

/// One client's watch.
private struct Watch: Sendable {
    let store: ObjectStore
    let presenter: Presenter
    let filter: ObjectFilter
    let resource: Resource
    let deadline: ContinuousClock.Instant
    /// nil where the client wants no bookmarks.
    let interval: Duration?
    var initial: [JSONValue] = []
    var cursor: Int64 = 0
    var failure: APIFailure?
    private var isFirst = true

    init(
        store: ObjectStore, presenter: Presenter, filter: ObjectFilter, resource: Resource,
        deadline: ContinuousClock.Instant, interval: Duration?
    ) {
        self.store = store
        self.presenter = presenter
        self.filter = filter
        self.resource = resource
        self.deadline = deadline
        self.interval = interval
    }

    mutating func run(_ writer: inout any ResponseBodyWriter) async throws {
        // An empty first write sends the headers, which clients wait for.
        try await writer.write(ByteBuffer())
        if let failure { return try await write("ERROR", failure.status, to: &writer) }
        for object in initial { try await write("ADDED", object: object, to: &writer) }
        initial = []
        var bookmarks = bookmarkTimes()
        while !Task.isCancelled, .now < deadline {
            let events: [StoreEvent]
            do {
                events = try await store.events(after: cursor)
            } catch StoreError.expired(let requested, let oldest) {
                let failure = APIFailure.expiredWatch(requested: requested, oldest: oldest)
                return try await write("ERROR", failure.status, to: &writer)
            }
            for event in events {
                if event.resource == resource { try await write(event, to: &writer) }
                cursor = event.resourceVersion
            }
            if let due = bookmarks.first, due <= .now {
                bookmarks.removeFirst(while: { $0 <= .now })
                if let interval, bookmarks.isEmpty || bookmarks[0] > .now + interval {
                    bookmarks.insert(.now + interval, at: 0)
                }
                try await write("BOOKMARK", presenter.bookmark(cursor, isFirst: isFirst), to: &writer)
            }
            if events.isEmpty {
                await store.waitForChange(after: cursor, until: min(bookmarks.first ?? deadline, deadline))
            }
        }
    }

    /// When bookmarks are due: after the interval, and two seconds and one second before the end.
    private func bookmarkTimes() -> [ContinuousClock.Instant] {
        guard let interval else { return [] }
        return [.now + interval, deadline - .seconds(2), deadline - .seconds(1)].filter { $0 > .now && $0 < deadline }
            .sorted()
    }

    /// Shows an event as this client sees it: an object that starts to match is added, one that ceases to is deleted.
    private mutating func write(_ event: StoreEvent, to writer: inout any ResponseBodyWriter) async throws {
        let matchesNow = event.kind != .deleted && filter.matches(event.object)
        let matchedBefore = event.previous.map(filter.matches) ?? false
        switch (matchedBefore, matchesNow) {
        case (false, true): try await write("ADDED", object: event.object, to: &writer)
        case (true, true): try await write("MODIFIED", object: event.object, to: &writer)
        case (true, false):
            // The last state that matched, under the version of the change.
            var last = event.previous ?? event.object
            last["metadata"]?["resourceVersion"] = event.object["metadata"]?["resourceVersion"]
            try await write("DELETED", object: last, to: &writer)
        case (false, false): break
        }
    }

    private mutating func write(
        _ type: String, object: JSONValue, to writer: inout any ResponseBodyWriter
    ) async throws {
        try await write(type, presenter.event(object, isFirst: isFirst), to: &writer)
    }

    private mutating func write(
        _ type: String, _ object: JSONValue, to writer: inout any ResponseBodyWriter
    ) async throws {
        isFirst = false
        try await writer.write(ByteBuffer(string: "{\"type\":\"\(type)\",\"object\":\(object.jsonText())}\n"))
    }
}

extension Array {
    /// Removes the elements at the front that satisfy a condition.
    fileprivate mutating func removeFirst(while condition: (Element) -> Bool) {
        removeSubrange(startIndex..<(firstIndex { !condition($0) } ?? endIndex))
    }
}

extension ObjectStore {
    /// Returns when something changed after a version, or at the deadline.
    nonisolated func waitForChange(after version: Int64, until deadline: ContinuousClock.Instant) async {
        await withTaskGroup { group in
            group.addTask { await self.waitForChange(after: version) }
            group.addTask {
                // Cancelled when a change came first, which needs no answer.
                try? await Task.sleep(until: deadline)
            }
            await group.next()
            group.cancelAll()
        }
    }
}
