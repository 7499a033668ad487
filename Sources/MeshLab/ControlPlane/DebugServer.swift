import Hummingbird
public import Logging
import MeshState
import NIOCore

/// Serves istiod's debug endpoints at `istiodAddress:15014`, over plain HTTP and to the loopback alone.
public struct DebugServer: Sendable {
    /// istiod's monitoring port.
    public static let port = 15_014

    private let controlPlane: ControlPlane
    private let logger: Logger

    /// A server that tells of this control plane.
    public init(controlPlane: ControlPlane, logger: Logger = Logger(label: "istiod")) {
        self.controlPlane = controlPlane
        // Hummingbird calls each connection that is open when the server is stopped an error.
        var quiet = logger
        quiet.logLevel = .critical
        self.logger = quiet
    }

    /// Serves until the task is cancelled; `onReady` is called when connections are taken. Throws when the address
    /// cannot be bound.
    public func run(onReady: @escaping @Sendable () async -> Void = {}) async throws {
        let application = Application(
            router: router,
            configuration: .init(address: .hostname(controlPlane.layout.istiodAddress, port: Self.port)),
            onServerRunning: { _ in await onReady() },
            logger: logger)
        try await application.run()
    }

    private var router: Router<BasicRequestContext> {
        let router = Router()
        router.get("/ready") { _, _ in Self.answer("", type: "text/plain; charset=utf-8") }
        router.get("/version") { _, _ in Self.answer(ControlPlane.version, type: "text/plain; charset=utf-8") }
        router.get("/debug") { _, _ in
            let rows = DebugView.endpoints.map { "<li><a href=\"/debug/\($0.path)\">\($0.path)</a> \($0.summary)</li>" }
            return Self.answer(
                "<!DOCTYPE html><title>Debug</title><ul>\(rows.joined())</ul>\n", type: "text/html; charset=utf-8")
        }
        router.get("/debug/:name") { [controlPlane] _, context in
            guard let name = context.parameters.get("name"),
                let document = await controlPlane.debugView().document(name)
            else { return Self.answer("404 page not found\n", type: "text/plain; charset=utf-8", status: .notFound) }
            return Self.answer(document.jsonText(), type: "application/json")
        }
        return router
    }

    private static func answer(_ text: String, type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
