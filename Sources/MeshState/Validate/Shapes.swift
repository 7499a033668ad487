/// The fields of the kinds of `networking.istio.io` that egress uses, as the current API has them.
package enum Shapes {
    package static let serviceEntry = Shape.object([
        "hosts": .texts, "addresses": .texts, "location": .text, "resolution": .text, "exportTo": .texts,
        "subjectAltNames": .texts, "endpoints": .list(workloadEntry), "workloadSelector": .object(["labels": .textMap]),
        "ports": .list(port),
    ])

    package static let workloadEntry = Shape.object([
        "address": .text, "ports": .map(.integer), "labels": .textMap, "network": .text, "locality": .text,
        "weight": .integer, "serviceAccount": .text,
    ])

    package static let workloadGroup = Shape.object(
        [
            "metadata": .object(["labels": .textMap, "annotations": .textMap]), "template": workloadEntry,
            "probe": .object(
                [
                    "initialDelaySeconds": .integer, "timeoutSeconds": .integer, "periodSeconds": .integer,
                    "successThreshold": .integer, "failureThreshold": .integer,
                    "httpGet": .object(
                        [
                            "path": .text, "port": .integer, "host": .text, "scheme": .text,
                            "httpHeaders": .list(.object(["name": .text, "value": .text])),
                        ], required: ["port"]),
                    "tcpSocket": .object(["host": .text, "port": .integer], required: ["port"]),
                    "exec": .object(["command": .texts], required: ["command"]),
                    "grpc": .object(["port": .integer, "service": .text]),
                ], oneOf: [["httpGet", "tcpSocket", "exec", "grpc"]]),
        ], required: ["template"])

    package static let gateway = Shape.object([
        "selector": .textMap,
        "servers": .list(
            .object(
                [
                    "port": .object(portMembers, required: ["number", "protocol", "name"]), "bind": .text,
                    "hosts": .texts, "tls": serverTLS, "defaultEndpoint": .text, "name": .text,
                ], required: ["port", "hosts"])),
    ])

    package static let sidecar = Shape.object([
        "workloadSelector": .object(["labels": .textMap]), "inboundConnectionPool": connectionPool,
        "ingress": .list(
            .object(
                [
                    "port": port, "bind": .text, "captureMode": captureMode, "defaultEndpoint": .text, "tls": serverTLS,
                    "connectionPool": connectionPool,
                ], required: ["port"])),
        "egress": .list(
            .object(["port": port, "bind": .text, "captureMode": captureMode, "hosts": .texts], required: ["hosts"])),
        "outboundTrafficPolicy": .object([
            "mode": .choice(["REGISTRY_ONLY", "ALLOW_ANY", "ALLOW_ANY_DYNAMIC_DNS"]), "egressProxy": destination,
        ]),
    ])

    package static let destinationRule = Shape.object(
        [
            "host": .text, "trafficPolicy": trafficPolicy, "exportTo": .texts,
            "subsets": .list(
                .object(["name": .text, "labels": .textMap, "trafficPolicy": trafficPolicy], required: ["name"])),
            "workloadSelector": .object(["matchLabels": .textMap]),
        ], required: ["host"])

    // MARK: - Parts of several kinds

    static let destination = Shape.object(
        ["host": .text, "subset": .text, "port": .object(["number": .integer])], required: ["host"])

    private static let portMembers: [String: Shape] = [
        "number": .integer, "name": .text, "protocol": .text, "targetPort": .integer,
    ]
    private static let port = Shape.object(portMembers)
    private static let captureMode = Shape.choice(["DEFAULT", "IPTABLES", "NONE"])

    private static let serverTLS = Shape.object([
        "httpsRedirect": .boolean,
        "mode": .choice(["PASSTHROUGH", "SIMPLE", "MUTUAL", "AUTO_PASSTHROUGH", "ISTIO_MUTUAL", "OPTIONAL_MUTUAL"]),
        "serverCertificate": .text, "privateKey": .text, "caCertificates": .text, "caCrl": .text,
        "credentialName": .text, "credentialNames": .texts, "caCertCredentialName": .text, "subjectAltNames": .texts,
        "tlsCertificates": .list(
            .object(["serverCertificate": .text, "privateKey": .text, "caCertificates": .text])),
        "verifyCertificateSpki": .texts, "verifyCertificateHash": .texts, "minProtocolVersion": tlsVersion,
        "maxProtocolVersion": tlsVersion, "cipherSuites": .texts,
    ])
    private static let tlsVersion = Shape.choice(["TLS_AUTO", "TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"])

    // MARK: - Traffic policies

    private static let trafficPolicy: Shape = {
        var members = policyMembers
        members["portLevelSettings"] = .list(
            .object(policyMembers.merging(["port": .object(["number": .integer])]) { own, _ in own }))
        members["tunnel"] = .object(
            ["protocol": .text, "targetHost": .text, "targetPort": .integer], required: ["targetHost", "targetPort"])
        members["proxyProtocol"] = .object(["version": .choice(["V1", "V2"])])
        members["retryBudget"] = .object(["percent": .number, "minRetryConcurrency": .integer])
        return .object(members)
    }()

    private static let policyMembers: [String: Shape] = [
        "connectionPool": connectionPool, "loadBalancer": loadBalancer,
        "outlierDetection": .object([
            "consecutiveErrors": .integer, "splitExternalLocalOriginErrors": .boolean,
            "consecutiveLocalOriginFailures": .integer, "consecutiveGatewayErrors": .integer,
            "consecutive5xxErrors": .integer, "interval": .duration, "baseEjectionTime": .duration,
            "maxEjectionPercent": .integer, "minHealthPercent": .integer,
        ]),
        "tls": .object([
            "mode": .choice(["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"]), "clientCertificate": .text,
            "privateKey": .text, "caCertificates": .text, "credentialName": .text, "subjectAltNames": .texts,
            "sni": .text, "insecureSkipVerify": .boolean, "caCrl": .text,
        ]),
    ]

    private static let connectionPool = Shape.object([
        "tcp": .object([
            "maxConnections": .integer, "connectTimeout": .duration, "maxConnectionDuration": .duration,
            "idleTimeout": .duration,
            "tcpKeepalive": .object(["probes": .integer, "time": .duration, "interval": .duration]),
        ]),
        "http": .object([
            "http1MaxPendingRequests": .integer, "http2MaxRequests": .integer, "maxRequestsPerConnection": .integer,
            "maxRetries": .integer, "idleTimeout": .duration, "maxConcurrentStreams": .integer,
            "h2UpgradePolicy": .choice(["DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"]), "useClientProtocol": .boolean,
            "http2KeepAlive": .object(["interval": .duration, "timeout": .duration]),
        ]),
    ])

    private static let loadBalancer = Shape.object(
        [
            "simple": .choice(["UNSPECIFIED", "LEAST_CONN", "RANDOM", "PASSTHROUGH", "ROUND_ROBIN", "LEAST_REQUEST"]),
            "consistentHash": .object(
                [
                    "httpHeaderName": .text, "useSourceIp": .boolean, "httpQueryParameterName": .text,
                    "httpCookie": .object([
                        "name": .text, "path": .text, "ttl": .anyDuration,
                        "attributes": .list(.object(["name": .text, "value": .text])),
                    ]),
                    "ringHash": .object(["minimumRingSize": .integer]), "maglev": .object(["tableSize": .integer]),
                    "minimumRingSize": .integer,
                ],
                oneOf: [
                    ["httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"], ["ringHash", "maglev"],
                ]),
            "localityLbSetting": .object([
                "enabled": .boolean, "failoverPriority": .texts,
                "distribute": .list(.object(["from": .text, "to": .map(.integer)])),
                "failover": .list(.object(["from": .text, "to": .text])),
            ]),
            "warmupDurationSecs": .duration,
            "warmup": .object(
                ["duration": .duration, "minimumPercent": .number, "aggression": .number], required: ["duration"]),
        ], oneOf: [["simple", "consistentHash"]])
}
