public import MeshState

/// One change of one object.
public struct StoreEvent: Sendable, Hashable {
    /// What happened, in the words of a watch.
    public enum Kind: String, Sendable, Hashable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
    }

    /// What happened.
    public let kind: Kind
    /// The resource that the object belongs to.
    public let resource: Resource
    /// The object after the change; of a deleted one the last state, under the deletion's resourceVersion.
    public let object: JSONValue
    /// The object before the change; nil for an added one.
    public let previous: JSONValue?
    /// The store's version after the change, which is the object's as well.
    public let resourceVersion: Int64
}

/// Why the store refused an operation.
public enum StoreError: Error, Sendable, Hashable {
    /// There is no such object.
    case notFound(Resource, name: String)
    /// There is an object of this name already.
    case alreadyExists(Resource, name: String)
    /// The object has another resourceVersion than the caller expects.
    case conflict(Resource, name: String)
    /// A delete's precondition does not hold: which one, what the caller gave, and what the object has.
    case precondition(Resource, name: String, field: String, given: String, actual: String)
    /// The log of changes no longer reaches back to this version; `oldest` is the first that it still reaches.
    case expired(requested: Int64, oldest: Int64)
    /// The version lies in the future.
    case tooLarge(requested: Int64, current: Int64)
    /// The object is larger than the store takes.
    case oversized
    /// The cluster address that a Service asks for is another Service's.
    case addressTaken(name: String, address: String)
    /// There is no cluster address left for a Service.
    case noAddressLeft(name: String)
    /// An object without a kind that the lab knows, or without a name.
    case unusable(String)
    /// A row of the database file holds no valid object.
    case damaged(String)
}

/// The changes after a resourceVersion, in order and without end.
///
/// The sequence reads from the store's log at the consumer's own pace, so a slow consumer costs no memory; one that
/// falls behind the whole log gets ``StoreError/expired(requested:oldest:)`` and has to list again.
public struct StoreChanges: AsyncSequence, Sendable {
    let store: ObjectStore
    let start: Int64

    /// Reads the log from a version on.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let store: ObjectStore
        var cursor: Int64
        var pending: ArraySlice<StoreEvent> = []

        /// The next change; nil when the task is cancelled.
        public mutating func next() async throws -> StoreEvent? {
            while pending.isEmpty {
                await store.waitForChange(after: cursor)
                if Task.isCancelled { return nil }
                pending = try await store.events(after: cursor)[...]
            }
            let event = pending.removeFirst()
            cursor = event.resourceVersion
            return event
        }
    }

    /// A reader of its own, from the version that the sequence starts at.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(store: store, cursor: start) }
}
