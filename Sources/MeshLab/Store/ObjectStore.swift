import DequeModule
public import Foundation
public import MeshState

/// The lab's objects, with Kubernetes' bookkeeping: uid, resourceVersion, generation, and a log of changes to watch.
///
/// All state is held in memory and every change is committed to SQLite before it becomes visible, so that objects and
/// resourceVersions survive a killed process.
public actor ObjectStore {
    private struct Key: Hashable {
        let resource: Resource
        let namespace: String
        let name: String
    }

    private let database: ObjectDatabase
    /// Bytes of the largest object, as JSON: what etcd takes.
    private static let largestObject = 3 << 19
    private let eventCapacity: Int
    private let eventByteCapacity: Int
    private var objects: [Key: JSONValue] = [:]
    private var log: Deque<StoreEvent> = []
    /// Bytes of each event's object as JSON, in the order of the log, and of all together.
    private var logSizes: Deque<Int> = []
    private var logSize = 0
    private var version: Int64 = 1
    private var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    private var nextWaiter = 0

    /// Opens the database file, or makes it; `eventCapacity` bounds how many changes back a watch can resume, and
    /// `eventByteCapacity` how many bytes of them are kept.
    public init(file: URL, eventCapacity: Int = 2_000, eventByteCapacity: Int = 32 << 20) throws {
        database = try ObjectDatabase(file: file)
        self.eventCapacity = eventCapacity
        self.eventByteCapacity = eventByteCapacity
        let contents = try database.load()
        for (resource, object) in contents.objects { objects[Self.key(of: object, in: resource)] = object }
        log = Deque(contents.events)
        logSizes = Deque(contents.eventSizes)
        logSize = logSizes.reduce(0, +)
        version = log.last?.resourceVersion ?? 1
    }

    // MARK: Reading

    /// The version of the latest change.
    public var resourceVersion: Int64 { version }

    /// The oldest version from which a watch can still resume.
    public var oldestResumableVersion: Int64 { log.first.map { $0.resourceVersion - 1 } ?? version }

    /// All objects of a resource, by namespace and name, and the version at which they were read.
    public func list(
        _ resource: Resource, namespace: String? = nil
    ) -> (objects: [JSONValue], resourceVersion: Int64) {
        let keys = objects.keys.filter { $0.resource == resource && (namespace == nil || $0.namespace == namespace) }
        return (sorted(keys).compactMap { objects[$0] }, version)
    }

    /// All objects of a resource as they were at an earlier version, as far back as the log of changes reaches.
    public func list(_ resource: Resource, namespace: String? = nil, at past: Int64) throws -> [JSONValue] {
        if past > version { throw StoreError.tooLarge(requested: past, current: version) }
        if past < oldestResumableVersion { throw StoreError.expired(requested: past, oldest: oldestResumableVersion) }
        var state = objects.filter { $0.key.resource == resource }
        for event in log.reversed() {
            if event.resourceVersion <= past { break }
            if event.resource == resource { state[Self.key(of: event.object, in: resource)] = event.previous }
        }
        let keys = state.keys.filter { namespace == nil || $0.namespace == namespace }
        return sorted(keys).compactMap { state[$0] }
    }

    /// One object; nil where there is none. The namespace of a resource without namespaces is empty.
    public func get(_ resource: Resource, namespace: String, name: String) -> JSONValue? {
        objects[Key(resource: resource, namespace: namespace, name: name)]
    }

    private func sorted(_ keys: some Collection<Key>) -> [Key] {
        keys.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
    }

    // MARK: Watching

    /// The changes after a version, for as long as the consumer goes on.
    public nonisolated func changes(since version: Int64) -> StoreChanges { StoreChanges(store: self, start: version) }

    /// Has everything read and then each change taken in, until the task is cancelled; where changes were lost, everything
    /// is read anew.
    nonisolated func follow(
        reading: () async throws -> Void, change: (StoreEvent) async throws -> Void
    ) async throws {
        while !Task.isCancelled {
            let version = await resourceVersion
            try await reading()
            do {
                for try await event in changes(since: version) { try await change(event) }
            } catch StoreError.expired {
                // It fell behind the log: everything is read anew.
            }
        }
    }

    /// The changes after a version that the log holds, at most `limit` of them.
    public func events(after past: Int64, limit: Int = 200) throws -> [StoreEvent] {
        if past < oldestResumableVersion { throw StoreError.expired(requested: past, oldest: oldestResumableVersion) }
        if past >= version { return [] }
        // Versions are consecutive, so that an event's place follows from its version.
        let start = Int(past - oldestResumableVersion)
        return Array(log[start..<min(log.count, start + limit)])
    }

    /// Returns when something changed after a version, or when the task is cancelled.
    public func waitForChange(after past: Int64) async {
        if version > past { return }
        let id = nextWaiter
        nextWaiter += 1
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { continuation.resume() } else { waiters[id] = continuation }
            }
        } onCancel: {
            Task { await self.stopWaiting(id) }
        }
    }

    private func stopWaiting(_ id: Int) { waiters.removeValue(forKey: id)?.resume() }

    // MARK: Writing

    /// What a write did.
    public struct Outcome: Sendable, Hashable {
        /// What happened to the object.
        public enum Action: Sendable, Hashable { case created, changed, unchanged, deleted }

        /// What happened to the object.
        public let action: Action
        /// The object as it is now; of a deleted one its last state.
        public let object: JSONValue
    }

    /// Which part of an object a write may touch.
    public enum Part: Sendable, Hashable {
        /// The whole object.
        case everything
        /// Everything but `status`, which stays as it is.
        case specification
        /// `status` alone.
        case status
    }

    /// Reads and writes one object in one step: `change` gets the live object and returns what is to be stored.
    ///
    /// An object with a resourceVersion other than the live one's is a conflict; one without is taken as it is. The
    /// store keeps uid, creationTimestamp and generation itself. With `dryRun` nothing is stored and the outcome keeps
    /// the live object's resourceVersion. `change` returning nil deletes the object.
    @discardableResult
    public func write(
        _ resource: Resource, namespace: String, name: String, part: Part = .everything, dryRun: Bool = false,
        _ change: @Sendable (_ live: JSONValue?) throws -> JSONValue?
    ) throws -> Outcome {
        let key = Key(resource: resource, namespace: namespace, name: name)
        let live = objects[key]
        guard var object = try change(live) else {
            guard let live else { throw StoreError.notFound(resource, name: name) }
            return try remove(key, live, dryRun: dryRun)
        }
        if let live {
            let expected = object["metadata"]?["resourceVersion"]?.stringValue ?? ""
            if !expected.isEmpty, expected != live["metadata"]?["resourceVersion"]?.stringValue {
                throw StoreError.conflict(resource, name: name)
            }
        }
        try adopt(&object, key: key, live: live, part: part)
        if object == live { return Outcome(action: .unchanged, object: object) }
        if !dryRun { object["metadata"]?["resourceVersion"] = .string(String(version + 1)) }
        let action = live == nil ? Outcome.Action.created : .changed
        if dryRun { return Outcome(action: action, object: object) }
        try commit(key, live == nil ? .added : .modified, object, previous: live)
        return Outcome(action: action, object: object)
    }

    /// Gives an object what is the store's to decide: identity, and what the part leaves alone.
    private func adopt(_ object: inout JSONValue, key: Key, live: JSONValue?, part: Part) throws {
        let givenMetadata = object["metadata"]
        if let live, part == .status {
            object = live.replacing("status", by: object["status"])
            object["metadata"]?["managedFields"] = givenMetadata?["managedFields"] ?? live["metadata"]?["managedFields"]
        } else if part == .specification {
            object["status"] = live?["status"]
        }
        object["apiVersion"] = .string(key.resource.storageVersion)
        object["kind"] = .string(key.resource.kind)
        var metadata = object["metadata"] ?? [:]
        let liveMetadata = live?["metadata"]
        metadata["name"] = .string(key.name)
        metadata["namespace"] = nil
        if key.resource.isNamespaced { metadata["namespace"] = .string(key.namespace) }
        metadata["uid"] = liveMetadata?["uid"] ?? .string(UUID().uuidString.lowercased())
        metadata["creationTimestamp"] = liveMetadata?["creationTimestamp"] ?? .string(Date.now.rfc3339Text)
        metadata["resourceVersion"] = liveMetadata?["resourceVersion"]
        metadata["generation"] = liveMetadata?["generation"]
        object["metadata"] = metadata
        if key.resource == .services, part != .status { try assignAddress(&object) }
        if key.resource.isCustom {
            let generation = liveMetadata?["generation"]?.integerValue ?? 0
            let isChanged = live.map { Self.specification(of: $0) != Self.specification(of: object) } ?? true
            object["metadata"]?["generation"] = .integer(isChanged ? generation + 1 : generation)
        }
    }

    private static func specification(of object: JSONValue) -> JSONValue {
        object.replacing("metadata", by: nil).replacing("status", by: nil)
    }

    private func remove(_ key: Key, _ live: JSONValue, dryRun: Bool) throws -> Outcome {
        if dryRun { return Outcome(action: .deleted, object: live) }
        var last = live
        last["metadata"]?["resourceVersion"] = .string(String(version + 1))
        try commit(key, .deleted, last, previous: live)
        return Outcome(action: .deleted, object: last)
    }

    private func commit(_ key: Key, _ kind: StoreEvent.Kind, _ object: JSONValue, previous: JSONValue?) throws {
        let event = StoreEvent(
            kind: kind, resource: key.resource, object: object, previous: previous, resourceVersion: version + 1)
        let text = object.jsonText()
        let size = text.utf8.count
        if size > Self.largestObject, kind != .deleted { throw StoreError.oversized }
        // Events go when there are too many of them, or when they are too large together.
        var (kept, keptSize) = (log.count, logSize)
        while kept > 0, kept >= eventCapacity || keptSize + size > eventByteCapacity {
            keptSize -= logSizes[log.count - kept]
            kept -= 1
        }
        let forgotten = log.count - kept
        try database.commit(
            event, text: text, namespace: key.namespace, name: key.name, forgettingUpTo: version - Int64(kept))
        if kind == .deleted { objects.removeValue(forKey: key) } else { objects[key] = object }
        log.removeFirst(forgotten)
        log.append(event)
        logSizes.removeFirst(forgotten)
        logSizes.append(size)
        logSize = keptSize + size
        version = event.resourceVersion
        let woken = waiters.values
        waiters = [:]
        for waiter in woken { waiter.resume() }
    }

    private static func key(of object: JSONValue, in resource: Resource) -> Key {
        let metadata = object["metadata"]
        return Key(
            resource: resource, namespace: metadata?["namespace"]?.stringValue ?? "",
            name: metadata?["name"]?.stringValue ?? "")
    }
}

extension JSONValue {
    /// A copy with one member set, or removed where the value is nil.
    func replacing(_ member: String, by value: JSONValue?) -> JSONValue {
        var copy = self
        copy[member] = value
        return copy
    }
}
