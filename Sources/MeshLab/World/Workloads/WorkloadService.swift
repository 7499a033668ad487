import Foundation
import Hummingbird
import Logging
import MeshState
import NIOCore

/// The workloads' own programs, each run as a process of its own under capture.
public enum WorkloadService {
    /// Runs a workload by its name until the task is cancelled.
    ///
    /// - Parameters:
    ///   - name: the workload's name, such as `reviews-v3`.
    ///   - address: where to listen, if the workload does.
    ///   - environment: `SERVICES_DOMAIN`-like settings: `MYSQL_DB_HOST`, `MYSQL_DB_PORT`, `MYSQL_DB_USER`,
    ///     `MYSQL_DB_PASSWORD`, `SSL_CERT_FILE`, `HOSTNAME` (the pod's name).
    ///   - onRunning: told the port once it accepts connections.
    public static func run(
        name: String, address: String, port: Int, environment: [String: String],
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) async throws {
        let client = WorkloadClient(timeout: .seconds(3), trusting: environment["SSL_CERT_FILE"])
        let router: Router<BasicRequestContext>
        switch name {
        case "productpage-v1": router = ProductPage(client: client).router()
        case "details-v1": router = Details.router()
        case "reviews-v3": router = Reviews(client: client, pod: environment["HOSTNAME"] ?? name).router()
        case "ratings-v1": router = Ratings(source: .fixed).router()
        case "ratings-v2-mysql":
            router = Ratings(source: .database(RatingsDatabase(environment: environment))).router()
        case "sleep":
            await Sleeper(client: client).run()
            await client.shutDown()
            return
        default: throw LabError("no workload is called \(name)")
        }
        var logger = Logger(label: name)
        logger.logLevel = .error
        router.get("health") { _, _ in
            JSONValue.object(["status": .string("\(name) is healthy")]).response()
        }
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname(address, port: port)),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger)
        do {
            try await application.run()
        } catch {
            await client.shutDown()
            throw error
        }
        await client.shutDown()
    }
}

extension JSONValue {
    /// The document as the body of a response.
    func response(status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: jsonText())))
    }
}
