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
        try await store.follow {
            try await allocate()
        } change: { event in
            guard event.resource == .serviceEntries, let entry = decoded(event.object) else { return }
            if event.kind == .deleted { return pool.release(entry.id) }
            // Apart from the call, which would have the pool copied.
            let assigned = pool.take(entry)
            try await write(assigned)
        }
    }

    /// Writes the addresses of all entries that lack any; returns when they are stored.
    mutating func allocate() async throws {
        try await write(pool.assign(await store.list(.serviceEntries).objects.compactMap(decoded)))
    }

    private func decoded(_ object: JSONValue) -> ServiceEntry? {
        do { return try ServiceEntry(object: object) } catch {
            logger.error("no addresses: \(error)")
            return nil
        }
    }

    private func write(_ assigned: [(ObjectKey, [AddressPool.Assignment])]) async throws {
        for (key, addresses) in assigned {
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

/// Which addresses are to be had, and who has them.
struct AddressPool {
    /// An address of a host.
    struct Assignment: Sendable, Hashable {
        let value: String
        let host: String
    }

    /// The number that is tried next, 1 to 65534: the last 16 bits of both addresses.
    private var next = 1
    /// Entries that are to have addresses.
    private var entries: [ObjectKey: ServiceEntry] = [:]
    /// The numbers of each by host, and whose each number is.
    private var numbers: [ObjectKey: [String: Int]] = [:]
    private var owners: [Int: (key: ObjectKey, host: String)] = [:]

    /// Begins anew with these entries; the addresses of those that have to get others than they have.
    mutating func assign(_ entries: [ServiceEntry]) -> [(ObjectKey, [Assignment])] {
        self = AddressPool(next: next)
        let known = entries.filter(Self.isServed).sorted(by: Self.isOlder)
        // What is given already stays before anything new is given.
        for entry in known { _ = claim(entry) }
        return known.compactMap { settle($0) }
    }

    /// Takes in an entry that is new or another than before; the addresses of those that have to get others.
    mutating func take(_ entry: ServiceEntry) -> [(ObjectKey, [Assignment])] {
        let earlier = numbers[entry.id] ?? [:]
        release(entry.id)
        guard Self.isServed(entry) else { return [] }
        let displaced = claim(entry)
        // What was written for it may not have come back yet.
        for host in entry.hostsToAllocate where numbers[entry.id]?[host] == nil {
            if let number = earlier[host], owners[number] == nil { give(number, to: entry.id, host) }
        }
        return ([entry] + displaced).compactMap { settle($0) }
    }

    /// Takes an entry's addresses back.
    mutating func release(_ key: ObjectKey) {
        entries[key] = nil
        for number in (numbers.removeValue(forKey: key) ?? [:]).values { owners[number] = nil }
    }

    private init(next: Int) { self.next = next }

    init() {}

    private static func isServed(_ entry: ServiceEntry) -> Bool {
        MeshConfiguration.isVisible(entry.meta) && !entry.hostsToAllocate.isEmpty
    }

    private static func isOlder(_ left: ServiceEntry, _ right: ServiceEntry) -> Bool {
        (left.meta.creationTime ?? .distantPast, left.id) < (right.meta.creationTime ?? .distantPast, right.id)
    }

    /// Gives an entry the numbers that it says it has, unless an older one has them; those that lose theirs are returned.
    private mutating func claim(_ entry: ServiceEntry) -> [ServiceEntry] {
        entries[entry.id] = entry
        var displaced: [ServiceEntry] = []
        for host in entry.hostsToAllocate {
            guard let number = entry.allocatedAddresses[host]?.lazy.compactMap(Self.number).first else { continue }
            if let owner = owners[number] {
                guard owner.key != entry.id, let other = entries[owner.key], Self.isOlder(entry, other) else { continue }
                numbers[owner.key]?[owner.host] = nil
                displaced.append(other)
            }
            give(number, to: entry.id, host)
        }
        return displaced
    }

    private mutating func give(_ number: Int, to key: ObjectKey, _ host: String) {
        owners[number] = (key, host)
        numbers[key, default: [:]][host] = number
    }

    /// Gives an entry what it lacks; nil if it has all that it says it has.
    private mutating func settle(_ entry: ServiceEntry) -> (ObjectKey, [Assignment])? {
        var assignments: [Assignment] = []
        for host in entry.hostsToAllocate {
            if numbers[entry.id]?[host] == nil, let number = free() { give(number, to: entry.id, host) }
            guard let number = numbers[entry.id]?[host] else { continue }
            assignments += Self.addresses(number).map { Assignment(value: $0, host: host) }
        }
        let current = entry.allocatedAddresses.flatMap { host, values in
            values.map { Assignment(value: $0, host: host) }
        }
        return Set(current) == Set(assignments) ? nil : (entry.id, assignments)
    }

    /// A number that nobody has; nil where all are taken.
    private mutating func free() -> Int? {
        for _ in 1...65_534 {
            let number = next
            next = next == 65_534 ? 1 : next + 1
            if owners[number] == nil { return number }
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
