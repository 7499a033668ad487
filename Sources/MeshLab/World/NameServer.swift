import NIOCore
import NIOPosix

/// The lab's name server: answers DNS queries over UDP from a table.
public struct NameServer: Sendable {
    private let names: NameTable
    private let client: NameTable.Client
    private let channel: NIOAsyncChannel<AddressedEnvelope<ByteBuffer>, AddressedEnvelope<ByteBuffer>>

    /// Binds the socket, so that a query sent from now on waits for ``run()`` to answer it.
    ///
    /// - Parameters:
    ///   - client: who asks this server.
    ///   - port: zero takes any that is free.
    public init(names: NameTable, for client: NameTable.Client, address: String, port: Int) async throws {
        self.names = names
        self.client = client
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
                guard let reply = DNSMessage.reply(to: Array(query.data.readableBytesView), names: names, for: client)
                else {
                    continue
                }
                // A client that is gone is no reason to leave the others without an answer.
                try? await outbound.write(
                    AddressedEnvelope(remoteAddress: query.remoteAddress, data: ByteBuffer(bytes: reply)))
            }
        }
    }
}
