import MeshState
import Testing

/// Each change of Istio's rules about ServiceEntries, on both sides of the release that made it.
struct ReleaseRulesTests {
    struct Change: Sendable, CustomTestStringConvertible {
        let what: String
        let spec: String
        let release: IstioVersion
        /// What the release before says, and what the release says; empty where nothing.
        let before: [String]
        let since: [String]
        var testDescription: String { "\(what) in \(release)" }

        init(_ what: String, _ spec: String, _ release: IstioVersion, before: [String] = [], since: [String] = []) {
            self.what = what
            self.spec = spec
            self.release = release
            self.before = before
            self.since = since
        }
    }

    /// What a release says; errors start with `E`, warnings with `W`.
    static func verdict(_ spec: String, _ version: IstioVersion) throws -> [String] {
        let yaml = """
            {apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: x, namespace: ns}, spec: \(spec)}
            """
        return ObjectRules.problems(in: try #require(YAMLText.parse(yaml).first), version: version)
            .map { ($0.severity == .error ? "E " : "W ") + $0.message }
    }

    private static func before(_ version: IstioVersion) -> IstioVersion {
        if version.patch > 0 { return IstioVersion(version.major, version.minor, version.patch - 1) }
        return version == IstioVersion(1, 0)
            ? IstioVersion(0, 8) : IstioVersion(version.major, version.minor - 1, 9)
    }

    private static let http = "ports: [{number: 80, name: h, protocol: HTTP}]"

    @Test(arguments: [
        Change(
            "a bare address is legal", "{hosts: [a.b], addresses: [1.2.3.4]}", IstioVersion(1, 0),
            before: ["E 1.2.3.4 is not a valid CIDR block"]),
        Change(
            "a CIDR block needs NONE or STATIC", "{hosts: [a.b], addresses: [10.0.0.0/8], resolution: DNS, \(http)}",
            IstioVersion(1, 0), since: ["E CIDR addresses are allowed only for NONE/STATIC resolution types"]),
        Change(
            "TLS is a protocol", "{hosts: [a.b], ports: [{number: 443, name: t, protocol: TLS}]}", IstioVersion(1, 0),
            before: ["E unsupported protocol: TLS"]),
        Change(
            "unix sockets are endpoints",
            "{hosts: [a.b], resolution: STATIC, \(http), endpoints: [{address: 'unix:///x/y'}]}", IstioVersion(1, 0),
            before: ["E unix:///x/y is not a valid IP"]),
        Change(
            "a wildcard with DNS slips through", "{hosts: ['*.a.b'], resolution: DNS, \(http)}", IstioVersion(1, 0),
            before: ["E hosts must be FQDN if no endpoints are provided for discovery mode DNS"]),
        Change(
            "a wildcard with DNS is refused again", "{hosts: ['*.a.b'], resolution: DNS, \(http)}",
            IstioVersion(1, 0, 3),
            since: ["E hosts must be FQDN if no endpoints are provided for discovery mode DNS"]),
        Change("short hosts are legal", "{hosts: [abc]}", IstioVersion(1, 1), before: ["E invalid host abc"]),
        Change(
            "an address is no host", "{hosts: [1.2.3.4]}", IstioVersion(1, 1),
            since: ["E domain name \"2.3.4\" invalid (top level domain \"4\" cannot be all-numeric)"]),
        Change(
            "exportTo exists", "{hosts: [a.b], exportTo: [x]}", IstioVersion(1, 1),
            since: ["E only . or * is allowed in the exportTo in the current release"]),
        Change(
            "endpoints of DNS may be of IPv6", "{hosts: [a.b], resolution: DNS, endpoints: [{address: '2001:db8::1'}]}",
            IstioVersion(1, 1), before: ["E domain name \"2001:db8::1\" invalid (label \"2001:db8::1\" invalid)"]),
        Change(
            "several hosts need HTTP or TLS",
            "{hosts: [a.b, c.d], resolution: DNS, ports: [{number: 1, name: t, protocol: TCP}]}", IstioVersion(1, 1),
            since: ["E multiple hosts provided with non-HTTP, non-TLS ports"]),
        Change(
            "MySQL is a protocol", "{hosts: [a.b], ports: [{number: 1, name: t, protocol: mysql}]}", IstioVersion(1, 1),
            before: ["E unsupported protocol: mysql"]),
        Change(
            "abstract sockets", "{hosts: [a.b], resolution: STATIC, \(http), endpoints: [{address: 'unix://@x'}]}",
            IstioVersion(1, 1), before: ["E @x is not an absolute path"]),
        Change(
            "a port without a protocol is sniffed", "{hosts: [a.b], ports: [{number: 1, name: t}]}", IstioVersion(1, 3),
            before: ["E unsupported protocol: "]),
        Change(
            "STATIC needs no endpoints", "{hosts: [a.b], resolution: STATIC, \(http)}", IstioVersion(1, 5),
            before: ["E endpoints must be provided if service entry resolution mode is static"]),
        Change(
            "IPv6 addresses", "{hosts: [a.b], addresses: ['2001:db8::1', '2001:db8::/32']}", IstioVersion(1, 5),
            before: ["E 2001:db8::1 is not a valid IPv4 address", "E 2001:db8::/32 is not a valid IPv4 address"]),
        Change(
            "IPv6 endpoints", "{hosts: [a.b], resolution: STATIC, \(http), endpoints: [{address: '2001:db8::1'}]}",
            IstioVersion(1, 5), before: ["E 2001:db8::1 is not a valid IPv4 address"]),
        Change(
            "a trailing dot is legal", "{hosts: [a.b.]}", IstioVersion(1, 5),
            before: ["E domain name \"b.\" invalid (label \"\" invalid)"]),
        Change(
            "a selector excludes endpoints",
            "{hosts: [a.b], resolution: STATIC, \(http), endpoints: [{address: 1.2.3.4}], "
                + "workloadSelector: {labels: {a: b}}}", IstioVersion(1, 6),
            since: ["E only one of WorkloadSelector or Endpoints is allowed in Service Entry"]),
        Change(
            "a selector has no wildcard",
            "{hosts: [a.b], resolution: STATIC, \(http), workloadSelector: {labels: {a: '*'}}}", IstioVersion(1, 6),
            since: ["E wildcard is not supported in selector: \"a=*\""]),
        Change(
            "nobody may see it", "{hosts: [a.b], exportTo: ['~']}", IstioVersion(1, 7),
            before: ["E only . or * is allowed in the exportTo in the current release"]),
        Change(
            "some namespaces see it", "{hosts: [a.b], exportTo: [x, y]}", IstioVersion(1, 7),
            before: ["E exportTo should have only one entry (. or *) in the current release"]),
        Change(
            "a port is not null", "{hosts: [a.b], ports: [~]}", IstioVersion(1, 8),
            since: ["E service entry port may not be null"]),
        Change(
            "one host for an address and TCP",
            "{hosts: [a.b, c.d], addresses: [1.2.3.4], resolution: DNS, "
                + "ports: [{number: 443, name: t, protocol: TLS}]}", IstioVersion(1, 10),
            since: [
                "W service entry can not have more than one host specified simultaneously with address and tcp port"
            ]),
        Change(
            "DNS_ROUND_ROBIN", "{hosts: [a.b], resolution: DNS_ROUND_ROBIN}", IstioVersion(1, 12),
            before: [
                "E Unsupported value: \"DNS_ROUND_ROBIN\": supported values: \"NONE\", \"STATIC\", \"DNS\""
            ]),
        Change(
            "targetPort has a range",
            "{hosts: [a.b], ports: [{number: 80, name: h, protocol: HTTP, targetPort: 70000}]}", IstioVersion(1, 12),
            since: ["E port number 70000 must be in the range 1..65535"]),
        Change(
            "DNS_ROUND_ROBIN has one endpoint",
            "{hosts: [a.b], resolution: DNS_ROUND_ROBIN, endpoints: [{address: c.d}, {address: e.f}]}",
            IstioVersion(1, 13), since: ["E there must only be 0 or 1 endpoint for resolution mode DNS_ROUND_ROBIN"]),
        Change(
            "TCP needs an address", "{hosts: [a.b], ports: [{number: 1, name: t, protocol: TCP}]}", IstioVersion(1, 15),
            since: [
                "W addresses are required for ports serving TCP (or unset) protocol when "
                    + "ISTIO_META_DNS_AUTO_ALLOCATE is not set on a proxy"
            ]),
        Change(
            "a selector without labels", "{hosts: [a.b], resolution: STATIC, \(http), workloadSelector: {}}",
            IstioVersion(1, 16),
            since: [
                "W service entry: workload selector specified without labels, will be applied to all services in "
                    + "namespace"
            ]),
        Change(
            "a network stands for an address",
            "{hosts: [a.b], resolution: STATIC, \(http), endpoints: [{network: n}]}", IstioVersion(1, 19),
            before: ["E address is required"], since: ["W address is unset with network \"n\""]),
        Change(
            "partial wildcards", "{hosts: ['*x.com']}", IstioVersion(1, 22),
            since: ["W partial wildcard \"*x.com\" not allowed"]),
        Change(
            "a selector with NONE", "{hosts: [a.b], \(http), workloadSelector: {labels: {a: b}}}", IstioVersion(1, 22),
            since: ["W workloadSelector should not be set when resolution mode is NONE"]),
        Change(
            "the schema has rules", "{hosts: ['*']}", IstioVersion(1, 23), before: ["E invalid host *"],
            since: ["E Invalid value: \"string\": hostname cannot be wildcard"]),
        Change(
            "the schema has limits", "{hosts: [a.b], addresses: [], \(http), endpoints: []}", IstioVersion(1, 23),
            since: ["E Invalid value: \"object\": NONE mode cannot set endpoints"]),
        Change(
            "addresses are allocated",
            "{hosts: [a.b], resolution: DNS, ports: [{number: 1, name: t, protocol: TCP}]}", IstioVersion(1, 25),
            before: [
                "W addresses are required for ports serving TCP (or unset) protocol when "
                    + "ISTIO_META_DNS_AUTO_ALLOCATE is not set on a proxy"
            ]),
        Change(
            "DYNAMIC_DNS",
            "{hosts: ['*.a.b'], resolution: DYNAMIC_DNS, \(http)}", IstioVersion(1, 28),
            before: [
                "E Unsupported value: \"DYNAMIC_DNS\": supported values: \"NONE\", \"STATIC\", \"DNS\", "
                    + "\"DNS_ROUND_ROBIN\"",
                "E Invalid value: \"null\": some validation rules were not checked because the object was invalid; "
                    + "correct the existing errors to complete validation",
            ]),
        Change(
            "DYNAMIC_DNS with gRPC",
            "{hosts: ['*.a.b'], resolution: DYNAMIC_DNS, ports: [{number: 1, name: g, protocol: GRPC}]}",
            IstioVersion(1, 30),
            before: ["E only HTTP and TLS protocols are supported for resolution mode DYNAMIC_DNS"]),
        Change(
            "DYNAMIC_DNS inside the mesh",
            "{hosts: ['*.a.b'], location: MESH_INTERNAL, resolution: DYNAMIC_DNS, \(http)}", IstioVersion(1, 31),
            before: ["E location MESH_INTERNAL is not supported for resolution mode DYNAMIC_DNS"]),
    ])
    func change(_ change: Change) throws {
        #expect(try Self.verdict(change.spec, Self.before(change.release)) == change.before, "before")
        #expect(try Self.verdict(change.spec, change.release) == change.since, "since")
    }

    @Test(
        "what every release says",
        arguments: [
            ("{hosts: [a.b], \(http)}", []),
            ("{hosts: [], \(http)}", ["hosts"]), ("{hosts: ['*'], \(http)}", ["hosts"]),
            ("{hosts: [a_b.c], \(http)}", ["hosts"]),
            ("{hosts: [a.b], addresses: [1.2.3.4/40]}", ["addresses"]),
            (
                "{hosts: [a.b], ports: [{number: 80, name: a, protocol: HTTP}, {number: 81, name: a, protocol: HTTP}]}",
                ["ports"]
            ),
            (
                "{hosts: [a.b], ports: [{number: 80, name: a, protocol: HTTP}, {number: 80, name: b, protocol: HTTP}]}",
                ["ports"]
            ),
            ("{hosts: [a.b], ports: [{number: 70000, name: a, protocol: HTTP}]}", ["ports"]),
            ("{hosts: [a.b], ports: [{number: 80, name: a_b, protocol: HTTP}]}", ["ports"]),
            ("{hosts: [a.b], ports: [{number: 80, name: a, protocol: HBONE}]}", ["ports"]),
            ("{hosts: [a.b], \(http), endpoints: [{address: 1.2.3.4}]}", ["endpoints"]),
            (
                "{hosts: [a.b], resolution: STATIC, \(http), endpoints: [{address: c.d}]}",
                ["endpoints"]
            ),
            (
                "{hosts: [a.b], resolution: DNS, \(http), endpoints: [{address: 'c_d'}]}", ["endpoints"]
            ),
            (
                "{hosts: [a.b], resolution: DNS, \(http), endpoints: [{address: c.d, ports: {x: 80}}]}", ["endpoints"]
            ),
            ("{hosts: [a.b], \(http), resolution: SOMEHOW}", ["resolution"]),
        ])
    func always(_ spec: String, _ fields: [String]) throws {
        for release in ["0.8", "1.0.3", "1.5", "1.12", "1.31"] {
            let version = try #require(IstioVersion(parsing: release))
            let object = try YAMLText.parse("{kind: ServiceEntry, metadata: {name: x}, spec: \(spec)}")[0]
            let problems = ObjectRules.problems(in: object, version: version).filter { $0.severity == .error }
            let paths = problems.map(\.path).filter { $0 != "<nil>" }
            #expect(paths.isEmpty == fields.isEmpty, "\(release): \(problems)")
            for field in fields {
                #expect(paths.contains { $0.hasPrefix("spec.\(field)") || $0 == "spec" }, "\(release): \(problems)")
            }
        }
    }

    @Test(
        "kinds that a release does not have",
        arguments: [
            ("Sidecar", IstioVersion(1, 0), true), ("Sidecar", IstioVersion(1, 1), false),
            ("WorkloadEntry", IstioVersion(1, 5), true), ("WorkloadEntry", IstioVersion(1, 6), false),
            ("WorkloadGroup", IstioVersion(1, 7), true), ("WorkloadGroup", IstioVersion(1, 8), false),
            ("Gateway", IstioVersion(0, 8), false),
        ])
    func kinds(_ kind: String, _ version: IstioVersion, _ isMissing: Bool) {
        let problems = ObjectRules.problems(in: ["kind": .string(kind), "spec": [:]], version: version)
        #expect(problems.contains { $0.path == "kind" && $0.severity == .error } == isMissing, "\(problems)")
    }
}
