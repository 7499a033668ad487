/// The rules of Istio's CustomResourceDefinitions, which the API server checks before it asks istiod's webhook:
/// required fields and spellings first, and only if those are right the expressions (since 1.23).
enum SchemaRules {
    private static let expressions = IstioVersion(1, 23)

    /// What the definition of ServiceEntries refuses.
    static func check(serviceEntry object: JSONValue, report: inout RuleReport) {
        let spec = object["spec"] ?? .null
        guard spec.objectValue != nil else { return requireSpec(&report) }
        let isModern = report.version >= expressions
        if isModern { checkLists(spec, report: &report) }
        checkSpelling(spec, "resolution", allowed: resolutions(in: report.version), report: &report)
        let locations = ServiceEntry.Location.allCases.map(\.rawValue)
        checkSpelling(spec, "location", allowed: locations, report: &report)
        guard isModern else { return }
        if report.isRefusedBySchema { return report.refuse("<nil>", .invalid, skipped) }
        let entry = EntryForm(object)
        checkExpressions(entry, report: &report)
        for case let endpoint? in entry.endpoints ?? [] { checkExpressions(endpoint, report: &report) }
    }

    /// What the definition of WorkloadEntries refuses.
    static func check(workloadEntry object: JSONValue, report: inout RuleReport) {
        guard let spec = object["spec"], spec.objectValue != nil else { return requireSpec(&report) }
        guard report.version >= expressions else { return }
        checkLimits(endpoint: spec, "spec", report: &report)
        checkExpressions(EndpointForm(spec, path: "spec"), report: &report)
    }

    private static func requireSpec(_ report: inout RuleReport) {
        if report.version >= expressions { report.refuse("spec", .required, "Required value") }
    }

    /// What the API server adds when structure alone already refuses an object.
    private static let skipped =
        "Invalid value: \"null\": some validation rules were not checked because the object was invalid; "
        + "correct the existing errors to complete validation"

    // MARK: - Structure

    private static func checkLists(_ spec: JSONValue, report: inout RuleReport) {
        if let hosts = spec["hosts"]?.arrayValue {
            if hosts.isEmpty {
                report.refuse(
                    "spec.hosts", .invalid, "Invalid value: 0: spec.hosts in body should have at least 1 items")
            }
        } else if spec["hosts"] == nil || spec["hosts"] == .null {
            report.refuse("spec.hosts", .required, "Required value")
        }
        for (name, most) in [("hosts", 256), ("addresses", 256), ("ports", 256), ("endpoints", 4096)] {
            let count = spec[name]?.arrayValue?.count ?? 0
            guard count > most else { continue }
            report.refuse("spec.\(name)", .tooMany, "Too many: \(count): must have at most \(most) items")
        }
        for (index, address) in (spec["addresses"]?.arrayValue ?? []).enumerated() {
            checkLength(address, 64, "spec.addresses[\(index)]", report: &report)
        }
        let selector = spec["workloadSelector"]?["labels"]?.objectValue ?? [:]
        if selector.count > 256 {
            let text = "Too many: \(selector.count): must have at most 256 items"
            report.refuse("spec.workloadSelector.labels", .tooMany, text)
        }
        for (key, value) in selector.sorted(by: { $0.key < $1.key }) {
            checkLength(value, 63, "spec.workloadSelector.labels[\(key)]", report: &report)
        }
        for (index, endpoint) in (spec["endpoints"]?.arrayValue ?? []).enumerated() {
            checkLimits(endpoint: endpoint, "spec.endpoints[\(index)]", report: &report)
        }
        checkPortList(spec, report: &report)
    }

    private static func checkLimits(endpoint: JSONValue, _ path: String, report: inout RuleReport) {
        checkLength(endpoint["address"], 256, "\(path).address", report: &report)
        let ports = endpoint["ports"]?.objectValue?.count ?? 0
        if ports > 128 { report.refuse("\(path).ports", .tooMany, "Too many: \(ports): must have at most 128 items") }
    }

    private static func checkLength(_ value: JSONValue?, _ most: Int, _ path: String, report: inout RuleReport) {
        guard let text = value?.stringValue, text.utf8.count > most else { return }
        report.refuse(path, .tooLong, "Too long: may not be more than \(most) bytes")
    }

    private static func checkPortList(_ spec: JSONValue, report: inout RuleReport) {
        var names: Set<String> = []
        for (index, port) in (spec["ports"]?.arrayValue ?? []).enumerated() {
            let path = "spec.ports[\(index)]"
            for key in ["name", "number"] where port.objectValue != nil && port[key] == nil {
                report.refuse("\(path).\(key)", .required, "Required value")
            }
            if let name = port["name"]?.stringValue, !names.insert(name).inserted {
                let shown = "map[string]interface {}{\"name\":\(Names.quoted(name))}"
                report.refuse(path, .duplicate, "Duplicate value: \(shown)")
            }
        }
    }

    private static func resolutions(in version: IstioVersion) -> [String] {
        ServiceEntry.Resolution.allCases.filter {
            switch $0 {
            case .none, .static, .dns: true
            case .dnsRoundRobin: version >= IstioVersion(1, 12)
            case .dynamicDNS: version >= IstioVersion(1, 28)
            }
        }.map(\.rawValue)
    }

    private static func checkSpelling(
        _ spec: JSONValue, _ key: String, allowed: [String], report: inout RuleReport
    ) {
        guard let text = spec[key]?.stringValue, !allowed.contains(text) else { return }
        report.refuse("spec.\(key)", .notSupported, unsupported(text, allowed: allowed))
    }

    /// The API server's words for a spelling that is none of the allowed ones.
    static func unsupported(_ text: String, allowed: [String]) -> String {
        let words = allowed.map { Names.quoted($0) }.joined(separator: ", ")
        return "Unsupported value: \(Names.quoted(text)): supported values: \(words)"
    }

    // MARK: - Expressions

    private static func checkExpressions(_ entry: EntryForm, report: inout RuleReport) {
        func refuse(_ path: String, _ type: String, _ rule: String) {
            report.refuse(path, .invalid, broken(type, rule))
        }
        if entry.selector != nil, entry.endpoints != nil {
            refuse("spec", "object", "only one of WorkloadSelector or Endpoints can be set")
        }
        if entry.addresses.contains(where: { $0.contains("/") }), entry.resolution != ServiceEntry.Resolution.none,
            entry.resolution != .static
        {
            refuse("spec", "object", "CIDR addresses are allowed only for NONE/STATIC resolution types")
        }
        if entry.resolution == ServiceEntry.Resolution.none, entry.endpoints != nil {
            refuse("spec", "object", "NONE mode cannot set endpoints")
        }
        if entry.resolution == .dnsRoundRobin, (entry.endpoints?.count ?? 0) > 1 {
            refuse("spec", "object", "DNS_ROUND_ROBIN mode cannot have multiple endpoints")
        }
        for (index, host) in entry.hosts.enumerated() where host == "*" {
            refuse("spec.hosts[\(index)]", "string", "hostname cannot be wildcard")
        }
        if entry.ports.contains(where: { $0?.repeatsNumber == true }) {
            refuse("spec.ports", "array", "port number cannot be duplicated")
        }
        for case let port? in entry.ports {
            for (key, number) in [("number", port.number), ("targetPort", port.targetPort ?? 1)] {
                checkRange(number, "\(port.path).\(key)", report: &report)
            }
        }
        for (key, value) in (entry.selector ?? [:]).sorted(by: { $0.key < $1.key }) where value.contains("*") {
            refuse("spec.workloadSelector.labels[\(key)]", "string", "wildcard is not supported in selector")
        }
    }

    private static func checkExpressions(_ endpoint: EndpointForm, report: inout RuleReport) {
        func refuse(_ path: String, _ type: String, _ rule: String) {
            report.refuse(path, .invalid, broken(type, rule))
        }
        if endpoint.address.isEmpty, endpoint.network.isEmpty { refuse(endpoint.path, "object", "Address is required") }
        if let unixPath = endpoint.unixPath {
            if !endpoint.ports.isEmpty { refuse(endpoint.path, "object", "UDS may not include ports") }
            if !unixPath.hasPrefix("/"), !unixPath.hasPrefix("@") {
                refuse("\(endpoint.path).address", "string", "UDS must be an absolute path or abstract socket")
            }
            if unixPath.hasSuffix("/") { refuse("\(endpoint.path).address", "string", "UDS may not be a dir") }
        }
        if !endpoint.ports.allSatisfy({ $0.name.utf8.count < 63 && Names.isLabel($0.name) }) {
            refuse("\(endpoint.path).ports", "object", "port name must be valid")
        }
        for (name, number) in endpoint.ports {
            checkRange(number, "\(endpoint.path).ports[\(name)]", report: &report)
        }
    }

    private static func checkRange(_ number: Int, _ path: String, report: inout RuleReport) {
        guard !(1...65535).contains(number) else { return }
        report.refuse(path, .invalid, broken("integer", "port must be between 1-65535"))
    }

    /// The API server's words for a value that breaks a rule of its schema.
    static func broken(_ type: String, _ rule: String) -> String { "Invalid value: \"\(type)\": \(rule)" }
}
