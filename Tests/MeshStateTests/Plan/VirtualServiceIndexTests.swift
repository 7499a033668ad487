import Testing

@testable import MeshState

/// Which VirtualServices a proxy follows, and in which order.
@Suite struct VirtualServiceIndexTests {
    static func names(_ yaml: String, gateway: String = "mesh", namespace: String = "default") throws -> [String] {
        VirtualServiceIndex(try PlanText.mesh(yaml).virtualServices)
            .services(boundTo: gateway, namespace: namespace).map(\.meta.name)
    }

    static let several = """
        {kind: VirtualService, metadata: {name: public}, spec: {hosts: [a.b]}}
        ---
        {kind: VirtualService, metadata: {name: theirs, namespace: other}, spec: {hosts: [a.b], exportTo: [default]}}
        ---
        {kind: VirtualService, metadata: {name: own}, spec: {hosts: [a.b], exportTo: [.]}}
        ---
        {kind: VirtualService, metadata: {name: both}, spec: {hosts: [a.b], exportTo: [., other]}}
        ---
        {kind: VirtualService, metadata: {name: star, namespace: other}, spec: {hosts: [a.b], exportTo: ["*"]}}
        ---
        {kind: VirtualService, metadata: {name: gone, labels: {istio.io/rev: canary}}, spec: {hosts: [a.b]}}
        ---
        {kind: VirtualService, metadata: {name: here, labels: {istio.io/rev: default}}, spec: {hosts: [a.b]}}
        """

    @Test(arguments: [
        ("default", ["own", "both", "theirs", "public", "star", "here"]),
        ("other", ["both", "public", "star", "here"]), ("third", ["public", "star", "here"]),
    ]) func whoSeesWhat(_ namespace: String, _ expected: [String]) throws {
        #expect(try Self.names(Self.several, namespace: namespace) == expected)
    }

    @Test func equallyOldOnesGoByName() throws {
        let text = """
            {kind: VirtualService, metadata: {name: b, creationTimestamp: "2026-01-01T00:00:00Z"}, spec: {hosts: [a.b]}}
            ---
            {kind: VirtualService, metadata: {name: a, creationTimestamp: "2026-01-01T00:00:00Z"}, spec: {hosts: [a.b]}}
            ---
            {kind: VirtualService, metadata: {name: z, creationTimestamp: "2025-01-01T00:00:00Z"}, spec: {hosts: [a.b]}}
            """
        #expect(try Self.names(text) == ["z", "a", "b"])
    }

    @Test(arguments: [
        ("gw", "default/gw"), ("./gw", "default/gw"), ("istio-system/gw", "istio-system/gw"),
        ("gw.istio-system.svc.cluster.local", "istio-system/gw"), ("mesh", "mesh"),
    ]) func gatewaysAreNamedInFull(_ written: String, _ full: String) throws {
        let text = "{kind: VirtualService, metadata: {name: v}, spec: {hosts: [a.b], gateways: [\(written)]}}"
        #expect(try Self.names(text, gateway: full) == ["v"])
        #expect(try Self.names(text, gateway: full == "mesh" ? "default/gw" : "mesh") == [])
    }

    @Test func shortNamesBelongToTheNamespace() throws {
        let text = """
            kind: VirtualService
            metadata: {name: v, namespace: shop}
            spec:
              hosts: [reviews, "*", 203.0.113.1, example.com]
              http:
              - match: [{gateways: [gw]}]
                route: [{destination: {host: reviews}}, {destination: {host: example.com}}]
                mirror: {host: copy}
              tls: [{match: [{sniHosts: [a], gateways: [mesh]}], route: [{destination: {host: t}}]}]
              tcp: [{route: [{destination: {host: u}}]}]
            """
        let found = try #require(
            VirtualServiceIndex(try PlanText.mesh(text).virtualServices)
                .services(boundTo: "mesh", namespace: "shop").first)
        #expect(found.hosts == ["reviews.shop.svc.cluster.local", "*", "203.0.113.1", "example.com"])
        #expect(
            found.http[0].shares.map(\.destination.host) == ["reviews.shop.svc.cluster.local", "example.com"])
        #expect(found.http[0].mirrors[0].destination.host == "copy.shop.svc.cluster.local")
        #expect(found.http[0].matches[0].scope.gateways == ["shop/gw"])
        #expect(found.tls[0].matches[0].scope.gateways == ["mesh"])
        #expect(found.tls[0].shares[0].destination.host == "t.shop.svc.cluster.local")
        #expect(found.tcp[0].shares[0].destination.host == "u.shop.svc.cluster.local")
    }

    @Test(arguments: [
        (["*/*"], ["v", "w"]), (["./*"], ["v"]), (["other/*"], ["w"]), (["other/a.b"], []),
        (["*/*.d", "./a.b"], ["v", "w"]), (["~/*"], []), (["no slash"], []), (["*/c.d"], ["w"]),
    ]) func aSidecarImportsSome(_ imports: [String], _ expected: [String]) throws {
        let text = """
            {kind: VirtualService, metadata: {name: v}, spec: {hosts: [a.b]}}
            ---
            {kind: VirtualService, metadata: {name: w, namespace: other}, spec: {hosts: ["*.d"]}}
            """
        let services = VirtualServiceIndex(try PlanText.mesh(text).virtualServices)
            .services(boundTo: "mesh", namespace: "default")
        let scope = VirtualServiceScope(services, imports: imports, namespace: "default")
        #expect(scope.services.map(\.meta.name) == expected)
    }
}
