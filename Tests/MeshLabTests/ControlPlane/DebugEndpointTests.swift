import Foundation
import MeshState
import Testing

@testable import MeshLab

/// istiod's debug endpoints, asked over HTTP.
@Suite struct DebugEndpointTests {
    static func get(_ lab: TestLab, _ path: String) async throws -> (status: String, body: String) {
        let answer = try await lab.get(lab.layout.istiodAddress, DebugServer.port, path)
        let end = try #require(answer.range(of: "\r\n\r\n"), "no answer to \(path): \(answer)")
        return (String(answer.prefix(12)), String(answer[end.upperBound...]))
    }

    static func document(_ lab: TestLab, _ name: String) async throws -> JSONValue {
        let answer = try await get(lab, "/debug/\(name)")
        #expect(answer.status == "HTTP/1.1 200")
        return try JSONValue(parsing: answer.body)
    }

    @Test func everyEndpointAnswersInIstiodsShape() async throws {
        let mesh = MeshConfiguration(
            entries: [
                .make(
                    "cnn", "edition.cnn.com", ports: [.make(80, "HTTP")], resolution: .static,
                    endpoints: [EntryEndpoint(address: "203.0.113.11")], exportTo: ["."]),
                .make("clash-1", "a.b", ports: [.make(3306, "TCP")], age: 2),
                .make("clash-2", "c.d", ports: [.make(3306, "TCP")], age: 1),
            ],
            services: [
                Service(
                    meta: ObjectMeta(name: "reviews", namespace: "default"), ports: [.make(9080, "")],
                    clusterIP: "10.96.0.7")
            ])
        try await TestLab.run(mesh, gateway: true) { lab in
            let server = DebugServer(controlPlane: lab.plane) { Self.objects[$0] ?? [] }
            let (ready, isReady) = AsyncStream.makeStream(of: Void.self)
            let running = Task { try await server.run { isReady.yield() } }
            defer { running.cancel() }
            for await _ in ready { break }

            #expect(try await Self.get(lab, "/version").body == ControlPlane.version)
            #expect(try await Self.get(lab, "/ready").status == "HTTP/1.1 200")
            let index = try await Self.get(lab, "/debug").body
            for endpoint in DebugView.allEndpoints { #expect(index.contains("/debug/\(endpoint.path)")) }
            let unknown = try await Self.get(lab, "/debug/nothing")
            #expect(unknown.status == "HTTP/1.1 404" && unknown.body == "404 page not found\n")

            let syncz = try await Self.document(lab, "syncz").arrayValue ?? []
            #expect(
                syncz.map { $0["proxy"]?.stringValue } == ["sleep-1.default", "istio-egressgateway-1.istio-system"])
            #expect(syncz.map { $0["proxy_type"]?.stringValue } == ["sidecar", "router"])
            for (row, types) in zip(syncz, [["cluster", "listener", "route"], ["cluster", "listener"]]) {
                for type in ["cluster", "listener", "route", "endpoint"] {
                    let sent = row["\(type)_sent"]?.stringValue
                    #expect((sent != nil) == types.contains(type))
                    #expect(sent == row["\(type)_acked"]?.stringValue)
                }
            }
            let clusters = syncz[0]["resources"]?["type.googleapis.com/envoy.config.cluster.v3.Cluster"]
            #expect(clusters?["sent"] == clusters?["acked"])
            #expect(clusters?["sentTime"]?.stringValue?.hasSuffix("Z") == true)

            let registry = try await Self.document(lab, "registryz").arrayValue ?? []
            #expect(registry.map { $0["hostname"]?.stringValue }.count == 4)
            let cnn = try #require(registry.first { $0["hostname"]?.stringValue == "edition.cnn.com" })
            #expect(cnn["Attributes"]?["ServiceRegistry"] == "External")
            #expect(cnn["Attributes"]?["ExportTo"] == ["default": [:]])
            #expect(cnn["ports"] == [["name": "http-80", "port": 80, "protocol": "HTTP"]])
            #expect(cnn["Resolution"] == 0 && cnn["MeshExternal"] == true && cnn["defaultAddress"] == "0.0.0.0")
            let reviews = try #require(registry.first { $0["MeshExternal"] == false })
            #expect(reviews["clusterVIPs"]?["Addresses"] == ["Kubernetes": ["10.96.0.7"]])
            #expect(reviews["ports"]?[0]?["protocol"] == "UnsupportedProtocol")

            let configs = try await Self.document(lab, "configz").arrayValue ?? []
            #expect(configs.map { $0["kind"] } == ["ServiceEntry", "VirtualService"])
            #expect(configs.map { $0["metadata"] } == [["name": "cnn"], ["name": "reviews"]])
            let mesh = try await Self.document(lab, "mesh")
            #expect(mesh["outboundTrafficPolicy"] == [:])
            let shards = try await Self.document(lab, "endpointz")["edition.cnn.com"]?["default"]?["Shards"]
            #expect(shards?["External/Kubernetes"]?[0]?["Addresses"] == ["203.0.113.11"])
            let conflicts = try await Self.document(lab, "push_status")[
                "pilot_conflict_outbound_listener_tcp_over_current_tcp"]
            #expect(
                conflicts?["0.0.0.0:3306"]?["message"]?.stringValue?.contains("AcceptedTCP=a.b RejectedTCP=c.d") == true
            )
            let clients = try await Self.document(lab, "adsz")
            #expect(clients["totalClients"] == 2)
            let sidecar = clients["clients"]?.arrayValue?.first { $0["address"] == "10.244.0.11" }
            #expect(sidecar?["connectionId"] == "sleep-1.default-1" && sidecar?["connectedAt"] != nil)
            let routes: JSONValue = ["80", "reviews.default.svc.cluster.local:9080"]
            #expect(sidecar?["watches"]?[DiscoveryType.rds.typeURL] == routes)
            #expect(sidecar?["watches"]?[DiscoveryType.cds.typeURL] == [])
            try await Self.checkConnections(lab)
            try await Self.checkProxies(lab)

            // A proxy that is gone is not in istiod's list.
            try await lab.restartEnvoys {
                _ = try await lab.eventually("an empty syncz") {
                    try await Self.document(lab, "syncz") == [] ? true : nil
                }
            }
            _ = try await lab.eventually("both proxies again") {
                try await Self.document(lab, "syncz").arrayValue?.count == 2 ? true : nil
            }
        }
    }

    static let layout = LabLayout(stateDirectory: URL(filePath: "/nowhere"), block: 9)

    @Test func thePolicyIsSpelledOutUnlessItIsTheZero() {
        func policy(_ policy: OutboundPolicy) -> JSONValue? {
            DebugView(
                index: ServiceIndex(MeshConfiguration(policy: policy)), report: PushReport(), proxies: [], nodes: [],
                layout: Self.layout
            ).document("mesh")?["outboundTrafficPolicy"]
        }
        #expect(policy(.registryOnly) == [:])
        #expect(policy(.allowAny) == ["mode": "ALLOW_ANY"])
    }

    @Test func aRejectionIsInSyncz() {
        var detail = ProxySyncDetail(proxy: ProxyID(pod: "sleep-1", namespace: "default"), kind: .sidecar)
        detail.isReachable = true
        var sync = ProxySyncDetail.TypeSync()
        sync.sent = "2"
        sync.acked = "1"
        sync.error = "no"
        detail.types[.lds] = sync
        let row = DebugView(
            index: ServiceIndex(MeshConfiguration()), report: PushReport(), proxies: [detail], nodes: [],
            layout: Self.layout
        ).document("syncz")?[0]
        #expect(row?["listener_sent"] == "2" && row?["listener_acked"] == "1")
        let listeners = row?["resources"]?["type.googleapis.com/envoy.config.listener.v3.Listener"]
        #expect(listeners?["lastError"] == "no")
    }
}
