import Testing

@testable import MeshState

/// What a proxy gets by its Sidecar, and by VirtualServices that send calls elsewhere.
@Suite struct SidecarTests {
    static let services = """
        kind: ServiceEntry
        metadata: {name: own}
        spec: {hosts: [own.example.com], ports: [{number: 80, name: http, protocol: HTTP}, {number: 443, name: tls, protocol: TLS}], resolution: DNS}
        ---
        kind: ServiceEntry
        metadata: {name: shared, namespace: services}
        spec: {hosts: [api.example.com], ports: [{number: 80, name: http, protocol: HTTP}, {number: 9000, name: tcp, protocol: TCP}], resolution: DNS}
        ---
        kind: ServiceEntry
        metadata: {name: shared, namespace: third}
        spec: {hosts: [api.example.com, www.other.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
        ---

        """

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// The `spec` of a Sidecar in the namespace `default`.
        var spec: String
        /// `NAMESPACE/HOST:PORT` of each cluster.
        var clusters: [String]
        var listeners: [String]
    }

    static let cases: [Case] = [
        .init(
            testDescription: "no egress at all means everything", spec: "{}",
            clusters: [
                "services/api.example.com:80", "services/api.example.com:9000", "default/own.example.com:80",
                "default/own.example.com:443", "third/www.other.com:80",
            ], listeners: ["0.0.0.0_443", "0.0.0.0_80", "0.0.0.0_9000"]),
        .init(
            testDescription: "its own namespace", spec: "{egress: [{hosts: ['./*']}]}",
            clusters: ["default/own.example.com:80", "default/own.example.com:443"],
            listeners: ["0.0.0.0_443", "0.0.0.0_80"]),
        .init(
            testDescription: "nothing", spec: "{egress: [{hosts: ['~/*']}]}", clusters: [], listeners: []),
        .init(
            testDescription: "one host of any namespace", spec: "{egress: [{hosts: ['*/api.example.com']}]}",
            clusters: ["services/api.example.com:80", "services/api.example.com:9000"],
            listeners: ["0.0.0.0_80", "0.0.0.0_9000"]),
        .init(
            testDescription: "hosts with a wildcard, of one namespace",
            spec: "{egress: [{hosts: ['third/*.example.com']}]}",
            clusters: ["third/api.example.com:80"], listeners: ["0.0.0.0_80"]),
        .init(
            testDescription: "a listener for one port imports that port alone",
            spec: "{egress: [{port: {number: 9000, protocol: TCP, name: t}, hosts: ['*/*']}]}",
            clusters: ["services/api.example.com:9000"], listeners: ["0.0.0.0_9000"]),
        .init(
            testDescription: "a listener at an address of its own",
            spec: "{egress: [{port: {number: 80, protocol: HTTP, name: h}, bind: 127.0.0.1, hosts: ['services/*']}]}",
            clusters: ["services/api.example.com:80"], listeners: ["127.0.0.1_80"]),
        .init(
            testDescription: "listeners are put together, and the first that names a host decides whose it is",
            spec: """
                {egress: [{port: {number: 80, protocol: HTTP, name: h}, hosts: ['third/*']}, {hosts: ['services/*', './own.example.com']}]}
                """,
            clusters: [
                "third/api.example.com:80", "default/own.example.com:80", "default/own.example.com:443",
                "third/www.other.com:80",
            ], listeners: ["0.0.0.0_443", "0.0.0.0_80", "0.0.0.0_9000"]),
    ]

    /// In the order of hosts.
    static func clusters(_ planner: OutboundPlanner) -> [String] {
        planner.plan.clusters.sorted { ($0.host, $0.port) < ($1.host, $1.port) }.map {
            "\($0.namespace)/\($0.host):\($0.port)"
        }
    }

    @Test(arguments: cases) func imports(_ test: Case) throws {
        let planner = try PlanText.planner(
            Self.services + "kind: Sidecar\nmetadata: {name: default}\nspec: \(test.spec)\n")
        #expect(Self.clusters(planner) == test.clusters)
        #expect(planner.plan.listeners.map(\.name) == test.listeners)
    }

    @Test func theSidecarThatHolds() throws {
        func sidecar(_ name: String, _ namespace: String, _ host: String, _ selector: String = "") -> String {
            """
            kind: Sidecar
            metadata: {name: \(name), namespace: \(namespace)}
            spec: {\(selector)egress: [{hosts: ['*/\(host)']}]}

            """
        }
        let root = sidecar("root", "istio-system", "www.other.com")
        let own = sidecar("own", "default", "api.example.com")
        let younger = sidecar("younger", "default", "www.other.com")
        let some = sidecar("some", "default", "own.example.com", "workloadSelector: {labels: {app: sleep}}, ")
        let foreign = sidecar("foreign", "istio-system", "www.other.com", "workloadSelector: {labels: {app: sleep}}, ")
        func hosts(_ sidecars: String...) throws -> Set<String> {
            let planner = try PlanText.planner(
                Self.services + sidecars.joined(separator: "---\n"), labels: ["app": "sleep", "x": "y"])
            return Set(planner.plan.clusters.map(\.host))
        }
        #expect(try hosts(root) == ["www.other.com"])
        #expect(try hosts(root, own) == ["api.example.com"])
        #expect(try hosts(own, younger) == ["api.example.com"])
        #expect(try hosts(root, own, some) == ["own.example.com"])
        #expect(try hosts(foreign).count == 3)
        // A gateway asks no Sidecar.
        let gateway = try PlanText.gateway(Self.services + root)
        #expect(Set(gateway.plan.clusters.map(\.host)).count == 3)
    }

    @Test func itsPolicyTakesThePlaceOfTheMeshs() throws {
        func lastResort(_ policy: String) throws -> LastResort {
            try PlanText.planner(
                Self.services + "kind: Sidecar\nmetadata: {name: default}\nspec: {outboundTrafficPolicy: \(policy)}\n"
            ).plan.lastResort
        }
        let key = ObjectKey(kind: "Sidecar", namespace: "default", name: "default")
        let mode = Because(key, "spec.outboundTrafficPolicy.mode")
        #expect(try lastResort("{mode: ALLOW_ANY}") == LastResort(policy: .allowAny, because: mode))
        #expect(try lastResort("{}") == LastResort(policy: .registryOnly, because: mode))
        #expect(
            try lastResort("{mode: ALLOW_ANY, egressProxy: {host: own.example.com, port: {number: 80}, subset: s}}")
                == LastResort(
                    policy: .allowAny, egressProxy: "outbound|80|s|own.example.com",
                    because: Because(key, "spec.outboundTrafficPolicy.egressProxy")))
        #expect(try PlanText.planner(Self.empty).plan.lastResort == LastResort(policy: .registryOnly))
    }

    static let empty = "kind: Sidecar\nmetadata: {name: empty, namespace: empty}\nspec: {}\n"

    // MARK: Destinations of VirtualServices

    static func route(_ destination: String, from sidecar: String = "") -> String {
        """
        kind: VirtualService
        metadata: {name: v}
        spec: {hosts: [own.example.com], http: [{route: [{destination: \(destination)}]}]}
        \(sidecar)
        """
    }

    static let ownOnly = "---\nkind: Sidecar\nmetadata: {name: default}\nspec: {egress: [{hosts: ['./*']}]}\n"

    @Test(
        arguments: [
            // The oldest that is seen, with the ports that are named.
            ("{host: api.example.com, port: {number: 9000}}", ["services/api.example.com:9000"]),
            ("{host: api.example.com}", ["services/api.example.com:80", "services/api.example.com:9000"]),
            ("{host: api.example.com, port: {number: 1}}", []),
            ("{host: nowhere.example.com}", []),
        ])
    func whatIsNotImportedIsReachedWhereCallsAreSentThere(_ destination: String, expected: [String]) throws {
        let planner = try PlanText.planner(Self.services + Self.route(destination, from: Self.ownOnly))
        #expect(Self.clusters(planner) == expected + ["default/own.example.com:80", "default/own.example.com:443"])
        // It has clusters, and nobody listens for it.
        #expect(planner.plan.listeners.map(\.name) == ["0.0.0.0_443", "0.0.0.0_80"])
        #expect(PlanText.routes(planner.plan).count == 1)
    }

    /// The hole: what is exported to nobody comes back in its own namespace, and nowhere else.
    @Test func whatIsExportedToNobodyComesBackInItsOwnNamespace() throws {
        let hidden = """
            kind: ServiceEntry
            metadata: {name: hidden}
            spec: {hosts: [hidden.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS, exportTo: ["~"]}
            ---

            """
        let alone = try PlanText.planner(hidden + Self.empty)
        #expect(!Self.clusters(alone).contains("default/hidden.example.com:80"))
        let mesh = hidden + Self.services + Self.route("{host: hidden.example.com}")
        #expect(try Self.clusters(PlanText.planner(mesh)).contains("default/hidden.example.com:80"))
        #expect(
            try !Self.clusters(PlanText.planner(mesh, namespace: "third")).contains("default/hidden.example.com:80"))
        #expect(
            try !Self.clusters(PlanText.planner(mesh, namespace: "default", kind: .gateway))
                .contains("default/hidden.example.com:80"))
    }

    @Test func aRuleForOtherNamespacesPullsNothing() throws {
        let mesh =
            Self.services + """
                kind: VirtualService
                metadata: {name: v}
                spec:
                  hosts: [own.example.com]
                  http: [{match: [{sourceNamespace: third}], route: [{destination: {host: api.example.com}}]}]

                """ + Self.ownOnly
        #expect(try !Self.clusters(PlanText.planner(mesh)).contains("services/api.example.com:80"))
    }

    @Test func allocatedAddressesAreForProxiesThatAskForThem() throws {
        let mesh = try PlanText.mesh(
            """
            kind: ServiceEntry
            metadata: {name: a}
            spec: {hosts: [db.example.com], ports: [{number: 3306, name: tcp, protocol: TCP}], resolution: DNS}
            status: {addresses: [{value: "2001:2::1", host: db.example.com}, {value: 240.240.0.7, host: db.example.com}]}
            ---
            kind: ServiceEntry
            metadata: {name: b, labels: {networking.istio.io/enable-autoallocate-ip: "false"}}
            spec: {hosts: [off.example.com], ports: [{number: 3307, name: tcp, protocol: TCP}], resolution: DNS}
            status: {addresses: [{value: 240.240.0.8, host: off.example.com}]}
            """)
        func listeners(_ uses: Bool) -> [String] {
            let target = PlanTarget(namespace: "default", kind: .sidecar, usesAllocatedAddresses: uses)
            return OutboundPlanner(index: ServiceIndex(mesh), target: target).plan.listeners.map(\.name)
        }
        #expect(listeners(false) == ["0.0.0.0_3306", "0.0.0.0_3307"])
        #expect(listeners(true) == ["0.0.0.0_3307", "240.240.0.7_3306"])
    }
}
