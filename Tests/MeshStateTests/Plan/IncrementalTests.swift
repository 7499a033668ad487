import FoundationEssentials
import Testing

@testable import MeshState

/// A planner that followed changes has planned what one that starts from nothing plans.
@Suite struct IncrementalTests {
    /// Changes at random over few names, so that they meet.
    struct Source {
        var random: SplitMix
        /// Whether there are so many names that they seldom meet.
        var isRoomy = false

        mutating func pick<Value>(_ values: [Value]) -> Value { values[random.below(values.count)] }
        mutating func chance(_ part: Int) -> Bool { random.below(part) == 0 }

        mutating func namespace() -> String { pick(["default", "services", "istio-system"]) }
        mutating func host() -> String {
            isRoomy && !chance(20) ? "h\(random.below(60)).example.com" : crowdedHost()
        }
        mutating func crowdedHost() -> String { pick(["a.example.com", "b.example.com", "*.example.com", "*.com", "c.com"]) }
        mutating func service() -> String { pick(["one", "two"]) }
        mutating func exportTo() -> [String] { pick([[], [], ["*"], ["."], ["~"], ["default"], ["services", "."]]) }
        mutating func labels() -> [String: String] { pick([[:], ["v": "1"], ["v": "2"]]) }

        mutating func ports() -> [ServicePort] {
            var numbers: Set<Int> = []
            return (0...random.below(3)).compactMap { _ in
                let port = ServicePort.make(
                    pick([80, 443, 3306, 9000]),
                    pick(isRoomy && !chance(30) ? ["HTTP", "TLS", "HTTPS"] : ["HTTP", "TLS", "TCP", "", "HTTPS", "MySQL", "UDP"]),
                    target: chance(4) ? 8080 : nil)
                return numbers.insert(port.number).inserted ? port : nil
            }
        }

        mutating func meta(_ name: String, _ namespace: String) -> ObjectMeta {
            .make(
                name, namespace: namespace, age: Double(random.below(4)),
                labels: chance(12) ? ["istio.io/rev": "off"] : labels())
        }

        mutating func entry() -> ServiceEntry {
            let resolution = pick(ServiceEntry.Resolution.allCases)
            var entry = ServiceEntry(
                meta: meta(isRoomy ? "e\(random.below(60))" : pick(["e1", "e2", "e3"]), namespace()), hosts: chance(3) ? [host(), host()] : [host()],
                addresses: isRoomy && !chance(9) ? [] : pick([[], [], ["203.0.113.1"], ["203.0.113.1", "198.51.100.0/24"], ["10.0.0.0/8"]]),
                ports: ports(), location: pick([.external, .internal]), resolution: resolution,
                exportTo: exportTo(), subjectAltNames: chance(3) ? ["spiffe://x"] : [])
            entry.hosts = Array(Set(entry.hosts)).sorted()
            if resolution == .static || resolution == .dns {
                if chance(3) {
                    entry.selectorLabels = labels()
                } else {
                    entry.endpoints = [
                        EntryEndpoint(
                            address: pick(["203.0.113.7", "203.0.113.8"]), labels: labels(), weight: random.below(3))
                    ]
                }
            }
            if chance(2) { entry.allocatedAddresses = [entry.hosts[0]: ["240.240.0.\(random.below(9))"]] }
            return entry
        }

        mutating func destination() -> VirtualService.Destination {
            .init(host: pick([host(), "one", "two"]), subset: chance(4) ? "s" : nil, port: chance(2) ? 80 : nil)
        }

        mutating func virtualService() -> VirtualService {
            var http = VirtualService.HTTPRoute()
            http.shares = [.init(destination: destination())]
            let tls = VirtualService.L4Route(
                matches: [
                    {
                        var match = VirtualService.L4Match()
                        match.sniHosts = [host()]
                        return match
                    }()
                ],
                shares: [.init(destination: destination())])
            return VirtualService(
                meta: meta(pick(["v1", "v2"]), namespace()), hosts: [host()],
                gateways: pick([[], ["mesh"], ["mesh", "istio-system/g"], ["istio-system/g"]]),
                http: chance(2) ? [http] : [], tls: chance(2) ? [tls] : [],
                tcp: chance(3) ? [.init(shares: [.init(destination: destination())])] : [], exportTo: exportTo())
        }

        mutating func change() -> MeshChange {
            let object: MeshObject
            switch isRoomy && !chance(40) ? 0 : random.below(14) {
            case 0..<6: object = .serviceEntry(entry())
            case 6:
                object = .service(
                    Service(
                        meta: meta(service(), namespace()), ports: ports(),
                        clusterIP: chance(4) ? nil : "10.96.0.\(random.below(5))",
                        selector: labels()))
            case 7:
                object = .endpoints(
                    Endpoints(
                        meta: meta(service(), namespace()),
                        subsets: [
                            .init(ready: ["10.244.0.\(random.below(3))"], ports: ["http-80": 8080, "tcp-3306": 3306])
                        ]))
            case 8:
                object = .pod(
                    Pod(
                        meta: meta(pick(["p1", "p2"]), namespace()), ip: "10.244.0.\(random.below(3))",
                        phase: "Running",
                        isReady: !chance(4), proxyKind: pick([.none, .sidecar]), serviceAccount: pick(["a", "b"])))
            case 9:
                object = .workloadEntry(
                    WorkloadEntry(
                        meta: meta(pick(["w1", "w2"]), namespace()),
                        endpoint: EntryEndpoint(address: pick(["10.0.0.9", "vm.example.com"]), labels: labels())))
            case 10:
                object = .destinationRule(
                    DestinationRuleTests.rule(
                        pick(["r1", "r2"]), pick([host(), "one"]), namespace: namespace(), exportTo: exportTo(),
                        selector: chance(3) ? ["app": "sleep"] : nil,
                        subsets: chance(2) ? [.init(name: "s", labels: labels())] : []))
            case 11: object = .virtualService(virtualService())
            case 12:
                object = .gateway(
                    Gateway(
                        meta: .make("g", namespace: "istio-system"), selector: ["istio": "egressgateway"],
                        servers: [
                            .init(port: .make(80, "HTTP"), hosts: [host()]),
                            .init(
                                port: .make(443, "TLS"), hosts: ["*"],
                                tls: .init(mode: pick([.passthrough, .autoPassthrough]))),
                        ]))
            default:
                object = .sidecar(
                    Sidecar(
                        meta: meta("default", namespace()), selectorLabels: chance(3) ? ["app": "sleep"] : nil,
                        egress: [
                            .init(hosts: ["*/a.example.com", "./*"], port: chance(2) ? .make(80, "HTTP") : nil),
                            .init(hosts: ["*/*.example.com"]),
                        ], policy: chance(2) ? .allowAny : nil))
            }
            return chance(4) ? .remove(object.key) : .put(object)
        }
    }

    static let targets = [
        PlanTarget(namespace: "default", kind: .sidecar, labels: ["app": "sleep"]),
        PlanTarget(namespace: "services", kind: .sidecar, usesAllocatedAddresses: true),
        PlanTarget(namespace: "istio-system", kind: .gateway, labels: ["istio": "egressgateway"]),
    ]

    @Test(arguments: 0..<8, [false, true]) func followingChangesIsPlanningAnew(_ seed: Int, isRoomy: Bool) {
        var source = Source(random: SplitMix(state: UInt64(seed)), isRoomy: isRoomy)
        var index = ServiceIndex(MeshConfiguration())
        var planners = Self.targets.map { OutboundPlanner(index: index, target: $0) }
        var known = planners.map { KnownPlan($0.plan) }
        for round in 0..<(isRoomy ? 100 : 40) {
            let changes = (0...source.random.below(3)).map { _ in source.change() }
            let change = index.apply(changes)
            let fresh = ServiceIndex(index.mesh)
            #expect(index.rows == fresh.rows, "seed \(seed), round \(round): \(changes)")
            for place in planners.indices {
                known[place].follow(planners[place].follow(change, index))
                let expected = OutboundPlanner(index: fresh, target: Self.targets[place])
                #expect(
                    planners[place].plan == expected.plan,
                    "seed \(seed), round \(round), \(Self.targets[place].namespace): \(changes)")
                #expect(known[place] == KnownPlan(expected.plan), "seed \(seed), round \(round): \(changes)")
                #expect(planners[place].report == expected.report, "seed \(seed), round \(round): \(changes)")
            }
        }
    }
}

/// A plan as one knows it who is told changes alone.
struct KnownPlan: Equatable {
    var clusters: [String: ClusterPlan] = [:]
    var listeners: [String: ListenerPlan] = [:]
    var routes: [String: RoutePlan] = [:]

    init(_ plan: ProxyPlan) { follow(PlanChange(plan)) }

    mutating func follow(_ change: PlanChange) {
        for (name, plan) in change.clusters { clusters[name] = plan }
        for (name, plan) in change.listeners { listeners[name] = plan }
        for (name, plan) in change.routes { routes[name] = plan }
    }
}

/// Random numbers that are the same every time.
struct SplitMix {
    var state: UInt64

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
    }
}
