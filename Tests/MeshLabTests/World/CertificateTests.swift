import Foundation
import MeshState
import Testing

@testable import MeshLab

@Suite struct CertificateTests {
    private static let files = [
        "certs/ca.pem", "certs/ca.key", "certs/ca-bundle.pem", "certs/example.com.key",
        "certs/apiserver.pem", "certs/apiserver.key", "certs/apiserver.cnf",
        "certs/outside.pem", "certs/outside.key", "certs/outside.cnf",
        "certs/nginx.pem", "certs/nginx.key", "certs/nginx.cnf",
        "certs/istio/nginx-ca-certs/example.com.crt", "certs/istio/nginx-client-certs/tls.crt",
        "certs/istio/nginx-client-certs/tls.key", "certs/istio/nginx-client-certs/tls.cnf",
    ]

    @Test("Certificates are made once, private, renewed in time, and good for the names that they are for")
    func certificates() async throws {
        try await WorldFixture.use { fixture in
            let authority = LabCA(directory: fixture.layout.certificateDirectory)
            let nodes = [try fixture.node("sleep"), try fixture.node("istio-egressgateway")]
            func make() async throws {
                try await authority.prepare()
                try await authority.issue(to: nodes)
            }
            try await make()
            let state = fixture.layout.stateDirectory
            let proxyFiles = nodes.flatMap { node in
                ["cert-chain.pem", "cert-chain.cnf", "key.pem", "root-cert.pem"].map { "proxies/\(node.id)/\($0)" }
            }
            func contents() throws -> [String: Data] {
                var result: [String: Data] = [:]
                for case let file as URL in try #require(
                    FileManager.default.enumerator(at: state, includingPropertiesForKeys: nil))
                where !file.hasDirectoryPath {
                    let name = file.path.replacing("\(state.path)/", with: "")
                    let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
                    #expect(mode == 0o600, "\(name)")
                    result[name] = try Data(contentsOf: file)
                }
                return result
            }
            let first = try contents()
            #expect(Set(first.keys) == Set(Self.files + proxyFiles))
            try await make()
            #expect(try contents() == first)

            let root = authority.certificateFile
            try await verify(authority.apiServer.certificateFile, root: root, "-verify_ip", "127.0.0.1")
            try await verify(authority.apiServer.certificateFile, root: root, "-verify_hostname", "localhost")
            for host in ["edition.cnn.com", "fr.wikipedia.org"] {
                try await verify(authority.outsideWorld.certificateFile, root: root, "-verify_hostname", host)
            }

            // One that ends tomorrow is replaced, and only that one.
            let short = try await command([
                "openssl", "req", "-x509", "-key", authority.outsideWorld.keyFile.path, "-days", "1", "-subj",
                "/CN=old", "-out", authority.outsideWorld.certificateFile.path,
            ])
            #expect(short.isSuccess)
            try await make()
            let renewed = try contents()
            #expect(
                renewed.keys.filter { renewed[$0] != first[$0] }.sorted() == ["certs/outside.key", "certs/outside.pem"])

            // So is all that an authority signed which is no more.
            try FileManager.default.removeItem(at: authority.certificateFile)
            try await make()
            let again = try contents()
            let kept = again.keys.filter { again[$0] == renewed[$0] }
            #expect(kept.allSatisfy { $0.contains("nginx") || $0.contains("example") }, "\(kept)")
            try await verify(authority.outsideWorld.certificateFile, root: authority.certificateFile)
        }
    }

    @Test("A proxy's certificate carries its SPIFFE name alone and serves both ends of mutual TLS")
    func workloadCertificates() async throws {
        try await WorldFixture.use { fixture in
            let authority = LabCA(directory: fixture.layout.certificateDirectory)
            try await authority.prepare()
            let node = try fixture.node("istio-egressgateway")
            try await authority.issue(to: [node])
            let name = "spiffe://cluster.local/ns/istio-system/sa/istio-egressgateway-service-account"
            #expect(node.spiffeID == name)
            let text = try await command([
                "openssl", "x509", "-noout", "-subject", "-in", node.certificateChainFile.path, "-ext",
                "subjectAltName,basicConstraints",
            ]).output
            #expect(text.hasPrefix("subject=\n"))
            #expect(text.contains("X509v3 Subject Alternative Name: critical\n    URI:\(name)\n"))
            #expect(text.contains("CA:FALSE"))
            #expect(
                try Data(contentsOf: node.rootCertificateFile) == Data(contentsOf: authority.certificateFile))
            for purpose in ["sslserver", "sslclient"] {
                try await verify(node.certificateChainFile, root: authority.certificateFile, purpose: purpose)
            }
            try await verify(
                authority.nginxClient.certificateFile, root: authority.exampleCertificateFile, purpose: "sslclient")
            try await verify(
                authority.nginx.certificateFile, root: authority.exampleCertificateFile, "-verify_hostname",
                "my-nginx.mesh-external.svc.cluster.local")
        }
    }

    private func verify(
        _ file: URL, root: URL, purpose: String = "sslserver", _ options: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let result = try await command(
            ["openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", root.path] + options + [file.path])
        #expect(result.isSuccess, "\(options): \(result.errors)", sourceLocation: sourceLocation)
    }
}
