/// Reads the fields of one message of Protocol Buffers, in their order.
struct WireReader: Sequence, IteratorProtocol {
    enum Value {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>
    /// Whether what is left is no field.
    private(set) var isBroken = false

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Where the next field begins.
    var position: Int { rest.startIndex }

    mutating func next() -> (field: Int, value: Value)? {
        if rest.isEmpty || isBroken { return nil }
        guard let tag = varint(), tag >> 3 > 0, tag >> 3 < 1 << 29 else { return fail() }
        let field = Int(tag >> 3)
        switch tag & 7 {
        case 0: return varint().map { (field, .number($0)) } ?? fail()
        case 1: return take(8).map { (field, .bytes($0)) } ?? fail()
        case 2:
            guard let count = varint(), count <= UInt64(rest.count), let bytes = take(Int(count)) else { return fail() }
            return (field, .bytes(bytes))
        case 5: return take(4).map { (field, .bytes($0)) } ?? fail()
        default: return fail()
        }
    }

    private mutating func fail() -> (field: Int, value: Value)? {
        isBroken = true
        return nil
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64, let byte = rest.popFirst() {
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}

extension WireReader.Value {
    var number: UInt64? { if case .number(let value) = self { value } else { nil } }
    var bytes: ArraySlice<UInt8>? { if case .bytes(let value) = self { value } else { nil } }
    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
}

/// Writes the fields of one message of Protocol Buffers.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ field: Int, number: UInt64) {
        tag(field, 0)
        varint(number)
    }

    mutating func add(_ field: Int, _ content: some Collection<UInt8>) {
        tag(field, 2)
        varint(UInt64(content.count))
        bytes += content
    }

    mutating func add(_ field: Int, _ text: String) { add(field, text.utf8) }

    /// A number of 4 or 8 bytes.
    mutating func add(_ field: Int, fixed value: some FixedWidthInteger) {
        tag(field, value.bitWidth == 64 ? 1 : 5)
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    /// A number without its field, as it stands in a packed list.
    mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    private mutating func tag(_ field: Int, _ type: UInt64) { varint(UInt64(field) << 3 | type) }
}
