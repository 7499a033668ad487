import Foundation
import MeshState

/// The configuration of one proxy as it is on disk; writes what changed and nothing else.
final class ProxyFileStore {
    private let files: ProxyFiles
    private(set) var written = EnvoyResources()
    private var clustersVersion = ""
    private var listenersVersion = ""
    private var routeVersions: [String: String] = [:]
    private var endpointVersions: [String: String] = [:]

    /// Takes over what an earlier run left, so that Envoys that still run are changed step by step too.
    init(files: ProxyFiles) throws {
        self.files = files
        try files.createDirectories()
        written.clusters = Self.load(files.clustersFile)
        written.listeners = Self.load(files.listenersFile)
        written.routes = Self.loadFolder(files.directory.appending(path: "rds"))
        written.endpoints = Self.loadFolder(files.directory.appending(path: "eds"))
        clustersVersion = Self.version(written.clusters, files.clustersFile)
        listenersVersion = Self.version(written.listeners, files.listenersFile)
        routeVersions = written.routes.mapValues { DiscoveryFile([$0]).version }
        endpointVersions = written.endpoints.mapValues { DiscoveryFile([$0]).version }
    }

    /// A file that is absent or unreadable holds nothing, and is written anew.
    private static func load(_ file: URL) -> [String: EnvoyResource] {
        guard let data = try? Data(contentsOf: file), let document = try? JSONValue(parsing: data) else { return [:] }
        var result: [String: EnvoyResource] = [:]
        for value in document["resources"]?.arrayValue ?? [] {
            guard let name = (value["name"] ?? value["cluster_name"])?.stringValue else { continue }
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

    func writeRoutes(_ routes: [String: EnvoyResource]) throws -> Bool {
        try write(routes, \.routes, &routeVersions, file: files.routeFile)
    }

    func writeEndpoints(_ endpoints: [String: EnvoyResource]) throws -> Bool {
        try write(endpoints, \.endpoints, &endpointVersions, file: files.endpointsFile)
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

    /// Writes new and changed ones; those that are no longer wanted stay until `removeFiles`.
    private func write(
        _ resources: [String: EnvoyResource], _ path: WritableKeyPath<EnvoyResources, [String: EnvoyResource]>,
        _ versions: inout [String: String], file: (String) -> URL
    ) throws -> Bool {
        var hasWritten = false
        for (name, resource) in resources where written[keyPath: path][name] != resource {
            let document = DiscoveryFile([resource])
            try files.write(document.text, to: file(name))
            written[keyPath: path][name] = resource
            versions[name] = document.version
            hasWritten = true
        }
        return hasWritten
    }

    func removeFiles(notIn target: EnvoyResources) throws {
        for name in written.routes.keys where target.routes[name] == nil {
            try files.remove(files.routeFile(name))
            written.routes[name] = nil
            routeVersions[name] = nil
        }
        for name in written.endpoints.keys where target.endpoints[name] == nil {
            try files.remove(files.endpointsFile(name))
            written.endpoints[name] = nil
            endpointVersions[name] = nil
        }
    }

    // MARK: Versions

    /// What of a type was written last, in one word; empty when there is nothing of it.
    func version(of type: DiscoveryType) -> String {
        switch type {
        case .cds: clustersVersion
        case .lds: listenersVersion
        case .rds: Self.combined(routeVersions)
        case .eds: Self.combined(endpointVersions)
        }
    }

    private static func combined(_ versions: [String: String]) -> String {
        versions.isEmpty ? "" : ContentHash(of: versions.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }).text
    }

    /// Whether what was written is what Envoy uses.
    func isInEffect(_ type: DiscoveryType, _ stats: DiscoveryStats) -> Bool {
        switch type {
        case .cds: stats.clusters.version == clustersVersion
        case .lds: stats.listeners.version == listenersVersion
        case .rds: routeVersions.allSatisfy { stats.route($0.key).version == $0.value }
        case .eds: endpointVersions.allSatisfy { stats.endpoints($0.key).version == $0.value }
        }
    }
}
