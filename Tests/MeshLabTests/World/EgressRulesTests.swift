import Foundation
import MeshState
import Testing

@testable import MeshLab

/// What NetworkPolicies let out of a pod.
@Suite struct EgressRulesTests {
    private static func pod(
        _ name: String, in namespace: String, _ labels: [String: String], _ ip: String, ports: [JSONValue] = []
    ) -> JSONValue {
        [
            "metadata": ["name": .string(name), "namespace": .string(namespace), "labels": JSONValue(labels)],
            "spec": ["containers": [["name": "main", "ports": .array(ports)]]], "status": ["podIP": .string(ip)],
        ]
    }

    private static let pods: [JSONValue] = [
        pod("sleep", in: "test-egress", ["app": "sleep"], "10.244.0.41"),
        pod("near", in: "test-egress", ["app": "near", "tier": "a"], "10.244.0.50"),
        pod(
            "dns", in: "kube-system", ["k8s-app": "kube-dns"], "10.244.0.2",
            ports: [["name": "dns", "containerPort": 53, "protocol": "UDP"]]),
        pod("gateway", in: "istio-system", ["istio": "egressgateway"], "10.244.0.16"),
        pod("istiod", in: "istio-system", ["istio": "pilot"], "10.244.0.3"),
    ]

    private static let namespaces = [
        "test-egress": [:], "kube-system": ["kube-system": "true"], "istio-system": ["istio": "system"],
    ]

    /// The documents' policy.
    private static let documents = """
        spec:
          podSelector: {}
          policyTypes: [Egress]
          egress:
          - to: [{namespaceSelector: {matchLabels: {kube-system: "true"}}}]
            ports: [{protocol: UDP, port: 53}]
          - to: [{namespaceSelector: {matchLabels: {istio: system}}}]
        """

    private static func egress(_ rules: String, of selector: String = "{}") -> String {
        "spec: {podSelector: \(selector), policyTypes: [Egress], egress: [\(rules)]}"
    }

    /// Policies, and which of the calls of `sleep` they let through.
    static let cases: [(policies: [String], calls: [String])] = [
        ([], ["10.244.0.16 TCP 8443", "198.51.100.67 TCP 443", "10.244.0.2 UDP 53"]),
        ([documents], ["10.244.0.16 TCP 8443", "10.244.0.2 UDP 53"]),
        // Of policies about other pods or directions nothing follows.
        (
            [egress("", of: "{matchLabels: {app: other}}"), "spec: {podSelector: {}, policyTypes: [Ingress]}"],
            ["10.244.0.16 TCP 8443", "198.51.100.67 TCP 443", "10.244.0.2 UDP 53"]
        ),
        ([egress("")], []),
        ([egress("{}")], ["10.244.0.16 TCP 8443", "198.51.100.67 TCP 443", "10.244.0.2 UDP 53"]),
        // Policies add up.
        (
            [documents, egress("{to: [{ipBlock: {cidr: 198.51.100.0/24}}], ports: [{port: 443}]}")],
            ["10.244.0.16 TCP 8443", "198.51.100.67 TCP 443", "10.244.0.2 UDP 53"]
        ),
        ([egress("{to: [{ipBlock: {cidr: 198.51.100.0/24, except: [198.51.100.64/28]}}]}")], []),
        ([egress("{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}")], ["198.51.100.67 TCP 443"]),
        (
            [egress("{to: [{ipBlock: {cidr: 198.51.100.0/24}}], ports: [{port: 400, endPort: 450}]}")],
            [
                "198.51.100.67 TCP 443"
            ]
        ),
        ([egress("{to: [{ipBlock: {cidr: 198.51.100.0/24}}], ports: [{port: 400, endPort: 442}]}")], []),
        // A pod's own namespace, unless one is selected.
        ([egress("{to: [{podSelector: {matchLabels: {istio: egressgateway}}}]}")], []),
        (
            [egress("{to: [{namespaceSelector: {}, podSelector: {matchLabels: {istio: egressgateway}}}]}")],
            ["10.244.0.16 TCP 8443"]
        ),
        // A port by the name that the other pod has for it.
        ([egress("{to: [{namespaceSelector: {}}], ports: [{port: dns, protocol: UDP}]}")], ["10.244.0.2 UDP 53"]),
        (
            [
                egress(
                    """
                    {to: [{namespaceSelector: {matchExpressions: [{key: istio, operator: In, values: [system]}]},
                      podSelector: {matchExpressions: [{key: istio, operator: NotIn, values: [pilot]},
                        {key: istio, operator: Exists}, {key: legacy, operator: DoesNotExist}]}}]}
                    """)
            ], ["10.244.0.16 TCP 8443"]
        ),
    ]

    @Test(arguments: cases)
    func permits(policies: [String], calls: [String]) throws {
        let objects = try policies.map { text in
            var policy = try #require(try YAMLText.parse(text).first)
            policy["metadata"] = ["name": "policy", "namespace": "test-egress"]
            return policy
        }
        let pods = Self.pods.compactMap { NetworkPod($0) }
        let rules = EgressRules(of: pods[0], among: pods, policies: objects, namespaces: Self.namespaces)
        let allowed = ["10.244.0.16 TCP 8443", "198.51.100.67 TCP 443", "10.244.0.2 UDP 53"].filter { call in
            let words = call.split(separator: " ").map(String.init)
            return rules.map { $0.allows(words[0], words[1], Int(words[2]) ?? 0) } ?? true
        }
        #expect(allowed == calls)
    }

    @Test func ofTheLibrary() throws {
        var policy = try #require(try YAMLText.parse(Self.documents).first)
        policy["metadata"] = ["name": "policy", "namespace": "test-egress"]
        let pods = Self.pods.compactMap { NetworkPod($0) }
        let rules = EgressRules(of: pods[0], among: pods, policies: [policy], namespaces: Self.namespaces)
        let layout = LabLayout(stateDirectory: URL(filePath: "/state"), block: 7)
        let lines = try #require(rules).text(layout: layout).split(separator: "\n")
        #expect(lines.contains("10.244.0.16/32 tcp 1-65535"))
        // A service leads to its pods, and the lab's name servers are the cluster's.
        #expect(lines.contains("10.96.0.31/32 tcp 443-443"))
        #expect(lines.contains("127.7.0.2/32 udp 15353-15353") && lines.contains("127.7.0.2/32 udp 15053-15053"))
        #expect(!lines.contains { $0.hasPrefix("10.96.0.21") })
    }

    @Test("What the rules leave out gets no answer, neither a connection nor a name")
    func noAnswer() async throws {
        try await WorldFixture.use { fixture in
            let (layout, ip) = (fixture.layout, "10.244.0.41")
            let blackHole = try BlackHole(layout: layout)
            defer { withExtendedLifetime(blackHole) {} }
            let greeter = Task {
                try await TCPGreeter.run(
                    address: try fixture.address("198.51.100.67"), port: 10_443, tls: nil, onRunning: {})
            }
            defer { greeter.cancel() }
            try WorldMap.write(layout: layout)
            let names = try await NameServer(
                names: try WorldFixture.names(), for: .other, address: layout.nameServerAddress,
                port: layout.nameServerPort)
            let environment = Capture.environment(
                outsideAt: ip, namespace: "test-egress", layout: layout, library: try WorldFixture.captureLibrary())
            func tried(_ call: String) async throws -> String {
                let script = """
                    import socket
                    try: print(\(call))
                    except OSError as error: print(error.strerror)
                    """
                return try await command(["python3", "-c", script], environment: environment).output
            }
            let call = #"socket.create_connection(("198.51.100.67", 443)).makefile().readline()"#
            let name = #"socket.gethostbyname("edition.cnn.com")"#
            try await during({ try await names.run() }) {
                _ = try await awaited("the greeting") { try await tried(call) == "hello\n\n" ? true : nil }
                #expect(try await tried(name) == "198.51.100.67\n")
                try FileManager.default.createDirectory(
                    at: layout.egressRulesDirectory, withIntermediateDirectories: true)
                try Data("198.51.100.0/24 tcp 80-443\n".utf8).writePrivately(to: layout.egressRulesFile(for: ip))
                #expect(try await tried(call) == "hello\n\n")
                try Data("198.51.100.67/32 tcp 80-442\n127.0.0.0/8 udp 1-65535\n".utf8)
                    .writePrivately(to: layout.egressRulesFile(for: ip))
                #expect(try await tried(call) == "Connection timed out\n")
                #expect(try await tried(name) == "198.51.100.67\n")
                try Data().writePrivately(to: layout.egressRulesFile(for: ip))
                #expect(try await tried(name) == "Temporary failure in name resolution\n")
            }
        }
    }
}
