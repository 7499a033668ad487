import Foundation
import Logging
import MeshState
import Testing

@testable import MeshLab

/// How changes reach real Envoys, and what becomes of those that Envoy does not take.
@Suite struct PushTests {
    private static let cnn = ServiceEntry.make(
        "cnn", "edition.cnn.com", ports: [.make(80, "HTTP")], resolution: .static,
        endpoints: [EntryEndpoint(address: "203.0.113.11")])

    @Test func everyProxyIsInSyncAndAnUnchangedMeshWritesNothing() async throws {
        var mesh = MeshConfiguration(entries: [Self.cnn])
        try await TestLab.run(mesh, gateway: true) { lab in
            let status = await lab.plane.status()
            #expect(status.map(\.proxy.pod) == ["sleep-1", "istio-egressgateway-1"])
            #expect(status.allSatisfy { $0.isInSync })
            #expect(status[0].types.mapValues(\.state) == [.cds: .synced, .lds: .synced, .rds: .synced])
            #expect(status[1].types.mapValues(\.state) == [.cds: .synced, .lds: .synced, .rds: .notSent])
            let gateway = try await lab.admin("/clusters", node: 1)
            #expect(gateway.contains("outbound|80||edition.cnn.com::203.0.113.11:80"))
            #expect(!gateway.contains("PassthroughCluster"))

            // A namespace's own entry is nothing to the gateway, which hears nothing of it.
            let before = try await (lab.updates(), lab.updates(node: 1))
            mesh.entries.append(
                .make(
                    "other", "other.example.com", ports: [.make(80, "HTTP")], resolution: .static,
                    endpoints: [EntryEndpoint(address: "203.0.113.10")], exportTo: ["."]))
            try await lab.update(mesh)
            let after = try await (lab.updates(), lab.updates(node: 1))
            #expect(after.1 == before.1)
            let changed = after.0.filter { before.0[$0.key] != $0.value }.keys.sorted()
            #expect(changed == ["cluster_manager.cds", "http.outbound_0.0.0.0_80.rds.80"])
            #expect(after.0["cluster_manager.cds"] == (before.0["cluster_manager.cds"] ?? 0) + 1)

            mesh.entries.removeLast()
            try await lab.update(mesh)
            #expect(try await !lab.admin("/clusters").contains("other.example.com"))
        }
    }

    @Test func endpointsAloneAreSwitchedWithoutTouchingTheRest() async throws {
        var mesh = MeshConfiguration(entries: [Self.cnn])
        try await TestLab.run(mesh) { lab in
            let servers = [10, 11].map {
                NamedServer("server\($0)", host: "127.\(lab.layout.block).113.\($0)", port: 10_080)
            }
            defer { for server in servers { server.stop() } }
            #expect(await lab.http("203.0.113.11", 80, host: "edition.cnn.com").text.hasSuffix("server11\n"))
            mesh.entries[0].endpoints = [EntryEndpoint(address: "203.0.113.10")]
            try await lab.update(mesh)
            #expect(await lab.http("203.0.113.11", 80, host: "edition.cnn.com").text.hasSuffix("server10\n"))
        }
    }

    /// A request that is under way all the time meets no moment without a route or a cluster.
    @Test func aChangeInterruptsNoTraffic() async throws {
        var mesh = MeshConfiguration(entries: [Self.cnn])
        try await TestLab.run(mesh) { lab in
            let server = NamedServer("cnn", host: "127.\(lab.layout.block).113.11", port: 10_080)
            defer { server.stop() }
            let caller = Task {
                var bad: [Reply] = []
                var count = 0
                while !Task.isCancelled {
                    let reply = await lab.http("203.0.113.11", 80, host: "edition.cnn.com")
                    if !reply.text.hasSuffix("cnn\n") { bad.append(reply) }
                    count += 1
                }
                return (count, bad)
            }
            for round in 0..<6 {
                mesh.entries =
                    [Self.cnn]
                    + (0..<round % 3).map {
                        .make(
                            "e\($0)", "e\($0).example.com", ports: [.make(80, "HTTP"), .make(90 + $0, "TCP")],
                            resolution: .static, endpoints: [EntryEndpoint(address: "203.0.113.10")])
                    }
                try await lab.update(mesh)
            }
            caller.cancel()
            let (count, bad) = await caller.value
            #expect(count > 0)
            #expect(bad.isEmpty)
        }
    }

    @Test func aRejectedListenerIsReportedAndTheRestGoesOn() async throws {
        let mesh = MeshConfiguration(entries: [Self.cnn])
        try await TestLab.run(mesh) { lab in
            let server = NamedServer("cnn", host: "127.\(lab.layout.block).113.11", port: 10_080)
            defer { server.stop() }
            let good = OutboundPlanner(
                index: ServiceIndex(mesh), target: lab.sidecar.target
            ).plan
            try await lab.push(good)
            try await lab.settled()
            #expect(try await lab.sidecarStatus.isInSync)

            var bad = good
            let cluster = "outbound|80||edition.cnn.com"
            bad.listeners.append(
                ListenerPlan(
                    bind: "0.0.0.0", port: 8443,
                    chains: [
                        .init(
                            match: .init(serverNames: ["a*.example.com"]),
                            action: .tcp([WeightedCluster(cluster: cluster)]))
                    ]))
            bad.listeners.append(
                ListenerPlan(
                    bind: "203.0.113.70", port: 7000,
                    chains: [.init(match: .init(), action: .tcp([WeightedCluster(cluster: cluster)]))]))
            try await lab.push(bad)
            try await lab.settled()
            let detail = try await lab.sidecarStatus
            #expect(!detail.isInSync)
            #expect(detail.types[.lds]?.state == .rejected)
            #expect(detail.types[.lds]?.error?.contains("partial wildcards are not supported") == true, "\(detail)")
            #expect(detail.types[.cds]?.state == .synced)
            // The good listener that came with it works, and so does everything else.
            #expect(await lab.tcp("203.0.113.70", 7000).text == "cnn\n")
            #expect(await lab.http("203.0.113.11", 80, host: "edition.cnn.com").text.hasSuffix("cnn\n"))

            try await lab.push(good)
            try await lab.settled()
            #expect(try await lab.sidecarStatus.isInSync)
            #expect(await lab.tcp("203.0.113.70", 7000).isEmpty)
        }
    }

    @Test func aRejectedClusterIsReportedWithEnvoysReason() async throws {
        try await TestLab.run(MeshConfiguration(entries: [Self.cnn])) { lab in
            let server = NamedServer("cnn", host: "127.\(lab.layout.block).113.11", port: 10_080)
            defer { server.stop() }
            let good = OutboundPlanner(
                index: ServiceIndex(MeshConfiguration(entries: [Self.cnn])), target: lab.sidecar.target
            ).plan
            try await lab.push(good)
            try await lab.settled()
            var bad = good
            bad.clusters.append(
                ClusterPlan(
                    name: "outbound|1||bad.example.com", host: "bad.example.com", namespace: "default", port: 1,
                    isExternal: true,
                    discovery: .originalDestination(port: 70_000), http: .http1))
            bad.listeners.append(
                ListenerPlan(
                    bind: "203.0.113.70", port: 7000,
                    chains: [
                        .init(match: .init(), action: .tcp([WeightedCluster(cluster: "outbound|80||edition.cnn.com")]))
                    ]))
            try await lab.push(bad)
            try await lab.settled()
            let detail = try await lab.sidecarStatus
            #expect(await lab.tcp("203.0.113.70", 7000).text == "cnn\n")
            #expect(detail.types[.cds]?.state == .rejected)
            #expect(detail.types[.cds]?.error?.contains("bad.example.com") == true, "\(detail)")
            #expect(detail.types[.lds]?.state == .synced)
            #expect(await lab.http("203.0.113.11", 80, host: "edition.cnn.com").text.hasSuffix("cnn\n"))
        }
    }

    /// A push that Envoy rejects as it starts is found out too, though nobody was there when it was made.
    @Test func aRejectionAtTheStartIsFoundOut() async throws {
        try await TestLab.run(MeshConfiguration(entries: [Self.cnn])) { lab in
            let server = NamedServer("cnn", host: "127.\(lab.layout.block).113.11", port: 10_080)
            defer { server.stop() }
            var plan = OutboundPlanner(
                index: ServiceIndex(MeshConfiguration(entries: [Self.cnn])), target: lab.sidecar.target
            ).plan
            plan.listeners.append(
                ListenerPlan(
                    bind: "0.0.0.0", port: 8443,
                    chains: [
                        .init(
                            match: .init(serverNames: ["a*.b"]),
                            action: .tcp([WeightedCluster(cluster: "outbound|80||edition.cnn.com")]))
                    ]))
            try await lab.restartEnvoys {
                try await lab.push(plan)
                _ = try await lab.eventually("that it is gone") {
                    try await lab.sidecarStatus.isReachable ? nil : true
                }
                #expect(try await lab.sidecarStatus.types[.lds]?.state == .stale)
            }
            let detail = try await lab.eventually("the rejection") {
                let detail = try await lab.sidecarStatus
                return detail.types[.lds]?.state == .rejected && !detail.isPushing ? detail : nil
            }
            #expect(detail.types[.lds]?.error?.contains("partial wildcards") == true)
            #expect(await lab.http("203.0.113.11", 80, host: "edition.cnn.com").text.hasSuffix("cnn\n"))
        }
    }

    @Test func whatGoesNowhereIsNotPushed() async throws {
        try await TestLab.run(MeshConfiguration(entries: [Self.cnn])) { lab in
            var plan = OutboundPlanner(
                index: ServiceIndex(MeshConfiguration(entries: [Self.cnn])), target: lab.sidecar.target
            ).plan
            plan.clusters = []
            let before = try await lab.updates()
            try await lab.push(plan)
            try await lab.settled()
            let detail = try await lab.sidecarStatus
            #expect(
                detail.problem?.contains("names the cluster outbound|80||edition.cnn.com, which does not exist") == true
            )
            #expect(!detail.isInSync)
            #expect(try await lab.updates() == before)
        }
    }

    @Test func aNewControlPlaneTakesOverRunningEnvoys() async throws {
        try await TestLab.run(MeshConfiguration(entries: [Self.cnn])) { lab in
            await lab.plane.stop()
            let before = try await lab.updates()
            let unchanged = ControlPlane(layout: lab.layout, nodes: lab.nodes)
            try await unchanged.start(with: MeshConfiguration(entries: [Self.cnn]))
            #expect(await unchanged.awaitSynced(timeout: .seconds(10)).isEmpty)
            // What it has is what it is to have, so that it is sent nothing.
            #expect(try await lab.updates() == before)
            await unchanged.stop()

            let changed = ControlPlane(layout: lab.layout, nodes: lab.nodes)
            try await changed.start(with: MeshConfiguration())
            #expect(await changed.awaitSynced(timeout: .seconds(10)).isEmpty)
            #expect(try await !lab.admin("/clusters").contains("edition.cnn.com"))
            await changed.stop()
        }
    }

    @Test func anEnvoyThatDiedComesBackWithWhatChangedMeanwhile() async throws {
        var mesh = MeshConfiguration(entries: [])
        try await TestLab.run(mesh) { lab in
            let server = NamedServer("cnn", host: "127.\(lab.layout.block).113.11", port: 10_080)
            defer { server.stop() }
            try await lab.restartEnvoys {
                mesh.entries = [Self.cnn]
                await lab.plane.update(mesh)
                _ = try await lab.eventually("that it is gone") {
                    await lab.plane.status().allSatisfy { !$0.isReachable } ? true : nil
                }
            }
            try await lab.synced()
            #expect(await lab.http("203.0.113.11", 80, host: "edition.cnn.com").text.hasSuffix("cnn\n"))
        }
    }
}
