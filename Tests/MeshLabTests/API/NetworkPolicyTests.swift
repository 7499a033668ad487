import MeshState
import Testing

@testable import MeshLab

@Suite struct NetworkPolicyTests {
    private static let manifest = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: allow-egress}
        spec:
          podSelector: {matchLabels: {app: sleep}}
          egress:
          - to: [{namespaceSelector: {matchLabels: {istio: system}}}]
            ports: [{port: 53, protocol: UDP}, {port: 80}]
        """

    @Test func kubectlWorksWithIt() async throws {
        try await TestAPI.run { api in
            let created = try await api.kubectl("apply", "-f", "-", input: Self.manifest)
            #expect(created.out == "networkpolicy.networking.k8s.io/allow-egress created\n", "\(created.err)")
            #expect(created.err.contains("the lab keeps egress rules alone"))
            let rows = try await api.kubectl("get", "netpol").out.split(separator: "\n")
            #expect(rows.first?.split(separator: " ") == ["NAME", "POD-SELECTOR", "AGE"])
            #expect(rows.last?.hasPrefix("allow-egress   app=sleep") == true)
            let stored = await api.store.get(.networkPolicies, namespace: "default", name: "allow-egress")
            #expect(stored?["spec"]?["policyTypes"] == ["Ingress", "Egress"])
            #expect(stored?["spec"]?["egress"]?[0]?["ports"]?[1]?["protocol"] == "TCP")
            let described = try await api.kubectl("describe", "netpol", "allow-egress")
            #expect(described.out.contains("To Port: 53/UDP") && described.err == "", "\(described)")
            let explained = try await api.kubectl("explain", "netpol.spec.egress.to.ipBlock")
            #expect(explained.out.contains("except\t<[]string>"), "\(explained)")
            let unknown = try await api.kubectl(
                "apply", "-f", "-", input: Self.manifest.replacing("egress:", with: "egres:"))
            #expect(unknown.err.contains(#"unknown field "spec.egres""#), "\(unknown)")
            #expect(try await api.kubectl("delete", "netpol", "allow-egress").isSuccess)
        }
    }

    @Test(
        "What the API server refuses",
        arguments: [
            ("egress: [{to: [{}]}]", "spec.egress[0].to[0]: Required value: must specify a peer"),
            (
                "egress: [{to: [{ipBlock: {cidr: 1.2.3.4}}]}]",
                #"spec.egress[0].to[0].ipBlock.cidr: Invalid value: "1.2.3.4": must be a valid CIDR value"#
            ),
            (
                "egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]",
                #"except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`"#
            ),
            (
                "egress: [{to: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]",
                "Forbidden: may not specify both ipBlock and another peer"
            ),
            ("egress: [{ports: [{port: 0}]}]", "spec.egress[0].ports[0].port: Invalid value: 0: must be between"),
            ("egress: [{ports: [{port: 80, endPort: 79}]}]", "must be greater than or equal to `port`"),
            ("egress: [{ports: [{port: http, endPort: 79}]}]", "may not be specified when `port` is non-numeric"),
            ("egress: [{ports: [{endPort: 79}]}]", "may not be specified when `port` is not specified"),
            ("egress: [{ports: [{port: 80, protocol: HTTP}]}]", #"Unsupported value: "HTTP": supported values:"#),
            ("policyTypes: [Both]", #"spec.policyTypes[0]: Unsupported value: "Both""#),
            (
                "ingress: [{from: [{podSelector: {matchExpressions: [{key: a, operator: In}]}}]}]",
                "spec.ingress[0].from[0].podSelector.matchExpressions[0].values: Required value"
            ),
            (
                "ingress: [{from: [{podSelector: {matchExpressions: [{key: a, operator: Is}]}}]}]",
                #"operator: Invalid value: "Is": not a valid selector operator"#
            ),
        ])
    func refuses(_ spec: String, _ message: String) throws {
        let object = try #require(try YAMLText.parse("spec: {podSelector: {}, \(spec)}").first)
        let found = NetworkPolicyRules.violations(in: object["spec"] ?? [:]).map { "\($0.field): \($0.message)" }
        #expect(found.count == 1 && found[0].contains(message), "\(found)")
    }
}
