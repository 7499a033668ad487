public import Foundation
import MeshState
import Yams

/// The contexts, clusters and users of one or several kubeconfig files.
///
/// Files are merged as kubectl does it: the first one that names a thing defines it. Relative paths are meant from the
/// folder of the file that holds them.
public struct Kubeconfig: Sendable {
    /// A named element together with the file that it comes from.
    struct Entry: Sendable {
        var file: URL
        var value: YAMLValue
    }

    /// The context in force when none is named; nil where no file sets one.
    public private(set) var currentContext: String?
    private(set) var contexts: [String: Entry] = [:]
    private(set) var clusters: [String: Entry] = [:]
    private(set) var users: [String: Entry] = [:]
    /// The files that were read, as an operator would name them.
    private(set) var origin: String

    /// Names of the contexts, sorted.
    public var contextNames: [String] { contexts.keys.sorted() }

    /// Reads the given file, else those of `$KUBECONFIG`, else `~/.kube/config`.
    ///
    /// Of the files in `$KUBECONFIG` those that do not exist are left out, as kubectl does.
    public init(
        path: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(AccessError) {
        if let path {
            try self.init(files: [URL(filePath: path)])
            return
        }
        let listed = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        let home = environment["HOME"] ?? NSHomeDirectory()
        let candidates = listed.isEmpty ? [home + "/.kube/config"] : listed
        let files = candidates.map { URL(filePath: $0) }.filter { FileManager.default.fileExists(atPath: $0.path) }
        if files.isEmpty {
            throw AccessError(
                place: candidates.joined(separator: ":"), problem: "there is no such file",
                remedy: "name a kubeconfig with --kubeconfig or $KUBECONFIG, or an API with --server")
        }
        try self.init(files: files)
    }

    /// Reads these files and merges them.
    public init(files: [URL]) throws(AccessError) {
        origin = files.map(\.path).joined(separator: ":")
        for file in files {
            let text: String
            do {
                text = try String(contentsOf: file, encoding: .utf8)
            } catch {
                let exists = FileManager.default.fileExists(atPath: file.path)
                throw AccessError(
                    place: file.path, problem: exists ? "the file cannot be read" : "there is no such file",
                    remedy: exists ? "check its permissions, and that it is text" : "check the path")
            }
            try merge(text: text, file: file)
        }
    }

    /// Reads the text of one file.
    init(text: String, file: URL) throws(AccessError) {
        origin = file.path
        try merge(text: text, file: file)
    }

    private mutating func merge(text: String, file: URL) throws(AccessError) {
        let document: YAMLValue
        do {
            document = YAMLValue(try Yams.compose(yaml: text))
        } catch {
            throw AccessError(
                place: file.path, problem: "this is not YAML: \(error)".madeSafe, remedy: "correct the file")
        }
        if case .null = document { return }
        guard case .map = document else {
            throw AccessError(
                place: file.path, problem: "a kubeconfig is a map at its top, this is \(document.kind)",
                remedy: "name another file")
        }
        if let kind = document["kind"]?.string, kind != "Config" {
            throw AccessError(
                place: file.path, field: "kind", problem: "this is a \(kind.madeSafe), not a Config",
                remedy: "name a kubeconfig")
        }
        if currentContext == nil, let name = document["current-context"]?.string, !name.isEmpty {
            currentContext = name
        }
        try merge(document, "contexts", file: file, into: \.contexts)
        try merge(document, "clusters", file: file, into: \.clusters)
        try merge(document, "users", file: file, into: \.users)
    }

    private mutating func merge(
        _ document: YAMLValue, _ key: String, file: URL, into target: WritableKeyPath<Self, [String: Entry]>
    ) throws(AccessError) {
        guard let list = document[key], list != .null else { return }
        guard case .list(let elements) = list else {
            throw AccessError(
                place: file.path, field: key, problem: "this is \(list.kind) where a list belongs",
                remedy: "write each element as `- name: …`")
        }
        let member = String(key.dropLast())
        for (index, element) in elements.enumerated() {
            guard let name = element["name"]?.string, !name.isEmpty else {
                throw AccessError(
                    place: file.path, field: "\(key)[\(index)].name", problem: "the name is missing",
                    remedy: "give the element a name")
            }
            guard self[keyPath: target][name] == nil else { continue }
            self[keyPath: target][name] = Entry(file: file, value: element[member] ?? .null)
        }
    }
}
