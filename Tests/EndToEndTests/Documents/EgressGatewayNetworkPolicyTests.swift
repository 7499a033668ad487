import Foundation
import MeshState
import Testing

extension DocumentTests {
    /// "Egress Gateways", the part about Kubernetes network policies, which leave no way out but the gateway.
    @Suite struct EgressGatewayNetworkPolicy {
        @Test(.timeLimit(.minutes(1))) func aPodWithoutASidecarReachesTheHostDirectly() async throws {
            try await DocumentLab.applying { lab in
                #expect(try await pod(lab).hasSuffix("1/1 Running"))
                let result = try await politics(lab)
                #expect(result.status == 0 && result.output == "200\n", "\(result)")
            }
        }

        @Test(.timeLimit(.minutes(1))) func withThePolicyItsCallsGetNoAnswer() async throws {
            try await withPolicy { lab in
                let result = try await politics(lab, "-v")
                #expect(result.status == 28, "\(result)")
                #expect(result.errors.contains("connect to 198.51.100.67 port 443 failed: Connection timed out"))
                #expect(result.output == "000\n")
            }
        }

        @Test(.timeLimit(.minutes(1))) func withASidecarTheyGoByTheGateway() async throws {
            try await withPolicy("egress-gateway-https/1-cnn", "egress-gateway-https/2-gateway") { lab in
                try await lab.lab.kubectl("label", "namespace", "test-egress", "istio-injection=enabled")
                try await replacePod(lab)
                #expect(try await pod(lab).hasSuffix("2/2 Running"))
                try await lab.apply("egress-gateway-network-policy/2-destination-rule")
                let line = try await lab.gateway.line("the gateway logs the call") {
                    $0.record.downstreamRemote?.hasPrefix("10.244.0.42:") == true
                } after: {
                    try await politics(lab).output == "200\n"
                }
                #expect(line.record.upstreamCluster == "outbound|443||edition.cnn.com")
            }
        }

        /// The call that the documents make from the pod.
        private func politics(_ lab: DocumentLab, _ options: String...) async throws -> CommandResult {
            let call = ["-sS", "-o", "/dev/null", "-w", "%{http_code}\n", "https://edition.cnn.com/politics"]
            return try await lab.lab.exec("sleep.test-egress", ["curl"] + options + call)
        }

        /// The row in which kubectl shows the pod, as far as its status.
        private func pod(_ lab: DocumentLab) async throws -> String {
            let rows = try await lab.lab.kubectl("get", "pod", "-n", "test-egress", "-l", "app=sleep", "--no-headers")
                .split(separator: "\n").map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
            #expect(rows.count == 1)
            return rows.first ?? ""
        }

        /// Has the Deployment make another pod.
        private func replacePod(_ lab: DocumentLab) async throws {
            try await lab.lab.kubectl("delete", "pod", "-l", "app=sleep", "-n", "test-egress")
            try await eventually("there is another pod") { try await !pod(lab).isEmpty }
            try await lab.lab.kubectl(
                "wait", "--for=condition=Ready", "pod", "-l", "app=sleep", "-n", "test-egress", "--timeout=30s")
        }

        /// Labels the namespaces and applies the policy and further examples, hands over, and takes everything back.
        private func withPolicy(_ examples: String..., body: (DocumentLab) async throws -> Void) async throws {
            let policy = "egress-gateway-network-policy/1-allow-egress"
            try await DocumentLab.applying(examples + [policy]) { lab in
                try await lab.lab.kubectl("label", "namespace", "istio-system", "istio=system")
                try await lab.lab.kubectl("label", "namespace", "kube-system", "kube-system=true")
                do {
                    try await body(lab)
                } catch {
                    _ = try? await takeBack(lab)
                    throw error
                }
                try await takeBack(lab)
            }
        }

        private func takeBack(_ lab: DocumentLab) async throws {
            try await lab.lab.kubectl("label", "namespace", "istio-system", "istio-")
            try await lab.lab.kubectl("label", "namespace", "kube-system", "kube-system-")
            try await lab.lab.kubectl("label", "namespace", "test-egress", "istio-injection-")
            if try await pod(lab).contains("2/2") { try await replacePod(lab) }
        }
    }
}
