import Foundation
import MeshClient
import MeshState

/// An object and the file that it stands in.
struct Manifest {
    let file: String
    var object: JSONValue

    /// Every object of these files; a folder stands for the YAML and JSON files in it and below it.
    ///
    /// - Parameters:
    ///   - namespace: of objects that name none.
    ///   - isDeep: whether folders in the folders count too.
    static func read(_ paths: [String], namespace: String, isDeep: Bool = true) throws -> [Manifest] {
        try ManifestSource.all(paths, isDeep: isDeep).flatMap { source in
            switch source.read() {
            case .unreadable(let reason): throw Failure("\(source.name): \(reason)")
            case .text(let text):
                try objects(of: text, in: source.name).map {
                    Manifest(file: source.name, object: $0.inNamespace(namespace))
                }
            }
        }
    }

    private static func objects(of text: String, in file: String) throws -> [JSONValue] {
        do {
            return try YAMLText.parse(text).flatMap { document in
                let isList = document["kind"]?.stringValue?.hasSuffix("List") == true
                return isList ? document["items"]?.arrayValue ?? [] : [document]
            }
        } catch {
            throw Failure("\(file): \(error)")
        }
    }
}

extension MeshConfiguration {
    /// The mesh that would be if these files were applied in their order.
    ///
    /// - Parameter policy: nil for what a ConfigMap `istio` among the files says; REGISTRY_ONLY without one.
    init(manifests: [Manifest], policy: OutboundPolicy?) throws {
        self.init()
        var order: [ObjectKey] = []
        var latest: [ObjectKey: Manifest] = [:]
        for manifest in manifests {
            let meta = manifest.object["metadata"]
            let key = ObjectKey(
                kind: manifest.object["kind"]?.stringValue ?? "", namespace: meta?["namespace"]?.stringValue ?? "",
                name: meta?["name"]?.stringValue ?? "")
            if latest.updateValue(manifest, forKey: key) == nil { order.append(key) }
        }
        for key in order {
            guard let manifest = latest[key] else { continue }
            do {
                _ = try add(manifest.object)
                if let said = try OutboundPolicy(configMap: manifest.object) { self.policy = said }
            } catch {
                throw Failure("\(manifest.file): \(error)")
            }
        }
        if let policy { self.policy = policy }
    }
}

extension JSONValue {
    /// The object in a namespace of its own, or else in this one, if it is of a kind that has namespaces.
    fileprivate func inNamespace(_ namespace: String) -> JSONValue {
        guard self["metadata"]?["namespace"] == nil, self["kind"]?.stringValue != "Namespace",
            var meta = self["metadata"]
        else { return self }
        meta["namespace"] = .string(namespace)
        var object = self
        object["metadata"] = meta
        return object
    }
}

// MARK: - The live mesh

/// What could be read of a live mesh.
struct LiveMesh {
    var configuration: MeshConfiguration
    /// Kinds that are missing from it, a sentence each.
    var gaps: [String]
    /// Those that exist; nil where they may not be listed.
    var namespaces: Set<String>?

    /// Reads every object that decides where calls go, in all namespaces.
    init(_ client: KubernetesClient) async throws {
        configuration = MeshConfiguration()
        var known: Set<String> = []
        let found = try await client.meshObjects()
        gaps = found.gaps
        for object in found.objects {
            if object["kind"] == "Namespace", let name = object["metadata"]?["name"]?.stringValue?.madeSafe {
                known.insert(name)
            }
            do {
                _ = try configuration.add(object)
            } catch {
                gaps.append("left out: \(error)")
            }
        }
        namespaces = known.isEmpty ? nil : known
        configuration.policy = try await client.outboundPolicy()
    }
}
