import HTTPTypes
import Hummingbird
import MeshState
import NIOCore
import NIOSSL

/// A request of the outside world, and the connection that it came by.
struct OutsideContext: RequestContext, RemoteAddressRequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    var remoteAddress: SocketAddress? { channel.remoteAddress }
}

/// What the hosts of the outside world answer: what the documents' calls print, and nothing more.
enum OutsidePages {
    typealias Pages = Router<OutsideContext>

    /// The size of the page at `https://edition.cnn.com/politics` in the documents.
    static let newsPageLength = 151_654

    /// The answers of a site; HEAD is answered wherever GET is.
    static func router(for site: OutsideHost.Site, scheme: String) -> Pages {
        let router = Pages(context: OutsideContext.self, options: .autoGenerateHeadEndpoints)
        switch site {
        case .none: break
        case .redirectToHTTPS: onEveryPath(router) { request, _ in redirectToHTTPS(request) }
        case .news: onEveryPath(router) { _, _ in page(newsPage) }
        case .search:
            onEveryPath(router) { _, _ in
                page("<!doctype html><html><head><title>Google</title></head></html>\n")
            }
        case .encyclopedia: onEveryPath(router) { request, _ in page(encyclopedia(request.head.authority ?? "")) }
        case .books: onEveryPath(router) { _, _ in json(books) }
        case .testEndpoints: TestEndpoints.add(to: router, scheme: scheme)
        case .nginx: onEveryPath(router) { _, context in try await nginx(context) }
        case .mirror(let name):
            onEveryPath(router) { request, context in
                var document = TestEndpoints.description(of: request, context, scheme: scheme)
                document["server"] = .string(name)
                return json(document)
            }
        }
        return router
    }

    private static func onEveryPath(
        _ router: Pages, _ answer: @escaping @Sendable (Request, OutsideContext) async throws -> Response
    ) {
        router.get("/", use: answer)
        router.get("**", use: answer)
    }

    static func page(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    static func json(_ value: JSONValue) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: value.jsonText(indent: 2) + "\n")))
    }

    private static func redirectToHTTPS(_ request: Request) -> Response {
        let host = request.head.authority ?? ""
        let name = host.split(separator: ":").first ?? ""
        return Response(
            status: .movedPermanently, headers: [.location: "https://\(name)\(request.head.path ?? "/")"])
    }

    private static let newsPage: String = {
        let start = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>CNN Politics</title></head><body>\n"
        let end = "</body></html>\n"
        let line = "<p>This page is served by the lab; it is as long as the one that the documents fetch.</p>\n"
        let room = newsPageLength - start.utf8.count - end.utf8.count
        let lines = String(repeating: line, count: room / line.utf8.count)
        return start + lines + String(repeating: " ", count: room - lines.utf8.count) + end
    }()

    private static func encyclopedia(_ authority: String) -> String {
        let title =
            authority.hasPrefix("de.") ? "Wikipedia – Die freie Enzyklopädie" : "Wikipedia, the free encyclopedia"
        return "<!DOCTYPE html>\n<html><head><meta charset=\"UTF-8\"/>\n<title>\(title)</title>\n</head></html>\n"
    }

    /// What Bookinfo's details ask Google Books for.
    private static let books: JSONValue = [
        "kind": "books#volumes", "totalItems": 1,
        "items": [
            [
                "volumeInfo": [
                    "title": "The Comedy of Errors", "authors": ["William Shakespeare"],
                    "publisher": "Courier Corporation", "publishedDate": "2002", "pageCount": 80, "language": "en",
                    "industryIdentifiers": [["type": "ISBN_10", "identifier": "0486424618"]],
                ]
            ]
        ],
    ]

    /// As an nginx that verifies its clients: those without a certificate get a page, not a broken connection.
    private static func nginx(_ context: OutsideContext) async throws -> Response {
        guard try await context.channel.nioSSL_peerCertificate().get() != nil else {
            let text = """
                <html>
                <head><title>400 No required SSL certificate was sent</title></head>
                <body>
                <center><h1>400 Bad Request</h1></center>
                <center>No required SSL certificate was sent</center>
                <hr><center>nginx</center>
                </body>
                </html>

                """
            return page(text, status: .badRequest)
        }
        return page(
            "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n"
                + "<h1>Welcome to nginx!</h1>\n</body>\n</html>\n")
    }
}

/// The part of httpbin that the documents use.
private enum TestEndpoints {
    static func add(to router: OutsidePages.Pages, scheme: String) {
        router.get("/") { _, _ in
            OutsidePages.page("<!doctype html><html><head><title>httpbin.org</title></head></html>\n")
        }
        router.get("headers") { request, _ in OutsidePages.json(["headers": headers(of: request)]) }
        router.get("get") { request, context in
            OutsidePages.json(description(of: request, context, scheme: scheme))
        }
        router.get("ip") { request, context in OutsidePages.json(["origin": origin(of: request, context)]) }
        router.get("delay/:seconds") { request, context in
            let seconds = min(try context.parameters.require("seconds", as: Double.self), 10)
            try await Task.sleep(for: .seconds(max(seconds, 0)))
            return OutsidePages.json(description(of: request, context, scheme: scheme))
        }
        router.get("status/:code") { _, context in
            let code = try context.parameters.require("code", as: Int.self)
            guard (200...599).contains(code) else { throw HTTPError(.badRequest, message: "Invalid status code") }
            return Response(status: .init(code: code))
        }
    }

    static func description(of request: Request, _ context: OutsideContext, scheme: String) -> JSONValue {
        let arguments = request.uri.queryParameters.map { (String($0.key), JSONValue.string(String($0.value))) }
        return [
            "args": .object(Dictionary(arguments, uniquingKeysWith: { $1 })), "headers": headers(of: request),
            "origin": origin(of: request, context),
            "url": .string("\(scheme)://\(request.head.authority ?? "")\(request.head.path ?? "/")"),
        ]
    }

    /// Whom the request comes from, by its own account if it gives one.
    private static func origin(of request: Request, _ context: OutsideContext) -> JSONValue {
        let forwarded = HTTPField.Name("X-Forwarded-For").flatMap { request.headers[$0] }
        return .string(forwarded ?? context.remoteAddress?.ipAddress ?? "")
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
}

extension Substring {
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
