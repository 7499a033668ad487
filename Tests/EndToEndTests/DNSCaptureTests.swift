import Foundation
import MeshState
import Testing

/// A lab whose sidecars answer for names, with the addresses that istiod allocates.
@Suite struct DNSCaptureTests {
    private static let entry = """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: talk}
        spec:
          hosts: [test-destination.example.com]
          location: MESH_EXTERNAL
          resolution: DNS
          ports: [{number: 9090, name: tcp, protocol: TCP}]
        """

    @Test(.timeLimit(.minutes(2))) func aHostWithoutAnAddressGetsOneThatOnlyItsCallsGoTo() async throws {
        try await TestLab.run(options: ["--dns-capture"]) { lab in
            try await lab.kubectl("apply", "-f", "-", input: Self.entry)
            try await eventually("the addresses") {
                try await lab.kubectl("get", "se", "talk", "-o", "jsonpath={.status.addresses[*].value}")
                    == "240.240.0.1 2001:2::1"
            }
            let sidecar = ProxyView(lab: lab, namespace: "default", label: "app=sleep")
            let call = "exec 3<>/dev/tcp/test-destination.example.com/9090; echo hi >&3; head -n2 <&3"
            let line = try await sidecar.line("the call") {
                $0.record.upstreamCluster == "outbound|9090||test-destination.example.com"
            } after: {
                try await lab.exec("sleep", "bash", "-c", call).output == "hello\nhi\n"
            }
            #expect(line.record.downstreamLocal == "240.240.0.1:9090")
            #expect(line.record.upstreamHost == "192.0.2.62:9090")
            // The same port of another host is nobody's.
            let other = call.replacing("test-destination.example.com", with: "192.0.2.60")
            #expect(try await lab.exec("sleep", "bash", "-c", other).output.isEmpty)
            let pod = try await lab.kubectl("get", "pod", "-l", "app=sleep", "-o", "jsonpath={.items[0].metadata.name}")
            let names = try JSONValue(
                parsing: try await lab.kubectl(
                    "get", "--raw",
                    "/api/v1/namespaces/istio-system/services/istiod:15014/proxy/debug/ndsz?proxyID=\(pod).default"))
            #expect(
                names["table"]?["test-destination.example.com"] == ["ips": ["240.240.0.1"], "registry": "External"])
        }
    }
}
