import FoundationEssentials
import MeshState
import Testing

/// A store that was asked for snapshots all the time knows the same as one that is asked once, at the end.
struct SortedRowsTests {
    private struct Random {
        var state: UInt64 = 11
        mutating func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
    }

    @Test("snapshots in between change nothing")
    func incremental() {
        var random = Random()
        var often = TestMesh()
        var once = TestMesh()
        func both(_ source: SourceID, _ fact: Observation.Fact) {
            often.fold(source, fact)
            once.fold(source, fact)
        }
        both(.watch("pods"), .listed(resource: "pods", objects: (0..<6).map { podObject("p\($0)", ip: "10.0.0.\($0 + 1)") }))
        for _ in 0..<300 {
            let number = random.next(40)
            let proxy = ProxyID(pod: "p\(random.next(6))", namespace: "default")
            let spec = cnnSpec.with("hosts", [.string("host-\(random.next(30)).example.com")])
            switch random.next(12) {
            case 0: both(.watch("services"), .applied(resource: "services", object: serviceObject("s\(number)")))
            case 1: both(.watch("services"), .deleted(resource: "services", object: serviceObject("s\(number)")))
            case 2...5:
                let object = entryObject("e\(number)", version: "\(random.next(1000))", spec: spec)
                both(.watch("serviceentries"), .applied(resource: "serviceentries", object: object))
            case 6:
                let object = entryObject("e\(number)", spec: spec)
                both(.watch("serviceentries"), .deleted(resource: "serviceentries", object: object))
            case 7:
                let objects = (0..<random.next(30)).map { entryObject("e\($0)", spec: spec) }
                both(.watch("serviceentries"), .listed(resource: "serviceentries", objects: objects))
            case 8: both(.admin(proxy), .ended)
            default:
                let clusters = (0..<random.next(20)).map { cluster in
                    ClusterStatus(
                        name: ClusterName(
                            cluster % 4 == 0
                                ? "outbound|9080||s\(cluster).default.svc.cluster.local"
                                : "outbound|80||host-\(cluster).example.com"),
                        hosts: (0..<random.next(3)).map {
                            ClusterStatus.Host(
                                address: "203.0.113.\($0):80", connectionsActive: random.next(4),
                                connectionsTotal: UInt64(random.next(9)))
                        })
                }
                both(.admin(proxy), .traffic(proxy: proxy, clusters: clusters, stats: ProxyStats(uptime: 5)))
            }
            _ = often.snapshot()
        }
        let (left, right) = (often.snapshot(), once.snapshot())
        #expect(left.services == right.services)
        #expect(left.entries == right.entries)
        #expect(left.connections == right.connections)
        #expect(left.proxies == right.proxies)
        #expect(left.entries.count > 5 && left.connections.count > 5)
        #expect(left.connections.map(\.id) == left.connections.map(\.id).sorted())
    }

    @Test("a proxy's own counters")
    func vitals() throws {
        var mesh = TestMesh()
        mesh.list("pods", [podObject("sleep")])
        mesh.traffic([], ProxyStats(uptime: 100, memoryAllocated: 5_000_000, connections: 2), at: "12:00:00")
        let first = try #require(mesh.snapshot().proxies.first)
        #expect(first.memory == 5_000_000 && first.connections == 2)
        #expect(first.started == Date.at("12:00:00").addingTimeInterval(-100))
        // Envoy rounds its age: the beginning does not waver with it.
        mesh.traffic([], ProxyStats(uptime: 101, memoryAllocated: 5_000_000, connections: 2), at: "12:00:02")
        #expect(mesh.snapshot().proxies.first?.started == first.started)
        mesh.traffic([], ProxyStats(uptime: 1), at: "12:00:03")
        #expect(mesh.snapshot().proxies.first?.started == Date.at("12:00:02"))
    }
}
