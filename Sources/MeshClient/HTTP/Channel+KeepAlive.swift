import Foundation
import NIOCore

extension Channel {
    /// Has the kernel ask the peer for a sign of life when nothing comes: a connection whose other end has vanished
    /// breaks within half a minute, so that one that stands is one that works.
    func watchingThePeer() -> EventLoopFuture<Void> {
        let asking = setOption(.socketOption(.so_keepalive), value: 1)
        #if os(Linux)
            let steps: [(CInt, SocketOptionValue)] = [(TCP_KEEPIDLE, 10), (TCP_KEEPINTVL, 5), (TCP_KEEPCNT, 3)]
            return steps.reduce(asking) { before, step in
                before.flatMap {
                    self.setOption(
                        ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: step.0)), value: step.1)
                }
            }
        #else
            return asking
        #endif
    }
}
