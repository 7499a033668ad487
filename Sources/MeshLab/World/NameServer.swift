import NIOCore
import NIOPosix

/// The lab's name server: answers DNS queries over UDP from a table.
public struct NameServer: Sendable {
    private let names: NameTable
    private let channel: NIOAsyncChannel<AddressedEnvelope<ByteBuffer>, AddressedEnvelope<ByteBuffer>>

    /// Binds the socket, so that a query sent from now on waits for ``run()`` to answer it.
    ///
    /// - Parameter port: zero takes any that is free.
    public init(names: NameTable, address: String, port: Int) async throws {
        self.names = names
        channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: address, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
    }

    /// The port that it is bound to.
    public var port: Int { channel.channel.localAddress?.port ?? 0 }

    /// Answers queries until the task is cancelled.
    public func run() async throws {
        try await channel.executeThenClose { inbound, outbound in
            for try await query in inbound {
                guard let reply = DNSMessage.reply(to: Array(query.data.readableBytesView), names: names) else {
                    continue
                }
                // A client that is gone is no reason to leave the others without an answer.
                try? await outbound.write(
                    AddressedEnvelope(remoteAddress: query.remoteAddress, data: ByteBuffer(bytes: reply)))
            }
        }
    }
}
