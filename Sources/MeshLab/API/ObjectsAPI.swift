import Foundation
import Hummingbird
import MeshState

/// The verbs on objects and collections.
struct ObjectsAPI: Sendable {
    let store: ObjectStore
    /// The longest that a watch with bookmarks stays silent.
    var bookmarkInterval: Duration = .seconds(60)

    func get(_ request: APIRequest, _ path: ObjectPath, name: String) async throws -> Response {
        let presenter = try Presenter(request, path)
        guard let object = await store.get(path.resource, namespace: path.storeNamespace, name: name) else {
            throw APIFailure.notFound(path.resource, name)
        }
        return .json(presenter.single(object))
    }

    func filter(_ request: APIRequest, _ path: ObjectPath) throws(APIFailure) -> ObjectFilter {
        ObjectFilter(
            namespace: path.namespace, labels: try LabelSelector(query: request.query["labelSelector"] ?? ""),
            fields: try FieldSelector(parsing: request.query["fieldSelector"] ?? "", for: path.resource))
    }

    // MARK: List

    func list(_ request: APIRequest, _ path: ObjectPath) async throws -> Response {
        let presenter = try Presenter(request, path)
        let filter = try filter(request, path)
        let limit = Int(try request.integer("limit") ?? 0)
        var (objects, version, start) = try await collection(request, path)
        if let start { objects.removeFirst(objects.prefix { ListKey($0) <= start }.count) }
        if filter.isSelective { objects.removeAll { !filter.matches($0) } }
        var metadata: JSONValue = ["resourceVersion": .string(String(version))]
        if limit > 0, objects.count > limit {
            let rest = objects.count - limit
            objects.removeLast(rest)
            if let last = objects.last { metadata["continue"] = .string(ListKey(last).token(version: version)) }
            if !filter.isSelective { metadata["remainingItemCount"] = .integer(Int64(rest)) }
        }
        return .json(presenter.list(objects, metadata: metadata))
    }

    /// The objects that a list starts from, their version, and the key after which a continued list goes on.
    private func collection(
        _ request: APIRequest, _ path: ObjectPath
    ) async throws -> (objects: [JSONValue], version: Int64, start: ListKey?) {
        if let token = request.query["continue"], !token.isEmpty {
            let (version, start) = try ListKey.parse(token)
            if version < 0 {
                let (objects, now) = await store.list(path.resource, namespace: path.namespace)
                return (objects, now, start)
            }
            do {
                return (try await store.list(path.resource, namespace: path.namespace, at: version), version, start)
            } catch StoreError.expired {
                var failure = APIFailure(
                    410, "Expired",
                    "The provided continue parameter is too old to display a consistent list result. You can start a "
                        + "new list without the continue parameter, or use the continue token in this response to "
                        + "retrieve the remainder of the results. Continuing with the provided token results in an inconsistent "
                        + "list - objects that were created, modified, or deleted between the time the first chunk was "
                        + "returned and now may show up in the list.")
                failure.continueToken = start.token(version: -1)
                throw failure
            }
        }
        let (objects, version) = await store.list(path.resource, namespace: path.namespace)
        guard let wanted = try Self.resourceVersion(request) else { return (objects, version, nil) }
        if wanted > version { throw APIFailure.futureVersion(wanted, current: version) }
        if request.query["resourceVersionMatch"] == "Exact", wanted > 0 {
            return (try await store.list(path.resource, namespace: path.namespace, at: wanted), wanted, nil)
        }
        return (objects, version, nil)
    }

    /// The `resourceVersion` of the query; nil where none is given.
    static func resourceVersion(_ request: APIRequest) throws(APIFailure) -> Int64? {
        guard let text = request.query["resourceVersion"], !text.isEmpty else { return nil }
        guard let version = Int64(text), version >= 0 else {
            throw APIFailure(
                500, nil,
                "resourceVersion: Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": invalid syntax")
        }
        return version
    }
}

/// The place of an object in a list, and what a `continue` token holds.
struct ListKey: Sendable, Hashable, Comparable {
    let namespace: String
    let name: String

    init(_ object: JSONValue) {
        namespace = object["metadata"]?["namespace"]?.stringValue ?? ""
        name = object["metadata"]?["name"]?.stringValue ?? ""
    }

    private init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    static func < (left: Self, right: Self) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }

    func token(version: Int64) -> String {
        let json: JSONValue = [
            "v": "meta.k8s.io/v1", "rv": .integer(version), "start": .string("\(namespace)/\(name)\0"),
        ]
        return Data(json.jsonText().utf8).base64EncodedString()
    }

    static func parse(_ token: String) throws(APIFailure) -> (version: Int64, start: ListKey) {
        guard let data = Data(base64Encoded: token) else {
            throw .badRequest("invalid continue token: continue key is not valid: illegal base64 data")
        }
        let json: JSONValue
        do { json = try JSONValue(parsing: data) } catch {
            throw .badRequest("invalid continue token: continue key is not valid: \(error)")
        }
        let start = json["start"]?.stringValue?.replacing("\0", with: "")
        let parts = start?.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init) ?? []
        guard let version = json["rv"]?.integerValue, parts.count == 2 else {
            throw .badRequest(
                "invalid continue token: continue key is not valid: incorrect encoded start resourceVersion")
        }
        return (version, ListKey(namespace: parts[0], name: parts[1]))
    }
}
