import Foundation
import Logging
import MeshState
import Testing

@testable import MeshLab

/// The addresses that hosts of ServiceEntries get.
@Suite struct AddressAllocatorTests {
    private static func entry(
        _ name: String, _ hosts: [String], age: Int = 0, resolution: String = "DNS", addresses: [String] = [],
        labels: [String: String] = [:], has allocated: [String: String] = [:]
    ) throws -> ServiceEntry {
        let created = Date(timeIntervalSince1970: 1_000_000 - Double(age)).formatted(.iso8601)
        return try ServiceEntry(object: [
            "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry",
            "metadata": [
                "name": .string(name), "namespace": "default", "labels": JSONValue(labels),
                "creationTimestamp": .string(created),
            ],
            "spec": [
                "hosts": JSONValue(hosts), "resolution": .string(resolution), "addresses": JSONValue(addresses),
                "ports": [["number": 3306, "name": "tcp", "protocol": "TCP"]],
            ],
            "status": [
                "addresses": .array(
                    allocated.map { ["host": .string($0), "value": .string($1)] })
            ],
        ])
    }

    private static func texts(_ pool: inout AddressPool, _ entries: [ServiceEntry]) -> [String] {
        pool.assign(entries).flatMap { key, addresses in addresses.map { "\(key.name) \($0.host) \($0.value)" } }
    }

    @Test func hostsGetTheirsInTurnTheOldestFirst() throws {
        var pool = AddressPool()
        let entries = [
            try Self.entry("young", ["c.example", "*.c.example"]),
            try Self.entry("old", ["a.example", "b.example"], age: 9),
        ]
        #expect(
            Self.texts(&pool, entries) == [
                "old a.example 240.240.0.1", "old a.example 2001:2::1", "old b.example 240.240.0.2",
                "old b.example 2001:2::2", "young c.example 240.240.0.3", "young c.example 2001:2::3",
            ])
        // What is gone does not come again at once.
        #expect(Self.texts(&pool, [try Self.entry("next", ["d.example"])]).first == "next d.example 240.240.0.4")
    }

    @Test func someEntriesGetNone() throws {
        var pool = AddressPool()
        let entries = [
            try Self.entry("none", ["a.example"], resolution: "NONE"),
            try Self.entry("own", ["a.example"], addresses: ["203.0.113.9"]),
            try Self.entry("off", ["a.example"], labels: ["networking.istio.io/enable-autoallocate-ip": "false"]),
            try Self.entry("other", ["a.example"], labels: ["istio.io/rev": "other"]),
            try Self.entry("wild", ["*.example"]),
        ]
        #expect(Self.texts(&pool, entries) == [])
        let dynamic = try Self.entry("dynamic", ["*.example"], resolution: "DYNAMIC_DNS")
        #expect(Self.texts(&pool, [dynamic]).first == "dynamic *.example 240.240.0.1")
    }

    @Test func whatTheyHaveTheyKeepAndOfTwoTheOlderDoes() throws {
        var pool = AddressPool()
        let kept = try Self.entry("kept", ["a.example"], age: 1, has: ["a.example": "240.240.1.7"])
        let addresses = Self.texts(&pool, [kept])
        #expect(addresses == ["kept a.example 240.240.1.7", "kept a.example 2001:2::107"])
        let twin = try Self.entry("twin", ["b.example"], has: ["b.example": "240.240.1.7"])
        #expect(Self.texts(&pool, [twin, kept]).contains("twin b.example 240.240.0.1"))
    }

    @Test func theStoreGetsThem() async throws {
        try await WorldFixture.use { fixture in
            let store = try ObjectStore(file: fixture.layout.databaseFile)
            var allocator = AddressAllocator(store: store, logger: Logger(label: "test"))
            let object = try Self.entry("db", ["db.example"]).object.replacing("status", by: ["conditions": []])
            try await store.create(.serviceEntries, object)
            try await allocator.allocate()
            let stored = try #require(await store.get(.serviceEntries, namespace: "default", name: "db"))
            #expect(
                stored["status"] == [
                    "conditions": [],
                    "addresses": [
                        ["value": "240.240.0.1", "host": "db.example"], ["value": "2001:2::1", "host": "db.example"],
                    ],
                ])
            #expect(stored["metadata"]?["generation"] == 1)
            let version = await store.resourceVersion
            try await allocator.allocate()
            #expect(await store.resourceVersion == version)
        }
    }

    @Test("What workloads are told: given addresses, then allocated ones, of what they see, the oldest entry's first")
    func names() throws {
        let entries = [
            try Self.entry("young", ["db.example"], has: ["db.example": "240.240.0.9"]),
            try Self.entry("old", ["DB.example"], age: 9, has: ["DB.example": "240.240.0.1"]),
            try Self.entry("given", ["given.example"], addresses: ["10.0.0.0/8", "203.0.113.9/32"]),
            try Self.entry("none", ["none.example"], resolution: "NONE", has: ["none.example": "240.240.0.3"]),
        ].map(\.object)
        var hidden = try Self.entry("hidden", ["hidden.example"], has: ["hidden.example": "240.240.0.4"]).object
        hidden["spec"]?["exportTo"] = ["~"]
        #expect(
            ServiceNames.addresses(entries: entries + [hidden]) == [
                "db.example": "240.240.0.1", "given.example": "203.0.113.9",
            ])
    }
}
