import Foundation
import MeshState
import Testing

@testable import MeshClient

struct MeshSourceTests {
    private static let settings = SourceSettings(
        watch: .init(policy: .quick), log: .init(policy: .quick, batching: .milliseconds(2)), policy: .quick)

    /// Reads the observations as the console does.
    private final class Reader: Sendable {
        let told = Sources()
        let task: Task<Void, Never>

        init(_ source: MeshSource) {
            let told = told
            let stream = source.observations()
            task = Task { for await observation in stream { told.add(observation) } }
        }
    }

    private func source(
        _ mesh: FakeMesh, namespace: String? = nil, resolver: NameResolver? = nil
    ) throws -> MeshSource {
        try MeshSource(
            access: mesh.access, options: .init(namespace: namespace, resolver: resolver), settings: Self.settings)
    }

    @Test func theFirstRoundIsOverWhenEverySourceHasSpokenAndWasHeard() async throws {
        let mesh = try await FakeMesh()
        mesh.addPod("sleep-1")
        mesh.addPod("ratings-1")
        mesh.change { $0.log = LogFollowerTests.line(1, "edition.cnn.com") }
        let source = try source(mesh)
        let reader = Reader(source)
        #expect(await source.firstRound(timeout: .seconds(20)))
        // No wait here: what was said has been read.
        let proxies = ["sleep-1", "ratings-1"].map { ProxyID(pod: $0, namespace: "default") }
        let expected: Set<SourceID> = Set(
            ["pods", "services", "endpoints", "serviceentries"].map { .watch($0) } + [.istiod]
                + proxies.flatMap { [.admin($0), .accessLog($0)] })
        #expect(reader.told.sources == expected)
        #expect(reader.told.summary(of: .accessLog(proxies[0])).first == "log edition.cnn.com")
        #expect(reader.told.summary(of: .admin(proxies[0])).first?.hasPrefix("traffic of ") == true)
        #expect(reader.told.summary(of: .istiod).prefix(2).joined(separator: " ").contains("mesh "))
        await source.shutdown()
        await reader.task.value
        await mesh.server.stop()
    }

    @Test func sourcesThatFailOrAreDeniedHaveSpokenAsWell() async throws {
        let mesh = try await FakeMesh()
        mesh.addPod("sleep-1")
        mesh.change { state in
            state.answers["/proxy/clusters"] = (
                503,
                #"{"kind":"Status","message":"dial tcp 10.244.0.9:15000: connect: connection refused"}"#
            )
            state.answers["/log"] = (403, #"{"kind":"Status","message":"pods/log is forbidden"}"#)
            state.answers["/debug/syncz"] = (401, "")
            state.answers["/apis/networking.istio.io"] = (404, "404 page not found")
        }
        let source = try source(mesh)
        let reader = Reader(source)
        #expect(await source.firstRound(timeout: .seconds(20)))
        let proxy = ProxyID(pod: "sleep-1", namespace: "default")
        func first(_ source: SourceID) -> String { reader.told.summary(of: source).first ?? "" }
        #expect(
            first(.admin(proxy)).contains("failed 1: the API cannot reach Envoy's admin port 15000 of sleep-1.default"))
        #expect(first(.admin(proxy)).contains("port-forward"))
        #expect(first(.accessLog(proxy)).hasPrefix("denied: pods/log is forbidden"))
        #expect(first(.istiod).hasPrefix("denied: istiod's debug/syncz"))
        #expect(first(.istiod).contains("services/proxy"))
        #expect(
            first(.watch("serviceentries"))
                == "failed 1: this cluster has no ServiceEntry resource: is Istio installed?")
        await source.shutdown()
        await reader.task.value
        await mesh.server.stop()
    }

    @Test func anUnreachableMeshIsToldSourceBySource() async throws {
        let mesh = try await FakeMesh()
        await mesh.server.stop()
        let source = try source(mesh)
        let reader = Reader(source)
        #expect(await source.firstRound(timeout: .seconds(20)))
        for resource in ["pods", "services", "endpoints", "serviceentries"] {
            #expect(
                reader.told.summary(of: .watch(resource)).first
                    == "failed 1: \(mesh.server.address) refused the connection")
        }
        await source.shutdown()
        await reader.task.value
    }

    @Test func podsComeAndGo() async throws {
        let mesh = try await FakeMesh()
        mesh.addPod("sleep-1")
        let source = try source(mesh)
        let reader = Reader(source)
        await source.firstRound(timeout: .seconds(20))
        let old = ProxyID(pod: "sleep-1", namespace: "default")
        let new = ProxyID(pod: "sleep-2", namespace: "default")
        mesh.addPod("sleep-2")
        try await eventually {
            !reader.told.summary(of: .admin(new)).isEmpty && !reader.told.summary(of: .accessLog(new)).isEmpty
        }
        mesh.removePod("sleep-1")
        try await eventually {
            reader.told.summary(of: .admin(old)).last == "ended"
                && reader.told.summary(of: .accessLog(old)).last == "ended"
        }
        // The same pod may come back, as one of a StatefulSet does.
        mesh.addPod("sleep-1")
        try await eventually { reader.told.summary(of: .admin(old)).last?.hasPrefix("traffic") == true }
        await source.shutdown()
        await reader.task.value
        await mesh.server.stop()
    }

    @Test func oneNamespaceIsWatchedTogetherWithIstiods() async throws {
        let mesh = try await FakeMesh()
        mesh.addPod("sleep-1")
        mesh.addPod("other-1", namespace: "other")
        mesh.addPod("istio-egressgateway-1", namespace: "istio-system")
        let source = try source(mesh, namespace: "default")
        let reader = Reader(source)
        #expect(await source.firstRound(timeout: .seconds(20)))
        let lists = reader.told.all.compactMap { observation -> [String]? in
            guard case .listed("pods", let objects) = observation.fact else { return nil }
            return objects.compactMap { $0["metadata"]?["name"]?.stringValue }.sorted()
        }
        #expect(lists.last == ["istio-egressgateway-1", "sleep-1"])
        #expect(reader.told.sources.contains(.watch("pods in istio-system")))
        #expect(reader.told.sources.contains(.admin(ProxyID(pod: "istio-egressgateway-1", namespace: "istio-system"))))
        #expect(!reader.told.sources.contains(.admin(ProxyID(pod: "other-1", namespace: "other"))))
        await source.shutdown()
        await reader.task.value
        await mesh.server.stop()
    }

    @Test func shuttingDownIsPromptAndLeavesNoConnection() async throws {
        let mesh = try await FakeMesh()
        for number in 1...5 { mesh.addPod("sleep-\(number)") }
        let source = try source(mesh)
        let reader = Reader(source)
        await source.firstRound(timeout: .seconds(20))
        let time = await ContinuousClock().measure { await source.shutdown() }
        // 300 ms is what an operator may wait; other tests run beside this one.
        #expect(time < .seconds(3))
        await reader.task.value
        try await eventually { mesh.server.connections == 0 }
        let count = mesh.server.requests.count
        source.refresh()
        #expect(await source.firstRound(timeout: .milliseconds(20)))
        #expect(mesh.server.requests.count == count)
        await mesh.server.stop()
    }

    @Test func shuttingDownBeforeTheStartIsHarmless() async throws {
        let mesh = try await FakeMesh()
        let source = try source(mesh)
        await source.shutdown()
        for await _ in source.observations() { Issue.record("nothing was to come") }
        #expect(mesh.server.requests.isEmpty)
        await mesh.server.stop()
    }

    @Test func refreshAndIntervalsTakeEffectAtOnce() async throws {
        let mesh = try await FakeMesh()
        mesh.addPod("sleep-1")
        let source = try MeshSource(
            access: mesh.access, options: .init(interval: .seconds(600), resolver: nil), settings: Self.settings)
        let reader = Reader(source)
        await source.firstRound(timeout: .seconds(20))
        let admin = SourceID.admin(ProxyID(pod: "sleep-1", namespace: "default"))
        #expect(reader.told.summary(of: admin).count == 1)
        source.refresh()
        try await eventually { reader.told.summary(of: admin).count == 2 }
        source.setInterval(.milliseconds(5))
        try await eventually { reader.told.summary(of: admin).count >= 6 }
        await source.shutdown()
        await reader.task.value
        await mesh.server.stop()
    }

    /// What waits for a quarter of an hour hurries when the watch shows that something is different.
    @Test func aChangedPodIsAskedAtOnce() async throws {
        let mesh = try await FakeMesh()
        mesh.addPod("sleep-1")
        mesh.change { $0.answers["/proxy/clusters"] = (503, "") }
        var settings = Self.settings
        settings.policy = .init(first: .seconds(900), limit: .seconds(900))
        let source = try MeshSource(access: mesh.access, options: .init(resolver: nil), settings: settings)
        let reader = Reader(source)
        await source.firstRound(timeout: .seconds(20))
        let admin = SourceID.admin(ProxyID(pod: "sleep-1", namespace: "default"))
        #expect(reader.told.summary(of: admin).first?.hasPrefix("failed 1") == true)
        mesh.change { $0.answers = [:] }
        mesh.addPod("sleep-1")
        try await eventually { reader.told.summary(of: admin).last?.hasPrefix("traffic") == true }
        await source.shutdown()
        await reader.task.value
        await mesh.server.stop()
    }

    @Test func allHurryWhenTheAPIIsBack() async throws {
        let mesh = try await FakeMesh()
        mesh.change { state in
            state.answers["/services"] = (500, "")
            state.answers["/debug/syncz"] = (500, "")
        }
        var settings = Self.settings
        settings.policy = .init(first: .seconds(900), limit: .seconds(900))
        let source = try MeshSource(access: mesh.access, options: .init(resolver: nil), settings: settings)
        let reader = Reader(source)
        await source.firstRound(timeout: .seconds(20))
        #expect(reader.told.summary(of: .istiod) == ["failed 1: istiod's debug/syncz: the server answered HTTP 500"])
        mesh.change { $0.answers = [:] }
        try await eventually { reader.told.summary(of: .istiod).last?.hasPrefix("mesh") == true }
        await source.shutdown()
        await reader.task.value
        await mesh.server.stop()
    }

    @Test(arguments: [
        ("create-409-exists.http", true), ("put-409-stale.http", true), ("create-bad-two-causes.http", false),
        ("create-unknownfield-strict.http", false), ("err-403-list.http", false),
    ])
    func refusedChangesAreToldInTheServersWords(file: String, isConflict: Bool) async throws {
        let answer = try RecordedAnswer(file)
        let mesh = try await FakeMesh()
        let source = try source(mesh)
        mesh.change { $0.answers["/serviceentries"] = (answer.status, answer.body) }
        let message = try #require(try JSONValue(parsing: answer.body)["message"]?.stringValue)
        let target = ObjectKey(kind: ServiceEntry.kind, namespace: "default", name: "x")
        let result = await source.perform(
            ChangeRequest(id: 1, target: target, action: .create(["kind": "ServiceEntry"]), summary: "allow x"))
        #expect(result == .failed(message: message, isConflict: isConflict))
        await source.shutdown()
        await mesh.server.stop()
    }

    @Test func changesAreSentInTheServedVersion() async throws {
        let mesh = try await FakeMesh()
        let source = try source(mesh)
        mesh.change { $0.answers["/serviceentries/x"] = (200, #"{"metadata":{"resourceVersion":"8"}}"#) }
        let target = ObjectKey(kind: ServiceEntry.kind, namespace: "default", name: "x")
        let old: JSONValue = [
            "apiVersion": "networking.istio.io/v1alpha3", "metadata": ["name": "x", "resourceVersion": "7"],
        ]
        let replaced = await source.perform(
            ChangeRequest(id: 1, target: target, action: .replace(old), summary: "switch off x"))
        #expect(replaced == .done(object: ["metadata": ["resourceVersion": "8"]], warnings: []))
        let put = try #require(mesh.server.requests.last)
        #expect(put.method == "PUT")
        #expect(put.path == "/apis/networking.istio.io/v1/namespaces/default/serviceentries/x")
        #expect(put.body?["apiVersion"] == "networking.istio.io/v1")
        #expect(put.body?["metadata"]?["resourceVersion"] == "7")
        _ = await source.perform(
            ChangeRequest(id: 2, target: target, action: .delete(resourceVersion: "8"), summary: "delete x"))
        #expect(mesh.server.requests.last?.body?["preconditions"]?["resourceVersion"] == "8")
        #expect(try await source.object(target)["metadata"]?["resourceVersion"] == "8")
        let other = ObjectKey(kind: "Secret", namespace: "default", name: "x")
        let refused = await source.perform(
            ChangeRequest(id: 3, target: other, action: .delete(resourceVersion: nil), summary: "delete x"))
        #expect(refused == .failed(message: "meshtop does not change objects of kind Secret", isConflict: false))
        await source.shutdown()
        await mesh.server.stop()
    }

    @Test func namesBehindBlockedAddressesBelongToTheFirstRound() async throws {
        let names = try await FakeNameServer([
            "10.113.0.203.in-addr.arpa PTR": ["mysql.example.com"], "mysql.example.com A": ["203.0.113.10"],
        ])
        let mesh = try await FakeMesh()
        mesh.addPod("ratings-1")
        let time = "2026-11-21T11:10:01.125Z"
        mesh.change {
            $0.log =
                "\(time) [\(time)] \"- - -\" 0 UH - - \"-\" 0 0 0 - \"-\" \"-\" \"-\" \"-\" \"-\" BlackHoleCluster - "
                + "203.0.113.10:3306 10.244.0.5:40000 - -\n"
        }
        let source = try source(mesh, resolver: NameResolver(patientlyAsking: [names.server]))
        let reader = Reader(source)
        #expect(await source.firstRound(timeout: .seconds(20)))
        let log = SourceID.accessLog(ProxyID(pod: "ratings-1", namespace: "default"))
        #expect(reader.told.summary(of: log).contains("resolved 203.0.113.10 mysql.example.com"))
        await source.shutdown()
        await reader.task.value
        await names.stop()
        await mesh.server.stop()
    }

    @Test func aSlowReaderHoldsTheSourcesBack() async throws {
        let mesh = try await FakeMesh()
        let source = try source(mesh)
        var iterator = source.observations().makeAsyncIterator()
        _ = await iterator.next()
        for number in 1...2000 {
            mesh.change { $0.podEvents.append(event("MODIFIED", object("Pod", "p\(number)", version: number + 1))) }
        }
        var numbers: [String] = []
        while numbers.last != "applied p2000", let observation = await iterator.next() {
            if case .applied = observation.fact { numbers.append(observation.fact.summary) }
        }
        #expect(numbers == (1...2000).suffix(numbers.count).map { "applied p\($0)" })
        await source.shutdown()
        await mesh.server.stop()
    }
}
