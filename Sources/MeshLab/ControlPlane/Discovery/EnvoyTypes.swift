import Foundation

/// The messages of Envoy's API by name, with the numbers that their fields have on the wire.
///
/// Envoy's executable itself holds their descriptions, as every program does that reads Protocol Buffers by reflection:
/// so they are those of the Envoy that is spoken to.
struct EnvoyTypes: Sendable {
    enum Kind: Sendable, Hashable {
        case bool, unsigned, signed, zigzag, fixed32, fixed64, float, double, string, bytes
        case message(String)
        case enumeration(String)
    }

    struct Field: Sendable, Hashable {
        let number: Int
        let kind: Kind
        let isRepeated: Bool
    }

    struct Message: Sendable {
        fileprivate(set) var fields: [String: Field] = [:]
        /// An entry of a map: its key is the field 1, its value the field 2.
        fileprivate(set) var isMapEntry = false
    }

    private(set) var messages: [String: Message] = [:]
    /// The values of each enumeration by their names.
    private(set) var enumerations: [String: [String: Int]] = [:]

    /// An executable without descriptions of Envoy's messages.
    struct NotEnvoy: Error, CustomStringConvertible {
        let path: String
        var description: String { "\(path) does not hold the descriptions of Envoy's API; it is no Envoy" }
    }

    /// Reads them from an executable; throws where it cannot be read or is no Envoy.
    init(executable: URL) throws {
        try Data(contentsOf: executable, options: .alwaysMapped).withUnsafeBytes { all in
            Self.forEachFile(in: all) { read(file: $0) }
        }
        guard messages["envoy.config.cluster.v3.Cluster"] != nil else { throw NotEnvoy(path: executable.path) }
    }

    // MARK: Finding descriptions

    /// What stands at the end of a file's name in its description, and where the next field begins.
    private static let mark = Array(".proto".utf8) + [0x12]

    /// Visits every description of a file: it begins with the file's name, `….proto`, and ends with its syntax.
    private static func forEachFile(in all: UnsafeRawBufferPointer, _ visit: (ArraySlice<UInt8>) -> Void) {
        // How far the mark cannot be when a byte stands where its last would.
        var steps = [Int](repeating: mark.count, count: 256)
        for (place, byte) in mark.dropLast().enumerated() { steps[Int(byte)] = mark.count - 1 - place }
        var end = mark.count - 1
        while end < all.count {
            let byte = all[end]
            if byte == 0x12, all[(end - mark.count + 1)...end].elementsEqual(mark),
                let start = start(ofNameBefore: end, in: all)
            {
                // Nearly all are short, and the longest is far from a megabyte.
                let lengths = [1 << 14, 1 << 20]
                if let file = lengths.lazy.compactMap({ file(in: [UInt8](all[start...].prefix($0))[...]) }).first {
                    visit(file)
                }
            }
            end += steps[Int(byte)]
        }
    }

    /// The place of the field 1 whose text ends there.
    private static func start(ofNameBefore end: Int, in bytes: UnsafeRawBufferPointer) -> Int? {
        (6...127).first { length in
            end - length >= 2 && bytes[end - length - 1] == UInt8(length) && bytes[end - length - 2] == 0x0A
        }.map { end - $0 - 2 }
    }

    private static func file(in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var reader = WireReader(bytes)
        while let (field, value) = reader.next(), field <= 14 {
            if field == 12 { return value.text == "proto3" ? bytes[..<reader.position] : nil }
        }
        return nil
    }

    // MARK: Reading descriptions

    private mutating func read(file: ArraySlice<UInt8>) {
        var package = ""
        for (field, value) in WireReader(file) where field == 2 { package = value.text.map { $0 + "." } ?? "" }
        for (field, value) in WireReader(file) {
            guard let bytes = value.bytes else { continue }
            if field == 4 { read(message: bytes, in: package) }
            if field == 5 { read(enumeration: bytes, in: package) }
        }
    }

    private mutating func read(message bytes: ArraySlice<UInt8>, in scope: String) {
        var name = scope
        var message = Message()
        for (field, value) in WireReader(bytes) {
            guard let bytes = value.bytes else { continue }
            switch field {
            case 1: name += String(decoding: bytes, as: UTF8.self)
            case 2: if let (name, field) = Self.field(bytes) { message.fields[name] = field }
            case 7: message.isMapEntry = WireReader(bytes).contains { $0.field == 7 && $0.value.number == 1 }
            default: break
            }
        }
        messages[name] = message
        for (field, value) in WireReader(bytes) {
            guard let bytes = value.bytes else { continue }
            if field == 3 { read(message: bytes, in: name + ".") }
            if field == 4 { read(enumeration: bytes, in: name + ".") }
        }
    }

    private mutating func read(enumeration bytes: ArraySlice<UInt8>, in scope: String) {
        var name = scope
        var values: [String: Int] = [:]
        for (field, value) in WireReader(bytes) {
            guard let bytes = value.bytes else { continue }
            if field == 1 { name += String(decoding: bytes, as: UTF8.self) }
            guard field == 2 else { continue }
            var (word, number) = ("", 0)
            for (field, value) in WireReader(bytes) {
                if field == 1 { word = value.text ?? "" }
                if field == 2 { number = Int(truncatingIfNeeded: value.number ?? 0) }
            }
            values[word] = number
        }
        enumerations[name] = values
    }

    private static func field(_ bytes: ArraySlice<UInt8>) -> (String, Field)? {
        var (name, typeName) = ("", "")
        var (number, label, type) = (0, 0, 0)
        for (field, value) in WireReader(bytes) {
            switch field {
            case 1: name = value.text ?? ""
            case 3: number = Int(value.number ?? 0)
            case 4: label = Int(value.number ?? 0)
            case 5: type = Int(value.number ?? 0)
            case 6: typeName = String((value.text ?? "").drop { $0 == "." })
            default: break
            }
        }
        return kind(type, typeName).map { (name, Field(number: number, kind: $0, isRepeated: label == 3)) }
    }

    /// A field's kind by its number in descriptions; nil for the groups of old.
    private static func kind(_ type: Int, _ name: String) -> Kind? {
        switch type {
        case 1: .double
        case 2: .float
        case 3, 5: .signed
        case 4, 13: .unsigned
        case 6, 16: .fixed64
        case 7, 15: .fixed32
        case 8: .bool
        case 9: .string
        case 11: .message(name)
        case 12: .bytes
        case 14: .enumeration(name)
        case 17, 18: .zigzag
        default: nil
        }
    }
}
