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
        var known: Int64?
        var times: [ObjectKey: Date] = [:]
        while !Task.isCancelled {
            if let version = known {
                do {
                    for event in try await store.events(after: version) {
                        known = event.resourceVersion
                        guard event.resource == .serviceEntries else { continue }
                        note(event.object, isThere: event.kind != .deleted, in: &times)
                    }
                } catch {
                    // It fell behind the log of changes: everything is read anew.
                    known = nil
                    continue
                }
            } else {
                let (objects, version) = await store.list(.serviceEntries)
                known = version
                times = [:]
                for object in objects { note(object, isThere: true, in: &times) }
            }
            for (key, time) in times where time <= Date() { times[key] = await end(key) }
            await wait(for: known ?? 0, until: times.values.min())
        }
    }

    /// Notes when an entry is to be looked at; few of many end some day, and the others are not read.
    private func note(_ object: JSONValue, isThere: Bool, in times: inout [ObjectKey: Date]) {
        let metadata = object["metadata"]
        let key = ObjectKey(
            kind: ServiceEntry.kind, namespace: metadata?["namespace"]?.stringValue ?? "",
            name: metadata?["name"]?.stringValue ?? "")
        times[key] = nil
        guard isThere, metadata?["annotations"]?[Expiry.timeAnnotation] != nil,
            let expiry = (try? ServiceEntry(object: object))?.expiry, expiry.problem == nil
        else { return }
        times[key] = expiry.time?.addingTimeInterval(Self.grace)
    }

    /// Ends an entry that is over.
    ///
    /// - Returns: when to look at it again; nil for one that has ended, or is gone.
    private func end(_ key: ObjectKey) async -> Date? {
        let now = Date()
        do {
            try await store.write(
                .serviceEntries, namespace: key.namespace, name: key.name, part: .specification
            ) { live in
                guard let live else { throw StoreError.notFound(.serviceEntries, name: key.name) }
                let request = try Expiry.enforcement(
                    of: try ServiceEntry(object: live), version: "", at: now, id: 0)
                guard let request else { return live }
                logger.info("\(request.summary)")
                return request.object
            }
            return nil
        } catch StoreError.notFound {
            return nil
        } catch {
            logger.error("\(key) is over and cannot be ended: \(error)")
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
