/// Gathers what the rules find in one object. However much is wrong with it, what is kept of that is bounded.
struct RuleReport {
    /// As many errors, and as many warnings, are told one by one.
    private static let most = 100

    /// The release whose rules are asked.
    let version: IstioVersion
    private var found: [Problem] = []
    private var errors = 0
    private var warnings = 0

    init(version: IstioVersion) { self.version = version }

    /// Whether the API server's schema refuses the object, so that istiod's webhook is not asked.
    private(set) var isRefusedBySchema = false

    /// Notes an error of the webhook, if the release has the rule.
    mutating func error(
        _ path: String, since: IstioVersion = .first, until: IstioVersion? = nil,
        _ message: @autoclosure () -> String
    ) {
        guard version.lies(since: since, until: until) else { return }
        add(.error, .webhook, nil, path, message)
    }

    /// Notes a warning; istiod gives warnings since 1.10.
    mutating func warning(
        _ path: String, since: IstioVersion = IstioVersion(1, 10), until: IstioVersion? = nil,
        _ message: @autoclosure () -> String
    ) {
        guard version.lies(since: since, until: until) else { return }
        add(.warning, .webhook, nil, path, message)
    }

    /// Notes what the schema of the object's kind refuses.
    mutating func refuse(_ path: String, _ cause: Problem.Cause, _ message: @autoclosure () -> String) {
        isRefusedBySchema = true
        add(.error, .schema, cause, path, message)
    }

    private mutating func add(
        _ severity: Problem.Severity, _ layer: Problem.Layer, _ cause: Problem.Cause?, _ path: String,
        _ message: () -> String
    ) {
        let count: Int
        switch severity {
        case .error:
            errors += 1
            count = errors
        case .warning:
            warnings += 1
            count = warnings
        }
        guard count <= Self.most else { return }
        found.append(Problem(path: path, severity: severity, layer: layer, cause: cause, message: message()))
    }

    /// What was found, in the order of the rules, and how much more there is.
    var problems: [Problem] {
        var result = found
        if errors > Self.most {
            result.append(
                Problem(
                    path: "spec", severity: .error, layer: isRefusedBySchema ? .schema : .webhook,
                    cause: isRefusedBySchema ? .invalid : nil, message: "and \(errors - Self.most) more errors"))
        }
        if warnings > Self.most {
            result.append(
                Problem(
                    path: "spec", severity: .warning, layer: .webhook,
                    message: "and \(warnings - Self.most) more warnings"))
        }
        return result
    }
}
