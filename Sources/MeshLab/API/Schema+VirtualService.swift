extension Schema {
    /// A VirtualService: how calls to hosts are routed.
    static let virtualService = istio(
        "VirtualService routes the calls that workloads make to hosts.",
        spec: .object(
            "The routes.",
            [
                "hosts": .strings("Names that are called; short names are completed with the object's namespace."),
                "gateways": .strings("Gateways as NAMESPACE/NAME, `mesh` for all sidecars; without it sidecars alone."),
                "http": .list("Routes for HTTP, the first that matches counts.", of: httpRoute),
                "tls": .list("Routes for TLS that is not terminated, by the name asked for.", of: tlsRoute),
                "tcp": .list("Routes for plain connections.", of: tcpRoute),
                "exportTo": exportTo("routes"),
            ]))

    // MARK: HTTP

    private static let httpRoute = Schema.object(
        "One route.",
        [
            "name": .string("Name of the route in access logs."),
            "match": .list("Conditions, of which one has to hold; none matches every call.", of: httpMatch),
            "route": .list("Where calls go, by weight.", of: httpDestination),
            "redirect": .object(
                "Answers with a redirect.",
                [
                    "uri": .string("Path to redirect to."), "authority": .string("Host to redirect to."),
                    "port": .unsigned("Port to redirect to."),
                    "derivePort": .string(
                        "Where the port comes from.", allowed: ["FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"]),
                    "scheme": .string("Scheme to redirect to."), "redirectCode": .unsigned("HTTP status."),
                ]),
            "directResponse": .object(
                "Answers by itself.", required: ["status"],
                [
                    "status": .unsigned("HTTP status."),
                    "body": .object(
                        "What is answered.",
                        ["string": .string("As text."), "bytes": .string("As bytes in base64.")]),
                ]),
            "delegate": .object(
                "VirtualService that holds the routes.",
                ["name": .string("Its name."), "namespace": .string("Its namespace.")]),
            "rewrite": .object(
                "Changes calls before they are sent on.",
                [
                    "uri": .string("Path, or the part of it that matched."), "authority": .string("Host."),
                    "uriRegexRewrite": .object(
                        "Changes the path by a regular expression.",
                        ["match": .string("What is replaced."), "rewrite": .string("What replaces it.")]),
                ]),
            "timeout": .string("How long an answer may take."),
            "retries": .object(
                "When and how often a call is tried again.",
                [
                    "attempts": .integer("Number of retries; 0 for none."),
                    "perTryTimeout": .string("How long each try may take."),
                    "retryOn": .string("Conditions of a retry, with commas between them."),
                    "retryRemoteLocalities": .boolean("Whether endpoints in other localities are tried."),
                    "retryIgnorePreviousHosts": .boolean("Whether endpoints that failed are passed over."),
                    "backoff": .string("Shortest wait between two tries."),
                ]),
            "fault": .object(
                "Faults on purpose.",
                [
                    "delay": .object(
                        "Calls that wait.",
                        [
                            "percent": .integer("Share of calls, deprecated."), "percentage": percentage,
                            "fixedDelay": .string("How long they wait."),
                            "exponentialDelay": .string("Not implemented."),
                        ]),
                    "abort": .object(
                        "Calls that fail.",
                        [
                            "httpStatus": .integer("HTTP status that they get."),
                            "grpcStatus": .string("gRPC status that they get."),
                            "http2Error": .string("Not implemented."), "percentage": percentage,
                        ]),
                ]),
            "mirror": destination,
            "mirrors": .list(
                "Where copies of calls go.",
                of: .object(
                    "One mirror.", required: ["destination"],
                    ["destination": destination, "percentage": percentage])),
            "mirrorPercent": .unsigned("Share of calls that are mirrored, deprecated."),
            "mirror_percent": .unsigned("Share of calls that are mirrored, deprecated."),
            "mirrorPercentage": percentage,
            "corsPolicy": .any("Answers about calls from other origins."),
            "headers": headers,
        ])

    private static let httpMatch = Schema.object(
        "Conditions that all have to hold.",
        [
            "name": .string("Name of the match in access logs."), "uri": stringMatch("Path of the call."),
            "scheme": stringMatch("Scheme of the call."), "method": stringMatch("HTTP method."),
            "authority": stringMatch("Host that is called."),
            "headers": Schema(.map(stringMatch("Value of the header.")), "Headers by their names in lower case."),
            "withoutHeaders": Schema(.map(stringMatch("Value of the header.")), "Headers that may not match."),
            "queryParams": Schema(.map(stringMatch("Value of the parameter.")), "Parameters of the query by name."),
            "ignoreUriCase": .boolean("Whether paths match in any case."),
            "port": .unsigned("Port that is called."), "statPrefix": .string("Prefix of the route's statistics."),
            "sourceLabels": .stringMap("Labels of the calling workload."),
            "sourceNamespace": .string("Namespace of the calling workload."),
            "gateways": .strings("Gateways that the condition is for, in place of the object's own."),
        ])

    private static let httpDestination = Schema.object(
        "One destination.", required: ["destination"],
        ["destination": destination, "weight": .integer("Share of the calls."), "headers": headers])

    private static let headers = Schema.object(
        "Changes of headers.",
        ["request": headerChanges("Headers of calls."), "response": headerChanges("Headers of answers.")])

    private static func headerChanges(_ description: String) -> Schema {
        .object(
            description,
            [
                "set": .stringMap("Headers that are replaced."), "add": .stringMap("Headers that are appended to."),
                "remove": .strings("Names of headers that are removed."),
            ])
    }

    private static func stringMatch(_ description: String) -> Schema {
        .object(
            description,
            [
                "exact": .string("Exactly this text."), "prefix": .string("Text that starts so."),
                "regex": .string("Regular expression (RE2) for the whole text."),
            ])
    }

    private static let percentage = Schema.object("Share of calls.", ["value": .number("0 to 100.")])

    // MARK: TLS and TCP

    private static let tlsRoute = Schema.object(
        "One route.", required: ["match"],
        [
            "match": .list(
                "Conditions, of which one has to hold.",
                of: .object(
                    "Conditions that all have to hold.", required: ["sniHosts"],
                    connectionMatch.merging(
                        ["sniHosts": .strings("Names that the client asks for, within the object's hosts.")]
                    ) { first, _ in first })),
            "route": connectionDestinations,
        ])

    private static let tcpRoute = Schema.object(
        "One route.",
        [
            "match": .list(
                "Conditions, of which one has to hold; none matches every connection.",
                of: .object(
                    "Conditions that all have to hold.",
                    connectionMatch.merging(["sourceSubnet": .string("Has no effect.")]) { first, _ in first })),
            "route": connectionDestinations,
        ])

    private static let connectionMatch: [String: Schema] = [
        "destinationSubnets": .strings("Addresses or CIDR blocks that are called."),
        "port": .unsigned("Port that is called."),
        "sourceLabels": .stringMap("Labels of the calling workload."),
        "sourceNamespace": .string("Namespace of the calling workload."),
        "gateways": .strings("Gateways that the condition is for, in place of the object's own."),
    ]

    private static let connectionDestinations = Schema.list(
        "Where connections go, by weight.",
        of: .object(
            "One destination.", required: ["destination"],
            ["destination": destination, "weight": .integer("Share of the connections.")]))

    /// Where a call goes.
    static let destination = Schema.object(
        "Where calls go.", required: ["host"],
        [
            "host": .string("Name of a service of the registry."),
            "subset": .string("Subset of the service, as a DestinationRule names it."),
            "port": .object("Port of the service.", ["number": .unsigned("Its number.")]),
        ])
}
