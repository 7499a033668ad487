import Foundation
import MeshState

/// Kubernetes' Protocol Buffers form, as far as clients insist on it: newer kubectls create Namespaces, ConfigMaps and
/// Secrets in it.
///
/// A body is the four bytes `k8s\0` and an envelope (`runtime.Unknown`) with the type and the object.
enum KubernetesProtobuf {
    static let mediaType = "application/vnd.kubernetes.protobuf"

    private static let magic = Array("k8s\0".utf8)

    /// Reads an object of a resource that clients create in this form; nil for bytes of another form and for others.
    static func object(_ bytes: [UInt8], of resource: Resource) -> JSONValue? {
        guard let known = fields[resource] else { return nil }
        guard bytes.starts(with: magic), let envelope = Message(bytes[4...]) else { return nil }
        guard let type = envelope.message(1), let object = envelope.message(2), let metadata = object.message(1) else {
            return nil
        }
        var result: JSONValue = ["apiVersion": type.string(1), "kind": type.string(2)]
        var members: JSONValue = [:]
        for (name, field) in [("name", 1), ("generateName", 2)] {
            if let text = metadata.string(field).stringValue, !text.isEmpty { members[name] = .string(text) }
        }
        for (name, field) in [("labels", 11), ("annotations", 12)] { members[name] = metadata.map(field) }
        result["metadata"] = members
        for (name, field, kind) in known {
            switch kind {
            case .text: if object.has(field) { result[name] = object.string(field) }
            case .texts: result[name] = object.map(field)
            case .bytes: result[name] = object.map(field, areBytes: true)
            }
        }
        return result
    }

    private enum Kind { case text, texts, bytes }

    /// The members of each kind beside its metadata that are read, with their numbers.
    private static let fields: [Resource: [(name: String, number: Int, kind: Kind)]] = [
        .namespaces: [], .configMaps: [("data", 2, .texts), ("binaryData", 3, .bytes)],
        .secrets: [("data", 2, .bytes), ("type", 3, .text), ("stringData", 4, .texts)],
    ]

    /// The length-delimited fields of one message; others are skipped.
    private struct Message {
        private var fields: [Int: [ArraySlice<UInt8>]] = [:]

        init?(_ bytes: ArraySlice<UInt8>) {
            var rest = bytes
            while !rest.isEmpty {
                guard let tag = Self.varint(&rest) else { return nil }
                switch tag & 7 {
                case 0: guard Self.varint(&rest) != nil else { return nil }
                case 1, 5:
                    let size = tag & 7 == 1 ? 8 : 4
                    guard rest.count >= size else { return nil }
                    rest = rest.dropFirst(size)
                case 2:
                    guard let size = Self.varint(&rest), size <= rest.count else { return nil }
                    fields[Int(tag >> 3), default: []].append(rest.prefix(Int(size)))
                    rest = rest.dropFirst(Int(size))
                default: return nil
                }
            }
        }

        private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 64, by: 7) {
                guard let byte = bytes.popFirst() else { return nil }
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
            }
            return nil
        }

        func has(_ field: Int) -> Bool { fields[field] != nil }
        func messages(_ field: Int) -> [Message] { (fields[field] ?? []).compactMap { Message($0) } }
        func message(_ field: Int) -> Message? { fields[field]?.last.flatMap { Message($0) } }
        func string(_ field: Int) -> JSONValue {
            .string(String(decoding: fields[field]?.last ?? [], as: UTF8.self))
        }

        /// The entries of a map of texts, or of bytes, which JSON has in base64; nil for an empty one.
        func map(_ field: Int, areBytes: Bool = false) -> JSONValue? {
            var map: [String: JSONValue] = [:]
            for entry in messages(field) {
                guard let key = entry.string(1).stringValue else { continue }
                map[key] =
                    areBytes
                    ? .string(Data(entry.fields[2]?.last ?? []).base64EncodedString()) : entry.string(2)
            }
            return map.isEmpty ? nil : .object(map)
        }
    }
}
