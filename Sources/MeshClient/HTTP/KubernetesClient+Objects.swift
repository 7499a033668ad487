import FoundationEssentials
public import MeshState
import NIOHTTP1

/// The objects of a list, and what to watch from.
public struct ObjectList: Sendable, Hashable {
    /// Each with `apiVersion` and `kind`, which the API leaves out of a list's elements.
    public var objects: [JSONValue]
    public var resourceVersion: String
}

extension KubernetesClient {
    /// Objects a page: a long list comes in several answers, so that the API has less to hold at once.
    private static let pageSize = 500

    /// All objects of a resource, of one namespace or of all; `fields` is a field selector.
    public func list(_ resource: Resource, namespace: String? = nil, fields: String? = nil) async throws -> ObjectList {
        do {
            return try await listPages(resource, namespace, fields)
        } catch let failure as RequestFailure where failure.kind == .expired {
            // The pages took longer than the API keeps a list: begin again.
            return try await listPages(resource, namespace, fields)
        }
    }

    private func listPages(_ resource: Resource, _ namespace: String?, _ fields: String?) async throws -> ObjectList {
        var result = ObjectList(objects: [], resourceVersion: "")
        var next: String?
        repeat {
            var query = [("limit", String(Self.pageSize))]
            if let fields { query.append(("fieldSelector", fields)) }
            if let next { query.append(("continue", next)) }
            let answer = try await send(
                .GET, resource.path(namespace: namespace), query: query, what: "list of \(resource.plural)")
            let page = try document(answer.body)
            guard let version = page["metadata"]?["resourceVersion"]?.stringValue else {
                throw RequestFailure(.malformed, "\(access.server) answered no list of \(resource.plural)")
            }
            result.resourceVersion = version
            for var object in page["items"]?.arrayValue ?? [] {
                if object["kind"] == nil { object["kind"] = .string(resource.kind) }
                if object["apiVersion"] == nil { object["apiVersion"] = .string(resource.apiVersion) }
                result.objects.append(object)
            }
            next = page["metadata"]?["continue"]?.stringValue
        } while next?.isEmpty == false
        return result
    }

    /// One object; of a kind without namespaces the namespace is empty.
    public func get(_ resource: Resource, namespace: String, name: String) async throws -> JSONValue {
        let path = resource.path(namespace: namespace, name: name)
        return try document(try await send(.GET, path, what: "\(resource.kind) \(namespace)/\(name)").body)
    }

    /// What the API tells that happened to an object, the latest first. It forgets events after an hour or so.
    public func events(of key: ObjectKey) async throws -> [ObjectEvent] {
        let fields = "involvedObject.kind=\(key.kind),involvedObject.name=\(key.name)"
        let found = try await list(.events, namespace: key.namespace, fields: fields).objects.map(ObjectEvent.init)
        return found.sorted { ($0.last ?? .distantPast) > ($1.last ?? .distantPast) }
    }

    /// Creates an object; unknown fields are refused rather than dropped.
    public func create(_ object: JSONValue, _ resource: Resource, namespace: String, dryRun: Bool = false) async throws
        -> (object: JSONValue, warnings: [String])
    {
        let answer = try await send(
            .POST, resource.path(namespace: namespace), query: Self.writing(dryRun), body: object,
            what: "create \(resource.kind)")
        return (try document(answer.body), answer.warnings)
    }

    /// Replaces an object; a conflict where its resourceVersion is no longer the one given.
    public func replace(
        _ object: JSONValue, _ resource: Resource, namespace: String, name: String, dryRun: Bool = false
    ) async throws -> (object: JSONValue, warnings: [String]) {
        let answer = try await send(
            .PUT, resource.path(namespace: namespace, name: name), query: Self.writing(dryRun), body: object,
            what: "replace \(resource.kind) \(name)")
        return (try document(answer.body), answer.warnings)
    }

    /// Deletes an object if it still has this resourceVersion; nil for whatever version it has.
    public func delete(
        _ resource: Resource, namespace: String, name: String, resourceVersion: String? = nil, dryRun: Bool = false
    ) async throws -> (object: JSONValue, warnings: [String]) {
        var options: JSONValue = ["apiVersion": "v1", "kind": "DeleteOptions"]
        if dryRun { options["dryRun"] = ["All"] }
        if let resourceVersion { options["preconditions"] = ["resourceVersion": .string(resourceVersion)] }
        let answer = try await send(
            .DELETE, resource.path(namespace: namespace, name: name), body: options,
            what: "delete \(resource.kind) \(name)")
        return (try document(answer.body), answer.warnings)
    }

    private static func writing(_ dryRun: Bool) -> [(String, String)] {
        [("fieldManager", "meshtop"), ("fieldValidation", "Strict")] + (dryRun ? [("dryRun", "All")] : [])
    }

    /// GET of a path that a pod serves at a port, by way of the API.
    func getThroughPod(
        _ name: String, namespace: String, port: Int, path: String, query: [(String, String)] = [], what: String,
        deadline: Duration = KubernetesClient.usualDeadline
    ) async throws -> [UInt8] {
        let prefix = "/api/v1/namespaces/\(namespace.pathEscaped)/pods/\(name.pathEscaped):\(port)/proxy/"
        return try await send(.GET, prefix + path, query: query, what: what, deadline: deadline).body
    }

    /// GET of a path that a service serves at a port, by way of the API.
    func getThroughService(
        _ name: String, namespace: String, port: Int, path: String, what: String,
        deadline: Duration = KubernetesClient.usualDeadline
    ) async throws -> [UInt8] {
        let prefix = "/api/v1/namespaces/\(namespace.pathEscaped)/services/\(name.pathEscaped):\(port)/proxy/"
        return try await send(.GET, prefix + path, what: what, deadline: deadline).body
    }

    func document(_ body: [UInt8]) throws(RequestFailure) -> JSONValue {
        do {
            return try JSONValue(parsing: body)
        } catch {
            throw RequestFailure(.malformed, "\(access.server) sent what is \(error)".madeSafe)
        }
    }
}
