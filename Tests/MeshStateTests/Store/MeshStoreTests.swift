import FoundationEssentials
import MeshState
import Testing

struct MeshStoreTests {
    @Test("services with their endpoints and live connections")
    func services() throws {
        var mesh = TestMesh()
        mesh.list("services", try Fixture.items("apiserver/services-all.json"))
        mesh.list("endpoints", try Fixture.items("apiserver/endpoints-default.json"))
        mesh.traffic([
            ClusterStatus(
                name: ClusterName("outbound|9080||reviews.default.svc.cluster.local"),
                hosts: [ClusterStatus.Host(address: "10.244.0.21:9080", connectionsActive: 2, connectionsTotal: 5)])
        ])
        let summaries = mesh.snapshot().services
        #expect(summaries.map(\.id) == summaries.map(\.id).sorted())
        let reviews = try #require(summaries.first { $0.service.meta.name == "reviews" })
        #expect(reviews.readyEndpoints == 3 && reviews.totalEndpoints == 3 && reviews.live == 2)

        mesh.fold(.watch("services"), .deleted(resource: "services", object: serviceObject("reviews")))
        #expect(!mesh.snapshot().services.contains { $0.service.meta.name == "reviews" })
        mesh.list("services", [serviceObject("one")])
        #expect(mesh.snapshot().services.map(\.service.meta.name) == ["one"])
    }

    @Test("entries: on, off, wrong, unresolved, unreadable")
    func entryStates() throws {
        var mesh = TestMesh()
        mesh.list(
            "serviceentries",
            [
                entryObject("a-on", spec: cnnSpec),
                entryObject("b-off", labels: ["istio.io/rev": "meshtop-disabled"], spec: mysqlSpec),
                entryObject("c-nobody", spec: cnnSpec.with("exportTo", ["~"])),
                entryObject(
                    "d-wrong", spec: ["hosts": ["a.b"], "ports": [["number": 1, "name": "t", "protocol": "TCP"]]]),
                entryObject("e-unread", spec: ["hosts": "x"]),
                entryObject("f-lost", spec: cnnSpec.with("hosts", ["lost.example.com"])),
            ])
        mesh.traffic([
            ClusterStatus(
                name: ClusterName("outbound|80||edition.cnn.com"),
                hosts: [ClusterStatus.Host(address: "203.0.113.80:80", connectionsActive: 2, connectionsTotal: 3)]),
            ClusterStatus(name: ClusterName("outbound|80||lost.example.com"), hosts: []),
        ])
        let entries = mesh.snapshot().entries
        #expect(
            entries.map(\.state) == [
                .on, .off(.revisionLabel), .off(.exportToNobody),
                .warning(
                    "spec.ports[0].protocol: addresses are required for ports serving TCP (or unset) protocol when IP "
                        + "Autoallocation is not enabled"),
                .warning("ServiceEntry default/e-unread: spec.hosts is not a list; correct it with `kubectl edit`"),
                .warning("no proxy finds an address for lost.example.com"),
            ])
        #expect(entries[0].proxies == 1 && entries[0].live == 2)
        #expect(entries[1].proxies == 0)
        #expect(entries[5].proxies == 1)

        // A release that has no such rule.
        mesh.fold(.istiod, .mesh(policy: .registryOnly, version: "1.14.5"))
        #expect(mesh.snapshot().entries[3].state == .on)
    }

    @Test("what cannot even be named makes its source complain")
    func unreadable() {
        var mesh = TestMesh()
        mesh.list("serviceentries", [["spec": [:]]])
        mesh.list("pods", [["metadata": ["name": "p", "namespace": "n"]], podObject("sleep")])
        let snapshot = mesh.snapshot()
        guard case .failing(let reason, _, _) = snapshot.sources[.watch("serviceentries")]?.condition,
            case .failing(let pods, _, _) = snapshot.sources[.watch("pods")]?.condition
        else {
            Issue.record("\(snapshot.sources)")
            return
        }
        #expect(reason.hasPrefix("object without a name: metadata is missing"))
        #expect(pods == "Pod n/p: spec is missing; correct it with `kubectl edit`")
        #expect(snapshot.proxies.map(\.id.pod) == ["sleep"])
        mesh.apply("pods", podObject("p", namespace: "n"))
        #expect(mesh.snapshot().sources[.watch("pods")]?.condition == .live)
    }

    @Test("proxies with what istiod says of them")
    func proxies() throws {
        var mesh = TestMesh()
        mesh.list(
            "pods",
            [
                podObject("sleep-7d4-x", labels: ["pod-template-hash": "7d4"]),
                podObject("istio-egressgateway", namespace: "istio-system", labels: ["istio": "egressgateway"]),
            ])
        mesh.fold(
            .istiod,
            .syncStatus([
                ProxySync(
                    proxy: ProxyID(pod: "sleep-7d4-x", namespace: "default"), istioVersion: "1.28.0",
                    states: ["CDS": .synced, "LDS": .rejected], lastError: "LDS: no"),
                ProxySync(proxy: ProxyID(pod: "vm", namespace: "vm"), istioVersion: "1.28.0", states: ["CDS": .synced]),
            ]))
        let proxies = mesh.snapshot().proxies
        #expect(proxies.map(\.workload) == ["sleep", "istio-egressgateway", "vm"])
        #expect(proxies.map(\.kind) == [.sidecar, .gateway, .sidecar])
        #expect(proxies[0].rejection == "LDS: no")
        #expect(proxies.map(\.isInSync) == [false, false, true])
    }

    @Test("policy and version")
    func policy() {
        var mesh = TestMesh()
        #expect(mesh.snapshot().policy == nil)
        mesh.fold(.istiod, .mesh(policy: .registryOnly, version: "1.28.0"))
        #expect(mesh.snapshot().policy == .registryOnly)
        mesh.fold(.istiod, .mesh(policy: .allowAny, version: "1.28.0\u{1B}"))
        #expect(mesh.snapshot().policy == .allowAny)
        #expect(mesh.snapshot().istioVersion == "1.28.0␛")
    }

    @Test("sources: live, failing, denied, stale, gone")
    func sources() throws {
        var mesh = TestMesh()
        let admin = SourceID.admin(mesh.proxy)
        mesh.fold(admin, .failed(reason: "refused\u{1B}", attempt: 2, retryAt: .at("12:00:05")), at: "12:00:00")
        #expect(
            mesh.snapshot().sources[admin]?.condition
                == .failing(reason: "refused␛", attempt: 2, retryAt: .at("12:00:05")))
        #expect(mesh.snapshot().sources[admin]?.lastSuccess == nil)
        mesh.traffic([], at: "12:00:05")
        #expect(
            mesh.snapshot().sources[admin] == SourceState(condition: .live, lastSuccess: .at("12:00:05"), interval: 1))
        // The operator polls less often.
        mesh.traffic([], at: "12:00:10")
        #expect(mesh.snapshot().sources[admin]?.interval == 5)
        #expect(mesh.snapshot().sources[admin]?.isStale(at: .at("12:00:24")) == false)
        #expect(mesh.snapshot().sources[admin]?.isStale(at: .at("12:00:26")) == true)
        // An outage is no interval.
        mesh.fold(admin, .failed(reason: "x", attempt: 1, retryAt: nil), at: "12:00:30")
        mesh.traffic([], at: "12:01:30")
        #expect(mesh.snapshot().sources[admin]?.interval == 5)

        mesh.fold(.watch("pods"), .alive)
        #expect(mesh.snapshot().sources[.watch("pods")]?.interval == 10)
        mesh.fold(.watch("pods"), .denied(reason: "no"))
        #expect(mesh.snapshot().sources[.watch("pods")]?.condition == .denied(reason: "no"))
        mesh.fold(admin, .ended)
        #expect(mesh.snapshot().sources[admin] == nil)
    }
}
