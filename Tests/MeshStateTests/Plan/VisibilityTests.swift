import Foundation
import Testing

@testable import MeshState

/// Which services a proxy gets, and what becomes of those that claim the same host, address or name.
@Suite struct VisibilityTests {
    @Test(
        arguments: [
            ([], true, true), (["*"], true, true), (["."], true, false), (["~"], false, false),
            (["other"], false, true),
            ([".", "other"], true, true),
        ] as [([String], Bool, Bool)])
    func exportTo(_ exportTo: [String], own: Bool, other: Bool) {
        let mesh = MeshConfiguration(entries: [.make("e", "a.b", ports: [.make(80, "HTTP")], exportTo: exportTo)])
        #expect(PlanTests.plan(mesh).clusters.isEmpty == !own)
        #expect(PlanTests.plan(mesh, namespace: "other").clusters.isEmpty == !other)
    }

    @Test func anEntryOfAnotherRevisionDoesNotExist() {
        let foreign = ServiceEntry.make(
            "e", "a.b", ports: [.make(80, "HTTP")], labels: ["istio.io/rev": "meshtop-disabled"])
        let own = ServiceEntry.make("f", "c.d", ports: [.make(80, "HTTP")], labels: ["istio.io/rev": "default"])
        let mesh = MeshConfiguration(entries: [foreign, own])
        #expect(PlanTests.plan(mesh).clusters.map(\.name) == ["outbound|80||c.d"])
        #expect(ServiceIndex(mesh).rows.map(\.host) == ["c.d"])
    }

    @Test func oneNamespaceForEachHost() {
        func entry(_ namespace: String, age: Double, exportTo: [String] = []) -> ServiceEntry {
            .make(
                "e", "a.b", namespace: namespace, ports: [.make(80, "HTTP")], exportTo: exportTo, age: age)
        }
        func winner(_ entries: [ServiceEntry], _ namespace: String) -> [String] {
            PlanTests.plan(MeshConfiguration(entries: entries), namespace: namespace).clusters.map(\.namespace)
        }
        let entries = [entry("one", age: 1), entry("two", age: 2)]
        #expect(winner(entries, "one") == ["one"])
        #expect(winner(entries, "two") == ["two"])
        #expect(winner(entries, "three") == ["two"])
        // What is exported to the namespace by name comes before what is public.
        #expect(winner([entry("one", age: 1, exportTo: ["three"]), entry("two", age: 2)], "three") == ["one"])
        // A Kubernetes Service wins over entries of its host, unless the namespace has an entry of its own.
        let service = Service(
            meta: ObjectMeta(name: "a", namespace: "three", creationTime: Date()), ports: [.make(80, "HTTP")],
            clusterIP: "10.96.0.5")
        let squatter = ServiceEntry.make("e", service.host, namespace: "one", ports: [.make(80, "HTTP")], age: 9)
        let mesh = MeshConfiguration(entries: [squatter], services: [service])
        #expect(PlanTests.plan(mesh, namespace: "four").clusters.map(\.namespace) == ["three"])
        #expect(PlanTests.plan(mesh, namespace: "one").clusters.map(\.namespace) == ["one"])
    }

    @Test func entriesOfOneHostAreMergedWhenTheyAgree() {
        let first = PlanTests.entry("a.b", [], .make(80, "HTTP"), age: 2)
        var second = PlanTests.entry("a.b", [], .make(80, "TCP"), .make(443, "TLS"), age: 1)
        second.meta.name = "second"
        second.endpoints = [EntryEndpoint(address: "203.0.113.2")]
        let merged = PlanTests.plan(MeshConfiguration(entries: [second, first]))
        #expect(
            PlanTests.describe(merged) == [
                "outbound|443||a.b fixed [203.0.113.2:443]", "outbound|80||a.b fixed [203.0.113.1:80 203.0.113.2:80]",
            ])
        var other = second
        other.resolution = .none
        other.endpoints = []
        #expect(
            PlanTests.plan(MeshConfiguration(entries: [other, first])).clusters.map(\.name) == ["outbound|80||a.b"])
    }

    @Test func aConflictIsReportedAsIstiodDoes() {
        let mesh = MeshConfiguration(entries: [
            PlanTests.entry("a.b", [], .make(3306, "TCP"), age: 2),
            PlanTests.entry("c.d", [], .make(3306, "TCP"), age: 1),
            .make("w", "*.w.x", ports: [.make(80, "HTTP")], resolution: .dns),
        ])
        let planner = PlanTests.planner(mesh)
        #expect(
            planner.report.metrics.mapValues { $0.mapValues(\.message) } == [
                "pilot_conflict_outbound_listener_tcp_over_current_tcp": [
                    "0.0.0.0:3306": "Listener=0.0.0.0:3306 AcceptedTCP=a.b RejectedTCP=c.d TCPServices=1"
                ],
                "pilot_dns_cluster_without_endpoints": [
                    "outbound|80||*.w.x": "outbound|80||*.w.x of ServiceEntry default/w has no endpoint to resolve"
                ],
            ])
    }

    // MARK: Kubernetes

    private static let reviews = Service(
        meta: ObjectMeta(name: "reviews", namespace: "default"), ports: [.make(9080, "HTTP"), .make(3306, "TCP")],
        clusterIP: "10.96.0.7")

    @Test func servicesHaveTheirEndpointsAndShortNames() {
        let endpoints = Endpoints(
            meta: Self.reviews.meta,
            subsets: [
                .init(ready: ["10.244.0.15"], notReady: ["10.244.0.16"], ports: ["http-9080": 9081, "tcp-3306": 3306])
            ])
        let mesh = MeshConfiguration(services: [Self.reviews], endpoints: [endpoints])
        let plan = PlanTests.plan(mesh)
        #expect(
            PlanTests.describe(plan) == [
                "outbound|3306||reviews.default.svc.cluster.local fixed [10.244.0.15:3306]",
                "outbound|9080||reviews.default.svc.cluster.local fixed [10.244.0.15:9081]",
            ])
        #expect(
            PlanTests.listeners(mesh) == [
                "0.0.0.0_9080  http -> rds 9080",
                "10.96.0.7_3306  any -> outbound|3306||reviews.default.svc.cluster.local",
            ])
        let host = "reviews.default.svc.cluster.local"
        #expect(
            plan.routes[0].virtualHosts[0].domains
                == [host, host + ".", "reviews", "reviews.default.svc", "reviews.default", "10.96.0.7"])
        #expect(
            PlanTests.plan(mesh, namespace: "other").routes[0].virtualHosts[0].domains
                == [host, host + ".", "reviews.default.svc", "reviews.default", "10.96.0.7"])
        #expect(plan.routes[0].catchAll == .lastResort)
    }

    @Test func aHeadlessServiceListensAtItsEndpoints() {
        let service = Service(meta: Self.reviews.meta, ports: [.make(3306, "TCP")], clusterIP: nil)
        let endpoints = Endpoints(
            meta: service.meta, subsets: [.init(ready: ["10.244.0.15", "10.244.0.16"], ports: ["tcp-3306": 3306])])
        let mesh = MeshConfiguration(services: [service], endpoints: [endpoints])
        let cluster = "outbound|3306||reviews.default.svc.cluster.local"
        #expect(PlanTests.describe(PlanTests.plan(mesh)) == ["\(cluster) original -"])
        #expect(
            PlanTests.listeners(mesh) == ["10.244.0.15_3306  any -> \(cluster)", "10.244.0.16_3306  any -> \(cluster)"])
    }

    @Test func aDomainBelongsToTheFirstThatHasIt() {
        let mesh = MeshConfiguration(entries: [
            PlanTests.entry("a.b", ["203.0.113.9"], .make(80, "HTTP"), age: 2),
            PlanTests.entry("c.d", ["203.0.113.9"], .make(80, "HTTP"), age: 1),
        ])
        let hosts = PlanTests.plan(mesh).routes[0].virtualHosts
        #expect(hosts.map(\.domains) == [["a.b", "a.b.", "203.0.113.9"], ["c.d", "c.d."]])
        #expect(PlanTests.planner(mesh).report.metrics["pilot_vservice_dup_domain"]?["c.d:80"] != nil)
    }
}
