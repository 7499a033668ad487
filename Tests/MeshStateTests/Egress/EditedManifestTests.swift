import MeshState
import Testing

@Suite struct EditedManifestTests {
    private static let good = """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata:
          name: cnn
          namespace: default
        spec:
          hosts:
          - edition.cnn.com
          ports:
          - name: http
            number: 80
            protocol: HTTP
          resolution: DNS

        """
    private static let target = ObjectKey(kind: "ServiceEntry", namespace: "default", name: "cnn")

    /// A text, and the beginnings of what is wrong with it.
    @Test(arguments: [
        (good, []), (good.replacing("number: 80", with: "number: 99999"), ["line 11: spec.ports[0].number:"]),
        (good.replacing("  hosts:", with: "  hosts: ["), ["not YAML: line"]),
        (good.replacing("name: cnn", with: "name: bbc"), ["metadata.name: has to stay cnn"]),
        (good.replacing("namespace: default", with: "namespace: web"), ["metadata.namespace: has to stay default"]),
        (good.replacing("kind: ServiceEntry", with: "kind: Gateway"), ["line", "kind: Gateway is no ServiceEntry"]),
        (good + "---\n" + good, ["one object is edited at a time: here are 2"]),
    ])
    func verdicts(_ text: String, _ beginnings: [String]) {
        switch EditedManifest.verdict(on: text, target: Self.target) {
        case .object(let object):
            #expect(beginnings.isEmpty)
            #expect(object["spec"]?["hosts"] == ["edition.cnn.com"])
        case .wrong(let problems):
            #expect(!beginnings.isEmpty)
            for beginning in beginnings { #expect(problems.contains { $0.hasPrefix(beginning) }, "\(problems)") }
        case .empty: Issue.record("not empty")
        }
    }

    @Test(arguments: ["", "# all of it\n", "\n\n---\n"]) func nothingIsEmpty(_ text: String) {
        #expect(EditedManifest.verdict(on: text, target: Self.target) == .empty)
    }

    @Test func problemsStandAboveAndAreTakenAwayAgain() {
        #expect(EditedManifest.text(Self.good, problems: []) == Self.good)
        let text = EditedManifest.text(Self.good, problems: ["first\nsecond", "third \u{1B}"])
        #expect(text.hasPrefix("# first\n# second\n# third ␛\n# ----"))
        #expect(EditedManifest.manifest(in: text) == Self.good)
        #expect(EditedManifest.manifest(in: Self.good) == Self.good)
        // Comments of the writer's own stay.
        let own = "# mine\n" + Self.good
        #expect(EditedManifest.manifest(in: EditedManifest.text(own, problems: ["x"])) == own)
    }

    @Test func aNewObjectMayHaveAnyName() {
        let text = Self.good.replacing("name: cnn", with: "name: bbc")
        guard case .object = EditedManifest.verdict(on: text, target: nil) else {
            Issue.record("refused")
            return
        }
    }
}
