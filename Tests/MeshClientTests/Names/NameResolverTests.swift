import MeshState
import NIOCore
import NIOPosix
import Testing

@testable import MeshClient

/// A name server in this process that knows a few names.
final class FakeNameServer: Sendable {
    let port: Int
    private let task: Task<Void, Never>
    private let counter: Counter

    var questions: Int { counter.value }
    var server: NameServer { NameServer(host: "127.0.0.1", port: port) }

    /// - Parameters:
    ///   - names: values by `NAME TYPE`: an address for an A, a name for a PTR.
    ///   - code: the response code of every answer to a name that is not among them.
    init(_ names: [String: [String]], code: UInt8 = 3) async throws {
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<AddressedEnvelope<ByteBuffer>, AddressedEnvelope<ByteBuffer>>(
                        wrappingChannelSynchronously: channel)
                }
            }
        port = channel.channel.localAddress?.port ?? 0
        let counter = Counter()
        self.counter = counter
        task = Task {
            try? await channel.executeThenClose { inbound, outbound in
                for try await question in inbound {
                    counter.increment()
                    let answer = Self.answer(Array(question.data.readableBytesView), names, code)
                    // What is no answer to the question must not be taken for one.
                    var stray = answer
                    stray[0] ^= 0xFF
                    for bytes in [stray, answer] {
                        try await outbound.write(
                            AddressedEnvelope(remoteAddress: question.remoteAddress, data: ByteBuffer(bytes: bytes)))
                    }
                }
            }
        }
    }

    func stop() async {
        task.cancel()
        await task.value
    }

    private static func answer(_ question: [UInt8], _ names: [String: [String]], _ code: UInt8) -> [UInt8] {
        var labels: [String] = []
        var position = 12
        while question[position] != 0 {
            let length = Int(question[position])
            labels.append(String(decoding: question[position + 1...position + length], as: UTF8.self))
            position += length + 1
        }
        let type = question[position + 2]
        let values = names["\(labels.joined(separator: ".")) \(type == 12 ? "PTR" : "A")"]
        var answer = question
        answer[2] = 0x81
        answer[3] = 0x80 | (values == nil ? code : 0)
        answer[7] = UInt8(values?.count ?? 0)
        for value in values ?? [] {
            let data: [UInt8]
            if type == 12 {
                data = value.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
            } else {
                data = value.split(separator: ".").compactMap { UInt8($0) }
            }
            answer += [0xC0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, UInt8(data.count)] + data
        }
        return answer
    }
}

extension NameResolver {
    /// A resolver that does not mind how busy the machine is that runs the tests.
    init(patientlyAsking servers: [NameServer]) {
        self.init(client: DNSClient(servers: servers, patience: .seconds(20)))
    }
}

struct NameResolverTests {
    private let address = IPAddress("203.0.113.10")!

    @Test func aReverseNameCountsIfItResolvesToTheAddress() async throws {
        let server = try await FakeNameServer([
            "10.113.0.203.in-addr.arpa PTR": ["MySQL.example.com", "liar.example.com"],
            "mysql.example.com A": ["203.0.113.9", "203.0.113.10"], "liar.example.com A": ["198.51.100.1"],
        ])
        let resolver = NameResolver(patientlyAsking: [server.server])
        #expect(await resolver.find(address, among: []) == .names(["mysql.example.com"]))
        await server.stop()
    }

    @Test func hostsThatAreKnownComeFirst() async throws {
        let server = try await FakeNameServer([
            "10.113.0.203.in-addr.arpa PTR": ["machine-10.example.net"],
            "machine-10.example.net A": ["203.0.113.10"], "mysql.example.com A": ["203.0.113.10"],
            "other.example.com A": ["203.0.113.11"],
        ])
        let resolver = NameResolver(patientlyAsking: [server.server])
        let hosts = ["unknown.example.com", "other.example.com", "mysql.example.com"]
        #expect(await resolver.find(address, among: hosts) == .names(["mysql.example.com"]))
        #expect(server.questions == 3)
        #expect(await resolver.find(address, among: hosts) == .names(["mysql.example.com"]))
        #expect(server.questions == 3, "what is known is not asked for again")
        await server.stop()
    }

    @Test func noNameIsNoFailure() async throws {
        let server = try await FakeNameServer([:])
        #expect(
            await NameResolver(patientlyAsking: [server.server]).find(address, among: ["x.example.com"]) == .nothing)
        await server.stop()
    }

    @Test func theNextServerIsAskedWhereOneFails() async throws {
        let broken = try await FakeNameServer([:], code: 2)
        let good = try await FakeNameServer(["mysql.example.com A": ["203.0.113.10"]])
        let resolver = NameResolver(patientlyAsking: [broken.server, good.server])
        #expect(await resolver.find(address, among: ["mysql.example.com"]) == .names(["mysql.example.com"]))
        #expect(await NameResolver(patientlyAsking: [broken.server]).find(address, among: []) == .failed)
        #expect(await NameResolver(patientlyAsking: []).find(address, among: []) == .failed)
        await broken.stop()
        await good.stop()
    }

    /// A machine without a network must not stop the program.
    @Test(arguments: ["255.255.255.255", "::1", "no address"])
    func serversThatCannotBeReachedAreAFailure(host: String) async {
        let resolver = NameResolver(
            client: DNSClient(servers: [NameServer(host: host, port: 1)], patience: .milliseconds(200)))
        #expect(await resolver.find(address, among: []) == .failed)
    }
}
