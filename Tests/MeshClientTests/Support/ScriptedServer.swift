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
        fileprivate let outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
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
            try await outbound.write(.head(head))
        }

        func send(_ text: String) async throws {
            try await outbound.write(.body(.byteBuffer(ByteBuffer(string: text))))
        }

        func end() async throws { try await outbound.write(.end(nil)) }

        var isOpen: Bool { channel.isActive }

        /// Closes the connection in the middle of the answer.
        func cut() async throws { try await channel.close() }

        /// Leaves the answer open until the client or the test ends it.
        func hang() async throws { try await channel.closeFuture.get() }
    }

    typealias Handler = @Sendable (Request, Reply) async throws -> Void
    private typealias Client = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    let port: Int
    private let records: Records
    private let task: Task<Void, Never>

    /// Requests that have come, in order.
    var requests: [Request] { records.state.withLock { $0.requests } }

    /// Connections that are open.
    var connections: Int { records.state.withLock { $0.channels.count } }

    var address: String { "http://127.0.0.1:\(port)" }
    var access: ClusterAccess { ClusterAccess(context: "test", server: address) }

    /// - Parameter tls: makes it a server that speaks TLS.
    init(tls: TLSConfiguration? = nil, _ handler: @escaping Handler) async throws {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try Client(wrappingChannelSynchronously: channel)
                }
            }
        self.port = server.channel.localAddress?.port ?? 0
        let records = Records()
        self.records = records
        task = Task {
            try? await server.executeThenClose { clients in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await client in clients {
                        group.addTask { await Self.serve(client, records, handler) }
                    }
                }
            }
        }
    }

    /// Closes all connections and no longer listens.
    func stop() async {
        task.cancel()
        cutAll()
        await task.value
    }

    /// Closes all connections; new ones are accepted.
    func cutAll() {
        for channel in records.state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }

    private static func serve(_ client: Client, _ records: Records, _ handler: @escaping Handler) async {
        let id = ObjectIdentifier(client.channel)
        records.state.withLock { $0.channels[id] = client.channel }
        defer { records.state.withLock { $0.channels[id] = nil } }
        // A connection that the test or the client cuts ends here with an error, which is what was wanted.
        try? await client.executeThenClose { inbound, outbound in
            var head: HTTPRequestHead?
            var body: [UInt8] = []
            for try await part in inbound {
                switch part {
                case .head(let start):
                    head = start
                    body = []
                case .body(let bytes): body += Array(bytes.readableBytesView)
                case .end:
                    guard let start = head else { continue }
                    let request = request(start, body)
                    records.state.withLock { $0.requests.append(request) }
                    try await handler(request, Reply(outbound: outbound, channel: client.channel))
                }
            }
        }
    }

    private static func request(_ head: HTTPRequestHead, _ body: [UInt8]) -> Request {
        let parts = URLComponents(string: head.uri)
        let pairs = (parts?.queryItems ?? []).map { ($0.name, $0.value ?? "") }
        return Request(
            method: head.method.rawValue, path: parts?.path ?? head.uri,
            query: Dictionary(pairs, uniquingKeysWith: { first, _ in first }), headers: head.headers,
            body: try? JSONValue(parsing: body))
    }

    private final class Records: Sendable {
        struct State {
            var requests: [Request] = []
            var channels: [ObjectIdentifier: any Channel] = [:]
        }

        let state = Mutex(State())
    }
}
