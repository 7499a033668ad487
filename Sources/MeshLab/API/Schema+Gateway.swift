extension Schema {
    /// A Gateway: the ports that a gateway's proxies listen on.
    static let gateway = istio(
        "Gateway sets up the ports on which proxies at the mesh's edge take calls.",
        spec: .object(
            "The ports, and the proxies that they are for.",
            [
                "selector": .stringMap("Labels of the gateway's pods."),
                "servers": .list(
                    "Ports with the hosts that they take calls for.",
                    of: .object(
                        "One port.", required: ["port", "hosts"],
                        [
                            "name": .string("Name of the server, unique in the mesh."),
                            "port": .object(
                                "The port itself.", required: ["number", "protocol", "name"],
                                [
                                    "number": .unsigned("Its number."), "name": .string("Its name."),
                                    "protocol": .string("HTTP, HTTPS, GRPC, GRPC-WEB, HTTP2, MONGO, TCP or TLS."),
                                    "targetPort": .unsigned("No longer has an effect."),
                                ]),
                            "bind": .string("Address or unix domain socket that is listened on."),
                            "hosts": .strings("Hosts as NAMESPACE/NAME or NAME; a name may be `*` or start with `*.`."),
                            "tls": serverTLS,
                            "defaultEndpoint": .string("Where calls go that no route takes."),
                        ])),
            ]))

    /// A Sidecar: which part of the mesh the proxies of some workloads know.
    static let sidecar = istio(
        "Sidecar narrows what the proxies of workloads accept and reach.",
        spec: .object(
            "What the proxies accept and reach.",
            [
                "workloadSelector": .object(
                    "Chooses workloads of the namespace; without it all of them.",
                    ["labels": .stringMap("Labels that a chosen workload has.")]),
                "ingress": .list(
                    "Ports that the workload takes calls on.",
                    of: .object(
                        "One port.", required: ["port"],
                        listener.merging(
                            [
                                "defaultEndpoint": .string("Where calls are handed to."), "tls": serverTLS,
                                "connectionPool": connectionPool,
                            ]) { first, _ in first })),
                "egress": .list(
                    "Services that the workload reaches, one set for each port or for all.",
                    of: .object(
                        "One set.", required: ["hosts"],
                        listener.merging(
                            ["hosts": .strings("Services as NAMESPACE/NAME; the namespace may be `*`, `.` or `~`.")]
                        ) { first, _ in first })),
                "inboundConnectionPool": connectionPool,
                "outboundTrafficPolicy": .object(
                    "What becomes of calls to what the mesh does not know.",
                    [
                        "mode": .string(
                            "Whether they pass; in place of the mesh's own policy.",
                            allowed: ["REGISTRY_ONLY", "ALLOW_ANY"]),
                        "egressProxy": destination,
                    ]),
            ]))

    private static let listener: [String: Schema] = [
        "port": .object(
            "The port.",
            [
                "number": .unsigned("Its number."), "name": .string("Its name."),
                "protocol": .string("Protocol spoken on it."), "targetPort": .unsigned("No longer has an effect."),
            ]),
        "bind": .string("Address or unix domain socket that is listened on."),
        "captureMode": .string("How connections come to the proxy.", allowed: ["DEFAULT", "IPTABLES", "NONE"]),
    ]

    private static let serverTLS = Schema.object(
        "TLS of connections from clients.",
        [
            "httpsRedirect": .boolean("Whether HTTP calls are redirected to HTTPS."),
            "mode": .string(
                "Whether TLS is terminated, and what is asked of the client.",
                allowed: ["PASSTHROUGH", "SIMPLE", "MUTUAL", "AUTO_PASSTHROUGH", "ISTIO_MUTUAL", "OPTIONAL_MUTUAL"]),
            "serverCertificate": .string("File of the server's certificate."),
            "privateKey": .string("File of the server's key."),
            "caCertificates": .string("File of the authorities that clients' certificates are checked with."),
            "caCrl": .string("File of revoked certificates."),
            "credentialName": .string("Secret that holds certificate, key and authorities."),
            "credentialNames": .strings("Secrets, one for each kind of key."),
            "tlsCertificates": .any("Certificates and keys, one pair for each kind of key."),
            "subjectAltNames": .strings("Names of which the client's certificate has to have one."),
            "verifyCertificateSpki": .strings("Hashes of public keys that clients may have."),
            "verifyCertificateHash": .strings("Hashes of certificates that clients may have."),
            "minProtocolVersion": .string("Oldest version of TLS.", allowed: tlsVersions),
            "maxProtocolVersion": .string("Newest version of TLS.", allowed: tlsVersions),
            "cipherSuites": .strings("Cipher suites that are taken."),
        ])

    private static let tlsVersions = ["TLS_AUTO", "TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"]
}
