import Foundation
import Hummingbird
import MeshState
import NIOCore

/// A request as the handlers need it.
struct APIRequest: Sendable {
    /// The largest body that a request may have, in bytes.
    static let bodyLimit = 3 * 1024 * 1024

    let underlying: Request
    let method: String
    /// The path as it was sent, without its query.
    let rawPath: String
    let rawQuery: String
    let query: [String: String]

    init(_ request: Request) {
        underlying = request
        method = request.method.rawValue
        let parts = (request.head.path ?? "/").split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        rawPath = String(parts[0])
        rawQuery = parts.count > 1 ? String(parts[1]) : ""
        var query: [String: String] = [:]
        for pair in rawQuery.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.replacing("+", with: " ").removingPercentEncoding ?? ""
            }
            query[sides[0]] = sides.count > 1 ? sides[1] : ""
        }
        self.query = query
    }

    var path: String { rawPath.removingPercentEncoding ?? rawPath }
    var accept: String? { underlying.headers[.accept] }
    var contentType: MediaType { MediaType(underlying.headers[.contentType] ?? "application/json") }

    /// The bearer token; nil where none was sent.
    var bearerToken: String? { underlying.headers[.authorization]?.suffix(after: "Bearer ") }

    /// A flag of the query: present, and neither `false` nor `0`.
    func flag(_ name: String) -> Bool {
        query[name].map { !["false", "0"].contains($0.lowercased()) } ?? false
    }

    /// A whole number of the query; throws 400 for anything else.
    func integer(_ name: String) throws(APIFailure) -> Int64? {
        guard let text = query[name], !text.isEmpty else { return nil }
        guard let number = Int64(text) else {
            throw .badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax")
        }
        return number
    }

    /// Who writes: the `fieldManager` of the query, or the program that the user agent names.
    var manager: String {
        if let manager = query["fieldManager"], !manager.isEmpty { return manager }
        let agent = underlying.headers[.userAgent] ?? "unknown"
        return agent.split(separator: "/").first.map(String.init) ?? "unknown"
    }

    /// Whether the write is only tried; throws 422 for an unknown word.
    func isDryRun() throws(APIFailure) -> Bool {
        guard let word = query["dryRun"], !word.isEmpty else { return false }
        if word == "All" { return true }
        throw .invalid(
            group: "meta.k8s.io", kind: "CreateOptions", name: "",
            causes: [
                InvalidField(
                    .notSupported, "dryRun", "Unsupported value: \"\(word)\": supported values: \"All\"")
            ])
    }

    func body() async throws -> [UInt8] {
        do {
            return Array(buffer: try await underlying.body.collect(upTo: Self.bodyLimit))
        } catch is NIOTooManyBytesError {
            throw APIFailure.tooLarge(limit: Self.bodyLimit)
        }
    }
}

// MARK: - Answers

extension Response {
    /// A JSON answer; warnings become `Warning` headers that kubectl prints.
    static func json(_ value: JSONValue, code: Int = 200, warnings: [String] = []) -> Response {
        var headers = HTTPFields.api
        if let name = HTTPFields.Element.Name("Warning") {
            for warning in told(warnings) {
                headers.append(HTTPFields.Element(name: name, value: Self.warning(warning)))
            }
        }
        return Response(
            status: .init(code: code), headers: headers,
            body: .init(byteBuffer: ByteBuffer(string: value.jsonText() + "\n")))
    }

    /// As many warnings as fit into 4 KiB, long ones cut short, as the API server has it.
    private static func told(_ warnings: [String]) -> [String] {
        var told: [String] = []
        var room = 4096
        for warning in warnings {
            let text = warning.cut(256)
            room -= text.utf8.count
            if room < 0 { break }
            told.append(text)
        }
        return told
    }

    static func failure(_ failure: APIFailure) -> Response {
        var response = json(failure.status, code: failure.code)
        if let seconds = failure.retryAfterSeconds { response.headers[.retryAfter] = String(seconds) }
        return response
    }

    static func text(_ text: String, code: Int = 200) -> Response {
        var headers = HTTPFields.api
        headers[.contentType] = "text/plain; charset=utf-8"
        headers[.xContentTypeOptions] = "nosniff"
        return Response(
            status: .init(code: code), headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    static func bytes(_ bytes: [UInt8], type: String) -> Response {
        var headers = HTTPFields.api
        headers[.contentType] = type
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// An answer that is written bit by bit; it ends early when the client goes away.
    static func streaming(
        _ request: Request, contentType: String,
        _ write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
    ) -> Response {
        var headers = HTTPFields.api
        headers[.contentType] = contentType
        // Watching for the client's going away uses the connection up.
        headers[.connection] = "close"
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                try await request.body.consumeWithCancellationOnInboundClose { _ in try await write(&writer) }
                try await writer.finish(nil)
            })
    }

    /// A warning in the form of RFC 7234, with code 299.
    private static func warning(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        let quoted = line.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "299 - \"\(quoted)\""
    }
}

extension HTTPFields {
    /// The headers of every answer.
    static var api: HTTPFields { [.cacheControl: "no-cache, private", .contentType: "application/json"] }
}
