import Foundation
import MeshState
import Testing

@testable import MeshLab

/// The documents about connections, workloads and single proxies.
extension DebugEndpointTests {
    /// What the API has; one object is another control plane's.
    static let objects: [Resource: [JSONValue]] = [
        .serviceEntries: [
            ["kind": "ServiceEntry", "metadata": ["name": "cnn", "managedFields": []]],
            ["kind": "ServiceEntry", "metadata": ["name": "off", "labels": ["istio.io/rev": "other"]]],
        ],
        .virtualServices: [["kind": "VirtualService", "metadata": ["name": "reviews"]]],
        .endpoints: [
            [
                "metadata": ["name": "reviews", "namespace": "default"],
                "subsets": [["addresses": [["ip": "10.244.0.99", "targetRef": ["kind": "Pod", "name": "gone"]]]]],
            ]
        ],
    ]

    private static let sleep = "sleep-1.default"

    static func checkConnections(_ lab: TestLab) async throws {
        let list = try await document(lab, "list").stringList
        for name in ["adsz", "clusterz", "config_dump", "configz", "connections", "edsz", "instancesz", "sidecarz"] {
            #expect(list.contains(name))
        }
        for name in list {
            let status = try await get(lab, "/debug/\(name)?proxyID=\(sleep)").status
            #expect(status == (name == "ndsz" ? "HTTP/1.1 400" : name == "ecdsz" ? "HTTP/1.1 404" : "HTTP/1.1 200"))
        }
        let connections = try await document(lab, "connections")
        #expect(connections["totalClients"] == 2)
        #expect(connections["clients"]?[0]?["connectionId"]?.stringValue?.hasPrefix("\(sleep)-") == true)
        let clients = try await document(lab, "adsz")
        #expect(clients["totalClients"] == 2)
        #expect(clients["clients"]?[0]?["connectionId"] == connections["clients"]?[0]?["connectionId"])
        #expect(clients["clients"]?[0]?["connectedAt"]?.stringValue?.hasSuffix("Z") == true)
        let counted = try await document(lab, "push_status")
        #expect(counted["endpoint_no_pod"] == ["reviews.default.svc.cluster.local": ["message": "10.244.0.99"]])
        #expect(counted["pilot_eds_no_instances"]?["outbound|9080||reviews.default.svc.cluster.local"] == [:])
    }

    static func checkProxies(_ lab: TestLab) async throws {
        for name in ["config_dump", "edsz", "sidecarz", "ndsz", "ecdsz"] {
            let nameless = try await get(lab, "/debug/\(name)")
            #expect(nameless.status == "HTTP/1.1 400")
            #expect(nameless.body == "You must provide a proxyID in the query string\n")
            #expect(try await get(lab, "/debug/\(name)?proxyID=nobody.default").status == "HTTP/1.1 404")
        }
        let endpoints = try await document(lab, "edsz?proxyID=\(sleep)").arrayValue ?? []
        #expect(
            endpoints.map { $0["clusterName"] } == [
                "outbound|80||edition.cnn.com", "outbound|9080||reviews.default.svc.cluster.local",
            ])
        let endpoint = endpoints[0]["endpoints"]?[0]?["lbEndpoints"]?[0]
        #expect(endpoint?["endpoint"]?["address"]?["socketAddress"] == ["address": "203.0.113.11", "portValue": 80])
        #expect(endpoint?["healthStatus"] == "HEALTHY" && endpoints[1]["endpoints"] == nil)

        let dump = try await document(lab, "config_dump?proxyID=\(sleep)")["configs"]?.arrayValue ?? []
        #expect(
            dump.map { $0["@type"]?.stringValue?.split(separator: ".").last } == [
                "BootstrapConfigDump", "ClustersConfigDump", "ListenersConfigDump", "ScopedRoutesConfigDump",
                "RoutesConfigDump", "SecretsConfigDump",
            ])
        let sync = try await document(lab, "syncz")[0]
        #expect(dump[1]["versionInfo"] == sync?["cluster_sent"])
        let clusters = dump[1]["dynamicActiveClusters"]?.arrayValue ?? []
        let names = clusters.map { $0["cluster"]?["name"]?.stringValue }
        #expect(names.contains("BlackHoleCluster") && names.contains("outbound|80||edition.cnn.com"))
        #expect(
            clusters.contains { $0["cluster"]?["loadAssignment"]?["clusterName"] == "outbound|80||edition.cnn.com" })
        let listeners = dump[2]["dynamicListeners"]?.arrayValue ?? []
        #expect(listeners.contains { $0["name"] == "virtualOutbound" })
        #expect(
            listeners.first?["activeState"]?["listener"]?["@type"]
                == "type.googleapis.com/envoy.config.listener.v3.Listener")
        #expect(dump[4]["dynamicRouteConfigs"]?.arrayValue?.contains { $0["routeConfig"]?["name"] == "80" } == true)

        let scope = try await document(lab, "sidecarz?proxyID=\(sleep)")
        #expect(scope["name"] == "default-sidecar" && scope["namespace"] == "default")
        #expect(scope["rootNamespace"] == "istio-system" && scope["sidecar"] == JSONValue.null)
        func hosts(_ scope: JSONValue) -> Set<String?> {
            Set((scope["services"]?.arrayValue ?? []).map { $0["hostname"]?.stringValue })
        }
        #expect(hosts(scope).contains("edition.cnn.com"))
        let gateway = try await document(lab, "sidecarz?proxyID=istio-egressgateway-1.istio-system")
        #expect(!hosts(gateway).contains("edition.cnn.com") && hosts(gateway).contains("a.b"))
    }

    @Test func workloadsTellOfTheirServicesAndOfWhatContradictsThere() throws {
        let node = try #require(LabWorld.nodes(layout: Self.layout).first { $0.workload == "sleep" })
        func service(_ name: String, _ port: ServicePort) -> Service {
            Service(
                meta: ObjectMeta(name: name, namespace: "default"), ports: [port], clusterIP: "10.96.0.9",
                selector: ["app": "sleep"])
        }
        func endpoints(_ name: String, _ port: String) -> Endpoints {
            Endpoints(
                meta: ObjectMeta(name: name, namespace: "default"),
                subsets: [Endpoints.Subset(ready: [node.ip], ports: [port: 8080])])
        }
        let mesh = MeshConfiguration(
            services: [
                service("first", ServicePort(number: 80, name: "http", protocolText: "HTTP", targetPort: 8080)),
                service("second", ServicePort(number: 81, name: "tcp", protocolText: "TCP", targetPort: 8080)),
            ], endpoints: [endpoints("first", "http"), endpoints("second", "tcp")],
            pods: [
                Pod(
                    meta: ObjectMeta(name: node.id.pod, namespace: "default", labels: node.labels), ip: node.ip,
                    phase: "Running", isReady: true, proxyKind: .sidecar)
            ])
        var detail = ProxySyncDetail(proxy: node.id, kind: .sidecar)
        detail.isReachable = true
        var view = DebugView(
            index: ServiceIndex(mesh), report: PushReport(), proxies: [detail], nodes: [node], layout: Self.layout)
        let instances = view.document("instancesz")?[node.id.description]?.arrayValue ?? []
        #expect(
            instances.map { $0["Port"] } == [
                ["name": "http", "port": 80, "protocol": "HTTP", "TargetPort": 8080],
                ["name": "tcp", "port": 81, "protocol": "TCP", "TargetPort": 8080],
            ])
        #expect(instances.first?["Service"]?["hostname"] == "first.default.svc.cluster.local")
        view.objects[.endpoints] = [["subsets": [["notReadyAddresses": [["ip": .string(node.ip)]]]]]]
        let id = JSONValue.string(node.id.description)
        let message = JSONValue.string(
            "Conflicting inbound listener:8080. existing: first.default.svc.cluster.local, "
                + "incoming: second.default.svc.cluster.local")
        #expect(
            view.document("push_status") == [
                "pilot_conflict_inbound_listener": .object([
                    node.id.description: ["proxy": id, "message": message]
                ]),
                "pilot_endpoint_not_ready": .object([node.id.description: ["proxy": id]]),
            ])
    }
}
