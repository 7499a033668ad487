import Foundation
import MeshState

/// The configuration of one proxy as it is on disk; writes what changed and nothing else.
final class ProxyFileStore {
    private let files: ProxyFiles
    private(set) var written = EnvoyResources()
    private var clustersVersion = ""
    private var listenersVersion = ""
    private var routeVersions: [String: String] = [:]

    /// Takes over what an earlier run left, so that Envoys that still run are changed step by step too.
    init(files: ProxyFiles) throws {
        self.files = files
        try files.createDirectories()
        written.clusters = Self.load(files.clustersFile)
        written.listeners = Self.load(files.listenersFile)
        written.routes = Self.loadFolder(files.directory.appending(path: "rds"))
        clustersVersion = Self.version(written.clusters, files.clustersFile)
        listenersVersion = Self.version(written.listeners, files.listenersFile)
        routeVersions = written.routes.mapValues { DiscoveryFile([$0]).version }
    }

    /// A file that is absent or unreadable holds nothing, and is written anew.
    private static func load(_ file: URL) -> [String: EnvoyResource] {
        guard let data = try? Data(contentsOf: file), let document = try? JSONValue(parsing: data) else { return [:] }
        var result: [String: EnvoyResource] = [:]
        for value in document["resources"]?.arrayValue ?? [] {
            guard let name = value["name"]?.stringValue else { continue }
            result[name] = EnvoyResource(name: name, value: value)
        }
        return result
    }

    private static func loadFolder(_ folder: URL) -> [String: EnvoyResource] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.reduce(into: [:]) { result, name in
            result.merge(load(folder.appending(path: name))) { first, _ in first }
        }
    }

    private static func version(_ resources: [String: EnvoyResource], _ file: URL) -> String {
        FileManager.default.fileExists(atPath: file.path) ? DiscoveryFile(Array(resources.values)).version : ""
    }

    // MARK: Writing

    /// Each of these says whether it had to write.
    func writeClusters(_ clusters: [String: EnvoyResource]) throws -> Bool {
        try write(clusters, \.clusters, &clustersVersion, to: files.clustersFile)
    }

    func writeListeners(_ listeners: [String: EnvoyResource]) throws -> Bool {
        try write(listeners, \.listeners, &listenersVersion, to: files.listenersFile)
    }

    /// Writes new and changed ones; those that are no longer wanted stay until `removeFiles`.
    func writeRoutes(_ routes: [String: EnvoyResource]) throws -> Bool {
        var hasWritten = false
        for (name, route) in routes where written.routes[name] != route {
            let document = DiscoveryFile([route])
            try files.write(document.text, to: files.routeFile(name))
            written.routes[name] = route
            routeVersions[name] = document.version
            hasWritten = true
        }
        return hasWritten
    }

    private func write(
        _ resources: [String: EnvoyResource], _ path: WritableKeyPath<EnvoyResources, [String: EnvoyResource]>,
        _ version: inout String, to file: URL
    ) throws -> Bool {
        if !version.isEmpty, written[keyPath: path] == resources { return false }
        let document = DiscoveryFile(Array(resources.values))
        try files.write(document.text, to: file)
        written[keyPath: path] = resources
        version = document.version
        return true
    }

    func removeFiles(notIn target: EnvoyResources) throws {
        for name in written.routes.keys where target.routes[name] == nil {
            try files.remove(files.routeFile(name))
            written.routes[name] = nil
            routeVersions[name] = nil
        }
    }

    // MARK: Versions

    /// What of a type was written last, in one word; empty when there is nothing of it.
    func version(of type: DiscoveryType) -> String {
        switch type {
        case .cds: clustersVersion
        case .lds: listenersVersion
        case .rds where routeVersions.isEmpty: ""
        case .rds: ContentHash(of: routeVersions.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }).text
        }
    }

    /// Whether what was written is what Envoy uses.
    func isInEffect(_ type: DiscoveryType, _ stats: DiscoveryStats) -> Bool {
        switch type {
        case .cds: stats.clusters.version == clustersVersion
        case .lds: stats.listeners.version == listenersVersion
        case .rds: routesNotInEffect(stats).isEmpty
        }
    }

    /// The routes of which Envoy uses another version, or none.
    func routesNotInEffect(_ stats: DiscoveryStats) -> Set<String> {
        Set(routeVersions.filter { stats.route($0.key).version != $0.value }.keys)
    }
}
