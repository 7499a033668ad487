public import Foundation
import Subprocess

/// The lab's certificate authority and what it signed, made with the `openssl` command and kept as files of mode 0600.
public struct LabCA: Sendable {
    /// A server's certificate and private key.
    public struct Identity: Sendable, Hashable {
        public let certificateFile: URL
        public let keyFile: URL
    }

    private static let caDays = 3650
    private static let serverDays = 365
    /// A certificate that ends sooner than this is made anew.
    private static let renewalSeconds = 30 * 24 * 3600

    private let directory: URL

    /// - Parameter directory: holds the files; ``LabLayout/certificateDirectory``.
    public init(directory: URL) { self.directory = directory }

    /// The authority's own certificate.
    public var certificateFile: URL { directory.appending(path: "ca.pem") }
    /// What the lab's workloads trust.
    public var bundleFile: URL { directory.appending(path: "ca-bundle.pem") }
    private var keyFile: URL { directory.appending(path: "ca.key") }

    /// The Kubernetes-shaped API on the loopback.
    public var apiServer: Identity { identity("apiserver") }
    /// The hosts of the outside world.
    public var outsideWorld: Identity { identity("outside") }

    private func identity(_ name: String) -> Identity {
        Identity(
            certificateFile: directory.appending(path: "\(name).pem"), keyFile: directory.appending(path: "\(name).key")
        )
    }

    /// Makes what is not there yet or would soon be out of date; otherwise does nothing.
    public func prepare() async throws {
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        if try await !isGood(certificateFile, keyFile) {
            try await makeAuthority()
            // What the old authority signed is worth nothing now.
            for name in ["apiserver", "outside"] {
                try removeIfPresent(identity(name).certificateFile)
            }
        }
        try Data(contentsOf: certificateFile).writePrivately(to: bundleFile)
        try await sign(
            apiServer, commonName: "kube-apiserver",
            names: [
                "IP:127.0.0.1", "DNS:localhost", "DNS:kubernetes", "DNS:kubernetes.default",
                "DNS:kubernetes.default.svc", "DNS:kubernetes.default.svc.cluster.local",
            ])
        try await sign(outsideWorld, commonName: "outside world", names: OutsideHost.all.map { "DNS:\($0.name)" })
    }

    private func makeAuthority() async throws {
        let key = keyFile.appendingPathExtension("new")
        let certificate = certificateFile.appendingPathExtension("new")
        try await openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256",
            "-days", String(Self.caDays), "-subj", "/O=meshtop lab/CN=meshtop lab CA",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", key.path, "-out", certificate.path,
        ])
        try keep(key, as: keyFile)
        try keep(certificate, as: certificateFile)
    }

    private func sign(_ identity: Identity, commonName: String, names: [String]) async throws {
        if try await isGood(identity.certificateFile, identity.keyFile) { return }
        let key = identity.keyFile.appendingPathExtension("new")
        let certificate = identity.certificateFile.appendingPathExtension("new")
        let request = identity.certificateFile.appendingPathExtension("csr")
        let extensions = identity.certificateFile.appendingPathExtension("ext")
        defer {
            try? removeIfPresent(request)
            try? removeIfPresent(extensions)
        }
        try await openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256",
            "-subj", "/O=meshtop lab/CN=\(commonName)", "-keyout", key.path, "-out", request.path,
        ])
        let text = """
            basicConstraints = critical, CA:FALSE
            keyUsage = critical, digitalSignature
            extendedKeyUsage = serverAuth
            subjectAltName = \(names.joined(separator: ","))

            """
        try Data(text.utf8).writePrivately(to: extensions)
        try await openssl([
            "x509", "-req", "-sha256", "-days", String(Self.serverDays), "-in", request.path,
            "-CA", certificateFile.path, "-CAkey", keyFile.path, "-set_serial", Self.newSerial(),
            "-extfile", extensions.path, "-out", certificate.path,
        ])
        try keep(key, as: identity.keyFile)
        try keep(certificate, as: identity.certificateFile)
    }

    /// A serial number of 128 random bits, as two certificates of one authority must not share theirs.
    private static func newSerial() -> String {
        var generator = SystemRandomNumberGenerator()
        return "0x" + (0..<2).map { _ in String(generator.next() | 1 << 62, radix: 16) }.joined()
    }

    /// Whether a certificate is there with its key, and will be good for a while.
    private func isGood(_ certificate: URL, _ key: URL) async throws -> Bool {
        let files = FileManager.default
        guard files.fileExists(atPath: certificate.path), files.fileExists(atPath: key.path) else { return false }
        let result = try await run([
            "x509", "-noout", "-in", certificate.path, "-checkend", String(Self.renewalSeconds),
        ])
        return result.isSuccess
    }

    /// Gives a new file its mode and its place.
    private func keep(_ new: URL, as file: URL) throws {
        try Data(contentsOf: new).writePrivately(to: file)
        try FileManager.default.removeItem(at: new)
    }

    private func removeIfPresent(_ file: URL) throws {
        if FileManager.default.fileExists(atPath: file.path) { try FileManager.default.removeItem(at: file) }
    }

    private func openssl(_ arguments: [String]) async throws {
        let result = try await run(arguments)
        guard result.isSuccess else {
            throw LabError("openssl \(arguments[0]) failed: \(result.output)")
        }
    }

    private func run(_ arguments: [String]) async throws -> (isSuccess: Bool, output: String) {
        do {
            let result = try await Subprocess.run(
                .name("openssl"), arguments: Arguments(arguments), output: .string(limit: 64 * 1024),
                error: .combinedWithOutput)
            return (result.terminationStatus.isSuccess, result.standardOutput)
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw LabError("the openssl command is not installed; run: make setup")
        }
    }
}
