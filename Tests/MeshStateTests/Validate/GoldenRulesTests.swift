import MeshState
import Testing

@testable import MeshState

/// Istio's own test cases, each with the release that it comes from.
struct GoldenRulesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let fields: JSONValue
        var isValid: Bool { fields["valid"]?.boolValue == true }
        var hasWarning: Bool { fields["warning"]?.boolValue == true }
        var input: String { fields["input"]?.stringValue ?? fields["entry"]?.stringValue ?? "" }
        var expectedText: String { fields["errorContains"]?.stringValue ?? "" }
        var testDescription: String { name }
    }

    static func cases(_ file: String) -> [Case] {
        guard let elements = try? Fixture.json("golden/\(file).json").arrayValue else { return [] }
        return elements.map { Case(name: $0["name"]?.stringValue ?? "", fields: $0) }
    }

    private static func object(_ fields: JSONValue, kind: String = "ServiceEntry") -> JSONValue {
        var object: JSONValue = [
            "apiVersion": "networking.istio.io/v1", "kind": .string(kind),
            "metadata": fields["metadata"] ?? ["name": "foo", "namespace": "bar"],
        ]
        if let spec = fields["entry"], !spec.isNull { object["spec"] = spec }
        return object
    }

    @Test("the golden files are there")
    func filesAreThere() {
        #expect(Self.cases("serviceentry-validation-1.12").count == 37)
        #expect(Self.cases("serviceentry-crd-schema").count == 17)
        #expect(Self.cases("exportto-validation").count == 17)
        #expect(Self.cases("workloadentry-crd-schema").count == 12)
        #expect(Self.cases("workloadentry-validation").count == 8)
        #expect(Self.cases("workloadgroup-validation").count == 10)
    }

    @Test("istiod 1.12's webhook", arguments: cases("serviceentry-validation-1.12"))
    func webhook(_ example: Case) {
        let problems = ServiceEntryRules.problems(in: Self.object(example.fields), version: IstioVersion(1, 12))
        #expect(problems.allSatisfy { $0.layer == .webhook })
        #expect(problems.contains { $0.severity == .error } == !example.isValid, "\(problems)")
        if example.isValid {
            #expect(problems.contains { $0.severity == .warning } == example.hasWarning, "\(problems)")
        }
        #expect((AdmissionMessage.denied(problems) == nil) == example.isValid)
    }

    @Test("the current schema of a ServiceEntry", arguments: cases("serviceentry-crd-schema"))
    func schema(_ example: Case) {
        let problems = ServiceEntryRules.problems(in: Self.object(example.fields)).filter { $0.layer == .schema }
        #expect(problems.isEmpty == example.isValid, "\(problems)")
        guard !example.isValid else { return }
        #expect(problems.allSatisfy { $0.cause != nil && $0.severity == .error })
        let message = AdmissionMessage.invalid(
            kind: "ServiceEntry", group: "networking.istio.io", name: "foo", problems)
        #expect(message?.hasPrefix("ServiceEntry.networking.istio.io \"foo\" is invalid: ") == true)
        #expect(message?.contains(example.expectedText) == true, "\(message ?? "nothing")")
    }

    @Test("the current schema of a WorkloadEntry", arguments: cases("workloadentry-crd-schema"))
    func workloadSchema(_ example: Case) {
        let problems = ObjectRules.problems(in: Self.object(example.fields, kind: "WorkloadEntry"))
            .filter { $0.layer == .schema }
        #expect(problems.isEmpty == example.isValid, "\(problems)")
        let texts = problems.map { "\($0.path): \($0.message)" }
        #expect(example.isValid || texts.contains { $0.contains(example.expectedText) }, "\(texts)")
    }

    @Test(
        "the webhook on a WorkloadEntry, and on a WorkloadGroup",
        arguments: [("WorkloadEntry", "workloadentry-validation"), ("WorkloadGroup", "workloadgroup-validation")]
            .flatMap { kind, file in cases(file).map { (kind, $0) } })
    func workloads(_ kind: String, _ example: Case) {
        // Before 1.23 the schema says nothing, so that it is the webhook that speaks.
        for version in [IstioVersion(1, 22), .current] {
            let problems = ObjectRules.problems(in: Self.object(example.fields, kind: kind), version: version)
            #expect(problems.contains { $0.severity == .error } == !example.isValid, "\(version): \(problems)")
            #expect(problems.contains { $0.severity == .warning } == example.hasWarning, "\(version): \(problems)")
        }
    }

    @Test("exportTo", arguments: cases("exportto-validation"))
    func exportTo(_ example: Case) {
        let isEntry = example.fields["isServiceEntry"] == true
        var spec: JSONValue = isEntry ? ["hosts": ["foo.com"]] : ["host": "foo.com"]
        if example.fields["isDestinationRuleWithSelector"] == true {
            spec["workloadSelector"] = ["matchLabels": ["app": "foo"]]
        }
        spec["exportTo"] = example.fields["exportTo"] ?? []
        let object: JSONValue = [
            "apiVersion": "networking.istio.io/v1", "kind": isEntry ? "ServiceEntry" : "DestinationRule",
            "metadata": ["name": "foo", "namespace": example.fields["namespace"] ?? ""], "spec": spec,
        ]
        let problems = ObjectRules.problems(in: object)
        #expect(problems.isEmpty == example.isValid, "\(problems)")
        #expect(problems.allSatisfy { $0.path == "spec.exportTo" })
    }

    @Test("wildcard domains", arguments: cases("wildcarddomain-validation"))
    func wildcardDomain(_ example: Case) {
        let error = Names.wildcardDomainError(example.input)
        #expect((error == nil) == example.isValid)
        #expect(error?.contains(example.expectedText) ?? true)
    }

    @Test("domains", arguments: cases("fqdn-validation"))
    func domain(_ example: Case) { #expect((Names.domainError(example.input) == nil) == example.isValid) }

    @Test("addresses and blocks", arguments: cases("ipaddress-validation") + cases("ipsubnet-validation"))
    func subnet(_ example: Case) { #expect((Names.subnetError(example.input) == nil) == example.isValid) }

    @Test("port names", arguments: cases("portname-validation"))
    func portName(_ example: Case) { #expect(Names.isLabel(example.input) == example.isValid) }
}
