import AsyncHTTPClient
import Foundation
import Hummingbird
import HummingbirdTLS
public import Logging
import MeshState
import NIOSSL

/// The lab's API: Kubernetes' shape and manners over TLS on 127.0.0.1.
public struct APIServer: Sendable {
    /// The server's certificate chain and its key, as PEM text.
    public struct TLS: Sendable {
        /// The chain, the server's own certificate first.
        public var certificatePEM: String
        /// The private key of the first certificate.
        public var keyPEM: String

        /// Takes the PEM texts as they are; they are read when the server runs.
        public init(certificatePEM: String, keyPEM: String) {
            self.certificatePEM = certificatePEM
            self.keyPEM = keyPEM
        }
    }

    private let store: ObjectStore
    private let port: Int
    private let tls: TLS
    private let token: String
    private let runtime: any PodRuntime
    private let logger: Logger
    private let onServerRunning: @Sendable (_ port: Int) async -> Void

    /// Prepares the server; port 0 takes a free one. `onServerRunning` is told the port once the server accepts
    /// connections.
    public init(
        store: ObjectStore, port: Int, tls: TLS, token: String, runtime: any PodRuntime, logger: Logger,
        onServerRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.store = store
        self.port = port
        self.tls = tls
        self.token = token
        self.runtime = runtime
        self.logger = logger
        self.onServerRunning = onServerRunning
    }

    /// Serves until the task is cancelled; throws where the certificate is unusable or the port is taken.
    public func run() async throws {
        let certificates = try NIOSSLCertificate.fromPEMBytes(Array(tls.certificatePEM.utf8))
        let key = try NIOSSLPrivateKey(bytes: Array(tls.keyPEM.utf8), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.applicationProtocols = ["http/1.1"]
        var clientConfiguration = HTTPClient.Configuration(certificateVerification: .none)
        clientConfiguration.redirectConfiguration = .disallow
        clientConfiguration.timeout.connect = .seconds(5)
        clientConfiguration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: clientConfiguration)
        let responder = APIResponder(
            objects: ObjectsAPI(store: store),
            pods: PodAccess(store: store, runtime: runtime, client: client), token: token, logger: logger)
        let onServerRunning = onServerRunning
        let application = Application(
            responder: responder, server: try .tls(.http1(), tlsConfiguration: configuration),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), serverName: nil),
            onServerRunning: { await onServerRunning($0.localAddress?.port ?? 0) }, logger: logger)
        do {
            try await application.run()
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }
}
