import MeshState
import Testing

/// Istio's rules about Gateways and Sidecars.
struct GatewayRulesTests {
    private static func verdict(_ kind: String, _ spec: String, _ version: IstioVersion) throws -> [String] {
        let yaml = "{kind: \(kind), metadata: {name: x, namespace: ns}, spec: \(spec)}"
        return ObjectRules.problems(in: try #require(YAMLText.parse(yaml).first), version: version).map {
            "\($0.severity == .error ? "E" : "W") \($0.path): \($0.message)"
        }
    }

    /// A server, its only problems, and the release.
    @Test(
        "servers of a Gateway",
        arguments: [
            ("{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*', ns/a.b, ./*.b, '*/c.d', 1.2.3.4]}", []),
            ("{port: {number: 80, name: http, protocol: HTTP}, hosts: [a.b], tls: {httpsRedirect: true}}", []),
            (
                "{port: {number: 80, name: http, protocol: HTTP}, hosts: [a.b], tls: {mode: SIMPLE, credentialName: c}}",
                ["E .tls: server cannot have TLS settings for plain text HTTP ports"]
            ),
            (
                "{port: {number: 3306, name: tcp, protocol: TCP}, hosts: [a.b], tls: {mode: PASSTHROUGH}}",
                ["E .tls: server cannot have TLS settings for non HTTPS/TLS ports"]
            ),
            (
                "{port: {number: 443, name: https, protocol: HTTPS}, hosts: [a.b]}",
                ["E : server must have TLS settings for HTTPS/TLS protocols"]
            ),
            ("{port: {number: 443, name: tls, protocol: TLS}, hosts: [a.b], tls: {mode: PASSTHROUGH}}", []),
            ("{port: {number: 443, name: tls, protocol: TLS}, hosts: [a.b], tls: {mode: ISTIO_MUTUAL}}", []),
            (
                "{port: {number: 443, name: tls, protocol: TLS}, hosts: [a.b], "
                    + "tls: {mode: ISTIO_MUTUAL, serverCertificate: /c, credentialName: c}}",
                [
                    "E .tls.serverCertificate: ISTIO_MUTUAL TLS cannot have associated server certificate",
                    "E .tls.credentialName: ISTIO_MUTUAL TLS cannot have associated credentialName",
                ]
            ),
            (
                "{port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.b], tls: {mode: SIMPLE}}",
                [
                    "E .tls.serverCertificate: SIMPLE TLS requires a server certificate",
                    "E .tls.privateKey: SIMPLE TLS requires a private key",
                ]
            ),
            (
                "{port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.b], tls: {mode: SIMPLE, credentialName: c}}",
                []
            ),
            (
                "{port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.b], "
                    + "tls: {mode: MUTUAL, serverCertificate: /c, privateKey: /k}}",
                ["E .tls.caCertificates: MUTUAL TLS requires a client CA bundle"]
            ),
            (
                "{port: {number: 443, name: tls, protocol: TLS}, hosts: [a.b], tls: {mode: PASSTHROUGH, privateKey: /k}}",
                ["W .tls: PASSTHROUGH mode does not use certificates, they will be ignored"]
            ),
            (
                "{port: {number: 70000, name: '', protocol: SPDY, targetPort: 1}, hosts: [], bind: here}",
                [
                    "E .hosts: server config must contain at least one host",
                    "E .port.protocol: invalid protocol \"SPDY\", supported protocols are HTTP, HTTP2, GRPC, GRPC-WEB, "
                        + "MONGO, REDIS, MYSQL, TCP", "E .port.number: port number 70000 must be in the range 1..65535",
                    "E .port.targetPort: targetPort has no impact on Gateways",
                    "E .port.name: port name must be set", "E .bind: here is not a valid IP",
                ]
            ),
            (
                "{port: {number: 80, name: http, protocol: HTTP}, hosts: [short, '*x.y', n_s/a.b, '~/a.b', a_b.c, /]}",
                [
                    "E .hosts[0]: short names (non FQDN) are not allowed",
                    "E .hosts[1]: partial wildcard \"*x.y\" not allowed",
                    "E .hosts[2]: invalid namespace value \"n_s\" in gateway",
                    "E .hosts[3]: invalid namespace value \"~\" in gateway",
                    "E .hosts[4]: domain name \"a_b.c\" invalid (label \"a_b\" invalid)",
                    "E .hosts[5]: config namespace and dnsName in host entry cannot be empty",
                    "E .hosts[5]: invalid namespace value \"\" in gateway",
                    "E .hosts[5]: short names (non FQDN) are not allowed",
                    "E .hosts[5]: empty domain name not allowed",
                ]
            ),
            ("{hosts: [a.b]}", ["E .port: Required value"]),
            ("{port: {number: 80, name: http}, hosts: [a.b]}", ["E .port.protocol: Required value"]),
        ])
    func servers(_ server: String, _ expected: [String]) throws {
        let verdict = try Self.verdict("Gateway", "{servers: [\(server)]}", .current)
        let path = "spec.servers[0]"
        #expect(verdict == expected.map { "\($0.prefix(2))\(path)\($0.dropFirst(2))" })
    }

    @Test("a Gateway as a whole")
    func gateways() throws {
        let http = "{port: {number: 80, name: http, protocol: HTTP}, hosts: [a.b]}"
        #expect(
            try Self.verdict("Gateway", "{}", .current) == [
                "E spec.servers: gateway must have at least one server"
            ])
        #expect(
            try Self.verdict("Gateway", "{servers: [\(http), ~, \(http)]}", .current) == [
                "E spec.servers[1]: server may not be nil",
                "E spec.servers[2].port.name: port names in servers must be unique: duplicate name http",
            ])
        let object: JSONValue = ["kind": "Gateway", "metadata": ["name": "a.b"], "spec": ["servers": []]]
        #expect(ObjectRules.problems(in: object).first?.message == "invalid gateway name: \"a.b\"")
        #expect(ObjectRules.problems(in: object).first?.path == "metadata.name")
        #expect(ObjectRules.problems(in: object, version: IstioVersion(1, 1)).first?.path == "spec.servers")
    }

    @Test(
        "Sidecars",
        arguments: [
            (
                "{egress: [{hosts: [./*, istio-system/*, '~/*.x.com']}], outboundTrafficPolicy: {mode: REGISTRY_ONLY}}",
                []
            ),
            ("{outboundTrafficPolicy: {mode: ALLOW_ANY}}", []),
            ("{}", ["E spec: sidecar: empty configuration provided"]),
            (
                "{egress: [{hosts: []}]}",
                ["E spec.egress[0].hosts: sidecar: egress listener must contain at least one host"]
            ),
            (
                "{egress: [{hosts: [a.b, ns/short, ns/a.b, ns/a.b, '*/*', n_s/a.b]}]}",
                [
                    "E spec.egress[0].hosts[0]: host must be of form namespace/dnsName",
                    "E spec.egress[0].hosts[1]: short names (non FQDN) are not allowed",
                    "W spec.egress[0].hosts[3]: duplicated egress host: ns/a.b",
                    "E spec.egress[0].hosts[5]: invalid namespace value \"n_s\" in sidecar",
                    "W spec.egress[0].hosts: `*/*` host select all resources, no other hosts can be added",
                ]
            ),
            (
                "{egress: [{hosts: ['*/*']}, {port: {number: 80, protocol: HTTP, name: a_b}, hosts: ['*/*'], bind: x}, "
                    + "{port: {number: 80, protocol: X}, hosts: ['*/*']}]}",
                [
                    "E spec.egress[0]: sidecar: the egress listener with empty port should be the last listener in the "
                        + "list", "E spec.egress[1].port.name: invalid port name: a_b",
                    "E spec.egress[1].bind: x is not a valid IP",
                    "E spec.egress[2].port.protocol: unsupported protocol: X",
                    "E spec.egress[2].port.number: sidecar: ports on IP bound listeners must be unique",
                ]
            ),
            (
                "{egress: [{port: {protocol: HTTP}, captureMode: IPTABLES, hosts: ['*/*']}]}",
                [
                    "E spec.egress[0].bind: sidecar: ports with 0 value must have a unix domain socket bind address",
                    "E spec.egress[0].captureMode: sidecar: captureMode must be DEFAULT/NONE for unix domain socket "
                        + "listeners",
                ]
            ),
            (
                "{ingress: [{port: {number: 80, protocol: HTTP}, defaultEndpoint: '10.0.0.1:http', "
                    + "tls: {mode: ISTIO_MUTUAL}}]}",
                [
                    "E spec.ingress[0].defaultEndpoint: sidecar: defaultEndpoint must be of form "
                        + "127.0.0.1:<port>,0.0.0.0:<port>,[::1]:port,[::]:port,unix://filepath or unset",
                    "E spec.ingress[0].defaultEndpoint: sidecar: defaultEndpoint port (http) is not a number",
                    "E spec.ingress[0].tls.mode: configuration is invalid: cannot set mode to ISTIO_MUTUAL in sidecar "
                        + "ingress tls",
                ]
            ),
            (
                "{outboundTrafficPolicy: {mode: REGISTRY_ONLY, egressProxy: {host: a.b, port: {number: 80}}}}",
                [
                    "E spec.outboundTrafficPolicy.egressProxy: sidecar: egress_proxy must be set only with ALLOW_ANY "
                        + "outbound_traffic_policy mode"
                ]
            ),
            (
                "{outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: '*.b'}}}",
                [
                    "E spec.outboundTrafficPolicy.egressProxy.host: domain name \"*.b\" invalid (label \"*\" invalid)",
                    "E spec.outboundTrafficPolicy.egressProxy.port: sidecar: egress_proxy port must be non-nil",
                ]
            ),
            (
                "{workloadSelector: {labels: {a: '*'}}, egress: []}",
                ["E spec.workloadSelector.labels: wildcard is not supported in selector: \"a=*\""]
            ),
        ])
    func sidecars(_ spec: String, _ expected: [String]) throws {
        #expect(try Self.verdict("Sidecar", spec, .current) == expected)
    }

    @Test(
        "other kinds",
        arguments: [
            ("v1", "Service", []), ("apps/v1", "Deployment", []), ("gateway.networking.k8s.io/v1", "Gateway", []),
            (
                "security.istio.io/v1", "PeerAuthentication",
                ["no rules are known for the kind PeerAuthentication: it was not checked"]
            ),
        ])
    func others(_ apiVersion: String, _ kind: String, _ expected: [String]) {
        let problems = ObjectRules.problems(in: ["apiVersion": .string(apiVersion), "kind": .string(kind)])
        #expect(problems.map(\.message) == expected)
        #expect(problems.allSatisfy { $0.severity == .warning })
    }
}
