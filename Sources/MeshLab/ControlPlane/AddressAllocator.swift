import Foundation
import Logging
import MeshState

/// Gives the hosts of ServiceEntries without addresses one of 240.240.0.0/16 and one of 2001:2::/48 each, as istiod's
/// controller does: in `status.addresses`.
///
/// Numbers are given in turn and come again when all were used. What an entry has it keeps; of two with one address the
/// older does.
struct AddressAllocator {
    private let store: ObjectStore
    private let logger: Logger
    private var pool = AddressPool()

    init(store: ObjectStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Follows the store until the task is cancelled.
    mutating func follow() async throws {
        while !Task.isCancelled {
            let version = await store.resourceVersion
            try await allocate()
            do {
                for try await event in store.changes(since: version)
                where event.resource == .serviceEntries && event.kind != .deleted { try await allocate() }
            } catch StoreError.expired {
                // The entries are read anew.
            }
        }
    }

    /// Writes the addresses of all entries that lack any; returns when they are stored.
    mutating func allocate() async throws {
        var entries: [ServiceEntry] = []
        for object in await store.list(.serviceEntries).objects {
            do { entries.append(try ServiceEntry(object: object)) } catch { logger.error("no addresses: \(error)") }
        }
        for (key, addresses) in pool.assign(entries) {
            let list = addresses.map { ["value": .string($0.value), "host": .string($0.host)] as JSONValue }
            do {
                try await store.write(
                    .serviceEntries, namespace: key.namespace, name: key.name, part: .status
                ) { live in
                    guard let live else { throw StoreError.notFound(.serviceEntries, name: key.name) }
                    return live.replacing(
                        "status", by: (live["status"] ?? [:]).replacing("addresses", by: .array(list)))
                }
            } catch StoreError.notFound {
                // It was deleted meanwhile.
            }
        }
    }
}

/// Which addresses are to be had.
struct AddressPool {
    /// An address of a host.
    struct Assignment: Sendable, Hashable {
        let value: String
        let host: String
    }

    /// The number that is tried next, 1 to 65534: the last 16 bits of both addresses.
    private var next = 1

    /// The addresses of those entries that have to get others than they have.
    mutating func assign(_ entries: [ServiceEntry]) -> [(ObjectKey, [Assignment])] {
        let known = entries.filter { MeshConfiguration.isVisible($0.meta) && !$0.hostsToAllocate.isEmpty }.sorted {
            ($0.meta.creationTime ?? .distantPast, $0.id) < ($1.meta.creationTime ?? .distantPast, $1.id)
        }
        var taken: Set<Int> = []
        // By entry and host; what two claim is the older's.
        var numbers: [ObjectKey: [String: Int]] = [:]
        for entry in known {
            for host in entry.hostsToAllocate {
                let number = entry.allocatedAddresses[host]?.lazy.compactMap(Self.number).first
                if let number, taken.insert(number).inserted { numbers[entry.id, default: [:]][host] = number }
            }
        }
        var result: [(ObjectKey, [Assignment])] = []
        for entry in known {
            var assignments: [Assignment] = []
            for host in entry.hostsToAllocate {
                guard let number = numbers[entry.id]?[host] ?? free(&taken) else { continue }
                assignments += Self.addresses(number).map { Assignment(value: $0, host: host) }
            }
            let current = entry.allocatedAddresses.flatMap { host, values in
                values.map { Assignment(value: $0, host: host) }
            }
            if Set(current) != Set(assignments) { result.append((entry.id, assignments)) }
        }
        return result
    }

    /// A number that nobody has; nil where all are taken.
    private mutating func free(_ taken: inout Set<Int>) -> Int? {
        for _ in 1...65_534 {
            let number = next
            next = next == 65_534 ? 1 : next + 1
            if taken.insert(number).inserted { return number }
        }
        return nil
    }

    private static func addresses(_ number: Int) -> [String] {
        ["240.240.\(number >> 8).\(number & 0xFF)", "2001:2::\(String(number, radix: 16))"]
    }

    /// The number of an IPv4 address of the range; nil for others.
    private static func number(_ text: String) -> Int? {
        guard let bytes = IPAddress(text)?.bytes, bytes.count == 4, bytes[0] == 240, bytes[1] == 240 else { return nil }
        let number = Int(bytes[2]) << 8 | Int(bytes[3])
        return (1...65_534).contains(number) ? number : nil
    }
}
