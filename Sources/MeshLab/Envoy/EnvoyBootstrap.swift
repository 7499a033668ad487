import Foundation
import MeshState

/// The part of an Envoy's configuration that never changes while it runs.
enum EnvoyBootstrap {
    /// The bootstrap of a proxy: who it is, where its admin interface is, where its configuration comes from.
    static func document(node: ProxyNode) -> JSONValue {
        let files = ProxyFiles(node: node)
        let role = node.kind == .gateway ? "router" : "sidecar"
        let namespace = node.id.namespace
        let clusterLabel = node.labels["app"] ?? node.workload
        return [
            "node": [
                "id": .string("\(role)~\(node.ip)~\(node.id)~\(namespace).svc.cluster.local"),
                "cluster": .string("\(clusterLabel).\(namespace)"),
                "metadata": [
                    "NAME": .string(node.id.pod), "NAMESPACE": .string(namespace),
                    "WORKLOAD_NAME": .string(node.workload), "INSTANCE_IPS": .string(node.ip),
                    "LABELS": JSONValue(node.labels), "ISTIO_VERSION": .string(ControlPlane.version),
                    "CLUSTER_ID": "Kubernetes", "MESH_ID": "cluster.local",
                ],
            ],
            "admin": ["address": ResourceWriter.socketAddress(node.loopback, port: ProxyNode.adminPort)],
            "overload_manager": [
                "resource_monitors": [
                    ResourceWriter.filter(
                        "envoy.resource_monitors.global_downstream_max_connections",
                        "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                        ["max_active_downstream_connections": 50_000])
                ]
            ],
            "dynamic_resources": [
                "cds_config": ResourceWriter.file(files.clustersFile.path),
                "lds_config": ResourceWriter.file(files.listenersFile.path),
            ],
        ]
    }
}
