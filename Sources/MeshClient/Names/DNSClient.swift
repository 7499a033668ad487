public import Foundation
import MeshState
import NIOCore
import NIOPosix

/// A name server's address.
public struct NameServer: Sendable, Hashable {
    public var host: String
    public var port: Int

    public init(host: String, port: Int = 53) {
        self.host = host
        self.port = port
    }

    /// The servers of `/etc/resolv.conf`; none where there is no such file.
    public static func system(file: URL = URL(filePath: "/etc/resolv.conf")) -> [NameServer] {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return parsing(resolvConf: text)
    }

    static func parsing(resolvConf text: String) -> [NameServer] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            return NameServer(host: String(words[1]))
        }
    }
}

/// Asks name servers, one after the other, over UDP.
struct DNSClient: Sendable {
    /// Why there is no answer.
    enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
        case noServer
        case noAnswer
        /// Neither success nor "no such name".
        case code(Int)

        var description: String {
            switch self {
            case .noServer: "no name server is known; see /etc/resolv.conf"
            case .noAnswer: "the name servers do not answer"
            case .code(let code): "the name servers report error \(code)"
            }
        }
    }

    let servers: [NameServer]
    /// How long one server has for one answer.
    var patience: Duration = .seconds(1)

    /// The records of a name; none where there is no such name.
    func records(of name: String, _ type: DNSRecordType) async throws -> [DNSAnswer.Record] {
        guard !servers.isEmpty else { throw Failure.noServer }
        var last: any Error = Failure.noAnswer
        for server in servers {
            do {
                let answer = try await ask(server, DNSQuery(id: .random(in: 0...UInt16.max), name: name, type: type))
                if answer.code == DNSAnswer.noSuchName { return [] }
                guard answer.code == 0 else { throw Failure.code(answer.code) }
                return answer.records
            } catch {
                if Task.isCancelled { throw CancellationError() }
                last = error is Failure ? error : Failure.noAnswer
            }
        }
        throw last
    }

    private func ask(_ server: NameServer, _ query: DNSQuery) async throws -> DNSAnswer {
        guard let bytes = query.bytes else { throw DNSAnswer.Failure.malformed }
        return try await withDeadline(patience) {
            let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(to: try SocketAddress.makeAddressResolvingHost(server.host, port: server.port)) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<AddressedEnvelope<ByteBuffer>, AddressedEnvelope<ByteBuffer>>(
                            wrappingChannelSynchronously: channel)
                    }
                }
            guard let peer = channel.channel.remoteAddress else { throw Failure.noAnswer }
            return try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(AddressedEnvelope(remoteAddress: peer, data: ByteBuffer(bytes: bytes)))
                for try await envelope in inbound {
                    // What is no answer to this question may come from anybody.
                    guard let answer = try? DNSAnswer(parsing: Array(buffer: envelope.data)), answer.id == query.id
                    else { continue }
                    return answer
                }
                throw Failure.noAnswer
            }
        }
    }
}
