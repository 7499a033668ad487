import MeshState

/// The questions of the name system that meshtop asks (RFC 1035).
enum DNSRecordType: UInt16, Sendable, Hashable {
    case a = 1
    case ptr = 12
    case aaaa = 28
}

/// A question to a name server.
struct DNSQuery: Sendable, Hashable {
    var id: UInt16
    var name: String
    var type: DNSRecordType

    /// The bytes of the question, with recursion desired; nil for a name that is none.
    var bytes: [UInt8]? {
        var message = [UInt8(id >> 8), UInt8(id & 0xFF), 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]
        var length = 0
        for label in name.split(separator: ".") {
            let text = Array(label.utf8)
            length += text.count + 1
            guard text.count <= 63, length <= 254 else { return nil }
            message.append(UInt8(text.count))
            message += text
        }
        guard length > 0 else { return nil }
        return message + [0, UInt8(type.rawValue >> 8), UInt8(type.rawValue & 0xFF), 0, 1]
    }
}

/// A name server's answer, as far as meshtop reads it.
struct DNSAnswer: Sendable, Hashable {
    enum Record: Sendable, Hashable {
        case address(IPAddress)
        case name(String)
    }

    /// What is wrong with an answer.
    enum Failure: Error, Sendable, Hashable { case malformed }

    static let noSuchName = 3

    var id: UInt16
    /// Zero for success, 3 for "no such name".
    var code: Int
    /// The rest of the answer did not fit.
    var isTruncated: Bool
    /// Records of the types that were asked for; aliases in between are left out.
    var records: [Record]

    /// Reads an answer.
    init(parsing bytes: [UInt8]) throws(Failure) {
        var reader = DNSReader(bytes: bytes)
        id = try reader.number()
        let flags = try reader.number()
        guard flags & 0x8000 != 0 else { throw .malformed }
        isTruncated = flags & 0x0200 != 0
        code = Int(flags & 0xF)
        let questions = try reader.number()
        let answers = try reader.number()
        _ = try reader.take(4)
        for _ in 0..<questions {
            _ = try reader.name()
            _ = try reader.take(4)
        }
        records = []
        for _ in 0..<answers {
            _ = try reader.name()
            let type = try reader.number()
            _ = try reader.take(6)
            let length = Int(try reader.number())
            let start = reader.position
            let data = try reader.take(length)
            switch DNSRecordType(rawValue: type) {
            case .a where length == 4, .aaaa where length == 16:
                if let address = IPAddress(networkBytes: data) { records.append(.address(address)) }
            case .ptr:
                var inner = reader
                inner.position = start
                records.append(.name(try inner.name()))
            default: continue
            }
        }
    }
}

/// Reads the parts of a message.
private struct DNSReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func take(_ count: Int) throws(DNSAnswer.Failure) -> [UInt8] {
        guard count >= 0, position + count <= bytes.count else { throw .malformed }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    mutating func number() throws(DNSAnswer.Failure) -> UInt16 {
        let pair = try take(2)
        return UInt16(pair[0]) << 8 | UInt16(pair[1])
    }

    /// A name, which may end in a pointer to an earlier one; pointers only ever lead backwards, so that this ends.
    mutating func name() throws(DNSAnswer.Failure) -> String {
        var labels: [String] = []
        var here = position
        var end: Int?
        var length = 0
        while true {
            guard here < bytes.count else { throw .malformed }
            let size = Int(bytes[here])
            if size == 0 {
                position = end ?? here + 1
                return labels.joined(separator: ".")
            }
            if size & 0xC0 == 0xC0 {
                guard here + 1 < bytes.count else { throw .malformed }
                let target = (size & 0x3F) << 8 | Int(bytes[here + 1])
                guard target < here else { throw .malformed }
                end = end ?? here + 2
                here = target
                continue
            }
            guard size <= 63, here + size < bytes.count else { throw .malformed }
            length += size + 1
            guard length <= 254 else { throw .malformed }
            labels.append(String(decoding: bytes[here + 1...here + size], as: UTF8.self))
            here += size + 1
        }
    }
}

extension IPAddress {
    /// Four or sixteen bytes as they are on the wire.
    init?(networkBytes bytes: [UInt8]) {
        if bytes.count == 4 {
            self.init(bytes.map(String.init).joined(separator: "."))
        } else {
            let groups = stride(from: 0, to: bytes.count - 1, by: 2)
                .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
            self.init(groups.joined(separator: ":"))
        }
    }
}
