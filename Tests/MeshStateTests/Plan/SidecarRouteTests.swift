import Testing

@testable import MeshState

/// How requests are routed by sidecars: VirtualServices over the services that there are.
@Suite struct SidecarRouteTests {
    /// `reviews` and `ratings` on 9080, httpbin.org on 80, and hosts of example.com on 80 and 8080.
    static let services = """
        {apiVersion: v1, kind: Service, metadata: {name: reviews}, spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 9080}]}}
        ---
        {apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: other}, spec: {clusterIP: 10.96.0.2, ports: [{name: http, port: 9080}]}}
        ---
        kind: ServiceEntry
        metadata: {name: httpbin}
        spec: {hosts: [httpbin.org], ports: [{number: 80, name: http, protocol: HTTP}, {number: 443, name: tls, protocol: TLS}], resolution: DNS}
        ---
        kind: ServiceEntry
        metadata: {name: wild}
        spec: {hosts: ["*.example.com"], ports: [{number: 80, name: http, protocol: HTTP}], resolution: NONE}
        ---
        kind: ServiceEntry
        metadata: {name: single}
        spec: {hosts: [a.example.com], ports: [{number: 8080, name: http, protocol: HTTP}], resolution: DNS}
        ---

        """
    static let reviews = "reviews.default.svc.cluster.local"
    static let ratings = "ratings.other.svc.cluster.local"

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// The spec of a VirtualService in `default`.
        var spec: String
        var route: String
        var labels: [String: String] = [:]
        /// Only the lines of hosts that the VirtualService routes.
        var expected: [String]

        init(_ name: String, _ spec: String, _ route: String, labels: [String: String] = [:], _ expected: [String]) {
            testDescription = name
            self.spec = spec
            self.route = route
            self.labels = labels
            self.expected = expected
        }
    }

    private static let head = "80 httpbin.org:80(httpbin.org httpbin.org.): "

    static let cases: [Case] = [
        .init(
            "a timeout",
            "{hosts: [httpbin.org], http: [{timeout: 3s, route: [{destination: {host: httpbin.org}, weight: 100}]}]}",
            "80", [head + "any -> outbound|80||httpbin.org (timeout 3.0, httpbin.org:80/*)"]),
        .init(
            "rules in order, one route for each match",
            """
            hosts: [httpbin.org]
            http:
            - {name: first, match: [{uri: {prefix: /a}}, {name: second, headers: {x: {exact: y}}}], route: [{destination: {host: httpbin.org}}]}
            - {match: [{uri: {regex: "/b.*"}, method: {exact: GET}}], directResponse: {status: 403}}
            - {match: [{queryParams: {q: {prefix: z}}, withoutHeaders: {w: {}}}], redirect: {uri: /there, authority: example.org, scheme: https, port: 443}}
            """,
            "80",
            [
                head + "/a… -> outbound|80||httpbin.org (name first, httpbin.org:80/a*)",
                head + "x=y -> outbound|80||httpbin.org (name first.second, httpbin.org:80/*)",
                head + "~/b.* method GET -> 403 (v:80/b.*)",
                head + "not w=present ?q=z… -> redirect 301 https://example.org:/there (v:80/*)",
            ]),
        .init(
            "a rule without a match ends the list",
            """
            hosts: [httpbin.org]
            http: [{directResponse: {status: 200}}, {match: [{uri: {exact: /a}}], directResponse: {status: 201}}]
            """,
            "80", [head + "any -> 200 (v:80/*)"]),
        .init(
            "so does a match that takes everything",
            """
            hosts: [httpbin.org]
            http:
            - {match: [{uri: {exact: /x}}, {uri: {prefix: /}}, {uri: {exact: /y}}], directResponse: {status: 200}}
            - {directResponse: {status: 201}}
            """,
            "80", [head + "/x -> 200 (v:80/x)", head + "/… -> 200 (v:80/*)"]),
        .init(
            "but not if it holds elsewhere only",
            """
            hosts: [httpbin.org]
            gateways: [mesh, gw]
            http:
            - {match: [{gateways: [gw]}], directResponse: {status: 200}}
            - {match: [{port: 8080}], directResponse: {status: 201}}
            - {match: [{sourceLabels: {app: web}}], directResponse: {status: 202}}
            - {match: [{sourceNamespace: other}], directResponse: {status: 203}}
            - {match: [{port: 80, sourceLabels: {app: sleep}, sourceNamespace: default, gateways: [mesh]}], directResponse: {status: 204}}
            - {directResponse: {status: 205}}
            """,
            "80", labels: ["app": "sleep"], [head + "any -> 204 (v:80/*)"]),
        .init(
            "no rule that holds leaves the service as it is",
            "{hosts: [httpbin.org], http: [{match: [{port: 81}], directResponse: {status: 200}}]}",
            "80", [head + "any -> outbound|80||httpbin.org (name default, httpbin.org:80/*)"]),
        .init(
            "weights, subsets and short names",
            """
            hosts: [reviews]
            http:
            - route:
              - {destination: {host: reviews, subset: v1}, weight: 90}
              - {destination: {host: reviews, subset: v2}, weight: 10, headers: {request: {set: {Host: two, x: y}}}}
              - {destination: {host: reviews, subset: v3}, weight: 0}
              retries: {attempts: 4}
              fault: {abort: {httpStatus: 503}}
              mirror: {host: ratings.other.svc.cluster.local}
              mirrorPercentage: {value: 50}
            """,
            "9080",
            [
                "9080 \(reviews):9080(\(reviews) \(reviews). reviews reviews.default.svc reviews.default 10.96.0.1): "
                    + "any -> outbound|9080|v1|\(reviews)*90 + outbound|9080|v2|\(reviews)*10 as two "
                    + "(retries 4, abort 503, mirror outbound|9080||\(ratings) 50.0%, v:9080/*)"
            ]),
        .init(
            "another port, and the only port of a service",
            """
            hosts: [httpbin.org]
            http:
            - {match: [{uri: {prefix: /a}}], rewrite: {uri: /, authority: b.org}, route: [{destination: {host: httpbin.org, port: {number: 443}}}]}
            - {headers: {request: {set: {host: c.org}}}, route: [{destination: {host: a.example.com}}]}
            """,
            "80",
            [
                head + "/a… -> outbound|443||httpbin.org (path /, as b.org, httpbin.org:443/a*)",
                head + "any -> outbound|8080||a.example.com (as c.org, a.example.com:8080/*)",
            ]),
        .init(
            "an unknown destination has a name all the same",
            "{hosts: [httpbin.org], http: [{route: [{destination: {host: nowhere}}]}]}", "80",
            [
                head + "any -> outbound|80||nowhere.default.svc.cluster.local "
                    + "(nowhere.default.svc.cluster.local:80/*)"
            ]),
        .init(
            "on port 80 hosts that are no services are kept",
            "{hosts: [nobody.org, httpbin.org], http: [{directResponse: {status: 200}}]}", "80",
            [head + "any -> 200 (v:80/*)", "80 nobody.org:80(nobody.org): any -> 200 (v:80/*)"]),
        .init(
            "and a name below a wildcard service",
            "{hosts: [www.example.com], http: [{directResponse: {status: 200}}]}", "80",
            ["80 www.example.com:80(www.example.com): any -> 200 (v:80/*)"]),
        .init(
            "on other ports they come with a service",
            "{hosts: [nobody.org, reviews], http: [{directResponse: {status: 200}}]}", "9080",
            [
                "9080 nobody.org:9080(nobody.org): any -> 200 (v:9080/*)",
                "9080 \(reviews):9080(\(reviews) \(reviews). reviews reviews.default.svc reviews.default 10.96.0.1): "
                    + "any -> 200 (v:9080/*)",
            ]),
        .init(
            "or not at all", "{hosts: [nobody.org], http: [{directResponse: {status: 200}}]}", "8080",
            [
                "8080 a.example.com:8080(a.example.com a.example.com.): any -> outbound|8080||a.example.com "
                    + "(name default, a.example.com:8080/*)"
            ]),
        .init(
            "a wildcard has every service that it covers",
            "{hosts: [\"*.example.com\"], http: [{directResponse: {status: 200}}]}", "8080",
            ["8080 a.example.com:8080(a.example.com a.example.com.): any -> 200 (v:8080/*)"]),
        .init(
            "and is a host of its own where it covers none",
            "{hosts: [\"*.nobody.org\", httpbin.org], http: [{directResponse: {status: 200}}]}", "80",
            ["80 *.nobody.org:80(*.nobody.org): any -> 200 (v:80/*)", head + "any -> 200 (v:80/*)"]),
    ]

    @Test(arguments: cases) func route(_ test: Case) throws {
        let lines = test.spec.hasPrefix("{") ? test.spec : "{}"
        var text = Self.services + "kind: VirtualService\nmetadata: {name: v}\n"
        text +=
            test.spec.hasPrefix("{")
            ? "spec: \(lines)"
            : "spec:\n" + test.spec.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
        let plan = try PlanText.planner(text, labels: test.labels).plan
        let routed = PlanText.routes(plan, only: test.route).filter { line in
            test.expected.contains { $0.prefix(while: { $0 != ":" }) == line.prefix(while: { $0 != ":" }) }
        }
        #expect(routed == test.expected)
    }

    @Test func everyServiceHasItsHosts() throws {
        let plan = try PlanText.planner(Self.services).plan
        #expect(
            PlanText.routes(plan) == [
                "80 *.example.com:80(*.example.com): any -> outbound|80||*.example.com (name default, *.example.com:80/*)",
                Self.head + "any -> outbound|80||httpbin.org (name default, httpbin.org:80/*)",
                "8080 a.example.com:8080(a.example.com a.example.com.): any -> outbound|8080||a.example.com "
                    + "(name default, a.example.com:8080/*)",
                "9080 \(Self.ratings):9080(\(Self.ratings) \(Self.ratings). ratings.other.svc ratings.other 10.96.0.2): "
                    + "any -> outbound|9080||\(Self.ratings) (name default, \(Self.ratings):9080/*)",
                "9080 \(Self.reviews):9080(\(Self.reviews) \(Self.reviews). reviews reviews.default.svc reviews.default "
                    + "10.96.0.1): any -> outbound|9080||\(Self.reviews) (name default, \(Self.reviews):9080/*)",
            ])
        #expect(plan.routes.allSatisfy { $0.catchAll == .lastResort })
    }

    @Test func ofTwoForOneHostTheOlderWins() throws {
        let text =
            Self.services + """
                {kind: VirtualService, metadata: {name: old}, spec: {hosts: [httpbin.org], http: [{directResponse: {status: 200}}]}}
                ---
                {kind: VirtualService, metadata: {name: new}, spec: {hosts: [httpbin.org, b.org], http: [{directResponse: {status: 201}}]}}
                """
        let planner = try PlanText.planner(text)
        #expect(
            PlanText.routes(planner.plan, only: "80").suffix(2) == [
                "80 b.org:80(b.org): any -> 201 (new:80/*)", Self.head + "any -> 200 (old:80/*)",
            ])
        #expect(
            planner.report.metrics["pilot_vservice_dup_domain"]?["httpbin.org:80"]?.message
                == "duplicate domain from service: httpbin.org:80")
    }

    @Test func theClosestHostWins() throws {
        let text =
            Self.services + """
                {kind: VirtualService, metadata: {name: wide}, spec: {hosts: ["*.com"], http: [{directResponse: {status: 200}}]}}
                ---
                {kind: VirtualService, metadata: {name: closer}, spec: {hosts: ["*.example.com"], http: [{directResponse: {status: 201}}]}}
                ---
                {kind: VirtualService, metadata: {name: exact}, spec: {hosts: [a.example.com], http: [{match: [{port: 8080}], directResponse: {status: 202}}]}}
                """
        let plan = try PlanText.planner(text).plan
        #expect(
            PlanText.routes(plan, only: "80").first
                == "80 *.example.com:80(*.example.com): any -> 201 (closer:80/*)")
        #expect(
            PlanText.routes(plan, only: "8080")
                == ["8080 a.example.com:8080(a.example.com a.example.com.): any -> 202 (exact:8080/*)"])
    }

    @Test func aSniffedServiceOnItsAddressHasRoutesOfItsOwn() throws {
        let entry = """
            kind: ServiceEntry
            metadata: {name: auto}
            spec: {hosts: [a.b], addresses: [203.0.113.9], ports: [{number: 81, name: x}], resolution: STATIC}
            """
        #expect(
            PlanText.routes(try PlanText.planner(entry).plan)
                == ["a.b:81 a.b:81(*): any -> outbound|81||a.b (name default, a.b:81/*)"])
        let routed =
            entry + """

                ---
                {kind: VirtualService, metadata: {name: v}, spec: {hosts: [a.b], http: [{directResponse: {status: 200}}]}}
                """
        #expect(PlanText.routes(try PlanText.planner(routed).plan) == ["a.b:81 a.b:81(*): any -> 200 (v:81/*)"])
    }

    @Test func aShortFormDoesNotTakeAWholeName() throws {
        let text = """
            {apiVersion: v1, kind: Service, metadata: {name: foo, namespace: com}, spec: {clusterIP: 10.96.0.3, ports: [{name: http, port: 80}]}}
            ---
            {kind: ServiceEntry, metadata: {name: foo}, spec: {hosts: [foo.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}}
            """
        let hosts = try PlanText.planner(text).plan.routes[0].virtualHosts
        #expect(
            hosts.map(\.domains) == [
                ["foo.com.svc.cluster.local", "foo.com.svc.cluster.local.", "foo.com.svc", "10.96.0.3"],
                ["foo.com", "foo.com."],
            ])
    }

    @Test func everythingTellsItsReason() throws {
        let text =
            Self.services + """
                kind: VirtualService
                metadata: {name: v}
                spec:
                  hosts: [httpbin.org, b.org]
                  http:
                  - {match: [{uri: {exact: /x}}, {uri: {exact: /y}}], directResponse: {status: 200}}
                  - {route: [{destination: {host: httpbin.org}, weight: 1}, {destination: {host: a.example.com}, weight: 3}]}
                """
        let plan = try PlanText.planner(text).plan
        let hosts = try #require(plan.routes.first { $0.name == "80" }).virtualHosts
        #expect(hosts.map(\.name) == ["*.example.com:80", "b.org:80", "httpbin.org:80"])
        #expect(
            hosts.map { PlanText.because($0.because) } == [
                ["ServiceEntry default/wild spec.hosts", "ServiceEntry default/wild spec.ports[0]"],
                ["VirtualService default/v spec.hosts[1]"], ["VirtualService default/v spec.hosts[0]"],
            ])
        #expect(
            hosts[2].routes.map { PlanText.because($0.because) } == [
                ["VirtualService default/v spec.http[0].match[0]"],
                ["VirtualService default/v spec.http[0].match[1]"], ["VirtualService default/v spec.http[1]"],
            ])
        guard case .forward(let ways) = hosts[2].routes[2].action else { return #expect(Bool(false)) }
        #expect(ways.map(\.weight) == [1, 3])
        #expect(
            PlanText.because(ways.compactMap(\.because)) == [
                "VirtualService default/v spec.http[1].route[0]", "VirtualService default/v spec.http[1].route[1]",
            ])
    }
}
