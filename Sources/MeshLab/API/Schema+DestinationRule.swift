extension Schema {
    /// A DestinationRule: what happens to calls once their destination is known.
    static let destinationRule = istio(
        "DestinationRule says how calls to a service are made: load balancing, connection limits, TLS, and subsets.",
        spec: .object(
            "The rule.", required: ["host"],
            [
                "host": .string("Name of a service of the registry; may start with `*`."),
                "trafficPolicy": trafficPolicy,
                "subsets": .list(
                    "Named parts of the service's endpoints.",
                    of: .object(
                        "One part.", required: ["name"],
                        [
                            "name": .string("Its name."), "labels": .stringMap("Labels of its endpoints."),
                            "trafficPolicy": trafficPolicy,
                        ])),
                "exportTo": exportTo("rule"),
                "workloadSelector": .object(
                    "Chooses the calling workloads that the rule is for.",
                    ["matchLabels": .stringMap("Labels that a chosen workload has.")]),
            ]))

    private static let trafficPolicy = Schema.object(
        "How calls are made.",
        policy.merging(
            [
                "portLevelSettings": .list(
                    "Policies for single ports, each in place of the whole policy.",
                    of: .object("Policy of one port.", policy.merging(["port": port]) { first, _ in first })),
                "tunnel": .object(
                    "Tunnel through which connections go.", required: ["targetHost", "targetPort"],
                    [
                        "protocol": .string("CONNECT or POST."), "targetHost": .string("Host at its end."),
                        "targetPort": .unsigned("Port at its end."),
                    ]),
                "proxyProtocol": .object(
                    "PROXY protocol header that connections begin with.",
                    ["version": .string("Its version.", allowed: ["V1", "V2"])]),
                "retryBudget": .any("How many retries there may be at a time."),
            ]
        ) { first, _ in first })

    private static let port = Schema.object("Port of the service.", ["number": .unsigned("Its number.")])

    private static let policy: [String: Schema] = [
        "loadBalancer": .object(
            "How endpoints are chosen.",
            [
                "simple": .string(
                    "Choice that needs no settings.",
                    allowed: ["UNSPECIFIED", "LEAST_CONN", "RANDOM", "PASSTHROUGH", "ROUND_ROBIN", "LEAST_REQUEST"]),
                "consistentHash": .any("Choice by a hash of the call."),
                "localityLbSetting": .any("How localities are weighed."),
                "warmupDurationSecs": .string("How long a new endpoint gets less than its share."),
                "warmup": .any("How a new endpoint is brought up to its share."),
            ]),
        "connectionPool": connectionPool,
        "outlierDetection": .object(
            "When an endpoint is taken out for failing.",
            [
                "consecutiveErrors": .integer("Deprecated."),
                "splitExternalLocalOriginErrors": .boolean("Whether connection failures are counted apart."),
                "consecutiveLocalOriginFailures": .unsigned("Connection failures in a row."),
                "consecutiveGatewayErrors": .unsigned("Answers 502, 503 or 504 in a row."),
                "consecutive5xxErrors": .unsigned("Answers of 500 and above in a row."),
                "interval": .string("Time between two looks."),
                "baseEjectionTime": .string("How long an endpoint is out the first time."),
                "maxEjectionPercent": .integer("Greatest share of endpoints that may be out."),
                "minHealthPercent": .integer("Share of healthy endpoints below which none is taken out."),
            ]),
        "tls": .object(
            "TLS of connections to the service.",
            [
                "mode": .string(
                    "Whether TLS is spoken, and with which certificate.",
                    allowed: ["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"]),
                "clientCertificate": .string("File of the client's certificate, for MUTUAL."),
                "privateKey": .string("File of the client's key, for MUTUAL."),
                "caCertificates": .string("File of the authorities that the server's certificate is checked with."),
                "credentialName": .string("Secret that holds certificate, key and authorities."),
                "subjectAltNames": .strings("Names of which the server's certificate has to have one."),
                "sni": .string("Name that the client asks for."),
                "insecureSkipVerify": .boolean("Whether the server's certificate is not checked."),
                "caCrl": .string("File of revoked certificates."),
            ]),
    ]

    /// Limits of connections to a service.
    static let connectionPool = Schema.object(
        "Limits of connections.",
        [
            "tcp": .object(
                "Limits of all connections.",
                [
                    "maxConnections": .integer("Greatest number of connections."),
                    "connectTimeout": .string("How long connecting may take."),
                    "tcpKeepalive": .object(
                        "Signs of life.",
                        [
                            "probes": .unsigned("Unanswered ones before the connection is given up."),
                            "time": .string("Silence before the first."), "interval": .string("Time between two."),
                        ]),
                    "maxConnectionDuration": .string("Greatest age of a connection."),
                    "idleTimeout": .string("How long a connection may carry nothing."),
                ]),
            "http": .object(
                "Limits of HTTP.",
                [
                    "http1MaxPendingRequests": .integer("Greatest number of calls that wait for a connection."),
                    "http2MaxRequests": .integer("Greatest number of calls at a time."),
                    "maxRequestsPerConnection": .integer("Calls after which a connection is closed."),
                    "maxRetries": .integer("Greatest number of retries at a time."),
                    "idleTimeout": .string("How long a connection may have no call."),
                    "h2UpgradePolicy": .string(
                        "Whether HTTP/1.1 becomes HTTP/2.", allowed: ["DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"]),
                    "useClientProtocol": .boolean("Whether the client's version of HTTP is kept."),
                    "maxConcurrentStreams": .integer("Greatest number of calls on one HTTP/2 connection."),
                ]),
        ])
}
