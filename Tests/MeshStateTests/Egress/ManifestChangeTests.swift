import MeshState
import Testing

/// What files say, as changes to what the API has.
struct ManifestChangeTests {
    private static func object(_ text: String) throws -> JSONValue { try #require(try YAMLText.parse(text).first) }

    private static let policy = """
        {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x},
        spec: {podSelector: {}}}
        """

    @Test("kinds by the names that kubectl has", arguments: [
        ("serviceentry", "ServiceEntry"), ("se", "ServiceEntry"), ("ServiceEntries", "ServiceEntry"), ("gw", "Gateway"),
        ("netpol", "NetworkPolicy"), ("ns", "Namespace"), ("po", "Pod"), ("sidecar", "Sidecar"), ("secret", nil),
        ("deployment", nil), ("", nil),
    ])
    func kinds(_ word: String, _ name: String?) { #expect(ObjectKind(word)?.name == name) }

    @Test("a Gateway of Kubernetes is not one of Istio, and secrets stay out of the journal")
    func whatIsNotChanged() throws {
        for text in [
            "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g}}",
            "{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {}}",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}}",
        ] {
            let problems = ManifestChange.problems(in: try Self.object(text))
            #expect(problems.first?.message == "meshtop does not change objects of this kind: apply it with kubectl")
        }
        #expect(ManifestChange.problems(in: try Self.object(Self.policy)).isEmpty)
        let nameless = try Self.object("{apiVersion: v1, kind: Service, metadata: {generateName: x}}")
        #expect(ManifestChange.problems(in: nameless).map(\.path) == ["metadata.name"])
    }

    @Test func whatIsNewIsCreatedAndWhatIsSoIsLeft() throws {
        let policy = try Self.object(Self.policy)
        let create = try #require(ManifestChange.request(applying: policy, to: nil, id: 3))
        #expect(create.action == .create(policy) && create.summary == "add NetworkPolicy p" && create.id == 3)
        var live = policy
        live["metadata"]?["resourceVersion"] = "7"
        live["metadata"]?["managedFields"] = []
        #expect(ManifestChange.request(applying: policy, to: live, id: 1) == nil)
    }

    @Test func theSpecIsReplacedAndLabelsAreAdded() throws {
        var live = try Self.object(Self.policy)
        live["metadata"]?["resourceVersion"] = "7"
        live["metadata"]?["labels"] = ["a": "1", "b": "2"]
        live["spec"]?["ingress"] = []
        var manifest = try Self.object(Self.policy)
        manifest["metadata"]?["labels"] = ["b": "3"]
        let request = try #require(ManifestChange.request(applying: manifest, to: live, id: 1))
        guard case .replace(let object) = request.action else {
            Issue.record("not replaced")
            return
        }
        #expect(object["spec"] == ["podSelector": [:]])
        #expect(object["metadata"]?["labels"] == ["a": "1", "b": "3"])
        #expect(object["metadata"]?["resourceVersion"] == "7")
    }

    @Test func whatKubernetesWroteIntoAServiceStays() throws {
        let live = try Self.object(
            """
            {apiVersion: v1, kind: Service, metadata: {name: s, namespace: x, resourceVersion: "7"},
            spec: {clusterIP: 10.0.0.1, ports: [{port: 80}], selector: {app: s}}}
            """)
        let manifest = try Self.object(
            "{apiVersion: v1, kind: Service, metadata: {name: s, namespace: x}, spec: {ports: [{port: 81}]}}")
        let request = try #require(ManifestChange.request(applying: manifest, to: live, id: 1))
        #expect(
            request.object?["spec"]
                == ["clusterIP": "10.0.0.1", "ports": [["port": 81]], "selector": ["app": "s"]])
    }

    @Test func labelsAreSetAndTakenAway() throws {
        let live = try Self.object(
            "{apiVersion: v1, kind: Namespace, metadata: {name: n, resourceVersion: \"7\", labels: {a: \"1\"}}}")
        let key = ObjectKey(kind: "Namespace", namespace: "", name: "n")
        let set = try #require(ManifestChange.request(labelling: live, key, ["b": "2"], id: 1))
        #expect(set.object?["metadata"]?["labels"] == ["a": "1", "b": "2"])
        let taken = try #require(ManifestChange.request(labelling: live, key, ["a": nil], id: 1))
        #expect(taken.object?["metadata"]?["labels"] == nil)
        #expect(ManifestChange.request(labelling: live, key, ["a": "1", "c": nil], id: 1) == nil)
    }
}
