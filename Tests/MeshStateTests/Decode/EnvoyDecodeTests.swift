import MeshState
import Testing

struct EnvoyDecodeTests {
    @Test("clusters of an Envoy after mixed traffic")
    func clusters() throws {
        let clusters = try ClusterStatus.list(from: Fixture.json("envoy/sidecar-clusters.json"))
        #expect(clusters.count == 15)
        let mysql = try #require(clusters.first { $0.name == ClusterName("outbound|3306||mysql.example.com") })
        #expect(
            mysql.hosts == [
                ClusterStatus.Host(
                    address: "127.0.0.1:24306", hostname: mysql.hosts[0].hostname, connectionsActive: 3,
                    connectionsTotal: 3, requestsTotal: 3)
            ])
        let reviews = try #require(clusters.first { $0.name.host == "reviews.default.svc.cluster.local" })
        #expect(reviews.hosts.map(\.connectFailures) == [0, 2])
        let unix = try #require(clusters.first { $0.name.host == "unix.example.com" })
        #expect(unix.hosts.map(\.address) == ["LAB/run/up.sock"])
        #expect(clusters.first { $0.name == .blackHole }?.hosts.isEmpty == true)
    }

    @Test("health, and addresses of version six")
    func health() throws {
        let json = #"""
            {"cluster_statuses":[{"name":"c","host_statuses":[
              {"address":{"socket_address":{"address":"2001:db8::1","port_value":80}},
               "health_status":{"eds_health_status":"HEALTHY","failed_outlier_check":true}},
              {"address":{"socket_address":{"address":"10.0.0.1","port_value":80}},
               "health_status":{"eds_health_status":"UNHEALTHY"},
               "stats":[{"name":"cx_total","value":"18446744073709551615"},{"name":"cx_active","value":"2"}]},
              {"address":{"envoy_internal_address":{"server_listener_name":"x"}}}]}]}
            """#
        let hosts = try ClusterStatus.list(from: JSONValue(parsing: json))[0].hosts
        #expect(hosts.map(\.address) == ["[2001:db8::1]:80", "10.0.0.1:80", ""])
        #expect(hosts.map(\.isHealthy) == [false, false, true])
        #expect(hosts[1].connectionsTotal == .max)
        #expect(hosts[1].connectionsActive == 2)
    }

    @Test("what is no answer of Envoy's is an error")
    func notAnAnswer() throws {
        #expect(throws: DecodeError.self) { try ClusterStatus.list(from: []) }
        #expect(throws: DecodeError.self) { try ClusterStatus.list(from: ["cluster_statuses": [["hosts": []]]]) }
        #expect(throws: DecodeError.self) { try ProxyStats(document: [:]) }
        #expect(try ClusterStatus.list(from: [:]) == [])
    }

    @Test("counters, with Istio's and without Istio's stats matcher")
    func stats() throws {
        let all = try ProxyStats(document: Fixture.json("envoy/istio-stats-usedonly.json"))
        #expect(all.uptime == 115)
        #expect(all.blackHoleConnections == 8)
        #expect(
            all.clusters[ClusterName("outbound|3306||mysql.example.com")]
                == ProxyStats.Cluster(
                    connectionsActive: 0, connectionsTotal: 2, requestsTotal: 2, bytesReceived: 178, bytesSent: 40))

        let reduced = try ProxyStats(document: Fixture.json("envoy/istio-defaultstats-stats-usedonly.json"))
        #expect(reduced.uptime == 25)
        #expect(reduced.blackHoleConnections == nil)
        #expect(!reduced.clusters.keys.contains { $0.direction == .outbound })

        let subset = ClusterName("outbound|443|cnn|istio-egressgateway.istio-system.svc.cluster.local")
        let mixed = try ProxyStats(document: Fixture.json("envoy/sidecar-stats-usedonly.json"))
        #expect(mixed.clusters[subset]?.bytesReceived == 1370)
        #expect(mixed.clusters[subset]?.connectionsActive == 1)
    }

    @Test("names that end in a semicolon, huge values, text and an element without a name")
    func oddStats() throws {
        let stats = try ProxyStats(
            document: JSONValue(
                parsing: #"""
                    {"stats":[{"name":"cluster.outbound|80||a.b;.upstream_cx_total","value":18446744073709551615},
                    {"name":"cluster.outbound|80||a.b;.upstream_rq_total","value":"7"},
                    {"name":"cluster.outbound|80||a.b;.version_text","value":"x"},{"histograms":{}},
                    {"name":"cluster.upstream_cx_total","value":1}]}
                    """#))
        #expect(
            stats.clusters[ClusterName("outbound|80||a.b")]
                == ProxyStats.Cluster(connectionsTotal: .max, requestsTotal: 7))
    }
}

struct IstiodAnswerTests {
    @Test("syncz of a real istiod")
    func oldSyncz() throws {
        let list = try ProxySync.list(from: Fixture.json("istiod/syncz.json"))
        #expect(
            list.map(\.proxy.description) == ["ratings-v2-mysql.default", "istio-ingressgateway-real-0.istio-system"])
        #expect(list[0].istioVersion == "1.14.5")
        #expect(list[0].states == ["CDS": .synced, "LDS": .synced, "RDS": .synced, "EDS": .synced])
    }

    @Test("syncz with resources, rejections, types never sent, and the empty element of old releases")
    func newSyncz() throws {
        let json = #"""
            [{"proxy":"a.b.c","resources":{
              "type.googleapis.com/envoy.config.cluster.v3.Cluster":{"sent":"1","acked":"1"},
              "type.googleapis.com/envoy.config.listener.v3.Listener":{"sent":"2","acked":"1","lastError":"bad\u001b port"},
              "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment":{"sent":"2","acked":"1"}}},
             {"proxy":"d.e","cluster_sent":"1"},{}]
            """#
        let list = try ProxySync.list(from: JSONValue(parsing: json))
        #expect(list.count == 2)
        #expect(list[0].proxy == ProxyID(pod: "a.b", namespace: "c"))
        #expect(list[0].states == ["CDS": .synced, "LDS": .rejected, "RDS": .notSent, "EDS": .stale])
        #expect(list[0].lastError == "LDS: bad␛ port")
        #expect(list[1].states["CDS"] == .neverAcknowledged)
        #expect(try ProxySync.list(from: .null) == [])
        #expect(throws: DecodeError.self) { try ProxySync.list(from: [:]) }
    }

    @Test("the outbound policy")
    func policy() throws {
        #expect(try OutboundPolicy(mesh: Fixture.json("istiod/mesh.json")) == .registryOnly)
        #expect(try OutboundPolicy(mesh: ["outboundTrafficPolicy": ["mode": "ALLOW_ANY"]]) == .allowAny)
        #expect(try OutboundPolicy(mesh: [:]) == .allowAny)
        #expect(throws: DecodeError.self) { try OutboundPolicy(mesh: ["outboundTrafficPolicy": ["mode": "X"]]) }
    }

    @Test(
        "versions without the commit",
        arguments: [
            ("1.28.0-4e7a1c0b2d3f4e7a1c0b2d3f4e7a1c0b2d3f4e7a-Clean\n", "1.28.0"), ("1.30.3", "1.30.3"), ("", ""),
        ])
    func versions(_ answer: String, _ expected: String) { #expect(IstioVersion.shownVersion(answer) == expected) }

    @Test("the version of a real istiod")
    func realVersion() throws {
        #expect(try IstioVersion.shownVersion(Fixture.text("istiod/version.txt")) == "1.14-maistra-2.3")
    }
}
