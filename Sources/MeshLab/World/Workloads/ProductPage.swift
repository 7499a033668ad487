import HTTPTypes
import Hummingbird
import MeshState
import NIOCore

/// Bookinfo's `productpage`: the page that shows a book with its details and reviews.
struct ProductPage: Sendable {
    private static let title = "The Comedy of Errors"
    private static let unavailable = "Ratings service is currently unavailable"

    let client: WorkloadClient
    let services: BookinfoServices

    func router() -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.get("/") { _, _ in
            page("<h1>Hello! This is a simple bookstore application.</h1><a href=\"/productpage\">Product page</a>")
        }
        router.get("productpage") { request, _ in
            let headers = request.headers.forwarded
            async let details = fetch("\(services.details)/0", headers)
            async let reviews = fetch("\(services.reviews)/0", headers)
            return page(await body(details: details.document, reviews: reviews.document))
        }
        router.get("api/v1/products") { _, _ in JSONValue.array([Self.product]).response() }
        router.get("api/v1/products/:id") { request, context in
            try await pass(request, context, to: services.details, "product details")
        }
        router.get("api/v1/products/:id/reviews") { request, context in
            try await pass(request, context, to: services.reviews, "product reviews")
        }
        router.get("api/v1/products/:id/ratings") { request, context in
            try await pass(request, context, to: services.ratings, "product ratings")
        }
        return router
    }

    private static let product: JSONValue = [
        "id": 0, "title": .string(title),
        "descriptionHtml": """
        <a href="https://en.wikipedia.org/wiki/The_Comedy_of_Errors">Wikipedia Summary</a>: The Comedy of Errors is \
        one of <b>William Shakespeare's</b> early plays. It is his shortest and one of his most farcical comedies, \
        with a major part of the humour coming from slapstick and mistaken identity, in addition to puns and word play.
        """,
    ]

    private func fetch(_ url: String, _ headers: HTTPFields) async -> (status: Int, document: JSONValue?) {
        guard let answer = try? await client.get(url, headers: headers) else { return (500, nil) }
        guard answer.status == 200 else { return (answer.status, nil) }
        return (200, try? JSONValue(parsing: answer.body))
    }

    private func pass(
        _ request: Request, _ context: BasicRequestContext, to url: String, _ what: String
    ) async throws -> Response {
        let id = try context.parameters.require("id", as: Int.self)
        let answer = await fetch("\(url)/\(id)", request.headers.forwarded)
        if let document = answer.document { return document.response() }
        let failure: JSONValue = ["error": .string("Sorry, \(what) are currently unavailable for this book.")]
        return failure.response(status: .init(code: answer.status == 200 ? 500 : answer.status))
    }

    private func body(details: JSONValue?, reviews: JSONValue?) -> String {
        var html = "<h3>\(Self.title)</h3>\n<p>Summary: \(Self.product["descriptionHtml"]?.stringValue ?? "")</p>\n"
        html += "<h4>Book Details</h4>\n"
        if let details {
            let rows = [
                ("ISBN-10", "ISBN-10"), ("Publisher", "publisher"), ("Pages", "pages"), ("Type", "type"),
                ("Language", "language"),
            ]
            html += rows.map { "<dt>\($0):</dt><dd>\(text(details[$1]))</dd>\n" }.joined()
        } else {
            html += "<p>Sorry, product details are currently unavailable for this book.</p>\n"
        }
        html += "<h4>Book Reviews</h4>\n"
        guard let reviews = reviews?["reviews"]?.arrayValue else {
            return html + "<p>Sorry, product reviews are currently unavailable for this book.</p>\n"
        }
        for review in reviews {
            html += "<blockquote><p>\(text(review["text"]))</p><small>\(text(review["reviewer"]))</small>\n"
            html += "\(review["rating"].map(rating) ?? "")</blockquote>\n"
        }
        return html
    }

    private func rating(_ rating: JSONValue) -> String {
        guard let stars = rating["stars"]?.integerValue, (0...5).contains(stars) else {
            return "<p><i>\(Self.unavailable)</i></p>\n"
        }
        let full = String(repeating: "<span class=\"glyphicon glyphicon-star\"></span>", count: Int(stars))
        let empty = String(repeating: "<span class=\"glyphicon glyphicon-star-empty\"></span>", count: 5 - Int(stars))
        return "<font color=\"\(text(rating["color"]))\">\(full)\(empty)</font>\n"
    }

    /// A value as HTML text.
    private func text(_ value: JSONValue?) -> String {
        let text = value?.stringValue ?? value?.integerValue.map(String.init) ?? ""
        return text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }

    private func page(_ body: String) -> Response {
        let html =
            "<!DOCTYPE html>\n<html><head><title>Simple Bookstore App</title></head>\n<body>\n\(body)</body></html>\n"
        return Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: html)))
    }
}
