import Foundation
import MeshState

/// Encodes Envoy's configuration, written as JSON, as Protocol Buffers: what discovery over gRPC takes.
struct ResourceEncoder: Sendable {
    private let types: EnvoyTypes

    init(types: EnvoyTypes) { self.types = types }

    /// What the API has no place for, and where.
    struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        let description: String
    }

    /// The wire form of a resource that carries its type; the same JSON gives the same bytes.
    func encode(_ resource: JSONValue) throws(Failure) -> (type: String, bytes: [UInt8]) {
        guard let url = resource["@type"]?.stringValue, let slash = url.lastIndex(of: "/") else {
            throw Failure(description: "a resource without @type")
        }
        let type = String(url[url.index(after: slash)...])
        // What JSON has a form of its own for cannot carry its type among its members.
        let isWellKnown = type.hasPrefix("google.protobuf.")
        return (url, try message(isWellKnown ? resource["value"] ?? [:] : resource, type))
    }

    /// The wire form of a message of a type.
    func message(_ value: JSONValue, _ type: String) throws(Failure) -> [UInt8] {
        if let bytes = try wellKnown(value, type) { return bytes }
        guard let message = types.messages[type] else { throw Failure(description: "no message is called \(type)") }
        guard case .object(let members) = value else { throw Failure(description: "\(type) is no object") }
        var fields: [(field: EnvoyTypes.Field, name: String, value: JSONValue)] = []
        fields.reserveCapacity(members.count)
        for (name, value) in members where name != "@type" && value != .null {
            guard let field = message.fields[name] else { throw Failure(description: "\(type) has no field \(name)") }
            fields.append((field, name, value))
        }
        fields.sort { $0.field.number < $1.field.number }
        var writer = WireWriter()
        for (field, name, value) in fields {
            do {
                try add(value, field, to: &writer)
            } catch {
                throw Failure(description: "\(type).\(name): \(error)")
            }
        }
        return writer.bytes
    }

    // MARK: Fields

    private func add(_ value: JSONValue, _ field: EnvoyTypes.Field, to writer: inout WireWriter) throws(Failure) {
        guard field.isRepeated else { return try addOne(value, field, to: &writer) }
        if case .message(let type) = field.kind, types.messages[type]?.isMapEntry == true {
            guard let members = value.objectValue else { throw Failure(description: "no object") }
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                writer.add(field.number, try message(["key": .string(key), "value": value], type))
            }
            return
        }
        guard let elements = value.arrayValue else { throw Failure(description: "no array") }
        switch field.kind {
        case .bool, .unsigned, .signed, .zigzag, .enumeration:
            var packed = WireWriter()
            for element in elements { packed.varint(try number(element, field.kind)) }
            if !elements.isEmpty { writer.add(field.number, packed.bytes) }
        case .fixed32, .fixed64, .float, .double, .string, .bytes, .message:
            for element in elements { try addOne(element, field, to: &writer) }
        }
    }

    private func addOne(_ value: JSONValue, _ field: EnvoyTypes.Field, to writer: inout WireWriter) throws(Failure) {
        switch field.kind {
        case .message(let type): writer.add(field.number, try message(value, type))
        case .string: writer.add(field.number, try Self.text(value))
        case .bytes: writer.add(field.number, try Self.bytes(value))
        case .double: writer.add(field.number, fixed: try Self.double(value).bitPattern)
        case .float: writer.add(field.number, fixed: Float(try Self.double(value)).bitPattern)
        case .fixed64: writer.add(field.number, fixed: try Self.integer(value))
        case .fixed32: writer.add(field.number, fixed: Int32(truncatingIfNeeded: try Self.integer(value)))
        case .bool, .unsigned, .signed, .zigzag, .enumeration:
            writer.add(field.number, number: try number(value, field.kind))
        }
    }

    private func number(_ value: JSONValue, _ kind: EnvoyTypes.Kind) throws(Failure) -> UInt64 {
        switch kind {
        case .bool:
            guard let flag = value.boolValue else { throw Failure(description: "no flag") }
            return flag ? 1 : 0
        case .enumeration(let name):
            guard case .string(let word) = value else { return UInt64(bitPattern: try Self.integer(value)) }
            guard let number = types.enumerations[name]?[word] else {
                throw Failure(description: "\(name) has no value \(word)")
            }
            return UInt64(bitPattern: Int64(number))
        case .zigzag:
            let number = try Self.integer(value)
            return UInt64(bitPattern: number << 1 ^ number >> 63)
        default: return UInt64(bitPattern: try Self.integer(value))
        }
    }

    private static func text(_ value: JSONValue) throws(Failure) -> String {
        guard case .string(let text) = value else { throw Failure(description: "no text") }
        return text
    }

    private static func bytes(_ value: JSONValue) throws(Failure) -> Data {
        guard let data = Data(base64Encoded: try text(value)) else { throw Failure(description: "no base64") }
        return data
    }

    private static func integer(_ value: JSONValue) throws(Failure) -> Int64 {
        guard let number = value.integerValue else { throw Failure(description: "no whole number") }
        return number
    }

    private static func double(_ value: JSONValue) throws(Failure) -> Double {
        guard let number = value.numberValue else { throw Failure(description: "no number") }
        return number
    }

    // MARK: Messages that JSON has a form of its own for

    private static let wrapped: [String: EnvoyTypes.Kind] = [
        "BoolValue": .bool, "UInt32Value": .unsigned, "UInt64Value": .unsigned, "Int32Value": .signed,
        "Int64Value": .signed, "DoubleValue": .double, "FloatValue": .float, "StringValue": .string,
        "BytesValue": .bytes,
    ]

    private func wellKnown(_ value: JSONValue, _ type: String) throws(Failure) -> [UInt8]? {
        let scope = "google.protobuf."
        guard type.hasPrefix(scope) else { return nil }
        let name = String(type.dropFirst(scope.count))
        var writer = WireWriter()
        if let kind = Self.wrapped[name] {
            try addOne(value, .init(number: 1, kind: kind, isRepeated: false), to: &writer)
            return writer.bytes
        }
        switch name {
        case "Any":
            let (url, bytes) = try encode(value)
            writer.add(1, url)
            writer.add(2, bytes)
        case "Duration":
            let (seconds, nanoseconds) = try Self.duration(value)
            if seconds != 0 { writer.add(1, number: UInt64(bitPattern: seconds)) }
            if nanoseconds != 0 { writer.add(2, number: UInt64(bitPattern: nanoseconds)) }
        case "Struct": return structure(value.objectValue ?? [:])
        case "Value": return anyValue(value)
        default: return nil
        }
        return writer.bytes
    }

    /// `1.5s`.
    private static func duration(_ value: JSONValue) throws(Failure) -> (seconds: Int64, nanoseconds: Int64) {
        let text = try text(value)
        let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : ""
        guard text.hasSuffix("s"), parts.count <= 2, let seconds = Int64(parts[0]), fraction.utf8.count <= 9,
            let nanoseconds = Int64(fraction + String(repeating: "0", count: 9 - fraction.utf8.count))
        else { throw Failure(description: "\(text) is no duration") }
        return (seconds, text.hasPrefix("-") ? -nanoseconds : nanoseconds)
    }

    private func structure(_ members: [String: JSONValue]) -> [UInt8] {
        var writer = WireWriter()
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            var entry = WireWriter()
            entry.add(1, key)
            entry.add(2, anyValue(value))
            writer.add(1, entry.bytes)
        }
        return writer.bytes
    }

    private func anyValue(_ value: JSONValue) -> [UInt8] {
        var writer = WireWriter()
        switch value {
        case .null: writer.add(1, number: 0)
        case .integer(let number): writer.add(2, fixed: Double(number).bitPattern)
        case .number(let number): writer.add(2, fixed: number.bitPattern)
        case .string(let text): writer.add(3, text)
        case .bool(let flag): writer.add(4, number: flag ? 1 : 0)
        case .object(let members): writer.add(5, structure(members))
        case .array(let elements):
            var list = WireWriter()
            for element in elements { list.add(1, anyValue(element)) }
            writer.add(6, list.bytes)
        }
        return writer.bytes
    }
}
