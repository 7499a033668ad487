import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import Synchronization

/// Serves Envoy's discovery protocol, `DeltaAggregatedResources` over gRPC, at istiod's plain-text port.
final class DiscoveryServer: Sendable {
    /// istiod's port for discovery without TLS.
    static let port = 15_010

    /// The one that brings a proxy, by its node's `id`, to what it is to have; nil for a proxy that is not known.
    typealias Directory = @Sendable (_ nodeID: String) -> ProxyPusher?

    private let listener: any Channel
    private let connections: Connections

    /// Takes connections from here on; throws when the address cannot be bound.
    init(address: String, directory: @escaping Directory) async throws {
        let connections = Connections()
        self.connections = connections
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                connections.add(channel)
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    _ = try pipeline.configureHTTP2Pipeline(
                        mode: .server, connectionConfiguration: .init(), streamConfiguration: .init()
                    ) { stream in
                        stream.eventLoop.makeCompletedFuture {
                            try stream.pipeline.syncOperations.addHandlers(
                                StreamHandler(directory: directory), ErrorHandler())
                        }
                    }
                    try pipeline.addHandler(ErrorHandler())
                }
            }
            .bind(host: address, port: Self.port).get()
    }

    /// Closes all connections and takes no more.
    func stop() async {
        // One that is closed already is what was wanted.
        try? await listener.close().get()
        for connection in connections.all { try? await connection.close().get() }
    }
}

/// The connections that are open.
private final class Connections: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    func add(_ channel: any Channel) {
        channels.withLock { $0[ObjectIdentifier(channel)] = channel }
        channel.closeFuture.whenComplete { [self] _ in
            channels.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) }
        }
    }

    var all: [any Channel] { channels.withLock { Array($0.values) } }
}

/// Closes a connection, or a stream of one, on which somebody does not speak the protocol.
private final class ErrorHandler: ChannelInboundHandler {
    typealias InboundIn = Any

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// One call of one Envoy: it lasts as long as the Envoy.
private final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private static let path = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
    private static let accepted: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]
    /// Codes of gRPC.
    private enum Status: String { case invalidArgument = "3", unimplemented = "12" }

    private let directory: DiscoveryServer.Directory
    private var messages = GRPCMessages()
    private var requests: AsyncStream<DeltaRequest>.Continuation?
    /// Whether the call was ended from here.
    private var isOver = false

    init(directory: @escaping DiscoveryServer.Directory) { self.directory = directory }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let headers):
            // What comes at the end, after the data, says nothing.
            guard requests == nil, !isOver else { return }
            guard headers.headers.first(name: ":path") == Self.path else { return end(context, .unimplemented) }
            respond(context, Self.accepted, isLast: false)
            open(context.channel)
        case .data(let data):
            guard case .byteBuffer(let part) = data.data, let requests, !isOver else { return }
            messages.add(part)
            do {
                while let message = try messages.next() { requests.yield(DeltaRequest(parsing: message[...])) }
            } catch {
                end(context, .invalidArgument)
            }
            if data.endStream { requests.finish() }
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) { requests?.finish() }

    private func respond(_ context: ChannelHandlerContext, _ headers: HPACKHeaders, isLast: Bool) {
        context.writeAndFlush(wrapOutboundOut(.headers(.init(headers: headers, endStream: isLast))), promise: nil)
    }

    /// Ends a call that cannot be served.
    private func end(_ context: ChannelHandlerContext, _ status: Status) {
        var headers: HPACKHeaders = requests == nil ? Self.accepted : [:]
        headers.add(name: "grpc-status", value: status.rawValue)
        isOver = true
        requests?.finish()
        respond(context, headers, isLast: true)
    }

    /// Has the stream served: what comes in goes to the proxy's pusher, and what that has to tell goes out.
    private func open(_ channel: any Channel) {
        let (stream, requests) = AsyncStream<DeltaRequest>.makeStream()
        self.requests = requests
        Task { [directory] in
            var pusher: ProxyPusher?
            var connection: Int?
            for await request in stream {
                if pusher == nil {
                    pusher = directory(request.nodeID)
                    connection = await pusher?.connect { answer in
                        guard let answer else { return channel.close(promise: nil) }
                        let payload = HTTP2Frame.FramePayload.data(
                            .init(data: .byteBuffer(GRPCMessages.frame(answer.bytes))))
                        channel.writeAndFlush(payload, promise: nil)
                    }
                }
                if let connection { await pusher?.receive(request, on: connection) }
            }
            if let connection { await pusher?.disconnect(connection) }
        }
    }
}

/// The messages of a gRPC stream: each comes after a flag and its length.
struct GRPCMessages: Sendable {
    private var buffer = ByteBuffer()

    /// What no proxy of the mesh says: something compressed, or longer than a list of all that an Envoy can have.
    struct Unreadable: Error {}

    private static let longest = 1 << 24

    mutating func add(_ part: ByteBuffer) { buffer.writeImmutableBuffer(part) }

    /// The next whole message; nil while more of it is to come.
    mutating func next() throws(Unreadable) -> [UInt8]? {
        guard let flag = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self),
            let length = buffer.getInteger(at: buffer.readerIndex + 1, as: UInt32.self)
        else { return nil }
        guard flag == 0, length <= Self.longest else { throw Unreadable() }
        guard buffer.readableBytes >= 5 + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 5)
        defer { buffer.discardReadBytes() }
        return buffer.readBytes(length: Int(length))
    }

    static func frame(_ message: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(5 + message.count)
        buffer.writeInteger(0 as UInt8)
        buffer.writeInteger(UInt32(message.count))
        buffer.writeBytes(message)
        return buffer
    }
}
