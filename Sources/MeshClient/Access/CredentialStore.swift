import Foundation
import MeshState
import NIOCore
import NIOSSL

/// What a request carries to prove who we are.
struct Credential: Sendable {
    /// The `Authorization` header; nil for none.
    var authorization: String?
    var tls: TLSConfiguration
}

/// Keeps the current credential: reads token files again and runs credential commands when they are due.
actor CredentialStore {
    private static let fileLifetime: Duration = .seconds(60)
    /// A token is renewed this long before it expires.
    private static let margin: TimeInterval = 30

    private let access: ClusterAccess
    private let baseTLS: TLSConfiguration
    private var printed: (credential: ExecCredential, tls: TLSConfiguration)?
    private var running: Task<ExecCredential, any Error>?
    private var fileToken: (text: String, read: ContinuousClock.Instant)?

    init(_ access: ClusterAccess) throws(AccessError) {
        self.access = access
        baseTLS = try Self.tls(access)
    }

    func current() async throws -> Credential {
        switch access.token {
        case .none: return Credential(authorization: nil, tls: baseTLS)
        case .bearer(let token): return Credential(authorization: "Bearer \(token)", tls: baseTLS)
        case .basic(let user, let password):
            let pair = Data("\(user):\(password)".utf8).base64EncodedString()
            return Credential(authorization: "Basic \(pair)", tls: baseTLS)
        case .file(let file): return Credential(authorization: "Bearer \(try token(in: file))", tls: baseTLS)
        case .command(let command):
            let (credential, tls) = try await printed(by: command)
            return Credential(authorization: credential.token.map { "Bearer \($0)" }, tls: tls)
        }
    }

    /// The server refused the credential: the next request gets a new one where there can be one.
    func rejected() {
        printed = nil
        fileToken = nil
    }

    private func token(in file: URL) throws(AccessError) -> String {
        if let kept = fileToken, kept.read.duration(to: .now) < Self.fileLifetime { return kept.text }
        do {
            let text = try String(contentsOf: file, encoding: .utf8).trimmed
            fileToken = (text, .now)
            return text
        } catch {
            throw AccessError(
                place: file.path, problem: "the token cannot be read",
                remedy: "check tokenFile of the kubeconfig's user")
        }
    }

    private func printed(by command: CredentialCommand) async throws -> (ExecCredential, TLSConfiguration) {
        if let printed, printed.credential.expires.map({ $0.timeIntervalSinceNow > Self.margin }) ?? true {
            return printed
        }
        // Requests that come while the command runs wait for the same run.
        let task = running ?? Task { try await command.run() }
        running = task
        defer { running = nil }
        let credential = try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
        var tls = baseTLS
        if let certificate = credential.certificate {
            try Self.add(certificate, to: &tls, place: "command \(command.command)")
        }
        printed = (credential, tls)
        return (credential, tls)
    }

    private static func tls(_ access: ClusterAccess) throws(AccessError) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        // A server that does not say goodbye must not hold up our end.
        tls.shutdownTimeout = .milliseconds(100)
        if access.tls.skipsVerification { tls.certificateVerification = .none }
        if let pem = access.tls.authorities {
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(pem)))
            } catch {
                throw AccessError(
                    place: "context \(access.context)", field: "certificate-authority",
                    problem: "this holds no certificate in PEM", remedy: "it begins with -----BEGIN CERTIFICATE-----")
            }
        }
        if let certificate = access.certificate {
            try add(certificate, to: &tls, place: "context \(access.context)")
        }
        return tls
    }

    private static func add(
        _ certificate: ClusterAccess.ClientCertificate, to tls: inout TLSConfiguration, place: String
    ) throws(AccessError) {
        do {
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.chain))
                .map { .certificate($0) }
        } catch {
            throw AccessError(
                place: place, field: "client-certificate", problem: "this holds no certificate in PEM",
                remedy: "it begins with -----BEGIN CERTIFICATE-----")
        }
        do {
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(certificate.key), format: .pem))
        } catch {
            throw AccessError(
                place: place, field: "client-key", problem: "this holds no private key in PEM",
                remedy: "it begins with -----BEGIN PRIVATE KEY-----, and has no passphrase")
        }
    }
}
