public import Foundation
public import MeshState

/// The lab's world as Kubernetes objects, for a new lab's API.
extension LabWorld {
    /// Every Namespace, Service, Endpoints and Pod, in the order in which they can be created.
    ///
    /// - Parameter capturesNames: whether sidecars answer for names (`ISTIO_META_DNS_CAPTURE`).
    public static func objects(startTime: Date = Date(), capturesNames: Bool = false) -> [JSONValue] {
        let time = JSONValue.string(startTime.formatted(.iso8601))
        let services = LabService.all.map(service)
        let pods = LabWorkload.all.compactMap { workload in
            workload.template.map { pod(workload, $0, time: time, capturesNames: capturesNames) }
        }
        let endpoints = services.compactMap { ServiceEndpoints.endpoints(of: $0, pods: pods) }
        return namespaces.map(namespace) + services + endpoints + pods
    }

    /// The documents' `client-credential`, which the nginx outside the mesh demands: for sidecars, and for the gateway.
    public static func secrets(_ authority: LabCA) throws -> [JSONValue] {
        func data(_ file: URL) throws -> JSONValue { .string(try Data(contentsOf: file).base64EncodedString()) }
        let files: JSONValue = [
            "tls.crt": try data(authority.nginxClient.certificateFile),
            "tls.key": try data(authority.nginxClient.keyFile), "ca.crt": try data(authority.exampleCertificateFile),
        ]
        return ["default", "istio-system"].map { namespace in
            [
                "apiVersion": "v1", "kind": "Secret", "metadata": metadata("client-credential", namespace, [:]),
                "type": "Opaque", "data": files,
            ]
        }
    }

    private static func namespace(_ name: String) -> JSONValue {
        var labels = ["kubernetes.io/metadata.name": name]
        if name == "default" { labels[injectionLabel] = "enabled" }
        return [
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": ["name": .string(name), "labels": JSONValue(labels)],
            "spec": ["finalizers": ["kubernetes"]], "status": ["phase": "Active"],
        ]
    }

    private static func service(_ service: LabService) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Service",
            "metadata": metadata(service.name, service.namespace, service.labels),
            "spec": [
                "type": "ClusterIP", "clusterIP": .string(service.clusterIP),
                "clusterIPs": [.string(service.clusterIP)], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
                "internalTrafficPolicy": "Cluster", "sessionAffinity": "None", "selector": JSONValue(service.selector),
                "ports": .array(
                    service.ports.map { port in
                        var result: JSONValue = [
                            "name": .string(port.name), "port": integer(port.number),
                            "protocol": .string(port.transport),
                            "targetPort": integer(port.targetPort ?? port.number),
                        ]
                        // Only where it is not what the name says.
                        if port.transport == "TCP",
                            PortProtocol(portName: port.name, appProtocol: nil, number: port.number)
                                != port.parsedProtocol
                        {
                            result["appProtocol"] = .string(port.protocolText.lowercased())
                        }
                        return result
                    }),
            ],
            "status": ["loadBalancer": [:]],
        ]
    }

    /// - Parameter isReady: whether what runs in the pod does what it is there for.
    static func pod(
        _ workload: LabWorkload, _ template: LabWorkload.Template, time: JSONValue, isReady: Bool = true,
        capturesNames: Bool
    ) -> JSONValue {
        var metadata = metadata(workload.pod, workload.namespace, podLabels(of: workload))
        metadata["ownerReferences"] = [
            [
                "apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": true, "blockOwnerDeletion": true,
                "name": .string("\(workload.name)-\(template.hash)"),
                "uid": .string(identifier(of: "ReplicaSet \(workload.namespace)/\(workload.name)")),
            ]
        ]
        if workload.kind == .sidecar {
            metadata["annotations"] = [
                "sidecar.istio.io/status":
                    #"{"initContainers":["istio-init"],"containers":["istio-proxy"],"revision":"default"}"#
            ]
        }
        var containers: [(name: String, image: String, ports: [JSONValue])] = []
        if workload.kind != .gateway {
            let name = workload.name == "istiod" ? "discovery" : workload.container
            let ports =
                workload.ports.map { containerPort($0.number, transport: $0.transport) }
                + workload.served.map { containerPort($0.number) }
            containers.append((name, template.image, ports))
        }
        if workload.kind != .none {
            containers.append(("istio-proxy", proxyImage, [containerPort(15_090, name: "http-envoy-prom")]))
        }
        let conditions = ["Initialized", "Ready", "ContainersReady", "PodScheduled"]
        return [
            "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
            "spec": [
                "nodeName": .string(nodeName), "restartPolicy": "Always", "dnsPolicy": "ClusterFirst",
                "serviceAccountName": .string(workload.serviceAccount),
                "containers": .array(
                    containers.map {
                        var container: JSONValue = [
                            "name": .string($0.name), "image": .string($0.image), "ports": .array($0.ports),
                        ]
                        if capturesNames, workload.kind == .sidecar, $0.name == "istio-proxy" {
                            container["env"] = [["name": "ISTIO_META_DNS_CAPTURE", "value": "true"]]
                        }
                        return container
                    }),
            ],
            "status": [
                "phase": "Running", "hostIP": "127.0.0.1", "podIP": .string(workload.ip),
                "podIPs": [["ip": .string(workload.ip)]], "startTime": time,
                "conditions": .array(
                    conditions.map { type in
                        let isTrue = isReady || !type.hasSuffix("Ready")
                        return [
                            "type": .string(type), "status": isTrue ? "True" : "False", "lastTransitionTime": time,
                        ]
                    }),
                "containerStatuses": .array(
                    containers.map {
                        [
                            "name": .string($0.name), "image": .string($0.image), "imageID": "",
                            "ready": .bool(isReady || $0.name != "istio-proxy"),
                            "started": true, "restartCount": 0, "state": ["running": ["startedAt": time]],
                        ]
                    }),
            ],
        ]
    }

    private static func metadata(_ name: String, _ namespace: String, _ labels: [String: String]) -> JSONValue {
        ["name": .string(name), "namespace": .string(namespace), "labels": JSONValue(labels)]
    }

    private static func containerPort(_ number: Int, name: String? = nil, transport: String = "TCP") -> JSONValue {
        var port: JSONValue = ["containerPort": integer(number), "protocol": .string(transport)]
        if let name { port["name"] = .string(name) }
        return port
    }

    private static func integer(_ value: Int) -> JSONValue { .integer(Int64(value)) }

    /// An identifier that is the same in every lab: FNV-1a over the text, in the form of a UUID.
    private static func identifier(of text: String) -> String {
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        let padded = String(repeating: "0", count: 16 - digits.count) + digits
        return "\(padded.prefix(8))-0000-4000-8000-\(padded.suffix(12))"
    }
}
