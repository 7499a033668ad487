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

    /// Writes the rules of every pod.
    func write() async throws {
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
    }

    /// Follows the store until the task is cancelled.
    func follow() async throws {
        try await store.follow(reading: write) { event in
            if [.networkPolicies, .pods, .namespaces].contains(event.resource) { try await write() }
        }
    }
}
