import Foundation
import MeshState

/// The files through which one proxy gets its configuration (Envoy's filesystem xDS).
///
/// `cds/cds.json` and `lds/lds.json` hold all resources of their type, `rds/NAME.json` one each.
/// A file is replaced by renaming a finished one over it, which is what Envoy waits for.
struct ProxyFiles: Sendable {
    let directory: URL

    init(node: ProxyNode) { directory = node.directory }

    var bootstrapFile: URL { directory.appending(path: "bootstrap.json") }
    var clustersFile: URL { directory.appending(path: "cds/cds.json") }
    var listenersFile: URL { directory.appending(path: "lds/lds.json") }
    /// Holds no secret at all; a resource that wants one which does not exist reads it here.
    var noSecretsFile: URL { directory.appending(path: "no-secrets.json") }
    func routeFile(_ name: String) -> URL { directory.appending(path: "rds/\(Self.fileName(name))") }

    /// A resource's name as a file's: what cannot be in one becomes `%XX`, and a name too long ends in its hash.
    static func fileName(_ name: String) -> String {
        var result = ""
        for byte in name.utf8 {
            if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "%") || byte <= 0x20 || byte >= 0x7F {
                result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            } else {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        let longest = 200
        if result.utf8.count > longest {
            result = String(decoding: result.utf8.prefix(longest), as: UTF8.self) + "~" + ContentHash(of: [name]).text
        }
        return result + ".json"
    }

    func createDirectories() throws {
        for name in ["cds", "lds", "rds"] {
            try FileManager.default.createDirectory(
                at: directory.appending(path: name), withIntermediateDirectories: true)
        }
        try write(DiscoveryFile([]).text, to: noSecretsFile)
    }

    /// Replaces a file at once: whoever reads it sees the old text or the new one.
    func write(_ text: String, to file: URL) throws {
        try Data(text.utf8).write(to: file, options: .atomic)
    }

    func remove(_ file: URL) throws {
        do {
            try FileManager.default.removeItem(at: file)
        } catch CocoaError.fileNoSuchFile {
            // Gone already is what was wanted.
        }
    }
}

/// A DiscoveryResponse as a file holds it.
struct DiscoveryFile: Sendable, Hashable {
    let version: String
    let text: String

    /// The resources by name, one a line; the version is a hash of them, so that it changes when they do.
    init(_ resources: [EnvoyResource]) {
        let sorted = resources.sorted { $0.name < $1.name }
        version = ContentHash(of: sorted.lazy.map(\.text)).text
        let lines = sorted.map(\.text).joined(separator: ",\n")
        text = "{\"version_info\":\"\(version)\",\"resources\":[\n\(lines)\n]}\n"
    }
}

/// A 64-bit FNV-1a hash: short, stable from run to run, and no secret depends on it.
struct ContentHash: Sendable, Hashable {
    let value: UInt64

    init(of texts: some Sequence<String>) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for text in texts {
            var copy = text
            copy.withUTF8 { bytes in
                for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            }
            hash = (hash ^ 0xFF) &* 0x100_0000_01B3
        }
        value = hash
    }

    var text: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
