import Foundation
import MeshState
import NIOCore
import Testing

@testable import MeshLab

/// JSON as Envoy's documentation has it, and what goes over the wire.
@Suite struct ResourceEncoderTests {
    private static func encoder() throws -> ResourceEncoder { ResourceEncoder(types: try ControlPlane.types.get()) }

    private static let cluster = "type.googleapis.com/envoy.config.cluster.v3.Cluster"

    /// A field whose content has a length.
    private static func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        var writer = WireWriter()
        writer.add(number, content)
        return writer.bytes
    }

    private static func field(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    private static func number(_ number: Int, _ value: UInt64) -> [UInt8] {
        var writer = WireWriter()
        writer.add(number, number: value)
        return writer.bytes
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var members: JSONValue
        var bytes: [UInt8]
    }

    static let cases: [Case] = [
        .init(testDescription: "text", members: ["name": "a"], bytes: field(1, "a")),
        .init(testDescription: "an enumeration", members: ["type": "ORIGINAL_DST"], bytes: number(2, 4)),
        .init(testDescription: "a duration", members: ["connect_timeout": "10s"], bytes: field(4, number(1, 10))),
        .init(
            testDescription: "a part of a second", members: ["connect_timeout": "0.25s"],
            bytes: field(4, number(2, 250_000_000))),
        .init(
            testDescription: "a number that may be absent", members: ["per_connection_buffer_limit_bytes": 300],
            bytes: field(5, number(1, 300))),
        .init(testDescription: "a flag", members: ["respect_dns_ttl": true], bytes: number(39, 1)),
        .init(testDescription: "nothing", members: ["connect_timeout": .null], bytes: []),
        .init(
            testDescription: "fields in the order of their numbers", members: ["type": "STATIC", "name": "a"],
            bytes: field(1, "a") + number(2, 0)),
        .init(
            testDescription: "a message in a list",
            members: ["circuit_breakers": ["thresholds": [["max_retries": 3]]]],
            bytes: field(10, field(1, field(5, number(1, 3))))),
        .init(
            testDescription: "a structure in a map",
            members: ["metadata": ["filter_metadata": ["istio": ["external": true, "s": ["x", .null]]]]],
            bytes: field(
                25,
                field(
                    1,
                    field(1, "istio")
                        + field(
                            2,
                            field(1, field(1, "external") + field(2, number(4, 1)))
                                + field(
                                    1,
                                    field(1, "s")
                                        + field(2, field(6, field(1, field(3, "x")) + field(1, number(1, 0))))))))),
        .init(
            testDescription: "a message of any type",
            members: [
                "typed_extension_protocol_options": [
                    "x": [
                        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"
                    ]
                ]
            ],
            bytes: field(
                36,
                field(1, "x")
                    + field(
                        2,
                        field(1, "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer")
                            + field(2, [])))),
    ]

    @Test(arguments: cases) func encodes(_ test: Case) throws {
        var resource = test.members
        resource["@type"] = .string(Self.cluster)
        let (type, bytes) = try Self.encoder().encode(resource)
        #expect(type == Self.cluster)
        #expect(bytes == test.bytes)
    }

    @Test(
        arguments: [
            (["nonsense": 1], "envoy.config.cluster.v3.Cluster has no field nonsense"),
            (
                ["type": "STATISCH"],
                "envoy.config.cluster.v3.Cluster.type: envoy.config.cluster.v3.Cluster.DiscoveryType has no value STATISCH"
            ),
            (["name": 1], "envoy.config.cluster.v3.Cluster.name: no text"),
            (["connect_timeout": "soon"], "envoy.config.cluster.v3.Cluster.connect_timeout: soon is no duration"),
            (
                ["circuit_breakers": ["thresholds": [:]]],
                "envoy.config.cluster.v3.Cluster.circuit_breakers: envoy.config.cluster.v3.CircuitBreakers.thresholds: no array"
            ),
        ] as [(JSONValue, String)])
    func saysWhatTheAPIHasNoPlaceFor(_ members: JSONValue, reason: String) throws {
        var resource = members
        resource["@type"] = .string(Self.cluster)
        let error = #expect(throws: ResourceEncoder.Failure.self) { try Self.encoder().encode(resource) }
        #expect(error?.description == reason)
    }

    @Test func whatIsNoEnvoyIsSaid() {
        #expect(throws: EnvoyTypes.NotEnvoy.self) { try EnvoyTypes(executable: URL(filePath: "/bin/ls")) }
    }

    @Test func messagesComeInPartsOfAnySize() throws {
        let messages = [[UInt8](repeating: 7, count: 300), [], [1, 2, 3]]
        let stream = messages.flatMap { Array(buffer: GRPCMessages.frame($0)) }
        for size in [1, 2, 5, 64, 1000] {
            var reader = GRPCMessages()
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                reader.add(ByteBuffer(bytes: stream[start..<min(start + size, stream.count)]))
                while let message = try reader.next() { found.append(message) }
            }
            #expect(found == messages)
        }
    }
}

/// The order in which one Envoy is told of changes, and what becomes of those that it does not take.
@Suite struct DeltaSessionTests {
    /// An Envoy as far as the protocol goes.
    struct Peer {
        var session = DeltaSession()
        var now = ContinuousClock.now
        private(set) var waiting: [DeltaResponse] = []
        /// What it took, by name.
        private(set) var held: [DiscoveryType: Set<String>] = [:]

        /// What was sent, each as `TYPE +NAME -NAME`.
        mutating func advance() -> [String] {
            let answers = session.advance(now: now)
            waiting += answers
            session.noteTaken()
            return answers.map { answer in
                ([answer.type.rawValue] + answer.resources.map { "+\($0.name)" } + answer.removed.map { "-\($0)" })
                    .joined(separator: " ")
            }
        }

        mutating func connect(versions: [DiscoveryType: [String: String]] = [:]) {
            session.connect()
            waiting = []
            for type in [DiscoveryType.cds, .lds] { say(type) { $0.initialVersions = versions[type] ?? [:] } }
        }

        mutating func say(_ type: DiscoveryType, _ change: (inout DeltaRequest) -> Void) {
            var request = DeltaRequest()
            request.typeURL = type.typeURL
            change(&request)
            _ = session.receive(request)
        }

        /// Takes, or does not take, the oldest answer of a type.
        mutating func answer(_ type: DiscoveryType, error: String? = nil) {
            guard let place = waiting.firstIndex(where: { $0.type == type }) else { return }
            let taken = waiting.remove(at: place)
            if error == nil {
                held[type, default: []].formUnion(taken.resources.map(\.name))
                held[type]?.subtract(taken.removed)
            }
            say(type) { request in
                request.nonce = taken.nonce
                request.error = error
            }
        }

        mutating func apply(
            _ type: DiscoveryType, put: [String] = [], removed: [String] = [], content: UInt8 = 0,
            references: JSONValue = [:]
        ) {
            var change = ResourceChange()
            change.put[type] = put.map {
                EncodedResource(name: $0, bytes: [content], references: ResourceReferences(of: references))
            }
            change.removed[type] = removed
            session.apply(change)
        }
    }

    private static func synced() -> Peer {
        var peer = Peer()
        peer.apply(.cds, put: ["c1"])
        peer.apply(.lds, put: ["l1"], references: ["route_config_name": "80"])
        peer.apply(.rds, put: ["80"])
        peer.connect()
        _ = peer.advance()
        peer.answer(.cds)
        _ = peer.advance()
        peer.answer(.lds)
        peer.say(.rds) { $0.subscribed = ["80"] }
        _ = peer.advance()
        peer.answer(.rds)
        _ = peer.advance()
        return peer
    }

    @Test func atTheStartEverythingComesInOrder() {
        var peer = Peer()
        peer.apply(.cds, put: ["c2", "c1"])
        peer.apply(.lds, put: ["l1"], references: ["route_config_name": "80"])
        peer.apply(.rds, put: ["80", "81"])
        #expect(peer.advance() == [])
        peer.connect()
        #expect(peer.advance() == ["CDS +c1 +c2"])
        #expect(peer.advance() == [])
        peer.answer(.cds)
        #expect(peer.advance() == ["LDS +l1"])
        peer.answer(.lds)
        #expect(peer.advance() == [])
        #expect(!peer.session.isDone(.rds))
        // Routes are sent when they are asked for, and those that nobody asks for are not.
        peer.say(.rds) { $0.subscribed = ["80"] }
        #expect(peer.advance() == ["RDS +80"])
        peer.answer(.rds)
        #expect(peer.advance() == [])
        for type in DiscoveryType.allCases { #expect(peer.session.isDone(type)) }
        #expect(peer.session.takenVersion(.cds) == peer.session.targetVersion(.cds))
    }

    @Test func newClustersComeFirstAndOldOnesGoLast() {
        var peer = Self.synced()
        peer.apply(.cds, put: ["c2"], removed: ["c1"])
        peer.apply(.lds, put: ["l2"], removed: ["l1"])
        peer.apply(.rds, put: ["80"], content: 1)
        #expect(peer.advance() == ["CDS +c2"])
        peer.answer(.cds)
        #expect(peer.advance() == ["LDS +l2 -l1", "RDS +80"])
        peer.answer(.rds)
        #expect(peer.advance() == [])
        peer.answer(.lds)
        #expect(peer.advance() == ["CDS -c1"])
        peer.answer(.cds)
        #expect(peer.advance() == [])
        #expect(peer.session.takenVersion(.cds) == peer.session.targetVersion(.cds))
    }

    @Test func whatDidNotChangeIsNotSent() {
        var peer = Self.synced()
        peer.apply(.cds, put: ["c1"])
        #expect(peer.advance() == [])
        // There and back again before anything was sent.
        peer.apply(.cds, put: ["c1"], content: 1)
        peer.apply(.cds, put: ["c1"])
        #expect(peer.advance() == [])
    }

    @Test func clustersThatTakeTheirTimeHoldNothingUpForLong() {
        var peer = Self.synced()
        peer.apply(.cds, put: ["slow"])
        peer.apply(.rds, put: ["80"], content: 1)
        #expect(peer.advance() == ["CDS +slow"])
        let deadline = peer.session.deadline(after: peer.now)
        #expect(deadline == peer.now + .milliseconds(500))
        peer.now += .milliseconds(500)
        #expect(peer.advance() == ["RDS +80"])
        #expect(!peer.session.isDone(.cds))
        peer.answer(.cds)
        #expect(peer.advance() == [])
        #expect(peer.session.isDone(.cds))
    }

    @Test func whatIsRejectedByNameIsLeftAloneUntilItIsAnother() {
        var peer = Self.synced()
        peer.apply(.cds, put: ["good", "bad"])
        #expect(peer.advance() == ["CDS +bad +good"])
        peer.answer(.cds, error: "Error adding/updating cluster(s) bad: no such thing")
        #expect(peer.advance() == [])
        #expect(
            peer.session.rejections(.cds).mapValues(\.reason) == [
                "bad": "Error adding/updating cluster(s) bad: no such thing"
            ])
        #expect(peer.session.takenVersion(.cds) != peer.session.targetVersion(.cds))
        peer.apply(.cds, put: ["bad"], content: 2)
        #expect(peer.advance() == ["CDS +bad"])
        peer.answer(.cds)
        _ = peer.advance()
        #expect(peer.session.rejections(.cds).isEmpty)
        #expect(peer.session.takenVersion(.cds) == peer.session.targetVersion(.cds))
    }

    @Test func aReasonWithoutANameIsTracedByHalves() {
        var peer = Self.synced()
        peer.apply(.cds, put: ["a", "b", "bad", "z"])
        var sent = peer.advance()
        #expect(sent == ["CDS +a +b +bad +z"])
        var rounds = 0
        while !sent.isEmpty, rounds < 20 {
            rounds += 1
            let isBad = sent[0].contains("bad")
            peer.answer(.cds, error: isBad ? "Proto constraint validation failed" : nil)
            sent = peer.advance()
        }
        #expect(peer.session.rejections(.cds).keys.sorted() == ["bad"])
        #expect(peer.session.isDone(.cds))
        #expect(peer.held[.cds] == ["a", "b", "c1", "z"])
    }

    /// What Envoy goes on with because it did not take the new one keeps the clusters that it names.
    @Test func clustersOfWhatWasNotTakenStay() {
        var peer = Peer()
        peer.apply(.cds, put: ["old"])
        peer.apply(.lds, put: ["l"], references: ["cluster": "old"])
        peer.connect()
        _ = peer.advance()
        peer.answer(.cds)
        #expect(peer.advance() == ["LDS +l"])
        peer.answer(.lds)
        peer.apply(.cds, put: ["new"], removed: ["old"])
        peer.apply(.lds, put: ["l"], content: 1, references: ["cluster": "new"])
        #expect(peer.advance() == ["CDS +new"])
        peer.answer(.cds)
        #expect(peer.advance() == ["LDS +l"])
        peer.answer(.lds, error: "Error adding/updating listener(s) l: no")
        #expect(peer.advance() == [])
        peer.apply(.lds, put: ["l"], content: 2, references: ["cluster": "new"])
        #expect(peer.advance() == ["LDS +l"])
        peer.answer(.lds)
        #expect(peer.advance() == ["CDS -old"])
    }

    @Test func whoComesBackIsToldTheDifferenceAlone() {
        var peer = Self.synced()
        let version = { (name: String, content: UInt8) in
            EncodedResource(name: name, bytes: [content], references: ResourceReferences(of: [:])).version
        }
        peer.session.disconnect()
        peer.apply(.lds, put: ["l2"])
        #expect(peer.advance() == [])
        peer.connect(versions: [.cds: ["c1": version("c1", 0), "gone": "1"], .lds: ["l1": version("l1", 0)]])
        peer.say(.rds) { request in
            request.subscribed = ["80"]
            request.initialVersions = ["80": version("80", 0)]
        }
        #expect(peer.advance() == ["LDS +l2"])
        peer.answer(.lds)
        #expect(peer.advance() == ["CDS -gone"])
        // One that was started anew has nothing.
        peer.connect()
        #expect(peer.advance() == ["CDS +c1"])
    }

    @Test func routesThatAreWantedNoMoreAreNotSent() {
        var peer = Self.synced()
        peer.say(.rds) { $0.unsubscribed = ["80"] }
        peer.apply(.rds, put: ["80"], content: 1)
        #expect(peer.advance() == [])
        peer.say(.rds) { $0.subscribed = ["80", "unknown"] }
        #expect(peer.advance() == ["RDS +80"])
    }

    @Test func requestsAreRead() {
        var node = WireWriter()
        node.add(1, "sidecar~10.0.0.1~a.b~b.svc.cluster.local")
        var version = WireWriter()
        version.add(1, "name")
        version.add(2, "17")
        var status = WireWriter()
        status.add(1, number: 13)
        status.add(2, "no")
        var writer = WireWriter()
        writer.add(1, node.bytes)
        writer.add(2, DiscoveryType.rds.typeURL)
        writer.add(3, "80")
        writer.add(3, "81")
        writer.add(4, "82")
        writer.add(5, version.bytes)
        writer.add(6, "5")
        writer.add(7, status.bytes)
        var expected = DeltaRequest()
        expected.nodeID = "sidecar~10.0.0.1~a.b~b.svc.cluster.local"
        expected.typeURL = DiscoveryType.rds.typeURL
        expected.subscribed = ["80", "81"]
        expected.unsubscribed = ["82"]
        expected.initialVersions = ["name": "17"]
        expected.nonce = "5"
        expected.error = "no"
        #expect(DeltaRequest(parsing: writer.bytes[...]) == expected)
    }
}
