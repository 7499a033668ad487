import MeshState
import Testing

/// VirtualServices, DestinationRules and Sidecars on a call's way.
@Suite struct RoutedWalkTests {
    private static let entries = """
        kind: ServiceEntry
        metadata: {name: web}
        spec:
          hosts: [web.example.com, beta.example.com]
          ports: [{number: 80, name: http, protocol: HTTP}, {number: 443, name: tls, protocol: TLS}]
          resolution: DNS
        ---
        kind: ServiceEntry
        metadata: {name: database}
        spec: {hosts: [db.example.com], addresses: [198.51.100.0/24], ports: [{number: 3306, name: tcp, protocol: TCP}]}
        ---

        """

    private func explain(
        _ yaml: String, _ target: String = "web.example.com", _ port: Int = 80, _ speech: EgressCall.Speech = .http,
        ip: String? = nil, path: String = "/", headers: [String: String] = [:],
        policy: OutboundPolicy = .registryOnly
    ) throws -> Explanation {
        WalkTests.explain(
            try PlanText.mesh(Self.entries + yaml, policy: policy), target, port, speech, ip: ip, path: path,
            headers: headers)
    }

    private static func virtualService(_ rules: String) -> String {
        "kind: VirtualService\nmetadata: {name: vs}\nspec:\n  hosts: [web.example.com]\n\(rules)\n"
    }

    @Test func theFirstRuleThatFitsDecides() throws {
        let yaml = Self.virtualService(
            """
              http:
              - name: beta
                match: [{uri: {prefix: /beta}, headers: {x-user: {regex: 'qa-.*'}}}, {queryParams: {beta: {exact: 'yes'}}}]
                route: [{destination: {host: beta.example.com}}]
              - name: gone
                match: [{uri: {regex: '/old/[0-9]+'}}]
                redirect: {uri: /new, authority: new.example.com, redirectCode: 308}
              - name: denied
                match: [{uri: {exact: /ADMIN}, ignoreUriCase: true}]
                directResponse: {status: 403}
              - name: rest
                match: [{withoutHeaders: {x-internal: {}}}]
                route: [{destination: {host: web.example.com}}]
            """)
        let beta = try explain(yaml, path: "/beta/1", headers: ["x-user": "qa-7"])
        #expect(beta.route == "beta" && beta.cluster == "outbound|80||beta.example.com")
        #expect(beta.because.contains { $0.object.name == "vs" && $0.field.hasPrefix("spec.http[0]") })
        #expect(try explain(yaml, path: "/?a=1&beta=yes").route == "beta")
        #expect(try explain(yaml, path: "/beta/1", headers: ["x-user": "me"]).route == "rest")
        let gone = try explain(yaml, path: "/old/17?x=y")
        #expect(gone.status == .code(308) && gone.verdict == .allowed && gone.cluster == nil)
        #expect(gone.reason.contains("new.example.com/new"))
        #expect(try explain(yaml, path: "/old/x").route == "rest")
        let denied = try explain(yaml, path: "/admin")
        #expect(denied.status == .code(403) && denied.verdict == .blocked)
        let none = try explain(yaml, headers: ["x-internal": "1"])
        #expect(none.status == .code(404) && none.verdict == .blocked && none.reason.contains("route_not_found"))
    }

    @Test func weightsFaultsAndWhatIsMissing() throws {
        let split = try explain(
            Self.virtualService(
                """
                  http:
                  - timeout: 3s
                    fault: {delay: {fixedDelay: 2s, percentage: {value: 10}}}
                    mirror: {host: beta.example.com}
                    route:
                    - {destination: {host: web.example.com}, weight: 25}
                    - {destination: {host: beta.example.com}, weight: 75}
                """))
        #expect(split.cluster == "outbound|80||beta.example.com" && split.verdict == .allowed)
        #expect(split.hops[0].shares.map(\.percent) == [25, 75])
        #expect(split.hops[0].notes.count == 3)
        let abort = try explain(
            Self.virtualService(
                "  http:\n  - fault: {abort: {httpStatus: 418, percentage: {value: 100}}}\n    route: [{destination: {host: web.example.com}}]"
            ))
        #expect(abort.status == .code(418) && abort.verdict == .blocked)
        let missing = try explain(
            Self.virtualService("  http:\n  - route: [{destination: {host: nowhere.example.com, port: {number: 81}}}]"))
        #expect(missing.status == .code(503) && missing.reason.contains("NC cluster_not_found"))
        #expect(missing.cluster == "outbound|81||nowhere.example.com")
    }

    @Test func connectionsAreRouted() throws {
        let yaml = """
            kind: VirtualService
            metadata: {name: tls}
            spec:
              hosts: [web.example.com]
              tls:
              - match: [{port: 443, sniHosts: [web.example.com]}]
                route: [{destination: {host: beta.example.com, port: {number: 443}}}]
            ---
            kind: VirtualService
            metadata: {name: tcp}
            spec:
              hosts: [db.example.com]
              tcp:
              - match: [{port: 3306, destinationSubnets: [198.51.100.7/32]}]
                route: [{destination: {host: nowhere.example.com, port: {number: 3306}}}]
            """
        let tls = try explain(yaml, "web.example.com", 443, .tls)
        #expect(tls.cluster == "outbound|443||beta.example.com" && tls.chain == "server_names web.example.com")
        #expect(
            tls.because.first
                == Because(ObjectKey(kind: "VirtualService", namespace: "default", name: "tls"), "spec.tls[0].match[0]")
        )
        let tcp = try explain(yaml, "198.51.100.7", 3306, .tcp)
        #expect(tcp.verdict == .blocked && tcp.status == .reset && tcp.reason.contains("cluster_not_found"))
        #expect(try explain(yaml, "198.51.100.8", 3306, .tcp).cluster == "outbound|3306||db.example.com")
    }

    @Test func theClientsTLSInsideOfARulesTLS() throws {
        let yaml = """
            kind: DestinationRule
            metadata: {name: originate}
            spec: {host: web.example.com, trafficPolicy: {tls: {mode: SIMPLE}}}
            """
        let twice = try explain(yaml, "web.example.com", 443, .tls)
        #expect(twice.status == .words("TLS error: wrong version number"))
        #expect(twice.hops.first?.tls?.mode == .simple)
        #expect(twice.because.contains { $0.object.kind == "DestinationRule" })
        let once = try explain(yaml)
        #expect(once.status == nil && once.hops[0].tls?.serverName == "web.example.com")
    }

    @Test func aServiceBehindItsSidecar() throws {
        let mesh = try GatewayWalkTests.mesh(nil)
        for name in ["reviews", "reviews.default", "reviews.default.svc.cluster.local"] {
            let result = WalkTests.explain(mesh, name, 9080, .auto, from: GatewayWalkTests.sleep)
            #expect(result.call.address == IPAddress("10.96.0.12"), "\(name)")
            #expect(result.hops.map(\.kind) == [.sidecar, .inbound])
            #expect(result.cluster == "outbound|9080||reviews.default.svc.cluster.local")
            #expect(result.hops.last?.cluster == "inbound|9080||" && result.hops.last?.listener == "virtualInbound")
            let tls = result.hops.first?.tls
            #expect(tls?.mode == .istioMutual && tls?.identity == GatewayWalkTests.sleep.identity)
            #expect(tls?.peers == ["spiffe://cluster.local/ns/default/sa/bookinfo-reviews"])
        }
    }

    @Test func aSidecarsPolicyAndImports() throws {
        let sidecar = """
            kind: Sidecar
            metadata: {name: strict}
            spec: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}, egress: [{hosts: ['istio-system/*']}]}
            """
        let result = try explain(sidecar, policy: .allowAny)
        #expect(result.verdict == .blocked)
        #expect(
            result.because == [
                Because(
                    ObjectKey(kind: "Sidecar", namespace: "default", name: "strict"), "spec.outboundTrafficPolicy.mode"),
                Because(ObjectKey(kind: "Sidecar", namespace: "default", name: "strict"), "spec.egress"),
            ])
        #expect(result.hops[0].notes == ["ServiceEntry default/web is not imported by Sidecar default/strict"])
        let proxy = """
            kind: Sidecar
            metadata: {name: loose}
            spec: {outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: web.example.com, port: {number: 80}}}}
            """
        let passed = try explain(proxy, "203.0.113.9", 25, .tcp)
        #expect(passed.verdict == .passthrough && passed.cluster == "outbound|80||web.example.com")
        #expect(passed.because.first?.field == "spec.outboundTrafficPolicy.egressProxy")
    }

    @Test func anotherNamespacesEntryWins() throws {
        let mesh = try PlanText.mesh(
            """
            kind: ServiceEntry
            metadata: {name: own}
            spec: {hosts: [web.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
            ---
            kind: ServiceEntry
            metadata: {name: other, namespace: team}
            spec: {hosts: [web.example.com], ports: [{number: 8080, name: http, protocol: HTTP}], resolution: DNS}
            """)
        let result = WalkTests.explain(mesh, "web.example.com", 8080, .http)
        #expect(result.verdict == .blocked)
        #expect(result.hops[0].notes.contains("ServiceEntry team/other loses its host to ServiceEntry default/own"))
    }
}
