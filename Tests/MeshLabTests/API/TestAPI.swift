import AsyncHTTPClient
import Foundation
import Logging
import MeshState
import NIOCore
import NIOHTTP1
import NIOSSL
import Subprocess
import Testing

@testable import MeshLab

/// A running API on a free loopback port, with its own folder, objects and kubeconfig.
struct TestAPI: Sendable {
    static let token = "test-token"

    let directory: URL
    let port: Int
    let store: ObjectStore
    let runtime: TestRuntime
    let client: HTTPClient

    /// Runs a body against a fresh API that knows the namespaces default and vm, one pod and one service.
    static func run(eventCapacity: Int = 2_000, _ body: (TestAPI) async throws -> Void) async throws {
        let certificate = try await Certificate.shared.value
        let directory = FileManager.default.temporaryDirectory.appending(path: "meshlab-api-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try ObjectStore(file: directory.appending(path: "objects.sqlite"), eventCapacity: eventCapacity)
        try await store.seed(TestWorld.objects)
        let runtime = TestRuntime(directory: directory)
        let (ports, running) = AsyncStream<Int>.makeStream()
        let server = APIServer(
            store: store, port: 0, tls: .init(certificatePEM: certificate.certificate, keyPEM: certificate.key),
            token: token, runtime: runtime, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onServerRunning: { running.yield($0) })
        let task = Task { try await server.run() }
        defer { task.cancel() }
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificate.certificate.utf8)))
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: .init(tlsConfiguration: tls, redirectConfiguration: .disallow))
        let port = try #require(await ports.first { _ in true })
        let api = TestAPI(directory: directory, port: port, store: store, runtime: runtime, client: client)
        try Kubeconfig.write(
            Kubeconfig.text(
                server: "https://127.0.0.1:\(port)", caPEM: certificate.certificate, token: token, context: "lab"),
            to: directory.appending(path: "kubeconfig"))
        do {
            try await body(api)
        } catch {
            try await client.shutdown()
            throw error
        }
        // The server ends with its task, whatever is still open.
        task.cancel()
        _ = await task.result
        try await client.shutdown()
    }

    // MARK: kubectl

    struct Output: Sendable {
        let isSuccess: Bool
        let out: String
        let err: String
    }

    /// Runs kubectl with this API's kubeconfig and nothing of the user's own.
    @discardableResult
    func kubectl(_ arguments: String..., input: String = "", environment: [String: String] = [:]) async throws -> Output
    {
        try await shell(
            ["kubectl", "--cache-dir", directory.appending(path: "cache").path] + arguments, input: input,
            environment: environment)
    }

    func shell(_ command: [String], input: String = "", environment: [String: String] = [:]) async throws -> Output {
        var all: [Environment.Key: String] = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": directory.path,
            "KUBECONFIG": directory.appending(path: "kubeconfig").path, "NO_PROXY": "127.0.0.1",
        ]
        for (key, value) in environment { all[Environment.Key(stringLiteral: key)] = value }
        let result = try await Subprocess.run(
            .name(command[0]), arguments: Arguments(Array(command.dropFirst())), environment: .custom(all),
            input: .string(input), output: .string(limit: 4 << 20), error: .string(limit: 1 << 20))
        return Output(
            isSuccess: result.terminationStatus.isSuccess, out: result.standardOutput,
            err: result.standardError)
    }

    /// Runs kubectl in the background with its output in a file, for as long as the body runs.
    func following(_ arguments: String, _ body: (URL) async throws -> Void) async throws {
        let file = directory.appending(path: "follow-\(UUID().uuidString)")
        let cache = directory.appending(path: "cache").path
        let task = Task {
            try await shell(["sh", "-c", "exec kubectl --cache-dir \(cache) \(arguments) > \(file.path) 2>&1"])
        }
        defer { task.cancel() }
        try await body(file)
    }

    // MARK: Requests

    struct Answer: Sendable {
        let code: Int
        let headers: HTTPHeaders
        let text: String
        var json: JSONValue { (try? JSONValue(parsing: text)) ?? .null }
    }

    func url(_ path: String) -> String { "https://127.0.0.1:\(port)\(path)" }

    func request(
        _ method: HTTPMethod, _ path: String, body: String? = nil, type: String = "application/json",
        accept: String = "application/json", token: String? = Self.token
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url(path))
        request.method = method
        request.headers.add(name: "Accept", value: accept)
        request.headers.add(name: "User-Agent", value: "meshtop/test")
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "Content-Type", value: type)
            request.body = .bytes(ByteBuffer(string: body))
        }
        let response = try await client.execute(request, timeout: .seconds(30))
        let collected = try await response.body.collect(upTo: 64 << 20)
        return Answer(
            code: Int(response.status.code), headers: response.headers, text: String(buffer: collected))
    }

    func get(_ path: String) async throws -> Answer { try await request(.GET, path) }

    /// Opens a watch and hands its events, each a JSON object, to the body as they come.
    func watch(_ path: String, accept: String = "application/json") async throws -> AsyncThrowingStream<
        JSONValue, any Error
    > {
        var request = HTTPClientRequest(url: url(path))
        request.headers.add(name: "Authorization", value: "Bearer \(Self.token)")
        request.headers.add(name: "Accept", value: accept)
        let response = try await client.execute(request, timeout: .seconds(60))
        try #require(response.status == .ok)
        return AsyncThrowingStream { continuation in
            let task = Task {
                var rest = ""
                do {
                    for try await part in response.body {
                        rest += String(buffer: part)
                        while let end = rest.firstIndex(of: "\n") {
                            continuation.yield(try JSONValue(parsing: String(rest[..<end])))
                            rest = String(rest[rest.index(after: end)...])
                        }
                    }
                    continuation.finish()
                } catch { continuation.finish(throwing: error) }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

/// Waits until a condition holds; fails the test when it does not within the limit.
func eventually(
    _ what: String, within limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        if ContinuousClock.now > deadline {
            Issue.record("not within \(limit): \(what)", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

func text(of file: URL) -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }

/// A certificate for 127.0.0.1 that signs itself, made once by the openssl command.
struct Certificate: Sendable {
    let certificate: String
    let key: String

    static let shared = Task { try await make() }

    private static func make() async throws -> Certificate {
        let directory = FileManager.default.temporaryDirectory.appending(path: "meshlab-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let key = directory.appending(path: "key.pem")
        let certificate = directory.appending(path: "cert.pem")
        let result = try await Subprocess.run(
            .name("openssl"),
            arguments: [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=lab", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key.path, "-out",
                certificate.path,
            ], output: .discarded, error: .string(limit: 1 << 16))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
        return Certificate(
            certificate: try String(contentsOf: certificate, encoding: .utf8),
            key: try String(contentsOf: key, encoding: .utf8))
    }
}

/// Log files in the test's folder, and addresses of the mesh that lead to a port of the test.
final class TestRuntime: PodRuntime {
    let directory: URL

    init(directory: URL) { self.directory = directory }

    func logFile(namespace: String, pod: String, container: String) async -> URL? {
        directory.appending(path: "\(namespace)_\(pod)_\(container).log")
    }

    func dialAddress(_ address: String, port: Int) async -> (host: String, port: Int)? {
        address == "10.244.0.9" ? ("127.0.0.1", port) : nil
    }
}

enum TestWorld {
    static let objects: [JSONValue] = [
        ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "default"], "status": ["phase": "Active"]],
        ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "vm"], "status": ["phase": "Active"]],
        [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": "sleep-1", "namespace": "default", "labels": ["app": "sleep"],
                "annotations": ["kubectl.kubernetes.io/default-container": "sleep"],
            ],
            "spec": [
                "nodeName": "lab",
                "containers": [
                    ["name": "sleep", "image": "sleep"],
                    ["name": "istio-proxy", "image": "proxy", "ports": [["containerPort": 15000]]],
                ],
            ],
            "status": [
                "phase": "Running", "podIP": "10.244.0.9",
                "containerStatuses": [["name": "sleep", "ready": true], ["name": "istio-proxy", "ready": true]],
            ],
        ],
        [
            "apiVersion": "v1", "kind": "Service", "metadata": ["name": "istiod", "namespace": "default"],
            "spec": ["clusterIP": "10.96.0.3", "ports": [["name": "http-monitoring", "port": 15014]]],
        ],
    ]

    /// The YAML of a ServiceEntry.
    static func entry(_ name: String, host: String = "example.com", version: String = "v1") -> String {
        """
        apiVersion: networking.istio.io/\(version)
        kind: ServiceEntry
        metadata:
          name: \(name)
          namespace: default
          labels:
            app: \(name)
        spec:
          hosts:
          - \(host)
          ports:
          - name: https
            number: 443
            protocol: TLS
          resolution: DNS
        """
    }

    static let entries = "/apis/networking.istio.io/v1/namespaces/default/serviceentries"

    /// The JSON of a ServiceEntry in v1.
    static func entryJSON(_ name: String, labels: [String: String] = [:]) -> JSONValue {
        [
            "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry",
            "metadata": ["name": .string(name), "namespace": "default", "labels": JSONValue(labels)],
            "spec": [
                "hosts": ["example.com"], "ports": [["name": "https", "number": 443, "protocol": "TLS"]],
                "resolution": "DNS",
            ],
        ]
    }
}
