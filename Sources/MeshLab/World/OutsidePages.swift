import HTTPTypes
import Hummingbird
import MeshState
import NIOCore

/// What the hosts of the outside world answer: what the documents' calls print, and nothing more.
enum OutsidePages {
    /// The size of the page at `https://edition.cnn.com/politics` in the documents.
    static let newsPageLength = 151_654

    /// The answers of a host at a port; HEAD is answered wherever GET is.
    static func router(for host: OutsideHost, port: Int) -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        switch host {
        case .cnn where port == 80: redirectToHTTPS(router)
        case .cnn: onEveryPath(router) { _ in page(newsPage) }
        case .httpbin: addTestEndpoints(router)
        case .google:
            onEveryPath(router) { _ in page("<!doctype html><html><head><title>Google</title></head></html>\n") }
        case .wikipedia where port == 80: redirectToHTTPS(router)
        case .wikipedia: onEveryPath(router) { request in page(encyclopedia(authority: request.head.authority ?? "")) }
        default: break
        }
        return router
    }

    private static func onEveryPath(
        _ router: Router<BasicRequestContext>, _ answer: @escaping @Sendable (Request) -> Response
    ) {
        router.get("/") { request, _ in answer(request) }
        router.get("**") { request, _ in answer(request) }
    }

    private static func page(_ text: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    private static func redirectToHTTPS(_ router: Router<BasicRequestContext>) {
        onEveryPath(router) { request in
            let host = request.head.authority ?? ""
            let name = host.split(separator: ":").first ?? ""
            return Response(
                status: .movedPermanently, headers: [.location: "https://\(name)\(request.head.path ?? "/")"])
        }
    }

    private static let newsPage: String = {
        let start = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>CNN Politics</title></head><body>\n"
        let end = "</body></html>\n"
        let line = "<p>This page is served by the lab; it is as long as the one that the documents fetch.</p>\n"
        let room = newsPageLength - start.utf8.count - end.utf8.count
        let lines = String(repeating: line, count: room / line.utf8.count)
        return start + lines + String(repeating: " ", count: room - lines.utf8.count) + end
    }()

    private static func encyclopedia(authority: String) -> String {
        let title =
            authority.hasPrefix("de.") ? "Wikipedia – Die freie Enzyklopädie" : "Wikipedia, the free encyclopedia"
        return "<!DOCTYPE html>\n<html><head><meta charset=\"UTF-8\"/>\n<title>\(title)</title>\n</head></html>\n"
    }

    /// The part of httpbin that the documents use.
    private static func addTestEndpoints(_ router: Router<BasicRequestContext>) {
        router.get("/") { _, _ in page("<!doctype html><html><head><title>httpbin.org</title></head></html>\n") }
        router.get("headers") { request, _ in json(["headers": headers(of: request)]) }
        router.get("get") { request, _ in json(description(of: request)) }
        router.get("delay/:seconds") { request, context in
            let seconds = min(try context.parameters.require("seconds", as: Double.self), 10)
            try await Task.sleep(for: .seconds(max(seconds, 0)))
            return json(description(of: request))
        }
        router.get("status/:code") { _, context in
            let code = try context.parameters.require("code", as: Int.self)
            guard (200...599).contains(code) else { throw HTTPError(.badRequest, message: "Invalid status code") }
            return Response(status: .init(code: code))
        }
    }

    private static func description(of request: Request) -> JSONValue {
        let arguments = request.uri.queryParameters.map { (String($0.key), JSONValue.string(String($0.value))) }
        return [
            "args": .object(Dictionary(arguments, uniquingKeysWith: { $1 })), "headers": headers(of: request),
            "url": .string("http://\(request.head.authority ?? "")\(request.head.path ?? "/")"),
        ]
    }

    /// The request's headers as httpbin writes them: each word of a name with a capital.
    private static func headers(of request: Request) -> JSONValue {
        var result: [String: JSONValue] = ["Host": .string(request.head.authority ?? "")]
        for field in request.headers {
            let name = field.name.canonicalName.split(separator: "-").map(\.capitalized).joined(separator: "-")
            result[name] = .string(field.value)
        }
        return .object(result)
    }

    private static func json(_ value: JSONValue) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: value.jsonText(indent: 2) + "\n")))
    }
}

extension Substring {
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
