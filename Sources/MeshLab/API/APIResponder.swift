import Hummingbird
import Logging
import MeshState

/// Answers every request of the API.
struct APIResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let objects: ObjectsAPI
    let pods: PodAccess
    let token: String
    let logger: Logger

    func respond(to underlying: Request, context: BasicRequestContext) async throws -> Response {
        let request = APIRequest(underlying)
        do {
            return try await answer(request)
        } catch let failure as APIFailure {
            return .failure(failure)
        } catch let error as StoreError {
            return .failure(APIFailure(error))
        } catch let error as CancellationError {
            throw error
        } catch {
            logger.error("request failed", metadata: ["path": "\(request.rawPath)", "error": "\(error)"])
            return .failure(APIFailure(500, "InternalError", "Internal error occurred: \(error)"))
        }
    }

    private func answer(_ request: APIRequest) async throws -> Response {
        let target = RequestTarget(path: request.path)
        if target?.isPublic != true, !isAuthentic(request.bearerToken) { throw APIFailure.unauthorized }
        guard let target else { return .text("404 page not found\n", code: 404) }
        switch target {
        case .objects(let path): return try await answer(request, path)
        case .review(_, let kind):
            guard request.method == "POST" else { throw APIFailure.methodNotAllowed }
            return .json(AccessReview.answer(kind: kind, to: try await JSONValue.decodingReview(request)), code: 201)
        default:
            guard ["GET", "HEAD"].contains(request.method) else { throw APIFailure.methodNotAllowed }
            return try document(target, request)
        }
    }

    /// Compares in a time that does not depend on where the tokens differ.
    private func isAuthentic(_ given: String?) -> Bool {
        guard let given, given.utf8.count == token.utf8.count else { return false }
        return zip(given.utf8, token.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func document(_ target: RequestTarget, _ request: APIRequest) throws -> Response {
        switch target {
        case .version: return .json(APICatalog.version)
        case .health(let name): return .text(request.query["verbose"] == nil ? "ok" : "\(name) check passed\n")
        case .coreVersions, .groups:
            let isCore = target == .coreVersions
            guard let version = MediaType.aggregatedDiscovery(accept: request.accept) else {
                return .json(isCore ? APICatalog.coreVersions : APICatalog.groupList)
            }
            var response = Response.json(APICatalog.aggregated(core: isCore, version: version))
            response.headers[.contentType] =
                "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList"
            return response
        case .group(let name):
            return APICatalog.group(name).map { .json($0) } ?? .text("404 page not found\n", code: 404)
        case .resources(let group, let version):
            return APICatalog.resources(group: group, version: version).map { .json($0) }
                ?? .text("404 page not found\n", code: 404)
        case .openAPIv2:
            let types = OpenAPIDocument.protobufTypes
            if MediaType.list(request.accept).contains(where: { types.contains($0.name) }) {
                return .bytes(OpenAPIDocument.version2Protobuf, type: types[1])
            }
            guard MediaType.list(request.accept).contains(where: \.takesJSON) else { throw APIFailure.notAcceptable }
            return .json(OpenAPIDocument.version2)
        case .openAPIv3(let name):
            if name.isEmpty { return .json(OpenAPIDocument.index) }
            return OpenAPIDocument.version3(named: name).map { .json($0) } ?? .text("404 page not found\n", code: 404)
        case .objects, .review: throw APIFailure.methodNotAllowed
        }
    }

    private func answer(_ request: APIRequest, _ path: ObjectPath) async throws -> Response {
        switch path.subresource {
        case "log":
            guard request.method == "GET" else { throw APIFailure.methodNotAllowed }
            return try await pods.log(request, path)
        case "proxy": return try await pods.proxy(request, path)
        default: break
        }
        switch (request.method, path.name) {
        case ("GET", nil) where request.flag("watch"): return try await objects.watch(request, path)
        case ("GET", nil): return try await objects.list(request, path)
        case ("GET", let name?): return try await objects.get(request, path, name: name)
        case ("POST", nil): return try await objects.create(request, path)
        case ("PUT", let name?): return try await objects.replace(request, path, name: name)
        case ("PATCH", let name?): return try await objects.patch(request, path, name: name)
        case ("DELETE", let name?) where path.subresource == nil:
            return try await objects.delete(request, path, name: name)
        case ("DELETE", nil): return try await objects.deleteCollection(request, path)
        default: throw APIFailure.methodNotAllowed
        }
    }
}
