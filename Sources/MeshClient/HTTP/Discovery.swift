import MeshState
import NIOHTTP1

/// Remembers which version of Istio's resources the cluster serves.
actor Discovery {
    private var found: [String: Resource] = [:]

    /// Asks anew next time, as after a 404.
    func forget(_ resource: Resource) { found[resource.plural] = nil }

    /// The resource in the newest version that the cluster serves.
    ///
    /// - Throws: a `RequestFailure` of kind `notFound` where it serves none.
    func served(_ resource: Resource, by client: KubernetesClient) async throws -> Resource {
        guard resource.group == Resource.istioGroup else { return resource }
        if let known = found[resource.plural] { return known }
        let result = try await ask(resource, client)
        found[resource.plural] = result
        return result
    }

    private func ask(_ resource: Resource, _ client: KubernetesClient) async throws -> Resource {
        let absent = RequestFailure(
            .notFound, "this cluster has no \(resource.kind) resource: is Istio installed?")
        let versions: [String]
        do {
            let group = try client.document(
                try await client.send(.GET, "/apis/\(resource.group)", what: "API group \(resource.group)").body)
            versions = group["versions"]?.arrayValue?.compactMap { $0["version"]?.stringValue } ?? []
        } catch let failure as RequestFailure where failure.kind == .notFound {
            throw absent
        }
        for version in Resource.istioVersions where versions.contains(version) {
            let list: JSONValue
            do {
                list = try client.document(
                    try await client.send(
                        .GET, "/apis/\(resource.group)/\(version)", what: "API group \(resource.group)/\(version)"
                    ).body)
            } catch let failure as RequestFailure where failure.kind == .notFound {
                continue
            }
            let names = list["resources"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
            if names.contains(resource.plural) {
                return Resource(
                    group: resource.group, version: version, plural: resource.plural, kind: resource.kind)
            }
        }
        throw absent
    }
}
