public import Foundation
import MeshState
import NIOSSL

/// What the certificate of a proxy says.
public struct ProxyCertificate: Codable, Sendable, Hashable {
    public var proxy: String
    public var namespace: String
    public var workload: String
    /// Empty, as istiod leaves it: the SPIFFE name alone counts.
    public var subject: String
    /// `spiffe://cluster.local/ns/NAMESPACE/sa/ACCOUNT`.
    public var spiffeID: String
    public var issuer: String
    public var notBefore: Date
    public var notAfter: Date
    /// In hexadecimal digits.
    public var serial: String
    /// Whole days until it ends; negative once it has.
    public var daysLeft: Int
    /// The file with the certificate, which a pod has as `/etc/certs/cert-chain.pem`.
    public var chainFile: String

    /// Reads the certificate of a proxy.
    init(node: ProxyNode, now: Date = Date()) async throws {
        let file = node.certificateChainFile.path
        guard FileManager.default.fileExists(atPath: file),
            let certificate = try NIOSSLCertificate.fromPEMFile(file).first
        else { throw LabError("\(node.id) has no certificate at \(file)") }
        let text = try await CertificateAuthority.openssl([
            "x509", "-noout", "-in", file, "-subject", "-issuer", "-ext", "subjectAltName", "-nameopt", "RFC2253",
        ])
        func value(after mark: String) -> String {
            let line = text.split(separator: "\n").first { $0.contains(mark) } ?? ""
            return line.range(of: mark).map { String(line[$0.upperBound...]) } ?? ""
        }
        proxy = node.id.pod
        namespace = node.id.namespace
        workload = node.workload
        subject = value(after: "subject=")
        spiffeID = value(after: "URI:")
        issuer = value(after: "issuer=")
        notBefore = Date(timeIntervalSince1970: TimeInterval(certificate.notValidBefore))
        notAfter = Date(timeIntervalSince1970: TimeInterval(certificate.notValidAfter))
        serial = certificate.serialNumber.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        daysLeft = Int((notAfter.timeIntervalSince(now) / (24 * 3600)).rounded(.down))
        chainFile = file
    }
}
