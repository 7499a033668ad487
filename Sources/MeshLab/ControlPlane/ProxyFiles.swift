import Foundation
import MeshState

/// The files of one proxy beside its certificates.
struct ProxyFiles: Sendable {
    let directory: URL

    init(node: ProxyNode) { directory = node.directory }

    var bootstrapFile: URL { directory.appending(path: "bootstrap.json") }
    /// Holds no secret at all; a resource that wants one which does not exist reads it here.
    var noSecretsFile: URL { directory.appending(path: "no-secrets.json") }

    /// Writes what the proxy reads when it starts.
    func write(bootstrap: JSONValue) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try Data(bootstrap.jsonText(indent: 1).utf8).write(to: bootstrapFile, options: .atomic)
        let nothing: JSONValue = ["version_info": "0", "resources": []]
        try Data(nothing.jsonText().utf8).write(to: noSecretsFile, options: .atomic)
    }
}
