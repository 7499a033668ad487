/// Istio's rules about the routes for requests of a VirtualService.
enum HTTPRouteRules {
    static func check(_ route: Field, isDelegate: Bool, isForMesh: Bool, report: inout RuleReport) {
        guard route.isSet else { return report.error(route.path, "http route may not be null") }
        checkConflicts(route, isDelegate: isDelegate, report: &report)
        for match in route["match"].elements where match.isSet {
            HTTPMatchRules.check(match, isForMesh: isForMesh, report: &report)
        }
        HeaderRules.check(operations: route["headers"], report: &report)
        checkCORS(route["corsPolicy"], report: &report)
        if route["fault"].isSet { checkFault(route["fault"], report: &report) }
        checkMirrors(route, report: &report)
        if route["redirect"].isSet { checkRedirect(route["redirect"], report: &report) }
        if route["directResponse"].isSet { checkDirectResponse(route["directResponse"], report: &report) }
        if route["retries"].isSet { checkRetries(route["retries"], report: &report) }
        if route["rewrite"].isSet { checkRewrite(route["rewrite"], report: &report) }
        checkAuthority(route, report: &report)
        DestinationRules.check(weighted: route["route"], report: &report)
    }

    private static let delegates = IstioVersion(1, 6)
    private static let directResponses = IstioVersion(1, 15)

    // MARK: - What excludes what

    private static func checkConflicts(_ route: Field, isDelegate: Bool, report: inout RuleReport) {
        if !isDelegate, route["delegate"].isSet, report.version >= delegates {
            for name in ["redirect", "route"] where route[name].isSet {
                report.error(
                    route[name].path, "root HTTP route \(route["name"].text) must not specify \(name)")
            }
            return
        }
        if isDelegate, route["delegate"].isSet {
            report.error(
                route["delegate"].path, since: delegates, "delegate HTTP route cannot contain delegate")
        }
        if route["redirect"].isSet {
            checkExclusive(route, "redirect", report: &report)
            if route["directResponse"].isSet {
                report.error(
                    route.path, since: directResponses,
                    "HTTP route rule cannot contain both direct_response and redirect")
            }
        } else if route["directResponse"].isSet, report.version >= directResponses {
            checkExclusive(route, "direct_response", report: &report)
        } else if route["route"].count == 0 {
            report.error(route.path, until: directResponses, "HTTP route or redirect is required")
            report.error(route.path, since: directResponses, "HTTP route, redirect or direct_response is required")
        }
        if route["mirror"].isSet, route["mirrors"].count > 0 {
            report.error(
                route.path, since: IstioVersion(1, 17), "HTTP route cannot contain both mirror and mirrors")
        }
    }

    private static func checkExclusive(_ route: Field, _ answer: String, report: inout RuleReport) {
        if route["route"].count > 0 {
            report.error(route.path, "HTTP route cannot contain both route and \(answer)")
        }
        if route["fault"].isSet { report.error(route.path, "HTTP route cannot contain both fault and \(answer)") }
        if route["rewrite"].isSet {
            report.error(route.path, "HTTP route rule cannot contain both rewrite and \(answer)")
        }
    }

    // MARK: - Parts

    private static func checkCORS(_ policy: Field, report: inout RuleReport) {
        for origin in policy["allowOrigins"].elements {
            if ["exact", "prefix", "regex"].allSatisfy({ origin[$0].text.isEmpty }) {
                report.error(origin.path, "'' is not a valid match type for CORS allow origins")
            }
            HTTPMatchRules.checkRegex(origin, "corsPolicy.allowOrigins", report: &report)
        }
        for method in policy["allowMethods"].elements where !methods.contains(method.text) {
            report.error(method.path, "\(Names.quoted(method.text)) is not a supported HTTP method")
        }
        for name in ["allowHeaders", "exposeHeaders"].flatMap({ policy[$0].elements }) where name.text != "*" {
            if let error = HeaderRules.nameError(name.text, in: report.version) { report.error(name.path, error) }
        }
        let maxAge = policy["maxAge"]
        if let time = GoDuration.nanoseconds(maxAge.text), !time.isMultiple(of: 1_000_000_000) {
            report.error(maxAge.path, "max_age duration is accurate only to seconds precision")
        }
    }

    private static let methods: Set = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE",
    ]

    private static func checkFault(_ fault: Field, report: inout RuleReport) {
        let abort = fault["abort"]
        let delay = fault["delay"]
        if !abort.isSet, !delay.isSet {
            report.error(fault.path, "HTTP fault injection must have an abort and/or a delay")
        }
        for part in [abort, delay] {
            checkPercentage(part["percentage"]["value"], report: &report)
            let percent = part["percent"]
            if !(0...100).contains(percent.integer) {
                report.error(percent.path, "percentage \(percent.integer) is not in range 0..100")
            }
        }
        if delay["exponentialDelay"].isSet {
            report.error(delay["exponentialDelay"].path, "exponentialDelay not supported yet")
        }
        if abort.isSet { checkAbort(abort, report: &report) }
    }

    private static func checkAbort(_ abort: Field, report: inout RuleReport) {
        let status = abort["httpStatus"]
        let grpc = abort["grpcStatus"]
        if status.isSet {
            checkStatus(status, report: &report)
        } else if grpc.isSet {
            report.error(grpc.path, until: IstioVersion(1, 9), "gRPC abort fault injection not supported yet")
            if !grpcStatuses.contains(grpc.text) {
                report.error(
                    grpc.path, since: IstioVersion(1, 9), "gRPC status \(Names.quoted(grpc.text)) is not supported")
            }
        } else if abort["http2Error"].isSet {
            report.error(abort["http2Error"].path, "HTTP/2 abort fault injection not supported yet")
        } else {
            report.warning(abort.path, since: IstioVersion(1, 13), "abort configured, but error type not set")
        }
    }

    private static func checkStatus(_ status: Field, report: inout RuleReport) {
        if status.integer < 0 || status.integer > 600 {
            report.error(
                status.path, until: IstioVersion(1, 5), "HTTP status \(status.integer) is not in range 0-600")
        }
        if status.integer < 200 || status.integer > 600 {
            report.error(
                status.path, since: IstioVersion(1, 5), "HTTP status \(status.integer) is not in range 200-599")
        }
    }

    private static let grpcStatuses: Set = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "UNAUTHENTICATED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
        "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
    ]

    private static func checkPercentage(_ value: Field, report: inout RuleReport) {
        let number = value.number
        guard number != 0, !(0.0001...100).contains(number) else { return }
        report.error(value.path, "percentage \(number) is neither 0.0, nor in range [0.0001, 100.0]")
    }

    private static func checkMirrors(_ route: Field, report: inout RuleReport) {
        for name in ["mirrorPercent", "mirror_percent"] where route[name].isSet {
            let percent = route[name]
            if percent.integer > 100 {
                report.error(percent.path, "mirror_percent must have a max value of 100 (it has \(percent.integer))")
            }
            report.warning(
                percent.path, "using deprecated setting \"mirrorPercent\", use \"mirrorPercentage\" instead")
        }
        checkMirrorShare(route["mirrorPercentage"]["value"], "mirror_percentage", report: &report)
        if route["mirror"].isSet { DestinationRules.check(route["mirror"], report: &report) }
        for mirror in route["mirrors"].elements {
            if !mirror.isSet {
                report.error(mirror.path, "mirror cannot be null")
            } else if !mirror["destination"].isSet {
                report.error(mirror["destination"].path, "destination is required for mirrors")
            } else {
                DestinationRules.check(mirror["destination"], report: &report)
                checkMirrorShare(mirror["percentage"]["value"], "mirror percentage", report: &report)
            }
        }
    }

    private static func checkMirrorShare(_ value: Field, _ words: String, report: inout RuleReport) {
        if value.number > 100 {
            report.error(value.path, "\(words) must have a max value of 100 (it has \(value.number))")
        }
        if value.number < 0 {
            report.error(value.path, "\(words) must have a min value of 0 (it has \(value.number))")
        }
    }

    private static func checkRedirect(_ redirect: Field, report: inout RuleReport) {
        let isOld = report.version < IstioVersion(1, 10)
        let names = isOld ? ["uri", "authority"] : ["uri", "authority", "port", "derivePort", "scheme"]
        if !names.contains(where: { redirect[$0].isSet && redirect[$0].value != "" }) {
            let what = isOld ? "URI, authority, or both" : "URI, authority, scheme, or port"
            return report.error(redirect.path, "redirect must specify \(what)")
        }
        let code = redirect["redirectCode"]
        if code.integer != 0, !(300...399).contains(code.integer) {
            report.error(
                code.path, since: IstioVersion(1, 5), "\(code.integer) is not a valid redirect code, must be 3xx")
        }
        if !["", "http", "https"].contains(redirect["scheme"].text) {
            report.error(redirect["scheme"].path, "invalid redirect scheme, must be \"http\" or \"https\"")
        }
        let port = redirect["port"]
        if port.integer != 0, let error = Names.portNumberError(port.integer) { report.error(port.path, error) }
    }

    private static func checkDirectResponse(_ response: Field, report: inout RuleReport) {
        guard report.version >= directResponses else { return }
        let size = ["string", "bytes"].map { response["body"][$0].text.utf8.count }.max() ?? 0
        let text = "large direct_responses may impact control plane performance"
        if size > 1024 * 1024 {
            report.error(response["body"].path, "\(text), must be less than 1MB")
        } else if size > 100 * 1024 {
            report.warning(response["body"].path, text)
        }
        checkStatus(response["status"], report: &report)
    }

    private static func checkRetries(_ retries: Field, report: inout RuleReport) {
        let attempts = retries["attempts"]
        let canBeZero = IstioVersion(1, 5)
        if attempts.integer <= 0 { report.error(attempts.path, until: canBeZero, "attempts must be positive") }
        if attempts.integer < 0 { report.error(attempts.path, since: canBeZero, "attempts cannot be negative") }
        let others = ["perTryTimeout", "retryOn", "retryRemoteLocalities"]
        if attempts.integer == 0, others.contains(where: { retries[$0].isSet }) {
            report.error(
                retries.path, since: canBeZero,
                "http retry policy configured when attempts are set to 0 (disabled)")
        }
        let policies = retries["retryOn"].text.split(separator: ",", omittingEmptySubsequences: false)
        for policy in policies where !retries["retryOn"].text.isEmpty && !isRetryPolicy(policy) {
            report.error(
                retries["retryOn"].path, since: IstioVersion(1, 1),
                "\(Names.quoted(policy)) is not a valid retryOn policy")
        }
    }

    private static func isRetryPolicy(_ text: Substring) -> Bool {
        retryPolicies.contains(String(text)) || Int(text).map { statuses.contains($0) } ?? false
    }

    /// What Envoy knows as `x-envoy-retry-on` and `x-envoy-retry-grpc-on`.
    private static let retryPolicies: Set = [
        "5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "retriable-4xx", "refused-stream",
        "retriable-status-codes", "retriable-headers", "envoy-ratelimited", "http3-post-connect-failure", "cancelled",
        "deadline-exceeded", "internal", "resource-exhausted", "unavailable",
    ]

    /// The statuses that HTTP has names for.
    private static let statuses = Set(
        Array(100...103) + Array(200...208) + [226] + Array(300...305) + [307, 308] + Array(400...418)
            + Array(421...426) + [428, 429, 431, 451] + Array(500...508) + [510, 511])

    private static func checkRewrite(_ rewrite: Field, report: inout RuleReport) {
        let regex = rewrite["uriRegexRewrite"]
        let hasURI = !rewrite["uri"].text.isEmpty
        if hasURI, regex.isSet {
            return report.error(rewrite.path, "rewrite may only contain one of URI or UriRegexRewrite")
        }
        if !hasURI, !regex.isSet, rewrite["authority"].text.isEmpty {
            let withRegex = IstioVersion(1, 18)
            report.error(rewrite.path, until: withRegex, "rewrite must specify URI, authority, or both")
            report.error(
                rewrite.path, since: withRegex,
                "rewrite must specify at least one of URI, UriRegexRewrite, or authority. Only one of URI or "
                    + "UriRegexRewrite may be specified")
        }
        guard regex.isSet else { return }
        if regex["match"].text.isEmpty || regex["rewrite"].text.isEmpty {
            report.error(regex.path, "UriRegexRewrite requires both Rewrite and Match fields to be specified")
        } else if let error = RE2Syntax.error(in: regex["match"].text) {
            report.error(regex["match"].path, "UriRegexRewrite has errors: \(error)")
        }
    }

    /// The request's host may be replaced in one place.
    private static func checkAuthority(_ route: Field, report: inout RuleReport) {
        var current = route["rewrite"]["authority"].text
        for operation in ["set", "add"] {
            for (name, value) in route["headers"]["request"][operation].members where HeaderRules.isAuthority(name) {
                if !current.isEmpty {
                    let attempt = "have \(Names.quoted(current)), attempting to set \(Names.quoted(value.text))"
                    report.error(
                        value.path, since: IstioVersion(1, 9),
                        "authority header cannot be set multiple times: \(attempt)")
                    return
                }
                current = value.text
            }
        }
    }
}

/// Istio's rules about what a route for requests matches.
enum HTTPMatchRules {
    static func check(_ match: Field, isForMesh: Bool, report: inout RuleReport) {
        for kind in ["headers", "withoutHeaders"] {
            for (name, header) in match[kind].members {
                checkHeader(name, header, kind, isForMesh: isForMesh, report: &report)
            }
        }
        checkRegex(match["uri"], "uri", report: &report)
        for part in ["scheme", "method", "authority"] { checkString(match[part], part, report: &report) }
        for (_, parameter) in match["queryParams"].members { checkString(parameter, "queryParams", report: &report) }
        VirtualServiceRules.checkSource(of: match, report: &report)
        let namespace = match["sourceNamespace"]
        if !namespace.text.isEmpty, !Names.isLabel(namespace.text) {
            report.error(
                namespace.path, since: IstioVersion(1, 8), "sourceNamespace match \(namespace.text) is invalid")
        }
    }

    private static func checkHeader(
        _ name: String, _ header: Field, _ kind: String, isForMesh: Bool, report: inout RuleReport
    ) {
        if kind == "headers", !header.isSet {
            report.error(header.path, since: IstioVersion(1, 6), "header match \(name) cannot be null")
        }
        if HeaderRules.isClaim(name), report.version >= IstioVersion(1, 12) {
            if isForMesh {
                report.error(
                    header.path, "JWT claim based routing (key: \(name)) is only supported for gateway")
            }
        } else if let error = HeaderRules.nameError(name, in: report.version) {
            report.error(header.path, error)
        }
        // A lone star stands for every value.
        if kind == "withoutHeaders", header["regex"].text == "*" { return }
        checkString(header, kind, report: &report)
    }

    private static func checkString(_ match: Field, _ place: String, report: inout RuleReport) {
        if match["prefix"].isSet, match["prefix"].text.isEmpty {
            report.error(
                match["prefix"].path, since: IstioVersion(1, 22),
                "\(Names.quoted(place)): prefix string match should not be empty")
        }
        checkRegex(match, place, report: &report)
    }

    static func checkRegex(_ match: Field, _ place: String, report: inout RuleReport) {
        let regex = match["regex"]
        guard regex.isSet else { return }
        if regex.text.isEmpty {
            report.error(
                regex.path, since: IstioVersion(1, 22),
                "\(Names.quoted(place)): regex string match should not be empty")
        } else if let error = RE2Syntax.error(in: regex.text) {
            let more = "Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)"
            report.error(regex.path, since: IstioVersion(1, 6), "\(Names.quoted(place)): \(error); \(more)")
        }
    }
}
