/// What the API of a cluster would say to an object: the schema of its kind's CustomResourceDefinition first, then
/// istiod's webhook, which as in a cluster is only asked about an object that the schema lets pass.
///
/// The time that it takes grows with the object's size alone, and what it says of one object is bounded: a hundred
/// errors and a hundred warnings, and how many more there are.
public enum ObjectRules {
    /// What is wrong with an object in this release of Istio.
    ///
    /// Objects of other groups than Istio's have no problems; a kind of Istio's that has no rules here has a warning.
    public static func problems(in object: JSONValue, version: IstioVersion = .current) -> [Problem] {
        let group = group(of: object)
        guard group.isEmpty || group.hasSuffix("istio.io") else { return [] }
        return problems(in: object, kind: object["kind"]?.stringValue ?? "", version: version)
    }

    /// The same of an object that is known to be of one kind.
    static func problems(in object: JSONValue, kind: String, version: IstioVersion) -> [Problem] {
        var report = RuleReport(version: version)
        guard let rules = kinds[kind] else {
            guard group(of: object).hasSuffix("istio.io") else { return [] }
            report.warning("kind", since: .first, "no rules are known for the kind \(kind): it was not checked")
            return report.problems
        }
        rules.check(object, kind: kind, report: &report)
        return report.problems
    }

    /// The group of an object's API: empty for the core group, and where there is none.
    static func group(of object: JSONValue) -> Substring {
        let version = object["apiVersion"]?.stringValue ?? ""
        return version.contains("/") ? version.prefix { $0 != "/" } : ""
    }

    /// The kinds that there are rules for: the one table of all rules.
    static let kinds: [String: KindRules] = [
        "ServiceEntry": KindRules(Shapes.serviceEntry, schema: SchemaRules.check(serviceEntry:report:)) {
            ServiceEntryRules.find(in: $0, report: &$1)
        },
        "WorkloadEntry": KindRules(
            Shapes.workloadEntry, since: IstioVersion(1, 6), schema: SchemaRules.check(workloadEntry:report:)
        ) { EndpointRules.find(inWorkload: EndpointForm($0["spec"] ?? [:], path: "spec"), report: &$1) },
        "WorkloadGroup": KindRules(Shapes.workloadGroup, since: IstioVersion(1, 8)) {
            WorkloadGroupRules.find(in: Field($0, path: ""), report: &$1)
        },
        "VirtualService": KindRules(Shapes.virtualService) {
            VirtualServiceRules.find(in: Field($0, path: ""), report: &$1)
        },
        "DestinationRule": KindRules(Shapes.destinationRule) {
            DestinationRuleRules.find(in: Field($0, path: ""), report: &$1)
        },
        "Gateway": KindRules(Shapes.gateway) { GatewayRules.find(in: Field($0, path: ""), report: &$1) },
        "Sidecar": KindRules(Shapes.sidecar, since: IstioVersion(1, 1)) {
            SidecarRules.find(in: Field($0, path: ""), report: &$1)
        },
    ]
}

/// The rules of one kind.
struct KindRules: Sendable {
    typealias Check = @Sendable (JSONValue, inout RuleReport) -> Void

    private let shape: Shape
    /// The first release that has the kind.
    private let since: IstioVersion
    /// What the definition says beyond the shape.
    private let schema: Check
    /// What istiod's webhook says.
    private let webhook: Check

    init(
        _ shape: Shape, since: IstioVersion = .first, schema: @escaping Check = { _, _ in }, webhook: @escaping Check
    ) {
        self.shape = shape
        self.since = since
        self.schema = schema
        self.webhook = webhook
    }

    private static let members: Set = ["apiVersion", "kind", "metadata", "spec", "status"]

    func check(_ object: JSONValue, kind: String, report: inout RuleReport) {
        let version = report.version
        guard version >= since else {
            report.error("kind", "Istio \(version) has no kind \(kind); it came with \(since)")
            return
        }
        for name in (object.objectValue ?? [:]).keys.sorted() where !Self.members.contains(name) {
            report.warning(
                name, since: .first, "unknown field \(Names.quoted(name)): kubectl refuses it, other clients drop it")
        }
        shape.check(Field(object["spec"], path: "spec"), report: &report)
        if !report.isRefusedBySchema { schema(object, &report) }
        if report.isRefusedBySchema { return }
        checkAnnotations(of: object, report: &report)
        webhook(object, &report)
    }

    private func checkAnnotations(of object: JSONValue, report: inout RuleReport) {
        let metadata = Field(object["metadata"], path: "metadata")
        let name = "istio.io/dry-run"
        guard metadata["annotations"].value[name] != nil else { return }
        let subject = "\(metadata["namespace"].text)/\(metadata["name"].text)"
        report.error(
            "metadata.annotations[\(name)]", since: IstioVersion(1, 9),
            "\(subject) has unsupported annotation \(name), please remove the annotation")
    }
}
