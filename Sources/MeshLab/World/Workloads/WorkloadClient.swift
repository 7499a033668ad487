import AsyncHTTPClient
import Foundation
import HTTPTypes
import MeshState
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL

/// The HTTP client of a workload: a connection of its own for each call, as the mesh counts connections.
struct WorkloadClient: Sendable {
    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
    }

    private let client: HTTPClient
    private let timeout: Duration

    /// - Parameter trusting: a file of certificates to trust; nil for the system's.
    init(timeout: Duration, trusting bundle: String? = nil) {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.maximumUsesPerConnection = 1
        if let bundle {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(bundle)
            configuration.tlsConfiguration = tls
        }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.timeout = timeout
    }

    /// Fetches a page; throws when no answer comes in time.
    func get(_ url: String, headers: HTTPFields = [:]) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        for field in headers { request.headers.add(name: field.name.rawName, value: field.value) }
        let response = try await client.execute(
            request, deadline: .now() + .nanoseconds(Int64(timeout / .nanoseconds(1))))
        let body = try await response.body.collect(upTo: 4 * 1024 * 1024)
        return Answer(status: Int(response.status.code), body: Array(body.readableBytesView))
    }

    /// Fetches a JSON document; throws for any status other than 200.
    func json(_ url: String, headers: HTTPFields) async throws -> JSONValue {
        let answer = try await get(url, headers: headers)
        guard answer.status == 200 else { throw LabError("\(url) answered \(answer.status)") }
        return try JSONValue(parsing: answer.body)
    }

    func shutDown() async { try? await client.shutdown() }
}

extension HTTPFields {
    /// The headers that Bookinfo passes on, so that the calls for one page can be told together.
    var forwarded: HTTPFields {
        let names = [
            "x-request-id", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags",
            "traceparent", "tracestate", "end-user", "user-agent",
        ]
        return HTTPFields(filter { names.contains($0.name.canonicalName) })
    }
}
