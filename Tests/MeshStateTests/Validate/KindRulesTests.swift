import MeshState
import Testing

/// Istio's rules about the kinds that go with ServiceEntries.
struct KindRulesTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let spec: String
        let version: IstioVersion
        /// `E PATH: MESSAGE` or `W PATH: MESSAGE`, without the leading `spec.` of the path.
        let verdict: [String]
        var testDescription: String { "\(spec) in \(version)" }

        init(_ spec: String, in version: IstioVersion = .current, _ verdict: String...) {
            self.spec = spec
            self.version = version
            self.verdict = verdict
        }
    }

    private static func verdict(_ kind: String, _ example: Example) throws -> [String] {
        let yaml = """
            {apiVersion: networking.istio.io/v1, kind: \(kind), metadata: {name: x, namespace: ns}, spec: \(example.spec)}
            """
        let object = try #require(YAMLText.parse(yaml).first)
        return ObjectRules.problems(in: object, version: example.version).map {
            let path = $0.path.hasPrefix("spec.") ? String($0.path.dropFirst(5)) : $0.path
            return "\($0.severity == .error ? "E" : "W") \(path): \($0.message)"
        }
    }

    // MARK: - VirtualService

    private static let to = "route: [{destination: {host: a.b}}]"

    @Test(
        "hosts and gateways of a VirtualService",
        arguments: [
            Example("{hosts: [a.b], http: [{\(to)}]}"),
            Example("{hosts: ['*.a.b', 1.2.3.4], gateways: [mesh, istio-system/egress], tcp: [{\(to)}]}"),
            Example("{hosts: [a.b]}", "E spec: http, tcp or tls must be provided in virtual service"),
            Example(
                "{hosts: [a_b.c], http: [{\(to)}]}", "E hosts[0]: domain name \"a_b.c\" invalid (label \"a_b\" invalid)"
            ),
            Example(
                "{hosts: ['*'], http: [{\(to)}]}",
                "E hosts[0]: wildcard host * is not allowed for virtual services bound to the mesh gateway"),
            Example("{hosts: ['*'], gateways: [egress], http: [{\(to)}]}"),
            Example(
                "{hosts: [a.b, '*.b', c.d, a.b], http: [{\(to)}]}",
                "E hosts[1]: duplicate hosts in virtual service: a.b & *.b",
                "E hosts[3]: duplicate hosts in virtual service: a.b & a.b"),
            Example(
                "{hosts: ['*.b', '*.a.b', '*.a.b'], http: [{\(to)}]}",
                "E hosts[1]: duplicate hosts in virtual service: *.b & *.a.b",
                "E hosts[2]: duplicate hosts in virtual service: *.a.b & *.a.b"),
            Example(
                "{hosts: [a.b], gateways: [ns/g_w, 'n_s/gw', /], http: [{\(to)}]}",
                "E gateways[0]: invalid value for gateway name: \"g_w\"",
                "E gateways[1]: invalid value for namespace: \"n_s\"",
                "E gateways[2]: config namespace and gateway name cannot be empty",
                "E gateways[2]: invalid value for namespace: \"\"",
                "E gateways[2]: invalid value for gateway name: \"\""),
            Example(
                "{hosts: [a.b], gateways: [gw.ns.svc.cluster.local], http: [{\(to)}]}",
                "W gateways[0]: using legacy gatewayName format \"gw.ns.svc.cluster.local\"; "
                    + "prefer the <namespace>/<name> format: \"ns/gw\""),
            Example(
                "{gateways: [g], tls: [], tcp: [{\(to)}]}",
                "E gateways: delegate virtual service must have no gateways specified",
                "E tcp: delegate virtual service must have no tcp route specified"),
            Example("{http: [{\(to)}]}"),
            Example(
                "{http: [{\(to)}]}", in: IstioVersion(1, 5), "E hosts: virtual service must have at least one host"),
            Example(
                "{hosts: [a.b], exportTo: ['~'], http: [{\(to)}]}",
                "E exportTo: exportTo ~ (none) is not allowed for Istio configuration objects"),
            Example("{hosts: [a.b], exportTo: ['~'], http: [{\(to)}]}", in: IstioVersion(1, 0)),
        ])
    func virtualServices(_ example: Example) throws {
        #expect(try Self.verdict("VirtualService", example) == example.verdict)
    }

    @Test(
        "routes of connections",
        arguments: [
            Example("{hosts: [a.b], tls: [{match: [{port: 443, sniHosts: [a.b]}], \(to)}]}"),
            Example("{hosts: ['*.b'], tls: [{match: [{port: 443, sniHosts: [a.b, '*.a.b']}], \(to)}]}"),
            Example(
                "{hosts: [a.b, c.d], tls: [{match: [{sniHosts: [x.b, '*.a.b']}], \(to)}]}",
                "E tls[0].match[0].sniHosts[0]: SNI host \"x.b\" is not a compatible subset of any of the virtual service "
                    + "hosts: [a.b, c.d]",
                "E tls[0].match[0].sniHosts[1]: SNI host \"*.a.b\" is not a compatible subset of any of the virtual "
                    + "service hosts: [a.b, c.d]"),
            Example(
                "{hosts: [a.b], tls: [{match: [{sniHosts: [x.b]}], \(to)}]}", in: IstioVersion(1, 1),
                "E tls[0].match[0].sniHosts[0]: SNI host is not a compatible subset of the virtual service hosts: x.b"),
            Example("{hosts: [a.b], tls: [{match: [{sniHosts: [x.b]}], \(to)}]}", in: IstioVersion(1, 0)),
            Example(
                "{hosts: [a.b], tls: [{match: [{sniHosts: [1.2.3.4]}], \(to)}]}",
                "W tls[0].match[0].sniHosts[0]: using an IP address (\"1.2.3.4\") goes against SNI spec and most clients "
                    + "do not support this"),
            Example(
                "{hosts: [a.b], tls: [{match: [{port: 443}], \(to)}]}", "E tls[0].match[0].sniHosts: Required value"),
            Example(
                "{hosts: [a.b], tls: [{match: [{port: 443}], \(to)}, {\(to)}]}", in: IstioVersion(1, 12),
                "E tls[0].match[0].sniHosts: TLS match must have at least one SNI host",
                "E tls[1].match: TLS route must have at least one match condition"),
            Example(
                "{hosts: [a.b], tls: [{match: [~, {sniHosts: [a.b], port: 70000, destinationSubnets: [1.2.3.4, x/8], "
                    + "sourceLabels: {'-': y}, gateways: [g_w]}]}]}",
                "E tls[0].match[0]: TLS match may not be null",
                "E tls[0].match[1].destinationSubnets[1]: x/8 is not a valid CIDR block",
                "E tls[0].match[1].port: port number 70000 must be in the range 1..65535",
                "E tls[0].match[1].sourceLabels: invalid tag key: \"-\"",
                "E tls[0].match[1].gateways[0]: domain name \"g_w\" invalid (label \"g_w\" invalid)",
                "E tls[0].route: TLS route is required"),
            Example(
                "{hosts: [a.b], tcp: [{match: [{port: -1}], route: [{destination: {host: '*'}}, "
                    + "{destination: {host: c.d, subset: a_b, port: {number: 0}}}]}]}",
                "E tcp[0].match[0].port: port number -1 must be in the range 1..65535",
                "E tcp[0].route[0].destination.host: invalid destination host *",
                "E tcp[0].route[1].destination.subset: subset name is invalid: a_b",
                "E tcp[0].route[1].destination.port.number: port number 0 must be in the range 1..65535",
                "E tcp[0].route: total destination weight = 0"),
            Example(
                "{hosts: [a.b], tcp: [{route: [{weight: 1}]}]}", "E tcp[0].route[0].destination: Required value"),
            Example(
                "{hosts: [a.b], tcp: [{route: [{weight: 1}]}]}", in: IstioVersion(1, 12),
                "E tcp[0].route[0].destination: destination is required"),
        ])
    func connections(_ example: Example) throws {
        #expect(try Self.verdict("VirtualService", example) == example.verdict)
    }

    @Test(
        "weights",
        arguments: [
            ([50, 50], IstioVersion(1, 12), []), ([1, 2], IstioVersion(1, 13), []),
            ([1, 2], IstioVersion(1, 12), ["total destination weight 3 != 100"]),
            ([0, 0], IstioVersion(1, 13), ["total destination weight = 0"]),
            ([-1, 2], IstioVersion(1, 13), ["weight -1 < 0"]),
            (
                [101, -1], IstioVersion(1, 12),
                ["percentage 101 is not in range 0..100", "percentage -1 is not in range 0..100"]
            ),
            ([0], IstioVersion(1, 12), []),
        ])
    func weights(_ weights: [Int64], _ version: IstioVersion, _ expected: [String]) {
        let route = weights.map { JSONValue.object(["destination": ["host": "a.b"], "weight": .integer($0)]) }
        for kind in ["http", "tcp"] {
            let object: JSONValue = [
                "kind": "VirtualService", "spec": ["hosts": ["a.b"], .init(kind): [["route": .array(route)]]],
            ]
            #expect(ObjectRules.problems(in: object, version: version).map(\.message) == expected)
        }
    }

    @Test(
        "routes of requests",
        arguments: [
            Example(
                "{hosts: [a.b], http: [~, {}, {redirect: {uri: /x}, \(to), fault: {abort: {httpStatus: 500}}, "
                    + "rewrite: {uri: /}}]}",
                "E http[0]: http route may not be null",
                "E http[1]: HTTP route, redirect or direct_response is required",
                "E http[2]: HTTP route cannot contain both route and redirect",
                "E http[2]: HTTP route cannot contain both fault and redirect",
                "E http[2]: HTTP route rule cannot contain both rewrite and redirect",
                "W http[2]: virtualService rule #2 not used (only the last rule can have no matches)"),
            Example(
                "{hosts: [a.b], http: [{}]}", in: IstioVersion(1, 14), "E http[0]: HTTP route or redirect is required"),
            Example(
                "{hosts: [a.b], http: [{directResponse: {status: 99}, \(to)}]}",
                "E http[0]: HTTP route cannot contain both route and direct_response",
                "E http[0].directResponse.status: HTTP status 99 is not in range 200-599"),
            Example(
                "{hosts: [a.b], http: [{name: r, delegate: {name: d}, \(to)}]}",
                "E http[0].route: root HTTP route r must not specify route"),
            Example(
                "{http: [{delegate: {name: d}, \(to)}]}",
                "E http[0].delegate: delegate HTTP route cannot contain delegate"),
            Example(
                "{hosts: [a.b], http: [{timeout: 0s, retries: {attempts: 1, perTryTimeout: soon}, \(to)}]}",
                "E http[0].retries.perTryTimeout: Invalid value: \"string\": must be a valid duration greater than 1ms",
                "E http[0].timeout: Invalid value: \"string\": must be a valid duration greater than 1ms"),
            Example(
                "{hosts: [a.b], http: [{timeout: 1.5ms, \(to)}]}", in: IstioVersion(1, 12),
                "E http[0].timeout: only durations to ms precision are supported"),
            Example("{hosts: [a.b], http: [{timeout: 1h30m0.5s, \(to)}]}"),
            Example(
                "{hosts: [a.b], http: [{retries: {attempts: 0, retryOn: '5xx'}, \(to)}, "
                    + "{retries: {attempts: -1, retryOn: 'gateway-error,503,999,never'}, \(to), match: [{port: 1}]}]}",
                "E http[0].retries: http retry policy configured when attempts are set to 0 (disabled)",
                "E http[1].retries.attempts: attempts cannot be negative",
                "E http[1].retries.retryOn: \"999\" is not a valid retryOn policy",
                "E http[1].retries.retryOn: \"never\" is not a valid retryOn policy"),
            Example(
                "{hosts: [a.b], http: [{fault: {}, \(to)}]}",
                "E http[0].fault: HTTP fault injection must have an abort and/or a delay"),
            Example(
                "{hosts: [a.b], http: [{fault: {delay: {fixedDelay: 5s, percentage: {value: 101}}, "
                    + "abort: {httpStatus: 700, percentage: {value: 0.00001}}}, \(to)}]}",
                "E http[0].fault.abort.percentage.value: percentage 1e-05 is neither 0.0, nor in range [0.0001, 100.0]",
                "E http[0].fault.delay.percentage.value: percentage 101.0 is neither 0.0, nor in range [0.0001, 100.0]",
                "E http[0].fault.abort.httpStatus: HTTP status 700 is not in range 200-599"),
            Example(
                "{hosts: [a.b], http: [{fault: {abort: {grpcStatus: LOST}}, \(to)}]}",
                "E http[0].fault.abort.grpcStatus: gRPC status \"LOST\" is not supported"),
            Example(
                "{hosts: [a.b], http: [{match: [{sourceNamespace: n_s, sourceLabels: {a: '*'}, port: 70000, "
                    + "headers: {a b: {exact: x}}, uri: {regex: '['}, method: {prefix: ''}, "
                    + "queryParams: {q: {regex: ''}}}], \(to)}]}",
                "E http[0].match[0].headers[a b]: header name a b is not a valid header name",
                "E http[0].match[0].uri.regex: \"uri\": error parsing regexp: missing closing ]: `[`; Istio uses RE2 "
                    + "style regex-based match (https://github.com/google/re2/wiki/Syntax)",
                "E http[0].match[0].method.prefix: \"method\": prefix string match should not be empty",
                "E http[0].match[0].queryParams[q].regex: \"queryParams\": regex string match should not be empty",
                "E http[0].match[0].port: port number 70000 must be in the range 1..65535",
                "E http[0].match[0].sourceLabels: invalid tag value: \"*\"",
                "E http[0].match[0].sourceNamespace: sourceNamespace match n_s is invalid"),
            Example(
                "{hosts: [a.b], http: [{match: [{uri: {exact: /a, prefix: /b}}], \(to)}]}",
                "E http[0].match[0].uri: Invalid value: \"object\": only one of exact, prefix, regex may be set"),
            Example(
                "{hosts: [a.b], http: [{match: [{headers: {'@request.auth.claims.sub': {exact: x}}}], \(to)}]}",
                "E http[0].match[0].headers[@request.auth.claims.sub]: JWT claim based routing "
                    + "(key: @request.auth.claims.sub) is only supported for gateway"),
            Example(
                "{hosts: [a.b], http: [{mirrorPercentage: {value: 101}, mirror: {host: '*'}, mirrors: [~], \(to)}]}",
                "E http[0]: HTTP route cannot contain both mirror and mirrors",
                "E http[0].mirrorPercentage.value: mirror_percentage must have a max value of 100 (it has 101.0)",
                "E http[0].mirror.host: invalid destination host *", "E http[0].mirrors[0]: mirror cannot be null"),
            Example(
                "{hosts: [a.b], http: [{redirect: {}}, {redirect: {scheme: ftp, redirectCode: 200}, match: [{port: 1}]}]}",
                "E http[0].redirect: redirect must specify URI, authority, scheme, or port",
                "E http[1].redirect.redirectCode: 200 is not a valid redirect code, must be 3xx",
                "E http[1].redirect.scheme: invalid redirect scheme, must be \"http\" or \"https\""),
            Example(
                "{hosts: [a.b], http: [{rewrite: {authority: x}, headers: {request: {set: {':path': x, host: y}, "
                    + "remove: [host]}, response: {add: {x: '100%'}}}, \(to)}]}",
                "E http[0].headers.request.set[:path]: invalid header \":path\": header cannot have \":\" prefix",
                "E http[0].headers.request.remove[0]: invalid header \"host\": cannot set Host header",
                "E http[0].headers.response.add[x]: header value configuration: invalid header configuration. "
                    + "Un-escaped %",
                "E http[0].headers.request.set[host]: authority header cannot be set multiple times: have \"x\", "
                    + "attempting to set \"y\""),
            Example(
                "{hosts: [a.b], http: [{corsPolicy: {allowOrigins: [{}], allowMethods: [BREW], maxAge: 1.5s}, \(to)}]}",
                "E http[0].corsPolicy.allowOrigins[0]: '' is not a valid match type for CORS allow origins",
                "E http[0].corsPolicy.allowMethods[0]: \"BREW\" is not a supported HTTP method",
                "E http[0].corsPolicy.maxAge: max_age duration is accurate only to seconds precision"),
        ])
    func requests(_ example: Example) throws {
        #expect(try Self.verdict("VirtualService", example) == example.verdict)
    }

    @Test(
        "routes that nothing reaches",
        arguments: [
            Example(
                "{hosts: [a.b], http: [{name: one, match: [{uri: {prefix: /a}}], \(to)}, "
                    + "{match: [{uri: {prefix: /a}, name: m}], \(to)}]}",
                "W http[1].match[0]: virtualService rule #1 match \"m\" is not used (duplicate/overlapping match in rule "
                    + "\"one\")", "W http[1]: virtualService rule #1 not used (all matches used by prior rules)"),
            Example(
                "{hosts: [a.b], http: [{match: [{uri: {prefix: /a}}], \(to)}, {match: [{uri: {prefix: /abc}}], \(to)}]}",
                "W http[1].match[0]: virtualService rule #1 match #0 of prefix /abc is not used (duplicate/overlapping "
                    + "match in rule #0 of prefix /a on #0)"),
            Example(
                "{hosts: [a.b], http: [{match: [{uri: {prefix: /a}, port: 80}], \(to)}, "
                    + "{match: [{uri: {prefix: /abc}}], \(to)}]}"),
            Example(
                "{hosts: [a.b], http: [{match: [{uri: {prefix: /a}}], \(to)}, {match: [{uri: {prefix: /abc}}], \(to)}]}",
                in: IstioVersion(1, 5)),
        ])
    func reach(_ example: Example) throws {
        #expect(try Self.verdict("VirtualService", example) == example.verdict)
    }

    // MARK: - DestinationRule

    @Test(
        "DestinationRules",
        arguments: [
            Example("{host: a.b, subsets: [{name: v1, labels: {version: v1}}], trafficPolicy: {tls: {mode: SIMPLE}}}"),
            Example("{}", "E host: Required value"),
            Example("{}", in: IstioVersion(1, 12), "E host: empty domain name not allowed"),
            Example(
                "{host: a.b, trafficPolicy: {}, subsets: [~, {name: v1}, {name: v1, labels: {'-': x}}, {name: V_1}]}",
                "E trafficPolicy: traffic policy must have at least one field", "E subsets[0]: subset may not be null",
                "E subsets[2].name: duplicate subset names: v1", "E subsets[2].labels: invalid tag key: \"-\"",
                "E subsets[3].name: subset name is invalid: V_1"),
            Example(
                "{host: a.b, trafficPolicy: {tls: {mode: MUTUAL}}}",
                "E trafficPolicy.tls.clientCertificate: client certificate required for mutual tls",
                "E trafficPolicy.tls.privateKey: private key required for mutual tls"),
            Example("{host: a.b, trafficPolicy: {tls: {mode: MUTUAL, clientCertificate: /c, privateKey: /k}}}"),
            Example("{host: a.b, trafficPolicy: {tls: {mode: MUTUAL, credentialName: c}}}"),
            Example(
                "{host: a.b, trafficPolicy: {tls: {mode: MUTUAL, credentialName: c, caCertificates: /ca}}}",
                "E trafficPolicy.tls: cannot specify client certificates or CA certificate or CA CRL If credentialName is "
                    + "set"),
            Example(
                "{host: a.b, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, clientCertificate: /c}}}",
                "W trafficPolicy.tls.clientCertificate: clientCertificate is not used in the mode ISTIO_MUTUAL, which has "
                    + "its own"),
            Example(
                "{host: a.b, trafficPolicy: {tls: {mode: EASY}}}",
                "E trafficPolicy.tls.mode: Unsupported value: \"EASY\": supported values: \"DISABLE\", \"SIMPLE\", "
                    + "\"MUTUAL\", \"ISTIO_MUTUAL\""),
            Example(
                "{host: a.b, trafficPolicy: {tls: {mode: SIMPLE, insecureSkipVerify: true, subjectAltNames: [x]}}}",
                "E trafficPolicy.tls: cannot specify CaCertificates or CredentialName or SubjectAltNames when "
                    + "InsecureSkipVerify is set true"),
            Example(
                "{host: a.b, trafficPolicy: {portLevelSettings: [~, {tls: {mode: SIMPLE}}, {port: {number: 443}}, "
                    + "{port: {number: 70000}, tls: {mode: SIMPLE, sni: a.b}}]}}",
                "E trafficPolicy.portLevelSettings[0]: traffic policy may not be null",
                "E trafficPolicy.portLevelSettings[1].port: portTrafficPolicy must have valid port",
                "E trafficPolicy.portLevelSettings[2]: port traffic policy must have at least one field",
                "W trafficPolicy.portLevelSettings[3].port.number: port number 70000 must be in the range 1..65535"),
            Example(
                "{host: a.b, trafficPolicy: {connectionPool: {}, outlierDetection: {maxEjectionPercent: 101, "
                    + "consecutiveErrors: 5, interval: 1us}}}", in: IstioVersion(1, 12),
                "E trafficPolicy.outlierDetection.interval: duration must be greater than 1ms",
                "W trafficPolicy.outlierDetection.consecutiveErrors: outlier detection consecutive errors is deprecated, "
                    + "use consecutiveGatewayErrors or consecutive5xxErrors instead",
                "E trafficPolicy.outlierDetection.maxEjectionPercent: percentage 101 is not in range 0..100",
                "E trafficPolicy.connectionPool: connection pool must have at least one field"),
            Example(
                "{host: a.b, trafficPolicy: {connectionPool: {tcp: {maxConnections: -1}, http: {useClientProtocol: true, "
                    + "h2UpgradePolicy: UPGRADE}}, loadBalancer: {consistentHash: {maglev: {tableSize: 10}}}}}",
                "E trafficPolicy.connectionPool.tcp.maxConnections: max connections must be non-negative",
                "E trafficPolicy.connectionPool.http.useClientProtocol: use client protocol must not be true when "
                    + "H2UpgradePolicy is UPGRADE",
                "E trafficPolicy.loadBalancer.consistentHash.maglev.tableSize: tableSize must be a prime number for "
                    + "maglev"),
            Example(
                "{host: a.b, workloadSelector: {matchLabels: {a: '*'}}, exportTo: ['*']}",
                "E exportTo: destination rule with workload selector cannot have exportTo beyond current namespace",
                "E workloadSelector.matchLabels: wildcard is not supported in selector: \"a=*\""),
            Example(
                "{host: a.b, trafficPolicy: {loadBalancer: {localityLbSetting: {failover: [{from: eu, to: eu}]}}}}",
                "W trafficPolicy.loadBalancer.localityLbSetting: outlier detection policy must be provided for failover",
                "E trafficPolicy.loadBalancer.localityLbSetting.failover[0]: locality lb failover settings must specify "
                    + "different regions"),
        ])
    func destinationRules(_ example: Example) throws {
        #expect(try Self.verdict("DestinationRule", example) == example.verdict)
    }
}
