import Foundation

/// A place on the loopback where nothing is ever answered: connections to it time out, and packets are lost.
///
/// The capture library leads there what a network policy forbids.
final class BlackHole: Sendable {
    private let sockets: [Int32]

    /// Takes the place in; it is given back when this is released.
    init(layout: LabLayout) throws {
        var name = try SocketProbe.socketAddress(layout.blackHoleAddress, LabLayout.blackHolePort)
        var sockets: [Int32] = []
        func open(_ type: __socket_type, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool) throws {
            let descriptor = socket(AF_INET, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            if descriptor >= 0 { sockets.append(descriptor) }
            let isGood =
                descriptor >= 0
                && withUnsafePointer(to: &name) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                        use(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
            if isGood { return }
            let reason = String(cString: strerror(errno))
            sockets.forEach { close($0) }
            throw LabError("cannot take \(layout.blackHoleAddress):\(LabLayout.blackHolePort): \(reason)")
        }
        try open(SOCK_DGRAM) { bind($0, $1, $2) == 0 }
        try open(SOCK_STREAM) { descriptor, address, length in
            // What the lab before this one left in TIME_WAIT is not in the way.
            var yes: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            return bind(descriptor, address, length) == 0 && listen(descriptor, 0) == 0
        }
        // Nobody takes what waits here, so that one waiting connection fills the queue and the kernel drops the others.
        for _ in 0..<2 {
            try open(SOCK_STREAM) { descriptor, address, length in
                fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0
                    && (connect(descriptor, address, length) == 0 || errno == EINPROGRESS)
            }
        }
        self.sockets = sockets
    }

    deinit { sockets.forEach { close($0) } }
}
