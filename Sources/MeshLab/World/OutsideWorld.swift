public import Foundation
import Hummingbird
import HummingbirdHTTP2
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL

/// The servers of the outside world, all in this process: HTTP, HTTP/2 or HTTP/1.1 over TLS, TCP, and a Unix socket.
public struct OutsideWorld: Sendable {
    private let layout: LabLayout
    private let authority: LabCA
    private let logger: Logger

    /// - Parameter authority: has the servers' certificates.
    public init(layout: LabLayout, authority: LabCA) {
        self.layout = layout
        self.authority = authority
        var logger = Logger(label: "outside")
        // Hummingbird tells of each server that starts and each connection that breaks, the last ones as errors.
        logger.logLevel = .critical
        self.logger = logger
    }

    /// The server of the reference's `unix:///var/run/example/socket`.
    public var socketFile: URL { layout.socketDirectory.appending(path: "example/socket") }

    /// Serves every host until the task is cancelled.
    ///
    /// - Parameter onReady: called once all of them accept connections.
    public func run(onReady: @escaping @Sendable () async -> Void = {}) async throws {
        let transports = try Transports(authority)
        let ports = OutsideHost.all.flatMap { host in host.ports.map { (host, $0) } }
            .filter { $1.transport != .database }
        var servers = try ports.map { host, port in
            guard let address = layout.loopback(for: host.address) else {
                throw LabError("\(host.name) at \(host.address) has no place on the loopback")
            }
            return Server(
                port: port, place: .loopback(address: address, port: layout.loopbackPort(for: port.number)))
        }
        try FileManager.default.createDirectory(
            at: socketFile.deletingLastPathComponent(), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        // What an earlier process left there would be in the way.
        if FileManager.default.fileExists(atPath: socketFile.path) {
            try FileManager.default.removeItem(at: socketFile)
        }
        servers.append(Server(port: .http(80, .mirror("example.unix.local")), place: .socket(path: socketFile.path)))

        let count = servers.count
        let (running, runningContinuation) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for server in servers {
                group.addTask { try await serve(server, transports) { runningContinuation.yield() } }
            }
            group.addTask {
                var missing = count
                for await _ in running {
                    missing -= 1
                    if missing == 0 { break }
                }
                if missing == 0 { await onReady() }
            }
            try await group.waitForAll()
        }
    }

    private struct Server: Sendable {
        enum Place: Sendable {
            case loopback(address: String, port: Int)
            case socket(path: String)

            var bindAddress: BindAddress {
                switch self {
                case .loopback(let address, let port): .hostname(address, port: port)
                case .socket(let path): .unixDomainSocket(path: path)
                }
            }
        }

        let port: OutsideHost.Port
        let place: Place
    }

    private func serve(
        _ server: Server, _ transports: Transports, onRunning: @escaping @Sendable () -> Void
    ) async throws {
        let isMutualTCP = server.port.transport == .mutualTCP
        if server.port.transport == .tcp || isMutualTCP, case .loopback(let address, let port) = server.place {
            return try await TCPGreeter.run(
                address: address, port: port, tls: isMutualTCP ? transports.mutualTCP : nil, onRunning: onRunning)
        }
        let isMutual = server.port.transport == .mutualTLS
        let isEncrypted = server.port.transport == .https || isMutual
        let application = Application(
            router: OutsidePages.router(for: server.port.site, scheme: isEncrypted ? "https" : "http"),
            server: isMutual
                ? try .tls(.http1(), tlsConfiguration: transports.mutualTLS)
                : isEncrypted ? try .http2Upgrade(tlsConfiguration: transports.tls) : .http1(),
            configuration: ApplicationConfiguration(address: server.place.bindAddress),
            onServerRunning: { _ in onRunning() }, logger: logger)
        try await application.run()
    }

    private struct Transports: Sendable {
        let tls: TLSConfiguration
        let mutualTLS: TLSConfiguration
        let mutualTCP: NIOSSLContext

        init(_ authority: LabCA) throws {
            tls = try Self.server(authority.outsideWorld)
            var mutual = try Self.server(authority.nginx)
            // The page tells who has shown none.
            mutual.certificateVerification = .optionalVerification
            mutual.trustRoots = .file(authority.exampleCertificateFile.path)
            mutualTLS = mutual
            var mesh = tls
            mesh.certificateVerification = .noHostnameVerification
            mesh.trustRoots = .file(authority.certificateFile.path)
            mutualTCP = try NIOSSLContext(configuration: mesh)
        }

        private static func server(_ identity: LabCA.Identity) throws -> TLSConfiguration {
            TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(identity.certificateFile.path).map {
                    .certificate($0)
                },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: identity.keyFile.path, format: .pem)))
        }
    }
}
