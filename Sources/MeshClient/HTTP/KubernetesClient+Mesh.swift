public import MeshState

extension KubernetesClient {
    /// The kinds that decide where calls go, and the namespaces that they are in.
    private static let meshKinds: [Resource] = [
        .namespaces, .services, .endpoints, .pods, .serviceEntries, .virtualServices, .destinationRules, .gateways,
        .sidecars, .workloadEntries,
    ]

    /// Lists every object that decides where calls go, of all namespaces.
    ///
    /// Where all namespaces may not be listed, those of the context's own and of Istio's are.
    ///
    /// - Returns: the objects, kind by kind, and a sentence for each kind that could not be listed, or only in part.
    /// - Throws: `RequestFailure` for anything but a kind that is denied or not served, `AccessError`, or
    ///   `CancellationError`.
    public func meshObjects(
        istioNamespace: String = "istio-system"
    ) async throws -> (objects: [JSONValue], gaps: [String]) {
        try await withThrowingTaskGroup(of: (Int, [JSONValue], String?).self) { group in
            for (place, resource) in Self.meshKinds.enumerated() {
                group.addTask { [self] in
                    do {
                        let served = try await discovery.served(resource, by: self)
                        do {
                            return (place, try await list(served).objects, nil)
                        } catch let failure as RequestFailure where failure.kind == .denied {
                            return try await list(part: served, place, istioNamespace, because: failure)
                        }
                    } catch let failure as RequestFailure where [.denied, .notFound].contains(failure.kind) {
                        return (place, [], "without \(resource.plural): \(failure.message)")
                    }
                }
            }
            var found: [(place: Int, objects: [JSONValue], gap: String?)] = []
            for try await kind in group { found.append(kind) }
            found.sort { $0.place < $1.place }
            return (found.flatMap(\.objects), found.compactMap(\.gap))
        }
    }

    /// Lists a kind in the two namespaces that matter most.
    private func list(
        part resource: Resource, _ place: Int, _ istioNamespace: String, because denial: RequestFailure
    ) async throws -> (Int, [JSONValue], String?) {
        // What has no namespaces is denied as a whole.
        if resource == .namespaces { throw denial }
        var objects: [JSONValue] = []
        let namespaces = Set([access.namespace, istioNamespace]).sorted()
        for namespace in namespaces { objects += try await list(resource, namespace: namespace).objects }
        return (
            place, objects, "\(resource.plural) of \(namespaces.joined(separator: " and ")) alone: \(denial.message)"
        )
    }
}
