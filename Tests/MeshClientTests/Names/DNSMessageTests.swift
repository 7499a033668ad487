import MeshState
import Testing

@testable import MeshClient

struct DNSMessageTests {
    @Test func asksAsTheStandardSays() {
        let query = DNSQuery(id: 0x1234, name: "a.example.", type: .a)
        #expect(
            query.bytes == [
                0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 7, 0x65, 0x78, 0x61, 0x6D, 0x70, 0x6C, 0x65, 0, 0, 1,
                0, 1,
            ])
    }

    @Test(arguments: ["", ".", String(repeating: "a", count: 64), String(repeating: "abc.", count: 70)])
    func whatIsNoNameIsNotAsked(name: String) {
        #expect(DNSQuery(id: 1, name: name, type: .a).bytes == nil)
    }

    @Test func readsAddressesBehindAnAlias() throws {
        let bytes: [UInt8] =
            [0, 7, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0] + [1, 0x61, 1, 0x62, 0, 0, 1, 0, 1]
            + [0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, 0x63, 0xC0, 14]
            + [0xC0, 33, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 10]
        let answer = try DNSAnswer(parsing: bytes)
        #expect(answer.id == 7)
        #expect(answer.code == 0)
        #expect(answer.records == [.address(try #require(IPAddress("203.0.113.10")))])
    }

    @Test func readsANameThatPointsBack() throws {
        let bytes: [UInt8] =
            [0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0] + [1, 0x61, 1, 0x62, 0, 0, 12, 0, 1]
            + [0xC0, 12, 0, 12, 0, 1, 0, 0, 0, 60, 0, 4, 1, 0x78, 0xC0, 14]
        #expect(try DNSAnswer(parsing: bytes).records == [.name("x.b")])
    }

    @Test func knowsWhenThereIsNoSuchName() throws {
        let answer = try DNSAnswer(parsing: [0, 7, 0x81, 0x83, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(answer.code == DNSAnswer.noSuchName)
        #expect(answer.records.isEmpty)
    }

    /// Answers come from the network: whatever they hold, reading them ends.
    @Test(arguments: [
        [], [0], [0, 7, 0x01, 0x80, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 7, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 12],
        [0, 7, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 0xFF],
        [0, 7, 0x81, 0x80, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0],
        [0, 7, 0x81, 0x80, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0xFF, 0xFF, 1],
        [0, 7, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 64, 1],
    ])
    func malformedAnswersAreRefused(bytes: [UInt8]) {
        #expect(throws: DNSAnswer.Failure.self) { try DNSAnswer(parsing: bytes) }
    }

    @Test func namesOfAddressesAreReversed() throws {
        #expect(try #require(IPAddress("203.0.113.10")).reverseName == "10.113.0.203.in-addr.arpa")
        #expect(
            try #require(IPAddress("2001:db8::1")).reverseName
                == "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")
    }

    @Test func readsResolvConf() {
        let text =
            "# comment\nsearch example.com\nnameserver 127.0.0.53\nnameserver\t2001:db8::53\n"
            + " nameserver 10.0.0.1 # late"
        #expect(NameServer.parsing(resolvConf: text).map(\.host) == ["127.0.0.53", "2001:db8::53", "10.0.0.1"])
    }
}
