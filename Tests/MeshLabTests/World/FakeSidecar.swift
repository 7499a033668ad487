import Foundation
import Synchronization

/// Stands where a sidecar captures: notes what each PROXY header names, and answers HTTP with one line.
final class FakeSidecar: Sendable {
    struct Header: Sendable, Hashable {
        var source: String
        var destination: String
        var destinationPort: Int
        /// What came right behind the header.
        var payload: String
    }

    private let socket: Int32
    private let seen = Mutex<[Header]>([])

    var headers: [Header] { seen.withLock { $0 } }

    init(host: String, port: Int) {
        guard let socket = Loopback.bind(host, port) else { fatalError("\(host):\(port) is taken") }
        self.socket = socket
        listen(socket, 256)
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(socket, nil, nil)
                if client < 0 { return }
                Thread.detachNewThread { self.serve(client) }
            }
        }
    }

    private func serve(_ client: Int32) {
        defer { close(client) }
        // Some clients wait for the server to speak first.
        var patience = timeval(tv_sec: 0, tv_usec: 500_000)
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var header = [UInt8](repeating: 0, count: 28)
        guard recv(client, &header, header.count, Int32(MSG_WAITALL)) == header.count,
            Array(header[0..<16]) == Array("\r\n\r\n\0\r\nQUIT\n".utf8) + [0x21, 0x11, 0, 12]
        else {
            seen.withLock { $0.append(Header(source: "", destination: "no header", destinationPort: 0, payload: "")) }
            return
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = max(recv(client, &buffer, buffer.count, 0), 0)
        func address(_ range: Range<Int>) -> String { header[range].map(String.init).joined(separator: ".") }
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        seen.withLock {
            $0.append(
                Header(
                    source: address(16..<20), destination: address(20..<24),
                    destinationPort: Int(header[26]) << 8 | Int(header[27]), payload: text))
        }
        guard text.hasPrefix("GET ") else { return }
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 12\r\nconnection: close\r\n\r\nvia sidecar\n"
        _ = send(client, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
    }

    func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }
}
