import MeshState

/// The ConfigMap that holds the settings of the mesh, as Istio's installation makes it.
enum MeshSettings {
    static let namespace = "istio-system"
    static let name = "istio"

    /// The ConfigMap of a new lab. The control plane follows what is changed of its outbound policy.
    static func configMap(policy: OutboundPolicy) -> JSONValue {
        let mesh = """
            accessLogFile: /dev/stdout
            outboundTrafficPolicy:
              mode: \(policy.rawValue)
            rootNamespace: istio-system
            trustDomain: cluster.local

            """
        return [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": .string(name), "namespace": .string(namespace),
                "labels": ["istio.io/rev": "default", "release": "istio"],
            ],
            "data": ["mesh": .string(mesh), "meshNetworks": "networks: {}"],
        ]
    }

    static func isConfigMap(_ object: JSONValue) -> Bool {
        object["kind"] == "ConfigMap" && object["metadata"]?["name"]?.stringValue == name
            && object["metadata"]?["namespace"]?.stringValue == namespace
    }
}
