import Foundation
import MeshState
import Testing

@testable import MeshLab

/// A listener with so many hosts that most of them share a chain.
@Suite struct ManyHostsTests {
    private static let address = "203.0.113.11"

    private static func entry(_ host: String, at address: String = address) -> ServiceEntry {
        .make(
            String(host.drop { $0 == "*" || $0 == "." }), host, ports: [.make(443, "TLS")], resolution: .static,
            endpoints: [EntryEndpoint(address: address)])
    }

    private static func listener(hosts: Int, _ change: (inout ListenerPlan) -> Void = { _ in }) -> ListenerPlan {
        let chains = (0..<hosts).map { number in
            let host = "h\(number).example.com"
            return ListenerPlan.Chain(
                match: .init(serverNames: [host]),
                action: .tcp([WeightedCluster(cluster: ClusterPlan.name(port: 443, host: host))]))
        }
        var plan = ListenerPlan(bind: ListenerPlan.wildcard, port: 443, chains: chains)
        change(&plan)
        return plan
    }

    @Test func fewHostsHaveAChainEach() {
        #expect(SharedChain(Self.listener(hosts: SharedChain.few), traits: [:]) == nil)
        #expect(SharedChain(Self.listener(hosts: SharedChain.few + 1), traits: [:])?.names.count == SharedChain.few + 1)
    }

    @Test func whatIsToldApartByMoreThanANameIsNotShared() {
        func isShared(_ change: (inout ListenerPlan) -> Void) -> Bool {
            SharedChain(Self.listener(hosts: 150, change), traits: [:]) != nil
        }
        #expect(isShared { _ in })
        #expect(!isShared { $0.isBound = true })
        #expect(!isShared { $0.chains[7].match.isHTTP = true })
        #expect(!isShared { $0.chains[7].match.isMeshTLS = true })
        #expect(!isShared { $0.chains[7].match.serverNames = ["*"] })
        #expect(!isShared { $0.chains[7].match.prefixes = [NetworkPrefix("203.0.113.0/24")!] })
    }

    @Test func aHostWithAWayOfItsOwnKeepsItsChain() throws {
        let plan = Self.listener(hosts: 150) { plan in
            plan.chains[0].action = .tcp([WeightedCluster(cluster: "outbound|443||other.example.com")])
            plan.chains[1] = .init(
                match: .init(serverNames: ["*.wild.example.com"]),
                action: .tcp([WeightedCluster(cluster: "outbound|443||*.wild.example.com")]))
            plan.chains[2].match.serverNames.append("alias.example.com")
            plan.chains[3].action = .http(route: "443")
            plan.chains.append(.init(match: .init(), action: .tcp([WeightedCluster(cluster: "BlackHoleCluster")])))
        }
        let cluster = ClusterPlan.make("h4.example.com", 443, at: []) { $0.loadBalancer = .sourceIP }
        let traits = try #require(WriterContext.ClusterTraits(cluster))
        let shared = try #require(SharedChain(plan, traits: [cluster.name: traits]))
        #expect(
            shared.others.map { $0.match.serverNames[0] } == [
                "h0.example.com", "*.wild.example.com", "h2.example.com", "h3.example.com", "h4.example.com",
            ])
        #expect(shared.names.count == 145)
        #expect(shared.clusters.contains("outbound|443||h5.example.com"))
    }

    @Test func everyHostHasItsOwnWayAndNobodyIsInterrupted() async throws {
        var mesh = MeshConfiguration(entries: (0..<SharedChain.few + 20).map { Self.entry("h\($0).example.com") })
        mesh.entries.append(Self.entry("*.wild.example.com", at: "203.0.113.10"))
        try await TestLab.run(mesh) { lab in
            let servers = [10, 11].map {
                NamedServer("server\($0)", host: "127.\(lab.layout.block).113.\($0)", port: 10_443)
            }
            defer { for server in servers { server.stop() } }
            func reply(_ name: String) async -> Reply { await lab.tls("203.0.113.99", 443, serverName: name) }
            #expect(await reply("h7.example.com").text == "server11\n")
            #expect(await reply("H8.Example.com").text == "server11\n")
            #expect(await reply("a.wild.example.com").text == "server10\n")
            #expect(await reply("new.example.com").isEmpty)
            _ = try await lab.logLine("outbound|443||h7.example.com", "h7.example.com")
            _ = try await lab.logLine("BlackHoleCluster", "new.example.com")
            #expect(try await lab.counter("cluster.outbound|443||h8.example.com;.upstream_cx_total") == 1)

            let open = try #require(lab.connect("203.0.113.99", 443))
            defer { open.close() }
            open.send(clientHello(serverName: "h9.example.com"))
            #expect(await Loopback.blocking { open.receiveSome() } == "server11\n")
            mesh.entries.append(Self.entry("new.example.com"))
            try await lab.update(mesh)
            #expect(await reply("new.example.com").text == "server11\n")
            mesh.entries.removeFirst()
            try await lab.update(mesh)
            #expect(await reply("h0.example.com").isEmpty)
            // Chains that are taken away end their connections after two seconds; this one is none of them.
            let drained = try await lab.counter("listener_manager.listener_in_place_updated")
            #expect(drained == 2)
            #expect(try await lab.counter("listener_manager.total_filter_chains_draining") == 0)
        }
    }
}
