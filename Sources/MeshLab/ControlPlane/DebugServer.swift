import Hummingbird
public import Logging
public import MeshState
import NIOCore

/// Serves istiod's debug endpoints at `istiodAddress:15014`, over plain HTTP and to the loopback alone.
public struct DebugServer: Sendable {
    /// istiod's monitoring port.
    public static let port = 15_014

    private let controlPlane: ControlPlane
    private let objects: @Sendable (Resource) async -> [JSONValue]
    private let logger: Logger

    /// A server that tells of this control plane.
    ///
    /// - Parameter objects: the API's objects of a resource.
    public init(
        controlPlane: ControlPlane, logger: Logger = Logger(label: "istiod"),
        objects: @escaping @Sendable (Resource) async -> [JSONValue]
    ) {
        self.controlPlane = controlPlane
        self.objects = objects
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
            let rows = DebugView.allEndpoints.map {
                "<li><a href=\"/debug/\($0.path)\">\($0.path)</a> \($0.summary)</li>"
            }
            return Self.answer(
                "<!DOCTYPE html><title>Debug</title><ul>\(rows.joined())</ul>\n", type: "text/html; charset=utf-8")
        }
        router.get("/debug/:name") { request, context in
            let proxyID = request.uri.queryParameters["proxyID"].map(String.init)
            return await answer(to: context.parameters.get("name") ?? "", proxyID: proxyID)
        }
        return router
    }

    private func answer(to name: String, proxyID: String?) async -> Response {
        var view = await controlPlane.debugView()
        for resource in Resource.allCases where resource.isCustom || resource == .endpoints {
            view.objects[resource] = await objects(resource)
        }
        switch view.proxyDocument(name, proxyID: proxyID) {
        case .document(let document)?: return Self.answer(document.jsonText(), type: "application/json")
        case .refusal(let status, let reason)?:
            return Self.answer("\(reason)\n", type: "text/plain; charset=utf-8", status: .init(code: status))
        case nil: break
        }
        guard let document = view.document(name) else {
            return Self.answer("404 page not found\n", type: "text/plain; charset=utf-8", status: .notFound)
        }
        return Self.answer(document.jsonText(), type: "application/json")
    }

    private static func answer(_ text: String, type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
