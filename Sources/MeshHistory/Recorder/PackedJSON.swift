import MeshState

/// Documents as few bytes: every different text stands once, at the front, and numbers take what room they need.
enum PackedJSON {
    private enum Tag: UInt8 { case null, no, yes, integer, number, string, array, object }
    private static let deepest = 100

    static func bytes(of value: JSONValue) -> [UInt8] {
        var writer = Writer()
        writer.write(value)
        return writer.bytes
    }

    /// - Throws: `HistoryError` for bytes that are no such document, whatever they are.
    static func value(of bytes: [UInt8]) throws(HistoryError) -> JSONValue {
        var reader = Reader(bytes: bytes)
        return try reader.document()
    }

    private struct Writer {
        private var texts: [String: UInt64] = [:]
        private var head: [UInt8] = []
        private var body: [UInt8] = []

        var bytes: [UInt8] {
            var result: [UInt8] = []
            Self.append(UInt64(texts.count), to: &result)
            return result + head + body
        }

        mutating func write(_ value: JSONValue) {
            switch value {
            case .null: tag(.null)
            case .bool(let value): tag(value ? .yes : .no)
            case .integer(let value):
                tag(.integer)
                Self.append(UInt64(bitPattern: (value << 1) ^ (value >> 63)), to: &body)
            case .number(let value):
                tag(.number)
                let bits = value.bitPattern
                for shift in stride(from: UInt64(0), to: 64, by: 8) { body.append(UInt8(truncatingIfNeeded: bits >> shift)) }
            case .string(let text):
                tag(.string)
                write(text: text)
            case .array(let elements):
                tag(.array)
                Self.append(UInt64(elements.count), to: &body)
                for element in elements { write(element) }
            case .object(let members):
                tag(.object)
                Self.append(UInt64(members.count), to: &body)
                for (key, value) in members {
                    write(text: key)
                    write(value)
                }
            }
        }

        private mutating func tag(_ tag: Tag) { body.append(tag.rawValue) }

        private mutating func write(text: String) {
            if let known = texts[text] { return Self.append(known, to: &body) }
            let number = UInt64(texts.count)
            texts[text] = number
            let bytes = Array(text.utf8)
            Self.append(UInt64(bytes.count), to: &head)
            head += bytes
            Self.append(number, to: &body)
        }

        /// Seven bits a byte, the lowest first.
        private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
            var rest = number
            while rest >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            bytes.append(UInt8(rest))
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        private var position = 0
        private var texts: [String] = []

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func document() throws(HistoryError) -> JSONValue {
            let count = try count()
            texts.reserveCapacity(count)
            for _ in 0..<count {
                let length = try self.count()
                texts.append(String(decoding: bytes[position..<position + length], as: UTF8.self))
                position += length
            }
            let value = try value(depth: 0)
            guard position == bytes.count else { throw damage }
            return value
        }

        private var damage: HistoryError { HistoryError("a frame of the recording is damaged") }

        private mutating func byte() throws(HistoryError) -> UInt8 {
            guard position < bytes.count else { throw damage }
            defer { position += 1 }
            return bytes[position]
        }

        private mutating func number() throws(HistoryError) -> UInt64 {
            var result: UInt64 = 0
            var shift: UInt64 = 0
            while true {
                let byte = try byte()
                guard shift < 64, shift < 63 || byte <= 1 else { throw damage }
                result |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return result }
                shift += 7
            }
        }

        /// A number of things each of which takes a byte at least.
        private mutating func count() throws(HistoryError) -> Int {
            let number = try number()
            guard number <= UInt64(bytes.count - position) else { throw damage }
            return Int(number)
        }

        private mutating func text() throws(HistoryError) -> String {
            let index = try number()
            guard index < UInt64(texts.count) else { throw damage }
            return texts[Int(index)]
        }

        private mutating func value(depth: Int) throws(HistoryError) -> JSONValue {
            guard depth < PackedJSON.deepest, let tag = Tag(rawValue: try byte()) else { throw damage }
            switch tag {
            case .null: return .null
            case .no: return false
            case .yes: return true
            case .integer:
                let number = try number()
                return .integer(Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1))
            case .number:
                var bits: UInt64 = 0
                for shift in stride(from: UInt64(0), to: 64, by: 8) { bits |= UInt64(try byte()) << shift }
                return .number(Double(bitPattern: bits))
            case .string: return .string(try text())
            case .array:
                let count = try count()
                var elements: [JSONValue] = []
                elements.reserveCapacity(count)
                for _ in 0..<count { elements.append(try value(depth: depth + 1)) }
                return .array(elements)
            case .object:
                let count = try count()
                var members: [String: JSONValue] = [:]
                members.reserveCapacity(count)
                for _ in 0..<count {
                    let key = try text()
                    members[key] = try value(depth: depth + 1)
                }
                return .object(members)
            }
        }
    }
}
