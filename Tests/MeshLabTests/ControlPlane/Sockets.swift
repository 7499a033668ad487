import Foundation
import Synchronization

/// What came back from a call.
struct Reply: Sendable, Equatable {
    var text: String
    /// Cut by a reset, or refused.
    var isReset: Bool

    var isEmpty: Bool { text.isEmpty }
}

enum Loopback {
    static func address(_ host: String, _ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr(host)
        return address
    }

    /// A bound socket; nil when the address is taken.
    static func bind(_ host: String, _ port: Int, stream: Bool = true) -> Int32? {
        let type = stream ? Int32(SOCK_STREAM.rawValue) : Int32(SOCK_DGRAM.rawValue)
        let socket = Glibc.socket(AF_INET, type | Int32(SOCK_CLOEXEC.rawValue), 0)
        var one: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = address(host, port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result == 0 { return socket }
        close(socket)
        return nil
    }

    static func connect(_ host: String, _ port: Int) -> Int32? {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var patience = timeval(tv_sec: 3, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = address(host, port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result == 0 { return socket }
        close(socket)
        return nil
    }

    /// Runs blocking work away from the threads that Swift's tasks share.
    static func blocking<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: work()) }
        }
    }
}

/// A connection to a sidecar that says in a PROXY v2 header where it meant to go.
struct CapturedConnection: Sendable {
    let socket: Int32

    init?(
        sidecar: String, port: Int = 15_001, destination: String, destinationPort: Int, sourcePort: Int = 40_000
    ) {
        guard let socket = Loopback.connect(sidecar, port) else { return nil }
        self.socket = socket
        var header: [UInt8] = Array("\r\n\r\n".utf8) + [0] + Array("\r\nQUIT\n".utf8) + [0x21, 0x11, 0, 12]
        func bytes(_ address: String) -> [UInt8] { address.split(separator: ".").map { UInt8($0)! } }
        header += bytes("10.244.0.11") + bytes(destination)
        for port in [sourcePort, destinationPort] { header += [UInt8(port >> 8), UInt8(port & 0xFF)] }
        send(header)
    }

    func send(_ bytes: [UInt8]) { _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

    /// Everything until the other side closes.
    func receiveAll() -> Reply {
        var collected: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count > 0 { collected += buffer[..<count] }
            if count == 0 { return Reply(text: String(decoding: collected, as: UTF8.self), isReset: false) }
            if count < 0 {
                return Reply(text: String(decoding: collected, as: UTF8.self), isReset: errno == ECONNRESET)
            }
        }
    }

    /// What comes next; nil when the other side has closed.
    func receiveSome() -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket, &buffer, buffer.count, 0)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    func close() { _ = Glibc.close(socket) }
}

/// A server that answers everything with its own name: HTTP with a page, else with one line.
///
/// With `staysOpen` a connection is kept after the answer, until the client leaves.
final class NamedServer: Sendable {
    private let socket: Int32
    let port: Int
    let requests = Mutex<[String]>([])

    init(_ name: String, host: String, port: Int, staysOpen: Bool = false) {
        guard let socket = Loopback.bind(host, port) else { fatalError("\(host):\(port) is taken") }
        self.socket = socket
        self.port = port
        listen(socket, 64)
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(socket, nil, nil)
                if client < 0 { return }
                Thread.detachNewThread { self.serve(client, name: name, staysOpen: staysOpen) }
            }
        }
    }

    private func serve(_ client: Int32, name: String, staysOpen: Bool) {
        defer { close(client) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        repeat {
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            let text = String(decoding: buffer[..<count], as: UTF8.self)
            requests.withLock { $0.append(text) }
            let isHTTP = text.prefix { !$0.isNewline }.hasSuffix(" HTTP/1.1")
            let body = "\(name)\n"
            let answer =
                isHTTP
                ? "HTTP/1.1 200 OK\r\ncontent-length: \(body.utf8.count)\r\nconnection: close\r\n\r\n\(body)" : body
            _ = send(client, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
        } while staysOpen
    }

    func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }
}

/// A name server that knows a few addresses and denies every other name.
final class FixedNameServer: Sendable {
    private let socket: Int32

    init(host: String, port: Int, names: [String: String]) {
        guard let socket = Loopback.bind(host, port, stream: false) else { fatalError("\(host):\(port) is taken") }
        self.socket = socket
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 512)
            while true {
                var from = sockaddr_in()
                var length = socklen_t(MemoryLayout<sockaddr_in>.size)
                let count = withUnsafeMutablePointer(to: &from) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        recvfrom(socket, &buffer, buffer.count, 0, $0, &length)
                    }
                }
                guard count > 12 else { return }
                let answer = Self.answer(Array(buffer[..<count]), names: names)
                withUnsafePointer(to: &from) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        _ = sendto(socket, answer, answer.count, 0, $0, length)
                    }
                }
            }
        }
    }

    private static func answer(_ query: [UInt8], names: [String: String]) -> [UInt8] {
        var position = 12
        var labels: [String] = []
        while query[position] != 0 {
            let length = Int(query[position])
            labels.append(String(decoding: query[position + 1...position + length], as: UTF8.self))
            position += length + 1
        }
        let question = query[12..<position + 5]
        let isA = query[position + 2] == 1
        let address = isA ? names[labels.joined(separator: ".").lowercased()] : nil
        let isKnown = names[labels.joined(separator: ".").lowercased()] != nil
        var result: [UInt8] = Array(query[0..<2]) + [0x85, isKnown ? 0x80 : 0x83]
        result += [0, 1, 0, address == nil ? 0 : 1, 0, 0, 0, 0] + question
        if let address {
            result += [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4] + address.split(separator: ".").map { UInt8($0)! }
        }
        return result
    }

    func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }
}

/// A TLS ClientHello that asks for a server by name, and offers protocols: enough for a proxy that looks at no more.
func clientHello(serverName: String, protocols: [String] = []) -> [UInt8] {
    func sized(_ bytes: [UInt8], _ width: Int) -> [UInt8] {
        (0..<width).reversed().map { UInt8(bytes.count >> ($0 * 8) & 0xFF) } + bytes
    }
    let name = sized([0] + sized(Array(serverName.utf8), 2), 2)
    let versions: [UInt8] = [0, 43] + sized(sized([3, 4], 1), 2)
    let groups: [UInt8] = [0, 10] + sized(sized([0, 29], 2), 2)
    let algorithms: [UInt8] = [0, 13] + sized(sized([4, 3], 2), 2)
    let share: [UInt8] = [0, 51] + sized(sized([0, 29] + sized([UInt8](repeating: 9, count: 32), 2), 2), 2)
    let offers = protocols.flatMap { sized(Array($0.utf8), 1) }
    let alpn: [UInt8] = offers.isEmpty ? [] : [0, 16] + sized(sized(offers, 2), 2)
    let extensions = sized([0, 0] + sized(name, 2) + versions + groups + algorithms + share + alpn, 2)
    let hello: [UInt8] =
        [3, 3] + [UInt8](repeating: 7, count: 32) + [0] + sized([0x13, 1], 2) + sized([0], 1) + extensions
    return [22, 3, 1] + sized([1] + sized(hello, 3), 2)
}
