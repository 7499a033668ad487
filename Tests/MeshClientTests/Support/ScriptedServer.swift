import Foundation
import MeshState
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

@testable import MeshClient

/// An HTTP server in this process whose answers a test writes; it keeps what it was asked.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        var method: String
        var path: String
        var query: [String: String]
        var headers: HTTPHeaders
        var body: JSONValue?

        var isWatch: Bool { query["watch"] == "true" }
    }

    /// Writes one answer, in pieces where the test wants it so.
    struct Reply: Sendable {
        fileprivate let channel: any Channel

        func answer(_ body: String) async throws { try await answer(200, body) }

        func answer(_ body: JSONValue) async throws { try await answer(200, body.jsonText()) }

        func answer(_ status: Int, _ body: String, headers: [(String, String)] = []) async throws {
            try await begin(status, headers: headers + [("Content-Length", String(body.utf8.count))])
            if !body.isEmpty { try await send(body) }
            try await end()
        }

        func begin(_ status: Int = 200, headers: [(String, String)] = []) async throws {
            let head = HTTPResponseHead(
                version: .http1_1, status: .init(statusCode: status), headers: HTTPHeaders(headers))
            try await channel.writeAndFlush(HTTPServerResponsePart.head(head))
        }

        func send(_ text: String) async throws {
            try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text))))
        }

        func end() async throws { try await channel.writeAndFlush(HTTPServerResponsePart.end(nil)) }

        var isOpen: Bool { channel.isActive }

        /// Closes the connection in the middle of the answer.
        func cut() async throws { try await channel.close() }

        /// Leaves the answer open until the client or the test ends it.
        func hang() async throws { try await channel.closeFuture.get() }
    }

    typealias Handler = @Sendable (Request, Reply) async throws -> Void

    let port: Int
    private let records: Records
    private let listener: any Channel

    /// Requests that have come, in order.
    var requests: [Request] { records.state.withLock { $0.requests } }

    /// Connections that are open.
    var connections: Int { records.state.withLock { $0.channels.count } }

    var address: String { "http://127.0.0.1:\(port)" }
    var access: ClusterAccess { ClusterAccess(context: "test", server: address) }

    /// - Parameter tls: makes it a server that speaks TLS.
    init(tls: TLSConfiguration? = nil, _ handler: @escaping Handler) async throws {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let records = Records()
        self.records = records
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Connection(records, handler))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = listener.localAddress?.port ?? 0
    }

    /// Closes all connections, no longer listens, and waits until all answers have ended.
    func stop() async {
        try? await listener.close()
        records.state.withLock { $0.isStopped = true }
        cutAll()
        for task in records.state.withLock({ $0.tasks }) {
            task.cancel()
            await task.value
        }
    }

    /// Closes all connections; new ones are accepted.
    func cutAll() {
        for channel in records.state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }

    fileprivate final class Records: Sendable {
        struct State {
            var requests: [Request] = []
            var channels: [ObjectIdentifier: any Channel] = [:]
            var tasks: [Task<Void, Never>] = []
            var isStopped = false
        }

        let state = Mutex(State())
    }
}

/// One connection of the server: answers its requests one after the other.
private final class Connection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let records: ScriptedServer.Records
    private let requests: AsyncStream<ScriptedServer.Request>
    private let came: AsyncStream<ScriptedServer.Request>.Continuation
    private let handler: ScriptedServer.Handler
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ records: ScriptedServer.Records, _ handler: @escaping ScriptedServer.Handler) {
        self.records = records
        self.handler = handler
        (requests, came) = AsyncStream.makeStream()
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let task = Task { [requests, handler] in
            for await request in requests {
                // A connection that the test or the client cuts ends here with an error, which is what was wanted.
                try? await handler(request, ScriptedServer.Reply(channel: channel))
            }
        }
        let isStopped = records.state.withLock { state in
            state.channels[ObjectIdentifier(channel)] = channel
            state.tasks.append(task)
            return state.isStopped
        }
        if isStopped { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        records.state.withLock { $0.channels[ObjectIdentifier(context.channel)] = nil }
        came.finish()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let start):
            head = start
            body = []
        case .body(let bytes): body += Array(bytes.readableBytesView)
        case .end:
            guard let head else { return }
            let request = ScriptedServer.Request(head, body)
            records.state.withLock { $0.requests.append(request) }
            came.yield(request)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

extension ScriptedServer.Request {
    init(_ head: HTTPRequestHead, _ bytes: [UInt8]) {
        let parts = URLComponents(string: head.uri)
        let pairs = (parts?.queryItems ?? []).map { ($0.name, $0.value ?? "") }
        self.init(
            method: head.method.rawValue, path: parts?.path ?? head.uri,
            query: Dictionary(pairs, uniquingKeysWith: { first, _ in first }), headers: head.headers,
            body: try? JSONValue(parsing: bytes))
    }
}
