import FoundationEssentials
import Logging
import MeshState

/// Ends ServiceEntries whose time is over, as a controller of a cluster would.
///
/// It waits a little beyond that time, so that a console that is open does it first, and its log tells of it.
struct ExpiryKeeper: Sendable {
    /// Seconds.
    static let grace = 3.0
    /// Seconds between two looks at entries that should have ended and could not.
    private static let again = 10.0

    let store: ObjectStore
    let logger: Logger

    /// Runs until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            let (objects, version) = await store.list(.serviceEntries)
            var next: Date?
            // Few of many entries end some day: the others are not read.
            for object in objects where object["metadata"]?["annotations"]?[Expiry.timeAnnotation] != nil {
                guard let time = await end(object) else { continue }
                next = min(next ?? time, time)
            }
            await wait(for: version, until: next)
        }
    }

    /// Ends an entry that is over.
    ///
    /// - Returns: when to look at it again; nil for one that stays.
    private func end(_ object: JSONValue) async -> Date? {
        guard let entry = try? ServiceEntry(object: object), let expiry = entry.expiry else { return nil }
        guard let time = expiry.time?.addingTimeInterval(Self.grace), expiry.problem == nil else { return nil }
        let now = Date()
        guard time <= now else { return time }
        do {
            try await store.write(
                .serviceEntries, namespace: entry.meta.namespace, name: entry.meta.name, part: .specification
            ) { live in
                guard let live else { throw StoreError.notFound(.serviceEntries, name: entry.meta.name) }
                let request = try Expiry.enforcement(
                    of: try ServiceEntry(object: live), version: "", at: now, id: 0)
                guard let request else { return live }
                logger.info("\(request.summary)")
                return request.object
            }
            return nil
        } catch {
            logger.error("\(entry.id) is over and cannot be ended: \(error)")
            return now.addingTimeInterval(Self.again)
        }
    }

    private func wait(for version: Int64, until time: Date?) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await store.waitForChange(after: version) }
            if let time {
                group.addTask {
                    // Ends early when something changes.
                    try? await Task.sleep(for: .seconds(max(0.05, time.timeIntervalSinceNow)))
                }
            }
            await group.next()
            group.cancelAll()
        }
    }
}
