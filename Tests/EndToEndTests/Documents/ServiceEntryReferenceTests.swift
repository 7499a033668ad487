import Foundation
import MeshState
import Testing

extension DocumentTests {
    /// The examples of ServiceEntry's reference, and that every example applies.
    @Suite struct ServiceEntryReference {
        @Test(.timeLimit(.minutes(1)), arguments: try exampleFolders())
        func aFolderIsTakenByTheAPIAndTheProxies(folder: String) async throws {
            try await DocumentLab.applying { lab in
                let result = try await lab.lab.tryKubectl(["apply", "-f", projectFolder.appending(path: folder).path])
                #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
                // What is applied later arrives later: when the proxies have the marker, they were sent all before it.
                try await lab.apply(text: Self.marker)
                try await eventually("the last change has arrived") {
                    try await lab.sidecar.admin("clusters").contains("outbound|80||marker.invalid")
                }
                try await eventually("every proxy has taken what it was sent") {
                    try await lab.lab.configurationVersions().objectValue?.values.contains("") == false
                }
            }
        }

        /// In the namespace that every Sidecar of the examples imports.
        private static let marker = """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: marker, namespace: istio-system}
            spec:
              hosts: [marker.invalid]
              resolution: STATIC
              ports: [{number: 80, name: http, protocol: HTTP}]
            """

        @Test(.timeLimit(.minutes(1))) func oneHostStandsForThree() async throws {
            try await DocumentLab.applying("service-entry-reference/7-external-svc-dns") { lab in
                let servers = try await servers(lab, "http_proxy=http://192.0.2.1:80", "http://foo.bar.com/baz")
                #expect(
                    servers.isSubset(of: ["us.foo.bar.com", "uk.foo.bar.com", "in.foo.bar.com"]) && servers.count > 1)
            }
        }

        @Test(.timeLimit(.minutes(1))) func oneHostStandsForThreeOverTLS() async throws {
            try await DocumentLab.applying("service-entry-reference/8-external-svc-dns-tls") { lab in
                let servers = try await servers(lab, "http_proxy=http://192.0.2.1:443", "http://foo.bar.com/baz")
                #expect(
                    servers.isSubset(of: ["us.foo.bar.com", "uk.foo.bar.com", "in.foo.bar.com"]) && servers.count > 1)
            }
        }

        @Test(.timeLimit(.minutes(1))) func severalTLSHostsAreToldApart() async throws {
            try await DocumentLab.applying("service-entry-reference/1-external-svc-https") { lab in
                for host in ["api.dropboxapi.com", "api.facebook.com"] {
                    try await lab.expect("\(host) answers", "curl", "-sSf", "https://\(host)/") {
                        (try? JSONValue(parsing: $0))?["server"]?.stringValue == host
                    }
                }
                try await lab.expect("www.googleapis.com answers", "curl", "-sSfI", "https://www.googleapis.com/") {
                    $0.httpLines == ["HTTP/2 200"]
                }
            }
        }

        /// As it stands, the rule's second half is for a gateway of the rule's namespace, and there is none; and the
        /// gateway does not see the entry. With the two put right, the call goes through.
        @Test(.timeLimit(.minutes(1))) func anEntryOfOneNamespaceIsReachedThroughTheGateway() async throws {
            let example = "service-entry-reference/4-external-svc-httpbin"
            try await DocumentLab.applying(example) { lab in
                let refused = try await lab.gateway.line("the gateway refuses the call") {
                    $0.isCurl
                } after: {
                    try await lab.lab.exec("sleep", "curl", "-sSI", "http://example.com/").output.httpLines == [
                        "HTTP/1.1 404 Not Found"
                    ]
                }
                #expect(refused.record.flags == ["NR"])

                let text = try String(contentsOfFile: DocumentLab.file(example), encoding: .utf8)
                try await lab.apply(
                    text: text.replacing("- istio-egressgateway", with: "- istio-system/istio-egressgateway")
                        .replacing("- \".\"", with: "- istio-system"))
                let line = try await lab.gateway.line("the gateway logs the call") {
                    $0.isCurl
                } after: {
                    try await lab.lab.exec("sleep", "curl", "-sSf", "http://example.com/").status == 0
                }
                #expect(line.record.responseCode == 200 && line.record.upstreamCluster == "outbound|80||example.com")
            }
        }

        @Test(.timeLimit(.minutes(1))) func aWildcardGoesWhereTheApplicationDialled() async throws {
            try await DocumentLab.applying("service-entry-reference/5-external-svc-wildcard-example") { lab in
                for host in ["us.foo.bar.com", "uk.foo.bar.com"] {
                    try await lab.expect("\(host) answers", "curl", "-sSf", "http://\(host)/") {
                        (try? JSONValue(parsing: $0))?["server"]?.stringValue == host
                    }
                }
            }
        }

        @Test(.timeLimit(.minutes(1))) func theServerBehindAUnixSocketAnswers() async throws {
            try await DocumentLab.applying("service-entry-reference/6-unix-domain-socket-example") { lab in
                let call = ["env", "http_proxy=http://192.0.2.1:80", "curl", "-sSf", "http://example.unix.local/hello"]
                let line = try await lab.sidecar.line("the call to the socket") {
                    $0.record.authority == "example.unix.local" && $0.record.responseCode == 200
                } after: {
                    let answer = try await lab.lab.exec("sleep", call).output
                    return (try? JSONValue(parsing: answer))?["server"]?.stringValue == "example.unix.local"
                }
                #expect(line.record.upstreamCluster == "outbound|80||example.unix.local")
                #expect(line.record.upstreamHost?.hasSuffix("/example/socket") == true, "\(line.text)")
            }
        }

        /// The servers take none but a client with a certificate of the mesh, which the sidecar shows.
        @Test(.timeLimit(.minutes(1))) func aRangeOfAddressesLeadsToTheClusterOverMutualTLS() async throws {
            try await DocumentLab.applying("service-entry-reference/2-external-svc-mongocluster") { lab in
                let call = "exec 3<>/dev/tcp/192.192.192.7/27018; echo ping >&3; head -n2 <&3"
                var servers: Set<String> = []
                try await eventually("both servers have answered") {
                    let line = try await lab.sidecar.line("the call to the cluster") {
                        $0.record.upstreamCluster == "outbound|27018||mymongodb.somedomain" && $0.record.bytesSent > 0
                    } after: {
                        try await lab.lab.exec("sleep", "bash", "-c", call).output == "hello\nping\n"
                    }
                    #expect(line.record.downstreamLocal == "192.192.192.7:27018")
                    servers.insert(line.record.upstreamHost ?? "")
                    return servers == ["2.2.2.2:27018", "3.3.3.3:27018"]
                }
                let handshakes = try await lab.sidecar.counter(
                    "cluster.outbound|27018||mymongodb.somedomain.ssl.handshake")
                #expect(try #require(handshakes) >= 2)
            }
        }

        /// Which servers answer a call that is made a few times.
        private func servers(_ lab: DocumentLab, _ variable: String, _ url: String) async throws -> Set<String> {
            try await lab.expect("\(url) answers", "env", variable, "curl", "-sSf", url) { !$0.isEmpty }
            var servers: Set<String> = []
            for _ in 0..<10 {
                let answer = try await lab.lab.exec("sleep", "env", variable, "curl", "-sSf", url).output
                servers.insert(try JSONValue(parsing: answer)["server"]?.stringValue ?? answer)
            }
            return servers
        }
    }
}

/// Every folder under `examples` that has files to apply.
private func exampleFolders() throws -> [String] {
    let root = projectFolder.appending(path: "examples")
    let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".yaml") }
    return Set(paths.map { "examples/\($0[..<($0.lastIndex(of: "/") ?? $0.startIndex)])" }).sorted()
}
