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
        let address = try SocketAddress.makeAddressResolvingHost(server.host, port: server.port)
        return try await withDeadline(patience) {
            let (answers, found) = AsyncStream<DNSAnswer>.makeStream(bufferingPolicy: .bufferingOldest(1))
            let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AnswerHandler(id: query.id, found: found))
                    }
                }
                .connect(to: address).get()
            defer { channel.close(promise: nil) }
            try await channel.writeAndFlush(
                AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes)))
            for await answer in answers { return answer }
            throw Failure.noAnswer
        }
    }
}

/// Picks the answer to one question from what comes.
private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let id: UInt16
    private let found: AsyncStream<DNSAnswer>.Continuation

    init(id: UInt16, found: AsyncStream<DNSAnswer>.Continuation) {
        self.id = id
        self.found = found
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What is no answer to this question may come from anybody.
        guard let answer = try? DNSAnswer(parsing: Array(buffer: unwrapInboundIn(data).data)), answer.id == id
        else { return }
        found.yield(answer)
    }

    func channelInactive(context: ChannelHandlerContext) { found.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
