/// One thing that is wrong in a file of objects: whose, where, and what.
public struct ManifestFinding: Sendable, Hashable {
    /// Counted from one.
    public var line: Int
    /// What the object says of itself; empty where it does not.
    public var kind: String
    public var namespace: String
    public var name: String
    /// Path of the field, such as `spec.ports[0].number`; empty for the whole document.
    public var path: String
    public var severity: Problem.Severity
    public var message: String
}

/// What was found in a file of objects.
public struct ManifestReport: Sendable {
    /// In the order of the lines.
    public var findings: [ManifestFinding] = []
    /// How many objects were looked at.
    public var objects = 0
}

/// Checks files before they are applied: YAML or JSON, several documents, lists of objects.
public enum ManifestCheck {
    /// What a release of Istio, and the API server before it, would say to the objects of a text.
    ///
    /// A document that is not YAML is a finding as well.
    public static func check(_ text: String, version: IstioVersion = .current) -> ManifestReport {
        var report = ManifestReport()
        for document in YAMLText.separateDocuments(in: text) {
            switch document {
            case .success(let document):
                check(document.value, document.lines, version: version, report: &report)
            case .failure(let error):
                report.findings.append(
                    ManifestFinding(
                        line: error.line ?? 1, kind: "", namespace: "", name: "", path: "", severity: .error,
                        message: "not YAML: \(error.reason)"))
            }
        }
        // What stands on one line keeps its order.
        report.findings = report.findings.enumerated()
            .sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(\.element)
        return report
    }

    private static func check(
        _ object: JSONValue, _ lines: SourceLines, version: IstioVersion, report: inout ManifestReport
    ) {
        if object["kind"]?.stringValue?.hasSuffix("List") == true, let items = object["items"]?.arrayValue {
            for (index, item) in items.enumerated() {
                check(item, lines["items"][index], version: version, report: &report)
            }
            return
        }
        report.objects += 1
        let metadata = object["metadata"]
        let problems = problems(in: object, version: version)
        report.findings += problems.map { problem in
            ManifestFinding(
                line: lines.line(of: problem.path), kind: object["kind"]?.stringValue ?? "",
                namespace: metadata?["namespace"]?.stringValue ?? "", name: metadata?["name"]?.stringValue ?? "",
                path: problem.path, severity: problem.severity, message: problem.message)
        }
    }

    /// What a release of Istio, and the API server before it, would say to one object, its name and kind included.
    public static func problems(in object: JSONValue, version: IstioVersion = .current) -> [Problem] {
        headProblems(of: object) + ObjectRules.problems(in: object, version: version)
    }

    /// What the API server needs to know what an object is.
    private static func headProblems(of object: JSONValue) -> [Problem] {
        func error(_ path: String, _ message: String) -> Problem {
            Problem(path: path, severity: .error, layer: .schema, cause: .required, message: message)
        }
        guard object.objectValue != nil else {
            return [error("", "not an object: a document has apiVersion, kind, metadata and spec")]
        }
        let missing = [("apiVersion", "networking.istio.io/v1"), ("kind", "ServiceEntry")].filter {
            object[$0.0]?.stringValue?.isEmpty != false
        }
        if !missing.isEmpty {
            return missing.map { name, example in
                error(name, "\(name) is missing: it says what the object is, such as \(example)")
            }
        }
        guard ObjectRules.group(of: object).hasSuffix("istio.io") else { return [] }
        let metadata = object["metadata"]
        let name = metadata?["name"]?.stringValue ?? ""
        if name.isEmpty {
            return metadata?["generateName"]?.stringValue?.isEmpty == false
                ? [] : [error("metadata.name", "Required value: name or generateName is required")]
        }
        if Names.isSubdomain(name) { return [] }
        let words = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'"
        return [error("metadata.name", "Invalid value: \(Names.quoted(name)): \(words)")]
    }
}
