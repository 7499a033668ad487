import Foundation
import MeshState
import NIOHTTP1
import NIOSSL
import Testing

@testable import MeshClient

/// Certificates of two authorities, made by openssl for one test run.
private struct Certificates {
    let folder: URL

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "certificates-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for authority in ["ca", "stranger"] {
            try await openssl(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=\(authority)"
                    + " -keyout \(authority).key -out \(authority).pem")
        }
        try await issue("server", extensions: "subjectAltName=IP:127.0.0.1,DNS:kubernetes")
        try await issue("named", extensions: "subjectAltName=DNS:kubernetes")
        try await issue("client", extensions: "extendedKeyUsage=clientAuth")
    }

    private func issue(_ name: String, extensions: String) async throws {
        try Data(extensions.utf8).write(to: folder.appending(path: "\(name).ext"))
        try await openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=\(name)"
                + " -keyout \(name).key -out \(name).csr"
        )
        try await openssl(
            "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile \(name).ext"
                + " -out \(name).pem")
    }

    private func openssl(_ arguments: String) async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        // Waiting for the process itself would hold up a thread that other tests need.
        let ended = Waiter()
        process.terminationHandler = { _ in ended.resume() }
        try process.run()
        await ended.wait()
        try #require(process.terminationStatus == 0, "openssl \(arguments)")
    }

    func pem(_ name: String) throws -> Data { try Data(contentsOf: folder.appending(path: name)) }

    func server(_ name: String, asksForCertificate: Bool = false) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(try pem("\(name).pem"))).map {
                .certificate($0)
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(try pem("\(name).key")), format: .pem)))
        if asksForCertificate {
            tls.certificateVerification = .noHostnameVerification
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(try pem("ca.pem"))))
        }
        return tls
    }
}

struct TLSTests {
    private let certificates: Certificates

    init() async throws { certificates = try await Certificates() }

    /// Asks a server for a list, and gives what went wrong; nil if nothing did.
    private func ask(
        _ name: String, asksForCertificate: Bool = false, _ change: (inout ClusterAccess) throws -> Void
    ) async throws -> (failure: String?, host: String?) {
        defer { try? FileManager.default.removeItem(at: certificates.folder) }
        let server = try await ScriptedServer(
            tls: try certificates.server(name, asksForCertificate: asksForCertificate)
        ) { _, reply in try await reply.answer(list([], version: 1)) }
        var access = ClusterAccess(context: "test", server: "https://127.0.0.1:\(server.port)")
        try change(&access)
        let client = try KubernetesClient(access: access)
        var failure: String?
        do { _ = try await client.list(.pods) } catch { failure = "\(error)" }
        await client.shutdown()
        await server.stop()
        return (failure, server.requests.first?.headers.first(name: "Host"))
    }

    @Test func anAuthorityOfTheKubeconfigIsTrusted() async throws {
        let (failure, _) = try await ask("server") { $0.tls.authorities = try certificates.pem("ca.pem") }
        #expect(failure == nil)
    }

    @Test func anUnknownAuthorityIsNamed() async throws {
        let (failure, _) = try await ask("server") { $0.tls.authorities = try certificates.pem("stranger.pem") }
        #expect(
            failure?.contains("certificate that our certificate authority did not sign") == true, "\(failure ?? "")")
    }

    @Test func verificationCanBeLeftOut() async throws {
        let (failure, _) = try await ask("server") { $0.tls.skipsVerification = true }
        #expect(failure == nil)
    }

    @Test func aCertificateForAnotherNameIsNamed() async throws {
        let (failure, _) = try await ask("named") { $0.tls.authorities = try certificates.pem("ca.pem") }
        #expect(failure?.contains("certificate for another name; set tls-server-name") == true, "\(failure ?? "")")
    }

    @Test func theServersNameCanBeGiven() async throws {
        let (failure, host) = try await ask("named") {
            $0.tls.authorities = try certificates.pem("ca.pem")
            $0.tls.serverName = "kubernetes"
        }
        #expect(failure == nil)
        #expect(host?.hasPrefix("127.0.0.1:") == true)
    }

    @Test func aClientCertificateIsShown() async throws {
        let (failure, _) = try await ask("server", asksForCertificate: true) {
            $0.tls.authorities = try certificates.pem("ca.pem")
            $0.certificate = .init(chain: try certificates.pem("client.pem"), key: try certificates.pem("client.key"))
        }
        #expect(failure == nil)
        let (refusal, _) = try await TLSTests().ask("server", asksForCertificate: true) {
            $0.tls.skipsVerification = true
        }
        #expect(refusal != nil)
    }
}
