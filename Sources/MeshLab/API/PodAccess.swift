import AsyncHTTPClient
import Foundation
import Hummingbird
import MeshState
import NIOCore
import NIOHTTP1

/// The parts of the API that reach running workloads: logs and the proxy.
struct PodAccess: Sendable {
    let store: ObjectStore
    let runtime: any PodRuntime
    let client: HTTPClient

    // MARK: Logs

    func log(_ request: APIRequest, _ path: ObjectPath) async throws -> Response {
        let name = path.name ?? ""
        guard let pod = await store.get(.pods, namespace: path.storeNamespace, name: name) else {
            throw APIFailure.notFound(.pods, name)
        }
        let container = try Self.container(request.query["container"] ?? "", of: pod, name)
        if request.flag("previous") {
            throw APIFailure.badRequest("previous terminated container \"\(container)\" in pod \"\(name)\" not found")
        }
        let options = try LogOptions(request, pod: name)
        guard let file = await runtime.logFile(namespace: path.storeNamespace, pod: name, container: container) else {
            throw APIFailure.badRequest(
                "container \"\(container)\" in pod \"\(name)\" is waiting to start: ContainerCreating")
        }
        return .streaming(request.underlying, contentType: "text/plain") { writer in
            var reader = LogReader(file: file, options: options)
            try await writer.write(ByteBuffer())
            while let chunk = try await reader.next() { try await writer.write(ByteBuffer(bytes: chunk)) }
        }
    }

    /// The container that a request means; kubectl chooses by annotation before it asks, the API does not.
    private static func container(_ given: String, of pod: JSONValue, _ name: String) throws(APIFailure) -> String {
        func names(_ member: String) -> [String] {
            (pod["spec"]?[member]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
        }
        let containers = names("containers")
        let initial = names("initContainers")
        if !given.isEmpty {
            if (containers + initial).contains(given) { return given }
            throw .badRequest("container \(given) is not valid for pod \(name)")
        }
        if containers.count == 1 { return containers[0] }
        if containers.isEmpty { throw .badRequest("a container name must be specified for pod \(name)") }
        let others = initial.isEmpty ? "" : " or one of the init containers: [\(initial.joined(separator: " "))]"
        throw .badRequest(
            "a container name must be specified for pod \(name), choose one of: [\(containers.joined(separator: " "))]"
                + others)
    }

    // MARK: Proxy

    /// Hands a request on to a port of a pod or of a service's endpoint, and the answer back as it comes.
    func proxy(_ request: APIRequest, _ path: ObjectPath) async throws -> Response {
        let query = request.rawQuery.isEmpty ? "" : "?\(request.rawQuery)"
        // `/api/v1/namespaces/NAMESPACE/pods/NAME/proxy` and the rest, as it was encoded.
        let steps = request.rawPath.split(separator: "/", maxSplits: 7)
        if steps.count < 8, !request.rawPath.hasSuffix("/") {
            // Relative links of what is behind the proxy need the slash.
            return Response(status: .movedPermanently, headers: [.location: "\(request.rawPath)/\(query)"])
        }
        let rest = steps.count < 8 ? "" : steps[7]
        let target = try ProxyTarget(path.name ?? "")
        let (address, port) =
            path.resource == .pods
            ? try await podAddress(target, path) : try await serviceAddress(target, path)
        guard let dial = await runtime.dialAddress(address, port: port) else {
            throw APIFailure.unavailable(
                "error trying to reach service: dial tcp \(address):\(port): connect: no route to host")
        }
        var outgoing = HTTPClientRequest(url: "\(target.scheme)://\(dial.host):\(dial.port)/\(rest)\(query)")
        outgoing.method = HTTPMethod(rawValue: request.method)
        for field in request.underlying.headers where !Self.isOwn(field.name.canonicalName) {
            outgoing.headers.add(name: field.name.rawName, value: field.value)
        }
        let body = try await request.body()
        if !body.isEmpty { outgoing.body = .bytes(body) }
        let answer: HTTPClientResponse
        do {
            answer = try await client.execute(outgoing, timeout: .seconds(60))
        } catch let error as CancellationError {
            throw error
        } catch {
            throw APIFailure.unavailable(
                "error trying to reach service: dial tcp \(address):\(port): \(Self.cause(error))")
        }
        var headers = HTTPFields()
        for (name, value) in answer.headers where !Self.isOwn(name.lowercased()) {
            if let field = HTTPFields.Element.Name(name) {
                headers.append(HTTPFields.Element(name: field, value: value))
            }
        }
        return Response(
            status: .init(code: Int(answer.status.code)), headers: headers,
            body: ResponseBody { writer in
                for try await part in answer.body { try await writer.write(part) }
                try await writer.finish(nil)
            })
    }

    /// Headers that belong to one connection, and the token, which is for this API alone.
    private static func isOwn(_ name: String) -> Bool {
        [
            "authorization", "connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding",
            "upgrade",
        ].contains(name)
    }

    private static func cause(_ error: any Error) -> String {
        let text = String(describing: error)
        return text.lowercased().contains("refused") ? "connect: connection refused" : text
    }

    private func podAddress(_ target: ProxyTarget, _ path: ObjectPath) async throws -> (String, Int) {
        guard let pod = await store.get(.pods, namespace: path.storeNamespace, name: target.name) else {
            throw APIFailure.notFound(.pods, target.name)
        }
        let ports = (pod["spec"]?["containers"]?.arrayValue ?? []).flatMap { $0["ports"]?.arrayValue ?? [] }
        let named = ports.first { $0["name"]?.stringValue == target.port } ?? ports.first
        let port = Int(target.port) ?? Int(named?["containerPort"]?.integerValue ?? 80)
        guard let address = pod["status"]?["podIP"]?.stringValue, !address.isEmpty else {
            throw APIFailure.unavailable("no address available for pod \"\(target.name)\"")
        }
        return (address, port)
    }

    private func serviceAddress(_ target: ProxyTarget, _ path: ObjectPath) async throws -> (String, Int) {
        let namespace = path.storeNamespace
        guard let service = await store.get(.services, namespace: namespace, name: target.name) else {
            throw APIFailure.notFound(.services, target.name)
        }
        let ports = service["spec"]?["ports"]?.arrayValue ?? []
        let chosen = ports.first { port in
            if target.port.isEmpty { return ports.count == 1 }
            return port["name"]?.stringValue == target.port || port["port"]?.integerValue == Int64(target.port)
        }
        guard let chosen else {
            throw APIFailure.unavailable("no service port \"\(target.port)\" found for service \"\(target.name)\"")
        }
        let endpoints = await store.get(.endpoints, namespace: namespace, name: target.name)
        for subset in endpoints?["subsets"]?.arrayValue ?? [] {
            let port = (subset["ports"]?.arrayValue ?? []).first {
                ($0["name"]?.stringValue ?? "") == (chosen["name"]?.stringValue ?? "")
            }
            let address = (subset["addresses"]?.arrayValue ?? []).randomElement()?["ip"]?.stringValue
            if let address, let number = port?["port"]?.integerValue { return (address, Int(number)) }
        }
        throw APIFailure.unavailable("no endpoints available for service \"\(target.name)\"")
    }
}

/// What a proxied path names: `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT`.
struct ProxyTarget: Sendable, Hashable {
    var scheme = "http"
    var name: String
    /// A number or a name; empty for the default.
    var port = ""

    init(_ text: String) throws(APIFailure) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: name = parts[0]
        case 2: (name, port) = (parts[0], parts[1])
        case 3 where ["", "http", "https"].contains(parts[0]):
            (name, port) = (parts[1], parts[2])
            if !parts[0].isEmpty { scheme = parts[0] }
        default: throw .badRequest("invalid service request \"\(text)\"")
        }
    }
}
