import ArgumentParser
import Foundation
import MeshClient
import MeshHistory
import MeshState
import MeshTUI

/// What a shell offers at the places where only the mesh knows. Whatever fails, nothing is offered: a shell that waits
/// for Tab is no place for messages.
enum Completion {
    /// How long a person waits for Tab.
    private static let patience = Duration.seconds(2)

    /// The names of a pane's rows.
    static func names(of listing: Listing, _ words: [String]) async -> [String] {
        guard let session = try? await connection(words).session(), let rows = try? RowSelection(RowQuery(), of: listing)
        else { return [] }
        // What is known by then is offered.
        let snapshot = await session.firstSnapshot(atMost: patience)
        await session.stop()
        guard let found = try? rows.rows(of: snapshot) else { return [] }
        return Array(Set(found.names.map { $0.split(separator: "/").last.map(String.init) ?? $0 })).sorted()
    }

    /// The workloads that have a proxy.
    static func workloads(_ words: [String]) async -> [String] {
        guard let session = try? await connection(words).session() else { return [] }
        let snapshot = await session.firstSnapshot(atMost: patience)
        await session.stop()
        return Array(Set(snapshot.proxies.map(\.workload))).sorted()
    }

    /// The numbers of the latest changes, the latest first.
    static func changes() async -> [String] {
        let file = StateFolder().journal
        guard FileManager.default.fileExists(atPath: file.path),
            let records = try? await Journal(file).records(limit: 50)
        else { return [] }
        return records.compactMap { $0.number.map { String($0) } }
    }

    /// The contexts of the kubeconfig.
    static func contexts(_ words: [String]) -> [String] {
        (try? Kubeconfig(path: value(of: "--kubeconfig", in: words)).contextNames) ?? []
    }

    /// The namespaces of the mesh.
    static func namespaces(_ words: [String]) async -> [String] {
        guard let client = try? await connection(words).client().client else { return [] }
        let names = await withTaskGroup(of: [String].self) { group in
            group.addTask {
                let list = try? await client.list(.namespaces)
                return list?.objects.compactMap { $0["metadata"]?["name"]?.stringValue?.madeSafe } ?? []
            }
            group.addTask {
                // Ends early when the list is there.
                try? await Task.sleep(for: patience)
                return []
            }
            defer { group.cancelAll() }
            return await group.next() ?? []
        }
        await client.shutdown()
        return names.sorted()
    }

    /// The mesh that the words of an unfinished command line name.
    private static func connection(_ words: [String]) async throws -> ConnectionOptions {
        let named = ["--kubeconfig", "--context", "--server", "--namespace", "-n"].flatMap { name in
            value(of: name, in: words).map { [name, $0] } ?? []
        }
        return try await ConnectionOptions.reading(named)
    }

    private static func value(of option: String, in words: [String]) -> String? {
        if let place = words.firstIndex(of: option), place + 1 < words.count { return words[place + 1] }
        return words.first { $0.hasPrefix(option + "=") }.map { String($0.dropFirst(option.count + 1)) }
    }
}
