import Foundation
import MeshState

/// The part of an Envoy's configuration that never changes while it runs.
enum EnvoyBootstrap {
    /// Istio's name for the cluster that configuration comes from.
    private static let controlPlane = "xds-grpc"
    private static let httpOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

    /// How a proxy names itself to the control plane.
    static func nodeID(_ node: ProxyNode) -> String {
        let role = node.kind == .gateway ? "router" : "sidecar"
        return "\(role)~\(node.ip)~\(node.id)~\(node.id.namespace).svc.cluster.local"
    }

    /// The bootstrap of a proxy: who it is, where its admin interface is, where its configuration comes from.
    static func document(node: ProxyNode, layout: LabLayout) -> JSONValue {
        let namespace = node.id.namespace
        let clusterLabel = node.labels["app"] ?? node.workload
        return [
            "node": [
                "id": .string(nodeID(node)),
                "cluster": .string("\(clusterLabel).\(namespace)"),
                "metadata": [
                    "NAME": .string(node.id.pod), "NAMESPACE": .string(namespace),
                    "WORKLOAD_NAME": .string(node.workload), "INSTANCE_IPS": .string(node.ip),
                    "LABELS": JSONValue(node.labels), "ISTIO_VERSION": .string(ControlPlane.version),
                    "CLUSTER_ID": "Kubernetes", "MESH_ID": "cluster.local",
                ],
            ],
            "admin": ["address": ResourceWriter.socketAddress(node.loopback, port: ProxyNode.adminPort)],
            "typed_dns_resolver_config": ResourceWriter.resolver(layout),
            "overload_manager": [
                "resource_monitors": [
                    ResourceWriter.filter(
                        "envoy.resource_monitors.global_downstream_max_connections",
                        "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                        ["max_active_downstream_connections": 50_000])
                ]
            ],
            "dynamic_resources": [
                "ads_config": [
                    "api_type": "DELTA_GRPC", "transport_api_version": "V3", "set_node_on_first_message_only": true,
                    "grpc_services": [
                        [
                            "envoy_grpc": [
                                "cluster_name": .string(controlPlane),
                                // One that was away is found again soon.
                                "retry_policy": [
                                    "retry_back_off": ["base_interval": "0.05s", "max_interval": "0.5s"]
                                ],
                            ]
                        ]
                    ],
                ],
                "cds_config": ResourceWriter.discovery, "lds_config": ResourceWriter.discovery,
            ],
            "static_resources": [
                "clusters": [
                    [
                        "name": .string(controlPlane), "type": "STATIC", "connect_timeout": "1s",
                        "typed_extension_protocol_options": .object([
                            httpOptions: ResourceWriter.resource(
                                httpOptions,
                                [
                                    "explicit_http_config": [
                                        "http2_protocol_options": [
                                            "connection_keepalive": ["interval": "30s", "timeout": "5s"]
                                        ]
                                    ]
                                ])
                        ]),
                        "load_assignment": [
                            "cluster_name": .string(controlPlane),
                            "endpoints": [
                                [
                                    "lb_endpoints": [
                                        [
                                            "endpoint": [
                                                "address": ResourceWriter.socketAddress(
                                                    layout.istiodAddress, port: DiscoveryServer.port)
                                            ]
                                        ]
                                    ]
                                ]
                            ],
                        ],
                    ]
                ]
            ],
        ]
    }
}
