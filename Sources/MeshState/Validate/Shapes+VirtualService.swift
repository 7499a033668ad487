extension Shapes {
    package static let virtualService = Shape.object([
        "hosts": .texts, "gateways": .texts, "exportTo": .texts, "http": .list(httpRoute),
        "tls": .list(
            .object(
                [
                    "match": .list(.object(streamMatch(["sniHosts": .texts]), required: ["sniHosts"])),
                    "route": .list(
                        .object(["destination": destination, "weight": .integer], required: ["destination"])),
                ], required: ["match"])),
        "tcp": .list(
            .object([
                "match": .list(.object(streamMatch(["sourceSubnet": .text]))),
                "route": .list(.object(["destination": destination, "weight": .integer], required: ["destination"])),
            ])),
    ])

    /// What the matches of connections have in common.
    private static func streamMatch(_ own: [String: Shape]) -> [String: Shape] {
        let members: [String: Shape] = [
            "destinationSubnets": .texts, "port": .integer, "sourceLabels": .textMap, "gateways": .texts,
            "sourceNamespace": .text,
        ]
        return members.merging(own) { _, own in own }
    }

    private static let stringMatch = Shape.object(
        ["exact": .text, "prefix": .text, "regex": .text], oneOf: [["exact", "prefix", "regex"]])
    private static let percent = Shape.object(["value": .number])
    private static let headers = Shape.object(["request": headerOperations, "response": headerOperations])
    private static let headerOperations = Shape.object(["set": .textMap, "add": .textMap, "remove": .texts])

    private static let httpRoute = Shape.object([
        "name": .text, "match": .list(httpMatch), "timeout": .duration, "headers": headers, "fault": fault,
        "route": .list(
            .object(
                ["destination": destination, "weight": .integer, "headers": headers], required: ["destination"])),
        "redirect": .object(
            [
                "uri": .text, "authority": .text, "port": .integer, "scheme": .text, "redirectCode": .integer,
                "derivePort": .choice(["FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"]),
            ], oneOf: [["port", "derivePort"]]),
        "directResponse": .object(
            [
                "status": .integer,
                "body": .object(["string": .text, "bytes": .text], oneOf: [["string", "bytes"]]),
            ], required: ["status"]),
        "delegate": .object(["name": .text, "namespace": .text]),
        "rewrite": .object([
            "uri": .text, "authority": .text, "uriRegexRewrite": .object(["match": .text, "rewrite": .text]),
        ]),
        "retries": .object([
            "attempts": .integer, "perTryTimeout": .duration, "retryOn": .text, "retryRemoteLocalities": .boolean,
            "retryIgnorePreviousHosts": .boolean, "backoff": .duration,
        ]),
        "mirror": destination,
        "mirrors": .list(.object(["destination": destination, "percentage": percent], required: ["destination"])),
        "mirrorPercent": .integer, "mirror_percent": .integer, "mirrorPercentage": percent,
        "corsPolicy": .object([
            "allowOrigin": .texts, "allowOrigins": .list(stringMatch), "allowMethods": .texts, "allowHeaders": .texts,
            "exposeHeaders": .texts, "maxAge": .duration, "allowCredentials": .boolean,
            "unmatchedPreflights": .choice(["UNSPECIFIED", "FORWARD", "IGNORE"]),
        ]),
    ])

    private static let httpMatch = Shape.object([
        "name": .text, "uri": stringMatch, "scheme": stringMatch, "method": stringMatch, "authority": stringMatch,
        "headers": .map(stringMatch), "port": .integer, "sourceLabels": .textMap, "gateways": .texts,
        "queryParams": .map(stringMatch), "ignoreUriCase": .boolean, "withoutHeaders": .map(stringMatch),
        "sourceNamespace": .text, "statPrefix": .text,
    ])

    private static let fault = Shape.object([
        "delay": .object(
            ["percent": .integer, "fixedDelay": .duration, "exponentialDelay": .duration, "percentage": percent],
            oneOf: [["fixedDelay", "exponentialDelay"]]),
        "abort": .object(
            [
                "percent": .integer, "httpStatus": .integer, "grpcStatus": .text, "http2Error": .text,
                "percentage": percent,
            ],
            oneOf: [["httpStatus", "grpcStatus", "http2Error"]]),
    ])
}
