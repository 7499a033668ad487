import MeshState

/// What an Envoy says on its discovery stream (`DeltaDiscoveryRequest`): what it wants, and how it took an answer.
struct DeltaRequest: Sendable, Hashable {
    /// The node's `id`; empty but in the first message.
    var nodeID = ""
    var typeURL = ""
    var subscribed: [String] = []
    var unsubscribed: [String] = []
    /// What it has from an earlier stream, with the versions.
    var initialVersions: [String: String] = [:]
    /// Which answer it is about; empty for none.
    var nonce = ""
    /// Why it did not take that answer; nil where it did.
    var error: String?

    init() {}

    init(parsing bytes: ArraySlice<UInt8>) {
        for (field, value) in WireReader(bytes) {
            switch field {
            case 1: nodeID = Self.text(1, of: value)
            case 2: typeURL = value.text ?? ""
            case 3: subscribed.append(value.text ?? "")
            case 4: unsubscribed.append(value.text ?? "")
            case 5: initialVersions[Self.text(1, of: value)] = Self.text(2, of: value)
            case 6: nonce = value.text ?? ""
            case 7: error = Self.text(2, of: value)
            default: break
            }
        }
    }

    private static func text(_ wanted: Int, of message: WireReader.Value) -> String {
        guard let bytes = message.bytes else { return "" }
        for (field, value) in WireReader(bytes) where field == wanted { return value.text ?? "" }
        return ""
    }
}

/// What an Envoy is sent (`DeltaDiscoveryResponse`).
struct DeltaResponse: Sendable, Hashable {
    var type: DiscoveryType
    var nonce: String
    var resources: [EncodedResource]
    var removed: [String]

    /// The message's wire form.
    var bytes: [UInt8] {
        var writer = WireWriter()
        for resource in resources {
            var content = WireWriter()
            content.add(1, type.typeURL)
            content.add(2, resource.bytes)
            var entry = WireWriter()
            entry.add(1, resource.version)
            entry.add(2, content.bytes)
            entry.add(3, resource.name)
            writer.add(2, entry.bytes)
        }
        writer.add(4, type.typeURL)
        writer.add(5, nonce)
        for name in removed { writer.add(6, name) }
        return writer.bytes
    }
}

/// A resource as Envoys get it, shared by all that get the same.
struct EncodedResource: Sendable, Hashable {
    let name: String
    /// A hash of the bytes, so that it changes when they do.
    let hash: UInt64
    let bytes: [UInt8]
    let references: ResourceReferences
    /// The hash of the resource that it takes the place of, and the clusters that it names and that one does not.
    private let growth: (since: UInt64, clusters: Set<String>)?

    /// - Parameter before: what it takes the place of, so that it need not be looked at as a whole.
    init(name: String, bytes: [UInt8], references: ResourceReferences, before: EncodedResource? = nil) {
        self.name = name
        self.bytes = bytes
        self.references = references
        hash = ContentHash(of: bytes).value
        growth = before.map { ($0.hash, references.clusters.subtracting($0.references.clusters)) }
    }

    /// The clusters that it names and another one does not, or more.
    func clusters(notIn other: EncodedResource?) -> Set<String> {
        guard let growth, let other, growth.since == other.hash, name == other.name else { return references.clusters }
        return growth.clusters
    }

    var version: String { ContentHash(value: hash).text }

    static func == (left: Self, right: Self) -> Bool { left.hash == right.hash && left.name == right.name }

    func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(hash)
    }
}

/// What changes of a proxy's configuration, by type.
struct ResourceChange: Sendable {
    var put: [DiscoveryType: [EncodedResource]] = [:]
    var removed: [DiscoveryType: [String]] = [:]
    /// Why resources could not be encoded, by type and name.
    var failures: [String: String] = [:]

    /// Takes in what changes after this.
    mutating func add(_ later: ResourceChange) {
        for (type, resources) in later.put {
            let names = Set(resources.map(\.name))
            put[type] = (put[type] ?? []).filter { !names.contains($0.name) } + resources
            for name in names { failures["\(type.rawValue) \(name)"] = nil }
            removed[type]?.removeAll { names.contains($0) }
        }
        for (type, names) in later.removed {
            put[type]?.removeAll { names.contains($0.name) }
            removed[type, default: []] += names
            for name in names { failures["\(type.rawValue) \(name)"] = nil }
        }
        failures.merge(later.failures) { $1 }
    }

    var isEmpty: Bool {
        put.values.allSatisfy(\.isEmpty) && removed.values.allSatisfy(\.isEmpty) && failures.isEmpty
    }
}

/// A 64-bit FNV-1a hash, eight bytes at a time: short, stable from run to run, and no secret depends on it.
struct ContentHash: Sendable, Hashable {
    let value: UInt64

    init(value: UInt64) { self.value = value }

    init(of bytes: [UInt8]) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(bytes.count)
        bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset + 8 <= raw.count {
                hash = (hash ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x100_0000_01B3
                hash ^= hash >> 29
                offset += 8
            }
            while offset < raw.count {
                hash = (hash ^ UInt64(raw[offset])) &* 0x100_0000_01B3
                offset += 1
            }
        }
        value = hash ^ hash >> 32
    }

    var text: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
