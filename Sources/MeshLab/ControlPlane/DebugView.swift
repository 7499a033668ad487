import Foundation
import MeshState

/// istiod's debug documents, in the shapes that its own decoders know.
struct DebugView: Sendable {
    let index: ServiceIndex
    let report: PushReport
    let proxies: [ProxySyncDetail]
    let nodes: [ProxyNode]
    let layout: LabLayout
    /// The names of each type that each proxy asked for.
    var watches: [ProxyID: [DiscoveryType: [String]]] = [:]

    /// Objects as the API has them: Istio's configuration, and Endpoints.
    var objects: [Resource: [JSONValue]] = [:]
    /// Names of clusters that some proxy has and that have no endpoints.
    var emptyClusters: Set<String> = []

    /// Every document, by name.
    static let allEndpoints = (endpoints + meshEndpoints + proxyEndpoints).sorted { $0.path < $1.path }

    private static let endpoints: [(path: String, summary: String)] = [
        ("adsz", "Status and debug interface for ADS"),
        ("configz", "Debug support for config"),
        ("endpointShardz", "Info about the endpoint shards"),
        ("endpointz", "Obsolete, use endpointShardz"),
        ("mesh", "Active mesh config"),
        ("push_status", "Last PushContext Details"),
        ("registryz", "Debug support for registry"),
        ("syncz", "Synchronization status of all Envoys connected to this Pilot instance"),
    ]

    func document(_ name: String) -> JSONValue? {
        switch name {
        case "adsz": adsz
        case "configz": configz
        case "endpointShardz", "endpointz": endpointShardz
        case "mesh": meshConfig
        case "push_status": pushStatus
        case "registryz": registryz
        case "syncz": syncz
        default: meshDocument(name)
        }
    }

    /// Only the proxies that answer: for istiod one that is gone is not there.
    var connected: [ProxySyncDetail] { proxies.filter(\.isReachable) }

    private var syncz: JSONValue {
        .array(
            connected.map { detail in
                var row: [String: JSONValue] = [
                    "cluster_id": "Kubernetes", "proxy": .string("\(detail.proxy)"),
                    "proxy_type": detail.kind == .gateway ? "router" : "sidecar",
                    "proxy_version": .string(ControlPlane.version), "istio_version": .string(ControlPlane.version),
                ]
                var resources: [String: JSONValue] = [:]
                for (type, sync) in detail.types where !sync.sent.isEmpty {
                    row["\(type.syncPrefix)_sent"] = .string(sync.sent)
                    if !sync.acked.isEmpty { row["\(type.syncPrefix)_acked"] = .string(sync.acked) }
                    var resource: [String: JSONValue] = ["sent": .string(sync.sent), "acked": .string(sync.acked)]
                    if let time = sync.sentTime { resource["sentTime"] = .string(Self.text(of: time)) }
                    if let error = sync.error { resource["lastError"] = .string(error) }
                    resources[type.typeURL] = .object(resource)
                }
                row["resources"] = .object(resources)
                return .object(row)
            })
    }

    private var adsz: JSONValue {
        let clients: [JSONValue] = connected.compactMap { detail in
            guard let node = nodes.first(where: { $0.id == detail.proxy }) else { return nil }
            let watches = watches[detail.proxy] ?? [:]
            var client: [String: JSONValue] = [
                "connectionId": .string(detail.connection ?? ""), "address": .string(node.ip),
                "labels": JSONValue(node.labels),
                "metadata": EnvoyBootstrap.document(node: node, layout: layout)["node"]?["metadata"] ?? [:],
                "watches": .object(
                    Dictionary(
                        watches.map { ($0.typeURL, JSONValue($1)) }, uniquingKeysWith: { first, _ in first })),
            ]
            if let time = detail.connectedAt { client["connectedAt"] = .string(Self.text(of: time)) }
            return .object(client)
        }
        return ["totalClients": .integer(Int64(clients.count)), "clients": .array(clients)]
    }

    private var meshConfig: JSONValue {
        [
            "proxyListenPort": .integer(Int64(ProxyNode.outboundPort)),
            "proxyInboundListenPort": .integer(Int64(ProxyNode.inboundPort)),
            "connectTimeout": "10s", "protocolDetectionTimeout": .string(ResourceWriter.protocolDetectionTimeout),
            "ingressClass": "istio", "ingressService": "istio-ingressgateway", "ingressControllerMode": "STRICT",
            "accessLogFile": "/dev/stdout", "rootNamespace": "istio-system", "trustDomain": "cluster.local",
            "defaultServiceExportTo": ["*"], "defaultVirtualServiceExportTo": ["*"],
            "defaultDestinationRuleExportTo": ["*"], "dnsRefreshRate": "5s", "enablePrometheusMerge": true,
            // REGISTRY_ONLY is the enumeration's zero, which istiod leaves out.
            "outboundTrafficPolicy": index.mesh.policy == .registryOnly
                ? [:] : ["mode": .string(index.mesh.policy.rawValue)],
            "defaultConfig": [
                "proxyAdminPort": .integer(Int64(ProxyNode.adminPort)), "serviceCluster": "istio-proxy",
                "concurrency": 1, "drainDuration": "2s", "statusPort": 15_020,
            ],
        ]
    }

    private var pushStatus: JSONValue {
        .object(
            pushReport.metrics.mapValues { events in
                .object(
                    events.mapValues { event in
                        var value: [String: JSONValue] = [:]
                        if !event.message.isEmpty { value["message"] = .string(event.message) }
                        if !event.proxy.isEmpty { value["proxy"] = .string(event.proxy) }
                        return .object(value)
                    })
            })
    }

    private var configz: JSONValue {
        let known = Resource.allCases.filter(\.isCustom).sorted { $0.kind < $1.kind }
        return .array(
            known.flatMap { objects[$0] ?? [] }.filter { object in
                let meta = ObjectMeta(name: "", namespace: "", labels: object["metadata"]?["labels"]?.stringMap ?? [:])
                return MeshConfiguration.isVisible(meta)
            }.map { object in
                var object = object
                object["metadata"]?["managedFields"] = nil
                return object
            })
    }

    private var registryz: JSONValue {
        .array(index.rows.map(Self.registryRow))
    }

    static func registryRow(_ row: MeshService) -> JSONValue {
        let exportTo: JSONValue =
            switch row.visibility {
            // The mesh default is not spelled out.
            case .everyone: .null
            case .nobody: ["~": [:]]
            case .namespaces(let names):
                .object(Dictionary(names.map { ($0, [:]) }, uniquingKeysWith: { first, _ in first }))
            }
        let address = row.address ?? "0.0.0.0"
        let resolution: Int64 =
            switch row.resolution {
            case .static: 0
            case .dns: 1
            case .none: 2
            case .dnsRoundRobin: 3
            case .dynamicDNS: 5
            }
        var result: JSONValue = [
            "Attributes": [
                "ServiceRegistry": .string(row.registry.rawValue), "Name": .string(row.attributeName),
                "Namespace": .string(row.namespace), "Labels": row.labels.isEmpty ? .null : JSONValue(row.labels),
                "ExportTo": exportTo,
                "LabelSelectors": (row.selector ?? [:]).isEmpty ? .null : JSONValue(row.selector ?? [:]),
                "ClusterExternalAddresses": ["Addresses": .null], "ClusterExternalPorts": .null,
                "ObjectName": .string(row.source.name),
            ],
            "ports": .array(row.ports.map(portDocument)),
            "creationTime": .string(text(of: Date(timeIntervalSince1970: Double(row.created)))),
            "hostname": .string(row.host),
            "clusterVIPs": [
                "Addresses": row.registry == .kubernetes && row.address != nil
                    ? ["Kubernetes": [.string(address)]] : .null
            ],
            "defaultAddress": .string(address), "Resolution": .integer(resolution),
            "MeshExternal": .bool(row.isExternal), "ResourceVersion": "",
        ]
        if let allocated = row.allocatedAddress { result["autoAllocatedIPv4Address"] = .string(allocated) }
        return result
    }

    static func portDocument(_ port: ServicePort) -> JSONValue {
        [
            "name": .string(port.name), "port": .integer(Int64(port.number)),
            "protocol": .string(protocolText(port.parsedProtocol)),
        ]
    }

    /// What istiod calls a port whose protocol is not known.
    private static func protocolText(_ parsed: PortProtocol) -> String {
        parsed == .unset ? PortProtocol.unsupported.rawValue : parsed.rawValue
    }

    private var endpointShardz: JSONValue {
        var hosts: [String: JSONValue] = [:]
        for row in index.rows where row.resolution != .none || row.isHeadless {
            let shard = row.registry == .kubernetes ? "Kubernetes/Kubernetes" : "External/Kubernetes"
            let endpoints = row.ports.flatMap { port in
                (row.endpoints[port.number] ?? []).map { Self.endpoint($0, port: port, row: row) }
            }
            var namespaces = hosts[row.host] ?? [:]
            var entry = namespaces[row.namespace] ?? ["Shards": [:], "ServiceAccounts": [:]]
            var shards = entry["Shards"] ?? [:]
            let known = shards[shard]?.arrayValue ?? []
            shards[shard] = .array(known + endpoints.filter { !known.contains($0) })
            entry["Shards"] = shards
            namespaces[row.namespace] = entry
            hosts[row.host] = namespaces
        }
        return .object(hosts)
    }

    private static func endpoint(_ endpoint: MeshEndpoint, port: ServicePort, row: MeshService) -> JSONValue {
        let (address, number): (String, Int) =
            switch endpoint.address {
            case .host(let host, let port): (host, port)
            case .pipe(let path): (path, 0)
            }
        return [
            "Labels": .null, "Addresses": [.string(address)], "ServicePortName": .string(port.name),
            "ServiceAccount": "", "Network": "", "Locality": ["Label": "", "ClusterID": "Kubernetes"],
            "EndpointPort": .integer(Int64(number)), "LbWeight": .integer(Int64(endpoint.weight)),
            "TLSMode": "disabled", "Namespace": .string(row.namespace), "WorkloadName": "", "HostName": "",
            "SubDomain": "", "HealthStatus": 1, "SendUnhealthyEndpoints": false, "NodeName": "",
        ]
    }

    static func text(of time: Date) -> String { time.formatted(.iso8601) }
}
