import Foundation
import Testing

@testable import MeshState

/// Calls that go through an egress gateway, as the documents' examples have them go.
@Suite struct GatewayWalkTests {
    private static let examples = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../examples").standardizedFileURL

    /// The mesh of the documents: `sleep`, the gateway, and an example's files in their order.
    static func mesh(_ folder: String?, _ extra: String = "") throws -> MeshConfiguration {
        var yaml = try Fixture.text("explain/gateway-world.yaml")
        if let folder {
            let place = examples.appending(path: folder)
            let files = try FileManager.default.contentsOfDirectory(atPath: place.path).filter { $0.hasSuffix(".yaml") }
            for file in files.sorted() {
                yaml += "---\n" + (try String(contentsOf: place.appending(path: file), encoding: .utf8))
            }
        }
        return try PlanText.mesh(yaml + extra)
    }

    static let sleep = EgressCall.Caller(
        workload: "sleep", namespace: "default", labels: ["app": "sleep"],
        identity: "spiffe://cluster.local/ns/default/sa/sleep")
    static let gateway = "istio-egressgateway.istio-system"
    static let gatewayHost = "istio-egressgateway.istio-system.svc.cluster.local"

    private func explain(_ mesh: MeshConfiguration, _ target: String, _ port: Int, _ speech: EgressCall.Speech)
        -> Explanation
    {
        WalkTests.explain(mesh, target, port, speech, from: Self.sleep)
    }

    @Test func plainHTTP() throws {
        let result = explain(try Self.mesh("egress-gateway-http"), "edition.cnn.com", 80, .http)
        #expect(result.verdict == .allowed && result.status == nil)
        #expect(result.hops.map(\.name) == ["sleep.default", Self.gateway, "edition.cnn.com:80"])
        #expect(result.hops.map(\.kind) == [.sidecar, .gateway, .endpoint])
        #expect(result.hops.map(\.listener) == ["0.0.0.0_80", "0.0.0.0_8080", nil])
        #expect(
            result.hops.map(\.cluster) == ["outbound|80|cnn|\(Self.gatewayHost)", "outbound|80||edition.cnn.com", nil])
        #expect(result.hops.map(\.virtualHost) == ["edition.cnn.com:80", "edition.cnn.com:80", nil])
        #expect(result.hops.map(\.tls?.mode) == [.plain, .plain, nil])
        #expect(result.hops[0].endpoints == ["10.244.0.16:8080"])
        let deciders = Set(result.because.map(\.object.description))
        #expect(
            deciders.isSuperset(of: [
                "VirtualService default/direct-cnn-through-egress-gateway",
                "DestinationRule default/egressgateway-for-cnn",
                "Gateway default/istio-egressgateway", "ServiceEntry default/cnn",
            ]))
        #expect(
            result.because.contains { $0.field.hasPrefix("spec.http[0]") }
                && result.because.contains { $0.field.hasPrefix("spec.http[1]") })
    }

    @Test func mutualTLSToTheGateway() throws {
        let result = explain(try Self.mesh("egress-gateway-http/mutual-tls"), "edition.cnn.com", 80, .http)
        #expect(result.verdict == .allowed)
        let tls = try #require(result.hops.first?.tls)
        #expect(tls.mode == .istioMutual && tls.serverName == "edition.cnn.com" && tls.identity == Self.sleep.identity)
        #expect(result.hops.map(\.tls?.mode) == [.istioMutual, .plain, nil])
        #expect(result.hops[1].chain == "server_names edition.cnn.com")
    }

    @Test(arguments: ["egress-gateway-tls-origination", "egress-gateway-tls-origination/mutual-tls"])
    func theGatewayOriginatesTLS(folder: String) throws {
        let result = explain(try Self.mesh(folder), "edition.cnn.com", 80, .http)
        #expect(result.verdict == .allowed && result.hops.last?.name == "edition.cnn.com:443")
        #expect(result.hops[1].cluster == "outbound|443||edition.cnn.com")
        #expect(result.hops[1].tls == .init(mode: .simple, serverName: "edition.cnn.com"))
        #expect(result.because.contains { $0.object.name == "originate-tls-for-edition-cnn-com" })
    }

    @Test func theGatewayPassesTLSOn() throws {
        let mesh = try Self.mesh("egress-gateway-https")
        let result = explain(mesh, "edition.cnn.com", 443, .tls)
        #expect(result.verdict == .allowed)
        #expect(result.hops.map(\.listener) == ["0.0.0.0_443", "0.0.0.0_8443", nil])
        #expect(
            result.hops.map(\.cluster) == [
                "outbound|443|cnn|\(Self.gatewayHost)", "outbound|443||edition.cnn.com", nil,
            ])
        #expect(result.hops.map(\.tls?.mode) == [.passthrough, .passthrough, nil])
        #expect(result.hops.map(\.route) == [nil, nil, nil])
    }

    @Test func mutualTLSAroundTheClientsOwn() throws {
        let result = explain(try Self.mesh("egress-gateway-https/mutual-tls"), "edition.cnn.com", 443, .tls)
        #expect(result.verdict == .allowed && result.status == nil)
        #expect(result.hops.map(\.tls?.mode) == [.istioMutual, .passthrough, nil])
        #expect(result.hops[1].tls?.serverName == "edition.cnn.com")
    }

    // MARK: What goes wrong

    private static let toGateway = """
        ---
        kind: VirtualService
        metadata: {name: half}
        spec:
          hosts: [edition.cnn.com]
          http:
          - route: [{destination: {host: istio-egressgateway.istio-system.svc.cluster.local, port: {number: 80}}}]
          tls:
          - match: [{port: 443, sniHosts: [edition.cnn.com]}]
            route: [{destination: {host: istio-egressgateway.istio-system.svc.cluster.local, port: {number: 443}}}]
        ---
        kind: ServiceEntry
        metadata: {name: cnn}
        spec:
          hosts: [edition.cnn.com]
          ports: [{number: 80, name: http, protocol: HTTP}, {number: 443, name: tls, protocol: TLS}]
          resolution: DNS
        """

    @Test func aGatewayThatDoesNotListen() throws {
        let mesh = try Self.mesh(nil, Self.toGateway)
        let http = explain(mesh, "edition.cnn.com", 80, .http)
        #expect(http.verdict == .blocked && http.status == .code(503) && http.hops.count == 2)
        let tls = explain(mesh, "edition.cnn.com", 443, .tls)
        #expect(tls.verdict == .blocked && tls.status == .closed)
    }

    @Test func aGatewayWithoutRoute() throws {
        let mesh = try Self.mesh(
            nil,
            Self.toGateway + """

                ---
                kind: Gateway
                metadata: {name: gw}
                spec:
                  selector: {istio: egressgateway}
                  servers:
                  - {port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}
                  - {port: {number: 443, name: tls, protocol: TLS}, hosts: ['other.example.com'], tls: {mode: PASSTHROUGH}}
                ---
                kind: VirtualService
                metadata: {name: other}
                spec:
                  hosts: [other.example.com]
                  gateways: [gw]
                  tls:
                  - match: [{port: 443, sniHosts: [other.example.com]}]
                    route: [{destination: {host: other.example.com, port: {number: 443}}}]
                """)
        let http = explain(mesh, "edition.cnn.com", 80, .http)
        #expect(http.status == .code(404) && http.hops.last?.virtualHost == "blackhole:80")
        let tls = explain(mesh, "edition.cnn.com", 443, .tls)
        #expect(tls.status == .closed && tls.reason.contains("filter_chain_not_found"))
    }

    @Test func aGatewayThatSendsCallsToItself() throws {
        let mesh = try Self.mesh(
            nil,
            Self.toGateway.replacing("  http:", with: "  gateways: [mesh, gw]\n  http:") + """

                ---
                kind: Gateway
                metadata: {name: gw}
                spec: {selector: {istio: egressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]}
                """)
        let result = explain(mesh, "edition.cnn.com", 80, .http)
        #expect(result.verdict == .blocked && result.status == .code(503) && result.reason.contains("circles"))
    }

    @Test func anEntryWithoutResolutionBehindAGateway() throws {
        var mesh = try Self.mesh("egress-gateway-http")
        mesh.entries[0].resolution = .none
        let result = explain(mesh, "edition.cnn.com", 80, .http)
        #expect(result.status == .code(503) && result.reason.contains("UH") && result.hops.last?.kind == .gateway)
        #expect(
            result.remedy
                == .words("give the entry of edition.cnn.com resolution DNS: a gateway has no original destination"))
    }
}
