/// The part of the DNS's wire format (RFC 1035) that a name server of the lab needs: one question in, its answer out.
enum DNSMessage {
    private static let headerLength = 12

    enum RecordType {
        static let a: UInt16 = 1
        static let ptr: UInt16 = 12
        static let any: UInt16 = 255
    }

    enum ResponseCode {
        static let noError: UInt8 = 0
        static let formatError: UInt8 = 1
        static let nameError: UInt8 = 3
        static let notImplemented: UInt8 = 4
    }

    struct Question {
        var name: String
        var type: UInt16
        /// The offset of the first byte after it.
        var end: Int
    }

    /// The reply to a query; nil for what is no query at all and deserves none.
    static func reply(to query: [UInt8], names: NameTable, for client: NameTable.Client = .other) -> [UInt8]? {
        guard query.count >= headerLength, query[2] & 0x80 == 0 else { return nil }
        guard (query[2] >> 3) & 0x0F == 0 else {
            return header(query, code: ResponseCode.notImplemented, questions: 0, answers: 0)
        }
        guard query[4] == 0, query[5] == 1, let question = question(of: query) else {
            return header(query, code: ResponseCode.formatError, questions: 0, answers: 0)
        }
        let echo = query[headerLength..<question.end]
        let (code, record) = answer(to: question, names: names, for: client)
        return header(query, code: code, questions: 1, answers: record == nil ? 0 : 1) + echo + (record ?? [])
    }

    private static func answer(
        to question: Question, names: NameTable, for client: NameTable.Client
    ) -> (code: UInt8, record: [UInt8]?) {
        if let address = reverseAddress(question.name) {
            guard let name = names.name(of: address) else { return (ResponseCode.nameError, nil) }
            guard question.type == RecordType.ptr || question.type == RecordType.any else {
                return (ResponseCode.noError, nil)
            }
            return (ResponseCode.noError, record(type: RecordType.ptr, data: encoded(name)))
        }
        guard let found = names.find(question.name, for: client) else { return (ResponseCode.nameError, nil) }
        let bytes = found.address.split(separator: ".").compactMap { UInt8($0) }
        // A name that is known has no record of another type, AAAA among them.
        guard question.type == RecordType.a || question.type == RecordType.any, bytes.count == 4 else {
            return (ResponseCode.noError, nil)
        }
        return (ResponseCode.noError, record(type: RecordType.a, data: bytes, timeToLive: found.layer.timeToLive))
    }

    private static func question(of query: [UInt8]) -> Question? {
        var labels: [String] = []
        var offset = headerLength
        while offset < query.count, query[offset] != 0 {
            let length = Int(query[offset])
            guard length < 64, offset + 1 + length < query.count else { return nil }
            labels.append(String(decoding: query[(offset + 1)...(offset + length)], as: UTF8.self))
            offset += 1 + length
        }
        guard offset + 4 < query.count else { return nil }
        let type = UInt16(query[offset + 1]) << 8 | UInt16(query[offset + 2])
        return Question(name: labels.joined(separator: "."), type: type, end: offset + 5)
    }

    /// The address that a name such as `10.113.0.203.in-addr.arpa` asks about.
    private static func reverseAddress(_ name: String) -> String? {
        let suffix = ".in-addr.arpa"
        guard name.lowercased().hasSuffix(suffix) else { return nil }
        return name.dropLast(suffix.count).split(separator: ".").reversed().joined(separator: ".")
    }

    /// Authoritative, recursion available; the rest as in the query.
    private static func header(_ query: [UInt8], code: UInt8, questions: UInt8, answers: UInt8) -> [UInt8] {
        [query[0], query[1], 0x84 | query[2] & 0x01, 0x80 | code, 0, questions, 0, answers, 0, 0, 0, 0]
    }

    private static func record(type: UInt16, data: [UInt8], timeToLive: UInt16 = 5) -> [UInt8] {
        // The name is a pointer to the question's, which follows the header.
        [0xC0, UInt8(headerLength), 0, UInt8(type), 0, 1, 0, 0, UInt8(timeToLive >> 8), UInt8(timeToLive & 0xFF)]
            + [0, UInt8(truncatingIfNeeded: data.count)] + data
    }

    private static func encoded(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { [UInt8(truncatingIfNeeded: $0.utf8.count)] + Array($0.utf8) } + [0]
    }
}
