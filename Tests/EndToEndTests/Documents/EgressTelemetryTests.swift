import Foundation
import MeshState
import Testing

extension DocumentTests {
    /// What each kind of call to an unknown host leaves behind, under both policies, whatever else is on its port.
    @Suite struct EgressTelemetry {
        enum Policy: String, CaseIterable {
            case registryOnly = "2-registry-only"
            case allowAny = "3-allow-any"
        }

        private static let destination = "test-destination.example.com"
        /// Says something and prints the first line that comes back; ends with 1 where nothing does.
        private static func talk(port: Int) -> [String] {
            ["bash", "-c", "exec 3<>/dev/tcp/\(destination)/\(port); echo hello >&3; head -n1 <&3 | grep ."]
        }

        /// The call, its port, and curl's or the shell's status where it is cut.
        private static let calls: [(command: [String], port: Int, cut: Int32)] = [
            (["curl", "-sSf", "https://\(destination)/"], 443, 35),
            (["curl", "-sSf", "https://\(destination):9443/"], 9443, 35),
            (talk(port: 9090), 9090, 1),
            (talk(port: 9091), 9091, 1),
        ]

        @Test(.timeLimit(.minutes(1)), arguments: Policy.allCases)
        func callsLeaveWhatTheyShould(policy: Policy) async throws {
            try await DocumentLab.applying("egress-telemetry/1-service", "egress-telemetry/\(policy.rawValue)") { lab in
                try await lab.expect("the host behind the gateway", "curl", "-sS", "http://some-external-site.com/") {
                    (try? JSONValue(parsing: $0))?["headers"]?["Handled-By-Egress-Gateway"] == "true"
                }
                let viaGateway = try await lab.sidecar.line("the call through the gateway") {
                    $0.record.authority == "some-external-site.com" && $0.record.responseCode == 200
                } after: {
                    try await lab.lab.exec("sleep", "curl", "-sSf", "http://some-external-site.com/").status == 0
                }
                #expect(
                    viaGateway.record.upstreamCluster
                        == "outbound|80||istio-egressgateway.istio-system.svc.cluster.local")

                let http = try await lab.sidecar.line("the call over HTTP") {
                    $0.record.authority == Self.destination
                } after: {
                    let code = try await lab.lab.exec(
                        "sleep", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://\(Self.destination)/"
                    ).output
                    return code == (policy == .allowAny ? "200" : "502")
                }
                switch policy {
                case .registryOnly: #expect(http.record.routeName == "block_all" && http.record.upstreamCluster == nil)
                case .allowAny: #expect(http.record.upstreamCluster == "PassthroughCluster")
                }

                for call in Self.calls {
                    let line = try await lab.sidecar.line("the call to port \(call.port)") {
                        $0.record.downstreamLocal?.hasSuffix(":\(call.port)") == true && $0.record.method == nil
                    } after: {
                        let status = try await lab.lab.exec("sleep", call.command).status
                        return status == (policy == .allowAny ? 0 : call.cut)
                    }
                    switch policy {
                    case .registryOnly:
                        #expect(
                            line.record.upstreamCluster == "BlackHoleCluster" && line.record.flags == ["UH"], "\(line)")
                    case .allowAny: #expect(line.record.upstreamCluster == "PassthroughCluster", "\(line)")
                    }
                }
                try await expectRows(lab.lab, policy)
            }
        }

        /// meshtop's own lists tell the same.
        private func expectRows(_ lab: TestLab, _ policy: Policy) async throws {
            switch policy {
            case .registryOnly:
                for port in [80] + Self.calls.map(\.port) {
                    try await eventually("port \(port) is listed as blocked") {
                        try await lab.rows("blocked").contains {
                            $0["workload"] == "sleep" && $0["port"] == .integer(Int64(port))
                                && ($0["target"]?.stringValue == Self.destination
                                    || $0["name"]?.stringValue == Self.destination)
                        }
                    }
                }
            case .allowAny:
                try await eventually("what passes is listed") {
                    try await lab.rows("connections").contains {
                        $0["workload"] == "sleep" && $0["cluster"] == "PassthroughCluster"
                            && ($0["connections"]?.integerValue ?? 0) >= 4
                    }
                }
            }
        }
    }
}
