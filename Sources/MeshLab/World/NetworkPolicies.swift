import Foundation
import MeshState

/// Keeps each pod's rules as the NetworkPolicies of the store have them.
struct NetworkPolicies: Sendable {
    private let store: ObjectStore
    private let layout: LabLayout

    init(store: ObjectStore, layout: LabLayout) {
        self.store = store
        self.layout = layout
    }

    /// Writes the rules of every pod; returns the version of the store at which it began.
    @discardableResult
    func write() async throws -> Int64 {
        let version = await store.resourceVersion
        let pods = await store.list(.pods).objects.compactMap { NetworkPod($0) }
        let policies = await store.list(.networkPolicies).objects
        var namespaces: [String: [String: String]] = [:]
        for object in await store.list(.namespaces).objects {
            namespaces[object["metadata"]?["name"]?.stringValue ?? ""] = object["metadata"]?["labels"]?.stringMap ?? [:]
        }
        let folder = layout.egressRulesDirectory
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var stale = Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
        for pod in pods {
            guard let rules = EgressRules(of: pod, among: pods, policies: policies, namespaces: namespaces) else {
                continue
            }
            let file = layout.egressRulesFile(for: pod.ip)
            stale.remove(file.lastPathComponent)
            let text = Data(rules.text(layout: layout).utf8)
            if FileManager.default.contents(atPath: file.path) != text { try text.writePrivately(to: file) }
        }
        for name in stale { try FileManager.default.removeItem(at: folder.appending(path: name)) }
        return version
    }

    /// Follows the store until the task is cancelled.
    func follow() async throws {
        while !Task.isCancelled {
            let version = try await write()
            do {
                for try await event in store.changes(since: version)
                where [.networkPolicies, .pods, .namespaces].contains(event.resource) { try await write() }
            } catch StoreError.expired {
                // The lists are read anew.
            }
        }
    }
}
