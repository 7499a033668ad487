import MeshState
import Testing

struct ServiceEntryRulesTests {
    private static func entry(_ yaml: String) throws -> JSONValue {
        let object = try YAMLText.parse("metadata: {name: x, namespace: ns, labels: {}}\nspec: \(yaml)")
        return try #require(object.first)
    }

    /// What the webhook of a release says; errors start with `E`, warnings with `W`.
    private static func verdict(_ yaml: String, _ version: IstioVersion = .current) throws -> [String] {
        ServiceEntryRules.problems(in: try entry(yaml), version: version)
            .map { ($0.severity == .error ? "E " : "W ") + $0.message }
    }

    @Test(
        "each rule in its words",
        arguments: [
            ("{hosts: [a.b], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}", []),
            (
                "{hosts: [a_b.c], resolution: DNS}",
                [
                    #"E domain name "a_b.c" invalid (label "a_b" invalid)"#,
                    "E hosts must be FQDN or contain only prefix wildcards if no endpoints are provided for resolution mode DNS",
                ]
            ),
            ("{hosts: ['*x.com']}", [#"W partial wildcard "*x.com" not allowed"#]),
            (
                "{hosts: [a.b], addresses: [1.2.3, 1.2.3.4/40]}",
                ["E 1.2.3 is not a valid IP", "E 1.2.3.4/40 is not a valid CIDR block"]
            ),
            ("{hosts: [1.2.3.4]}", [#"E domain name "2.3.4" invalid (top level domain "4" cannot be all-numeric)"#]),
            (
                "{hosts: [a.b], ports: [{number: 1, name: t, protocol: TCP}]}",
                [
                    "W addresses are required for ports serving TCP (or unset) protocol when IP Autoallocation is not enabled"
                ]
            ),
            ("{hosts: [a.b], ports: [{number: 1, name: t, protocol: tcp}]}", []),
            ("{hosts: [a.b], ports: [{number: 1, name: t, protocol: TCP}], resolution: DNS}", []),
            (
                "{hosts: [a.b], ports: [{number: 1, name: n_n, protocol: HBONE}]}",
                ["E invalid port name: n_n", "E unsupported protocol: HBONE"]
            ),
            (
                "{hosts: [a.b], resolution: STATIC, ports: [{number: 1, name: h, protocol: HTTP}], "
                    + "endpoints: [{address: a.b, ports: {x: 80}}]}",
                [
                    #"E endpoint address "a.b" is not a valid IP address"#,
                    "E endpoint port 80 is not defined by the service entry",
                ]
            ),
            (
                "{hosts: [a.b], resolution: STATIC, endpoints: [{network: n}]}",
                [#"W address is unset with network "n""#]
            ),
            (
                "{hosts: [a.b], resolution: STATIC, endpoints: [{address: 1.2.3.4, labels: {'-': x}}]}",
                [#"E invalid tag key: "-""#]
            ),
            (
                "{hosts: [a.b, c.d], resolution: DNS, addresses: [1.2.3.4], ports: [{number: 443, name: s, protocol: TLS}]}",
                ["W service entry can not have more than one host specified simultaneously with address and tcp port"]
            ),
            (
                "{hosts: [a.b, c.d], resolution: DNS, ports: [{number: 1, name: s, protocol: Mongo}]}",
                ["E multiple hosts provided with non-HTTP, non-TLS ports"]
            ),
            (
                "{hosts: ['*.b'], resolution: DYNAMIC_DNS, ports: [{number: 1, name: s, protocol: TCP}]}",
                ["E only HTTP, TLS, GRPC, and HTTP2 protocols are supported for resolution mode DYNAMIC_DNS"]
            ),
            ("{hosts: [a.b], ports: [~]}", ["E service entry port may not be null"]),
            ("{hosts: [a.b], resolution: STATIC, endpoints: [~]}", ["E endpoint cannot be nil"]),
            ("{hosts: [a.b], resolution: DNS, endpoints: [~]}", ["E endpoint cannot be nil"]),
            ("{hosts: [a.b], exportTo: ['~', x]}", ["E cannot export service entry to no one (~) and someone"]),
            ("{hosts: [a.b], exportTo: ['.', ns]}", ["E duplicate entries in exportTo for entry ns"]),
            (
                "{hosts: [a.b], workloadSelector: {labels: {}}}",
                [
                    "W service entry: workload selector specified without labels, will be applied to all services in namespace",
                    "W workloadSelector should not be set when resolution mode is NONE",
                ]
            ),
        ])
    func words(_ yaml: String, _ expected: [String]) throws {
        #expect(try Self.verdict(yaml) == expected)
    }

    @Test("several errors are one list, as istiod has it")
    func multipleErrors() throws {
        let problems = ServiceEntryRules.problems(in: try Self.entry("{hosts: [a_b.c], exportTo: [x, x]}"))
        #expect(
            AdmissionMessage.denied(problems)
                == "admission webhook \"validation.istio.io\" denied the request: configuration is invalid: "
                + "2 errors occurred:\n\t* domain name \"a_b.c\" invalid (label \"a_b\" invalid)\n"
                + "\t* duplicate entries in exportTo for entry x\n\n")
    }

    @Test(
        "what a release says differently",
        arguments: [
            ("{hosts: [a.b], addresses: [1.2.3.4]}", IstioVersion(0, 8), ["E 1.2.3.4 is not a valid CIDR block"]),
            ("{hosts: [a.b], addresses: [1.2.3.4]}", IstioVersion(1, 0), []),
            ("{hosts: [a.b], ports: [{number: 1, name: t}]}", IstioVersion(1, 2), ["E unsupported protocol: "]),
            ("{hosts: [a.b], ports: [{number: 1, name: t}]}", IstioVersion(1, 3), []),
            (
                "{hosts: [a.b], exportTo: ['~']}", IstioVersion(1, 6),
                ["E only . or * is allowed in the exportTo in the current release"]
            ),
            ("{hosts: [a.b], exportTo: ['~']}", IstioVersion(1, 7), []),
            ("{hosts: ['*x.com']}", IstioVersion(1, 21), []),
            (
                "{hosts: [a.b], resolution: DYNAMIC_DNS}", IstioVersion(1, 14),
                [#"E Unsupported value: "DYNAMIC_DNS": supported values: "NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN""#]
            ),
        ])
    func releases(_ yaml: String, _ version: IstioVersion, _ expected: [String]) throws {
        #expect(try Self.verdict(yaml, version) == expected)
    }

    @Test("the schema's answer has the words and causes of an API server")
    func schemaMatchesServer() throws {
        for (file, name) in [("create-bad-enum", "bad1"), ("create-bad-two-causes", "bad5")] {
            let status = try Fixture.json("apiserver/\(file).json")
            let spec: JSONValue =
                file == "create-bad-enum"
                ? ["hosts": ["a.b"], "resolution": "DNSS"]
                : ["hosts": ["a.b"], "resolution": "DNSS", "location": "OUTSIDE"]
            let problems = ServiceEntryRules.problems(
                in: ["metadata": ["name": .string(name)], "spec": spec], version: IstioVersion(1, 14))
            let message = AdmissionMessage.invalid(
                kind: "ServiceEntry", group: "networking.istio.io", name: name, problems)
            #expect(message == status["message"]?.stringValue)
            let causes = problems.map {
                JSONValue.object([
                    "reason": .string($0.cause?.rawValue ?? ""), "message": .string($0.message),
                    "field": .string($0.path),
                ])
            }
            #expect(.array(causes) == status["details"]?["causes"])
        }
    }

    @Test(
        "releases in istiod's spellings",
        arguments: [
            ("1.28.0", IstioVersion(1, 28)), ("1.14-maistra-2.3-cfce-Clean", IstioVersion(1, 14)),
            ("v1.9.3", IstioVersion(1, 9, 3)), ("1.31-alpha.19", IstioVersion(1, 31)),
        ])
    func versions(_ text: String, _ expected: IstioVersion) { #expect(IstioVersion(parsing: text) == expected) }

    @Test("what is no release", arguments: ["", "unknown", "1", "lab"])
    func noVersion(_ text: String) { #expect(IstioVersion(parsing: text) == nil) }
}
