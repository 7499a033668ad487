/// One rule of istiod's webhook about ServiceEntries: since which release it holds, and what it finds.
struct EntryRule: Sendable {
    /// What a rule finds: the path below the element that it looks at, and Istio's words.
    struct Finding {
        let path: String
        let message: String

        init(_ path: String, _ message: String) {
            self.path = path
            self.message = message
        }
    }

    /// What a rule looks at. Rules that stand together in the table and look at the same kind of element are all
    /// applied to one element before the next, which gives istiod's order of messages.
    enum Subject: Sendable {
        case entry(@Sendable (EntryForm, IstioVersion) -> [Finding])
        case host(@Sendable (String, EntryForm, IstioVersion) -> String?)
        case address(@Sendable (String, IstioVersion) -> String?)
        case port(@Sendable (Int, EntryForm, IstioVersion) -> String?)
        case endpoint(@Sendable (Int, EntryForm, IstioVersion) -> [Finding])

        fileprivate var kind: Int {
            switch self {
            case .entry: 0
            case .host: 1
            case .address: 2
            case .port: 3
            case .endpoint: 4
            }
        }
    }

    /// Rules of one number are one rule of Istio in several cases or releases.
    let number: Int
    let severity: Problem.Severity
    let since: IstioVersion
    /// The first release that has it no longer; nil while it holds.
    let until: IstioVersion?
    /// Whether, once it finds something, the rules behind it leave the element alone.
    let stops: Bool
    /// The field of a port that the rule is about; nil for the port itself, and for rules about something else.
    let field: String?
    let subject: Subject

    init(
        _ number: Int, _ severity: Problem.Severity = .error, field: String? = nil, since: IstioVersion = .first,
        until: IstioVersion? = nil, stops: Bool = false, find subject: Subject
    ) {
        self.number = number
        self.severity = severity
        self.since = since
        self.until = until
        self.stops = stops
        self.field = field
        self.subject = subject
    }

    /// Notes what the rules find, in istiod's order.
    static func apply(_ rules: [EntryRule], to entry: EntryForm, report: inout RuleReport) {
        let version = report.version
        var rest = rules.filter { version.lies(since: $0.since, until: $0.until) }[...]
        while let first = rest.first {
            let group = rest.prefix { $0.subject.kind == first.subject.kind }
            rest = rest.dropFirst(group.count)
            for element in 0..<first.elementCount(in: entry) {
                for rule in group {
                    let found = rule.findings(at: element, in: entry, version: version)
                    for finding in found {
                        switch rule.severity {
                        case .error: report.error(finding.path, finding.message)
                        case .warning: report.warning(finding.path, since: rule.since, finding.message)
                        }
                    }
                    guard rule.stops, !found.isEmpty else { continue }
                    if case .entry = rule.subject { return }
                    break
                }
            }
        }
    }

    private func elementCount(in entry: EntryForm) -> Int {
        switch subject {
        case .entry: 1
        case .host: entry.hosts.count
        case .address: entry.addresses.count
        case .port: entry.ports.count
        case .endpoint: entry.endpoints?.count ?? 0
        }
    }

    private func findings(at index: Int, in entry: EntryForm, version: IstioVersion) -> [Finding] {
        switch subject {
        case .entry(let check): check(entry, version)
        case .host(let check):
            check(entry.hosts[index], entry, version).map { [Finding("spec.hosts[\(index)]", $0)] } ?? []
        case .address(let check):
            check(entry.addresses[index], version).map { [Finding("spec.addresses[\(index)]", $0)] } ?? []
        case .port(let check):
            check(index, entry, version).map { [Finding("spec.ports[\(index)]" + (field.map { ".\($0)" } ?? ""), $0)] }
                ?? []
        case .endpoint(let check): check(index, entry, version)
        }
    }
}
