import Foundation
import NIOSSL
import Subprocess

/// One certificate authority as a certificate and a key on disk, and what it signs, made with the `openssl` command.
///
/// All files are of mode 0600. Beside each certificate lies a `.cnf` file that says what it was made for; one that was
/// made for something else, by another authority, or that ends soon, is made anew.
struct CertificateAuthority: Sendable {
    /// What a certificate is to say.
    struct Contents: Sendable, Hashable {
        enum Usage: String, Sendable { case serverAuth, clientAuth }

        /// As openssl writes it, such as `/O=meshtop lab/CN=outside world`; `/` for none.
        var subject: String
        /// Alternative names, such as `DNS:localhost`.
        var names: [String]
        var usages: [Usage] = [.serverAuth]

        /// The section of openssl's configuration for it.
        var extensions: String {
            // Where there is no subject, the names stand in its place (RFC 5280, 4.2.1.6).
            let names = (subject == "/" ? "critical," : "") + names.joined(separator: ",")
            return """
                basicConstraints = critical, CA:FALSE
                keyUsage = critical, digitalSignature
                extendedKeyUsage = \(usages.map(\.rawValue).joined(separator: ","))
                \(self.names.isEmpty ? "" : "subjectAltName = \(names)")

                """
        }
    }

    private static let authorityDays = 3650
    private static let days = 365
    /// A certificate that ends sooner than this is made anew.
    private static let renewal = TimeInterval(30 * 24 * 3600)

    let certificateFile: URL
    let keyFile: URL
    let subject: String

    /// Makes the authority itself, unless it is there.
    func prepare() async throws {
        if Self.isGood(certificateFile, keyFile) { return }
        let key = keyFile.appendingPathExtension("new")
        let certificate = certificateFile.appendingPathExtension("new")
        try await Self.openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256",
            "-days", String(Self.authorityDays), "-subj", subject,
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", key.path, "-out", certificate.path,
        ])
        try Self.keep(key, as: keyFile)
        try Self.keep(certificate, as: certificateFile)
    }

    /// Makes a certificate and its key, unless they are there and will be good for a while.
    func sign(_ identity: LabCA.Identity, _ contents: Contents) async throws {
        let configuration = identity.certificateFile.deletingPathExtension().appendingPathExtension("cnf")
        let authority = ContentHash(of: Array(try Data(contentsOf: certificateFile))).text
        let text = "# \(contents.subject)\n# signed by \(authority)\n" + contents.extensions
        if Self.isGood(identity.certificateFile, identity.keyFile),
            FileManager.default.contents(atPath: configuration.path) == Data(text.utf8)
        {
            return
        }
        let key = identity.keyFile.appendingPathExtension("new")
        let certificate = identity.certificateFile.appendingPathExtension("new")
        let request = identity.certificateFile.appendingPathExtension("csr")
        try await Self.openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256",
            "-subj", contents.subject, "-keyout", key.path, "-out", request.path,
        ])
        try Data(text.utf8).writePrivately(to: configuration)
        try await Self.openssl([
            "x509", "-req", "-sha256", "-days", String(Self.days), "-in", request.path,
            "-CA", certificateFile.path, "-CAkey", keyFile.path, "-set_serial", Self.newSerial(),
            "-extfile", configuration.path, "-out", certificate.path,
        ])
        try FileManager.default.removeItem(at: request)
        try Self.keep(key, as: identity.keyFile)
        try Self.keep(certificate, as: identity.certificateFile)
    }

    /// A serial number of 128 random bits, as two certificates of one authority must not share theirs.
    private static func newSerial() -> String {
        var generator = SystemRandomNumberGenerator()
        return "0x" + (0..<2).map { _ in String(generator.next() | 1 << 62, radix: 16) }.joined()
    }

    /// Whether a certificate is there with its key, and will be good for a while; one that cannot be read is not.
    private static func isGood(_ certificate: URL, _ key: URL) -> Bool {
        guard FileManager.default.fileExists(atPath: key.path),
            let leaf = try? NIOSSLCertificate.fromPEMFile(certificate.path).first
        else { return false }
        return TimeInterval(leaf.notValidAfter) > Date().timeIntervalSince1970 + renewal
    }

    /// Gives a new file its mode and its place.
    private static func keep(_ new: URL, as file: URL) throws {
        try Data(contentsOf: new).writePrivately(to: file)
        try FileManager.default.removeItem(at: new)
    }

    /// What an openssl command prints.
    @discardableResult
    static func openssl(_ arguments: [String]) async throws -> String {
        do {
            let result = try await Subprocess.run(
                .name("openssl"), arguments: Arguments(arguments), output: .string(limit: 64 * 1024),
                error: .combinedWithOutput)
            guard result.terminationStatus.isSuccess else {
                throw LabError("openssl \(arguments[0]) failed: \(result.standardOutput)")
            }
            return result.standardOutput
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw LabError("the openssl command is not installed; run: make setup")
        }
    }
}
