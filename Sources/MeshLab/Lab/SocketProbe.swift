import Foundation

/// Asks the kernel about addresses of the loopback: which are free, and where somebody listens.
enum SocketProbe {
    /// Whether a connection to this address is taken. On the loopback the answer comes at once.
    static func isListening(address: String, port: Int) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw LabError("no socket: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var name = try socketAddress(address, port)
        return withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// The TCP port that could be bound at this address; zero asks for any. Throws where it is taken.
    static func freePort(address: String, port: Int) throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw LabError("no socket: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        // A port in TIME_WAIT is free for a listener; this is what servers set.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var name = try socketAddress(address, port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && listen(descriptor, 1) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard bound else { throw LabError("\(address):\(port) is taken") }
        return Int(in_port_t(bigEndian: name.sin_port))
    }

    static func socketAddress(_ address: String, _ port: Int) throws -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = in_port_t(port).bigEndian
        guard inet_pton(AF_INET, address, &name.sin_addr) == 1 else { throw LabError("\(address) is no IPv4 address") }
        return name
    }
}
