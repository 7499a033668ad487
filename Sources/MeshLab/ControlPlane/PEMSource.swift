import Foundation
import MeshState
import NIOSSL

/// Where a certificate or a key is; nil for a Secret that does not hold it.
enum PEMSource: Sendable, Hashable {
    case file(String)
    case text(String?)

    var dataSource: JSONValue {
        switch self {
        case .file(let path): ["filename": .string(path)]
        case .text(let text): ["inline_string": .string(text ?? "")]
        }
    }

    fileprivate var bytes: [UInt8]? {
        switch self {
        case .file(let path): FileManager.default.contents(atPath: path).map { Array($0) }
        case .text(let text): text.map { Array($0.utf8) }
        }
    }

    /// Envoy refuses a whole push for a file that is not there or holds something else.
    var holdsCertificates: Bool {
        guard let bytes, let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes) else { return false }
        return !certificates.isEmpty
    }
}

/// A certificate and its key.
struct CertificatePair: Sendable, Hashable {
    let certificate: PEMSource
    let key: PEMSource

    init(certificate: PEMSource, key: PEMSource) {
        self.certificate = certificate
        self.key = key
    }

    /// nil for a Secret that is not there.
    init(secret: TLSSecret?) {
        self.init(certificate: .text(secret?.certificate), key: .text(secret?.privateKey))
    }

    var value: JSONValue { ["certificate_chain": certificate.dataSource, "private_key": key.dataSource] }

    /// Whether both are there, can be read, and belong together.
    var isUsable: Bool {
        guard let certificateBytes = certificate.bytes, let keyBytes = key.bytes,
            let chain = try? NIOSSLCertificate.fromPEMBytes(certificateBytes), !chain.isEmpty,
            let privateKey = try? NIOSSLPrivateKey(bytes: keyBytes, format: .pem)
        else { return false }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.trustRoots = .certificates([])
        // Nothing but the answer is of interest: a context can only be made of a pair that fits.
        return (try? NIOSSLContext(configuration: configuration)) != nil
    }
}
