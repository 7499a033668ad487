import MeshState

extension LabWorld {
    /// Brings the world's objects into the store of a lab.
    ///
    /// Those of what runs are put right at each start. What decides where calls go is stored once: people change it.
    static func seed(_ store: ObjectStore, authority: LabCA, capturesNames: Bool = false) async throws {
        let ratings = await store.get(.services, namespace: "default", name: "ratings")
        try await store.seed(await currentObjects(store, capturesNames: capturesNames) + secrets(authority))
        // A lab from the time before it had routes had a service for each version.
        guard ratings?["spec"]?["selector"] != ["app": "ratings"] else { return }
        try await store.seed(routing)
        for resource in [Resource.services, .endpoints]
        where await store.get(resource, namespace: "default", name: "ratings-v1") != nil {
            try await store.delete(resource, namespace: "default", name: "ratings-v1")
        }
    }

    /// The world's objects, with the labels that people gave to namespaces. Of a pod that these ask to inject, there is
    /// none: ``PodKeeper`` makes it.
    private static func currentObjects(_ store: ObjectStore, capturesNames: Bool) async throws -> [JSONValue] {
        let replaced = LabWorkload.injectedSleep
        if await store.get(.pods, namespace: replaced.namespace, name: replaced.pod) != nil {
            try await store.delete(.pods, namespace: replaced.namespace, name: replaced.pod)
        }
        var isInjected = false
        var result: [JSONValue] = []
        for var object in objects(capturesNames: capturesNames) {
            let name = object["metadata"]?["name"]?.stringValue ?? ""
            if object["kind"] == "Namespace" {
                let live = await store.get(.namespaces, namespace: "", name: name)
                let labels = live?["metadata"]?["labels"]?.stringMap ?? [:]
                let own = object["metadata"]?["labels"]?.stringMap ?? [:]
                object["metadata"]?["labels"] = JSONValue(labels.merging(own) { $1 })
                if name == replaced.namespace { isInjected = labels[injectionLabel] == "enabled" }
            } else if object["kind"] == "Pod", isInjected, name == LabWorkload.plainSleep.pod {
                continue
            }
            result.append(object)
        }
        return result
    }

    /// The documents' `destination-rule-all.yaml`, as far as versions are chosen from, and their
    /// `virtual-service-ratings-mysql.yaml`: reviews have red stars, which come from the database outside the mesh.
    static let routing: [JSONValue] =
        [
            subsets(of: "reviews", versions: ["v1", "v2", "v3"]),
            subsets(of: "ratings", versions: ["v1", "v2-mysql", "v2-mysql-vm"]),
            route(to: "reviews", version: "v3"), route(to: "ratings", version: "v2-mysql"),
        ]

    private static func subsets(of service: String, versions: [String]) -> JSONValue {
        let subsets = versions.map { version -> JSONValue in
            ["name": .string(version), "labels": ["version": .string(version)]]
        }
        return object(DestinationRule.kind, service, ["host": .string(service), "subsets": .array(subsets)])
    }

    private static func route(to service: String, version: String) -> JSONValue {
        let destination: JSONValue = ["host": .string(service), "subset": .string(version)]
        return object(
            VirtualService.kind, service,
            ["hosts": [.string(service)], "http": [["route": [["destination": destination]]]]])
    }

    private static func object(_ kind: String, _ name: String, _ spec: JSONValue) -> JSONValue {
        var object: JSONValue = [
            "apiVersion": "networking.istio.io/v1", "kind": .string(kind),
            "metadata": ["annotations": [:], "name": .string(name), "namespace": "default"], "spec": spec,
        ]
        // As `kubectl apply` would have left it, so that applying another one needs no warning.
        let applied = object.jsonText() + "\n"
        object["metadata"]?["annotations"] = [
            "kubectl.kubernetes.io/last-applied-configuration": .string(applied)
        ]
        return object
    }
}
