import Foundation
import MeshClient
import MeshState
import MeshTUI

extension MeshSession {
    /// Reads what a work is about: its files, and the objects as the API has them.
    nonisolated func gather(_ work: ObjectWork) async -> Gathering {
        do {
            let files = work.files.map { ($0 as NSString).expandingTildeInPath }
            let manifests = try Manifest.read(
                files, namespace: identity.namespace ?? "default", isDeep: false)
            let keys = manifests.map { ManifestChange.key(of: $0.object) }
            let readings = await readings(of: keys + work.keys)
            let found = zip(manifests, keys).map { manifest, key in
                GatheredObject(
                    key: key, manifest: manifest.object, file: manifest.file, reading: readings[key] ?? .absent)
            }
            if case .restart(let namespace, let workload) = work {
                let pods = try await source.client.list(.pods, namespace: namespace).objects
                return .objects(
                    try pods.filter { try Pod(object: $0).workload == workload }.map {
                        GatheredObject(key: ManifestChange.key(of: $0), reading: .object($0))
                    })
            }
            return .objects(found + work.keys.map { GatheredObject(key: $0, reading: readings[$0] ?? .absent) })
        } catch {
            return .failed("\(error)".madeSafe)
        }
    }

    /// Makes changes one after the other, as one batch of the journal; one that fails does not keep the others.
    ///
    /// - Parameter told: hears of each as soon as the API has answered.
    nonisolated func perform(
        together requests: [ChangeRequest], told: @Sendable (ChangeRequest, ChangeResult) async -> Void
    ) async {
        let batch = requests.count > 1 ? UUID().uuidString : nil
        for request in requests { await told(request, await perform(request, batch: batch)) }
    }
}

extension ConsoleRunner {
    /// The files and folders that a half typed path may mean; of files those that may hold objects.
    static func paths(for typed: String) -> [String] {
        let folder = typed.lastIndex(of: "/").map { String(typed[...$0]) } ?? ""
        let place = folder.isEmpty ? "." : (folder as NSString).expandingTildeInPath
        // A folder that is not there, or may not be read, has nothing to offer.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
        let isHiddenMeant = typed.dropFirst(folder.count).hasPrefix(".")
        return names.filter { $0.hasPrefix(".") == isHiddenMeant }.sorted().compactMap { name in
            var isFolder: ObjCBool = false
            // A blank would end the path.
            guard FileManager.default.fileExists(atPath: "\(place)/\(name)", isDirectory: &isFolder),
                !name.contains(where: \.isWhitespace), name == name.madeSafe
            else { return nil }
            if isFolder.boolValue { return "\(folder)\(name)/" }
            return [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) } ? folder + name : nil
        }
    }
}
