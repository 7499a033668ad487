import Foundation
import MeshLab
import MeshTUI

extension PathInUse {
    /// All paths that meshtop reads or writes in this environment.
    static func all(environment: [String: String] = ProcessInfo.processInfo.environment) -> [PathInUse] {
        let places = Places(environment: environment)
        var paths: [(name: String, path: String?)] = [
            ("executable", (try? ownExecutable())?.path), ("configuration", places.configurationFile.path),
            ("own themes", places.ownThemes.path), ("share", places.share?.path),
        ]
        let state = StateFolder(environment: environment)
        paths += [
            ("state", state.url.path), ("journal", state.journal.path), ("recorder", state.recorder.path),
            ("drafts", state.drafts.path), ("saved screens", state.saved.path), ("prompts", state.prompts.path),
        ]
        paths += kubeconfigs(environment, home: places.home).map { ("kubeconfig", $0) }
        let lab = (try? LabControl().layout()) ?? nil
        paths += [("lab", lab?.stateDirectory.path), ("lab's kubeconfig", lab?.kubeconfigFile.path)]
        return paths.map { name, path in
            guard let path else { return PathInUse(name: name, path: "none", isThere: false) }
            return PathInUse(name: name, path: path, isThere: FileManager.default.fileExists(atPath: path))
        }
    }

    private static func kubeconfigs(_ environment: [String: String], home: String) -> [String] {
        let configured = (try? Configuration(environment: environment))?.path(.kubeconfig)
        if let configured { return [configured] }
        if let list = environment["KUBECONFIG"], !list.isEmpty { return list.split(separator: ":").map(String.init) }
        return ["\(home)/.kube/config"]
    }
}
