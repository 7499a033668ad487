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
    ///   - environment: Bookinfo's settings: `DETAILS_HOSTNAME` and `DETAILS_SERVICE_PORT`, the same for `REVIEWS` and
    ///     `RATINGS`, `MYSQL_DB_HOST`, `MYSQL_DB_PORT`, `MYSQL_DB_USER`, `MYSQL_DB_PASSWORD`; and `HOSTNAME` (the pod's
    ///     name) and `SSL_CERT_FILE` (whom TLS calls trust).
    ///   - onRunning: told the port once it accepts connections.
    public static func run(
        name: String, address: String, port: Int, environment: [String: String],
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) async throws {
        let client = WorkloadClient(timeout: .seconds(3), trusting: environment["SSL_CERT_FILE"])
        do {
            if name == "sleep" {
                await Sleeper(client: client).run()
            } else {
                let router = try router(for: name, client: client, environment: environment)
                try await serve(router, name: name, address: address, port: port, onRunning: onRunning)
            }
        } catch {
            await client.shutDown()
            throw error
        }
        await client.shutDown()
    }

    private static func router(
        for name: String, client: WorkloadClient, environment: [String: String]
    ) throws -> Router<BasicRequestContext> {
        let services = BookinfoServices(environment: environment)
        return switch name {
        case "productpage-v1": ProductPage(client: client, services: services).router()
        case "details-v1": Details.router()
        case "reviews-v1", "reviews-v2", "reviews-v3":
            Reviews(
                client: client, services: services, pod: environment["HOSTNAME"] ?? name,
                color: ["reviews-v2": "black", "reviews-v3": "red"][name]
            ).router()
        case "ratings-v1": Ratings(source: .fixed).router()
        case "ratings-v2-mysql", "ratings-v2-mysql-vm":
            Ratings(source: .database(RatingsDatabase(environment: environment))).router()
        default: throw LabError("no workload is called \(name)")
        }
    }

    private static func serve(
        _ router: Router<BasicRequestContext>, name: String, address: String, port: Int,
        onRunning: @escaping @Sendable (Int) async -> Void
    ) async throws {
        router.get("health") { _, _ in
            JSONValue.object(["status": .string("\(name) is healthy")]).response()
        }
        var logger = Logger(label: name)
        // Hummingbird calls it an error when a connection is cut at the end.
        logger.logLevel = .critical
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname(address, port: port)),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger)
        try await application.run()
    }
}

/// Where Bookinfo's services are: by their names, unless the environment says otherwise.
struct BookinfoServices: Sendable {
    let details: String
    let reviews: String
    let ratings: String

    init(environment: [String: String]) {
        func url(_ service: String) -> String {
            let variable = service.uppercased()
            let host = environment["\(variable)_HOSTNAME"] ?? service
            return "http://\(host):\(environment["\(variable)_SERVICE_PORT"] ?? "9080")/\(service)"
        }
        details = url("details")
        reviews = url("reviews")
        ratings = url("ratings")
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
