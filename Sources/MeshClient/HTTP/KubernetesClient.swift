import AsyncHTTPClient
import Foundation
import MeshState
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Synchronization

/// Speaks to one cluster's API. Every call has a deadline; failures are `RequestFailure`s in plain words.
public final class KubernetesClient: Sendable {
    /// How long to wait for an answer where a call does not say.
    static let usualDeadline: Duration = .seconds(10)
    /// Time between two signs of life of a long answer in which nothing happens.
    private static let heartbeat: Duration = .seconds(5)
    /// Bytes of the longest answer that is read whole: lists and Envoy's statistics can be long.
    private static let largestAnswer = 256 << 20

    public let access: ClusterAccess
    private let http: HTTPClient
    private let credentials: CredentialStore
    /// What requests are sent to: the server, or the name that its certificate is for.
    private let base: String
    private let host: String?
    let discovery = Discovery()
    private let requests = Atomic(0)

    /// - Throws: `AccessError` where certificates or keys cannot be read.
    public init(access: ClusterAccess) throws(AccessError) {
        self.access = access
        credentials = try CredentialStore(access)
        var configuration = HTTPClient.Configuration()
        // Each follower of a log and each watch holds a connection of its own: nothing that they do delays a poll.
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 4096
        // What fails is told at once, and tried again by those who know how long to wait.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        configuration.redirectConfiguration = .disallow
        configuration.http1_1ConnectionDebugInitializer = { $0.watchingThePeer() }
        if let name = access.tls.serverName, var address = URLComponents(string: access.server),
            let real = address.host
        {
            configuration.dnsOverride = [name: real.trimmingCharacters(in: ["[", "]"])]
            host = address.port.map { "\(real):\($0)" } ?? real
            address.host = name
            base = address.string ?? access.server
        } else {
            host = nil
            base = access.server
        }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// How many requests have been sent so far, those that failed included.
    public var requestCount: Int { requests.load(ordering: .relaxed) }

    /// Ends all connections; calls in flight fail.
    public func shutdown() async {
        // It only ever throws when it is called twice, and then there is nothing left to do.
        try? await http.shutdown()
    }

    deinit {
        // For an owner that gives up half-way; after `shutdown` there is nothing left to do, and nobody to tell.
        http.shutdown { _ in }
    }

    // MARK: - One request, one answer

    /// What the API answered.
    struct Answer: Sendable {
        var body: [UInt8]
        /// Texts of the `Warning` headers, made safe.
        var warnings: [String]
        /// The `Date` header.
        var date: String?
    }

    /// Sends a request and reads the whole answer.
    ///
    /// - Parameter what: names the request in messages, as the subject of a sentence.
    /// - Throws: `RequestFailure`, `AccessError` (the credential), or `CancellationError`.
    func send(
        _ method: HTTPMethod = .GET, _ path: String, query: [(String, String)] = [], body: JSONValue? = nil,
        what: String, deadline: Duration = KubernetesClient.usualDeadline
    ) async throws -> Answer {
        try await wordingFailures {
            try await withDeadline(deadline) { [self] in
                var request = try await request(method, path, query)
                if let body {
                    request.headers.add(name: "Content-Type", value: "application/json")
                    request.body = .bytes(ByteBuffer(string: body.jsonText()))
                }
                let response = try await http.execute(request, timeout: .init(deadline))
                let bytes = try await response.body.collect(upTo: Self.largestAnswer)
                let status = Int(response.status.code)
                guard (200..<300).contains(status) else {
                    throw await failure(status, response.headers, Array(buffer: bytes), what)
                }
                let warnings = response.headers["Warning"].map { Self.text(ofWarning: $0) }
                return Answer(
                    body: Array(buffer: bytes), warnings: warnings, date: response.headers.first(name: "Date"))
            }
        }
    }

    // MARK: - A long answer, piece by piece

    /// Sends a request and hands over what comes, piece by piece, until the server ends it.
    ///
    /// - Parameters:
    ///   - patience: how long to wait for the beginning of the answer.
    ///   - idle: how long it may be silent.
    ///   - opened: called once the server has said yes.
    ///   - alive: called every few seconds from then on, while the connection stands.
    /// - Returns: true at the server's end, false when it was silent for too long.
    func stream(
        _ path: String, query: [(String, String)], what: String, patience: Duration = KubernetesClient.usualDeadline,
        idle: Duration, opened: @escaping @Sendable () async -> Void, alive: @escaping @Sendable () async -> Void,
        received: @escaping @Sendable (ByteBuffer) async throws -> Void
    ) async throws -> Bool {
        try await wordingFailures { [self] in
            let response = try await withDeadline(patience) { [self] in
                try await http.execute(try await request(.GET, path, query), timeout: .init(patience))
            }
            let status = Int(response.status.code)
            guard (200..<300).contains(status) else {
                let bytes = try await withDeadline(patience) { try await response.body.collect(upTo: 1 << 20) }
                throw await failure(status, response.headers, Array(buffer: bytes), what)
            }
            await opened()
            let silence = Silence()
            return try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    for try await piece in response.body {
                        silence.broken()
                        try await received(piece)
                        silence.broken()
                    }
                    return true
                }
                group.addTask {
                    try await silence.outlasts(idle)
                    return false
                }
                group.addTask {
                    while true {
                        try await Task.sleep(for: Self.heartbeat)
                        await alive()
                    }
                }
                defer { group.cancelAll() }
                return try await group.next() ?? true
            }
        }
    }

    private func request(_ method: HTTPMethod, _ path: String, _ query: [(String, String)]) async throws
        -> HTTPClientRequest
    {
        requests.add(1, ordering: .relaxed)
        let credential = try await credentials.current()
        let parameters = query.map { "\($0.queryEscaped)=\($1.queryEscaped)" }.joined(separator: "&")
        var request = HTTPClientRequest(url: base + path + (parameters.isEmpty ? "" : "?\(parameters)"))
        request.method = method
        request.tlsConfiguration = credential.tls
        request.headers.add(name: "Accept", value: "application/json, */*")
        request.headers.add(name: "User-Agent", value: "meshtop")
        if let host { request.headers.add(name: "Host", value: host) }
        if let authorization = credential.authorization {
            request.headers.add(name: "Authorization", value: authorization)
        }
        return request
    }

    private func failure(
        _ status: Int, _ headers: HTTPHeaders, _ body: [UInt8], _ what: String
    ) async -> RequestFailure {
        if status == 401, RequestFailure.isStatus(body) { await credentials.rejected() }
        return RequestFailure(
            status: status, retryAfterHeader: headers.first(name: "Retry-After"), body: body, what: what)
    }

    private func wordingFailures<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as AccessError {
            throw error
        } catch {
            if Task.isCancelled { throw CancellationError() }
            guard let failure = RequestFailure(transport: error, server: access.server) else {
                throw CancellationError()
            }
            throw failure
        }
    }

    /// The text of `299 - "unknown field \"spec.locashun\""` (RFC 7234, 5.5).
    static func text(ofWarning header: String) -> String {
        guard let first = header.firstIndex(of: "\""), let last = header.lastIndex(of: "\""), first < last else {
            return header.madeSafe
        }
        var text = ""
        var isEscaped = false
        for character in header[header.index(after: first)..<last] {
            if character == "\\" && !isEscaped {
                isEscaped = true
            } else {
                text.append(character)
                isEscaped = false
            }
        }
        return text.madeSafe
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
