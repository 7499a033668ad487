import Foundation
import Hummingbird
import HummingbirdHTTP2
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL

/// The web servers of the outside world, all in this process: HTTP on port 80, and HTTP/2 or HTTP/1.1 over TLS on 443.
public struct OutsideWorld: Sendable {
    private let layout: LabLayout
    private let identity: LabCA.Identity
    private let logger: Logger

    /// - Parameter identity: the certificate of every host, ``LabCA/outsideWorld``.
    public init(layout: LabLayout, identity: LabCA.Identity) {
        self.layout = layout
        self.identity = identity
        var logger = Logger(label: "outside")
        // Hummingbird tells of each server that starts and each connection that breaks, the last ones as errors.
        logger.logLevel = .critical
        self.logger = logger
    }

    /// Serves every host until the task is cancelled.
    ///
    /// - Parameter onReady: called once all of them accept connections.
    public func run(onReady: @escaping @Sendable () async -> Void = {}) async throws {
        let tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(identity.certificateFile.path).map {
                .certificate($0)
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: identity.keyFile.path, format: .pem)))
        let servers = OutsideHost.all.filter { $0 != .database }.flatMap { host in host.ports.map { (host, $0) } }
        let (running, runningContinuation) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (host, port) in servers {
                guard let address = layout.loopback(for: host.address) else { continue }
                let application = Application(
                    router: OutsidePages.router(for: host, port: port),
                    server: port == 443 ? try .http2Upgrade(tlsConfiguration: tls) : .http1(),
                    configuration: ApplicationConfiguration(
                        address: .hostname(address, port: layout.loopbackPort(for: port))),
                    onServerRunning: { _ in runningContinuation.yield() },
                    logger: logger)
                group.addTask { try await application.run() }
            }
            group.addTask {
                var started = 0
                for await _ in running {
                    started += 1
                    if started == servers.count { break }
                }
                if started == servers.count { await onReady() }
            }
            try await group.waitForAll()
        }
    }
}
