import FoundationEssentials
import MeshState

/// Why a request did not succeed, in words for an operator.
public struct RequestFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// No answer: refused, no route, unknown name, TLS, cut, too late.
        case unreachable
        /// 401 or 403: we may not.
        case denied
        case notFound
        /// 409: the object moved, or is already there.
        case conflict
        /// 410: this resourceVersion is too old.
        case expired
        /// Any other answer that is not a success, by its code.
        case refused(Int)
        /// An answer that cannot be read.
        case malformed
    }

    public var kind: Kind
    public var message: String
    /// What the server asked to wait before the next try.
    public var retryAfter: Duration?

    init(_ kind: Kind, _ message: String, retryAfter: Duration? = nil) {
        self.kind = kind
        self.message = message
        self.retryAfter = retryAfter
    }

    public var description: String { message }
}

extension RequestFailure {
    /// Reads what an answer that is no success says.
    ///
    /// - Parameters:
    ///   - body: a Kubernetes `Status`, or what a proxied program answered.
    ///   - what: what was asked for, as the subject of a sentence.
    init(status: Int, retryAfterHeader: String? = nil, body: [UInt8], what: String) {
        let told = Self.message(in: body)
        let message =
            switch status {
            case 401 where Self.isStatus(body):
                "\(what): the API does not accept our credentials (HTTP 401); check the user of the context"
            case 401: "\(what): refused without a token (HTTP 401)"
            case 403: told ?? "\(what): forbidden (HTTP 403)"
            case 404: told.map { "\(what): \($0)" } ?? "\(what): not found (HTTP 404)"
            default: told ?? "\(what): the server answered HTTP \(status)"
            }
        self.init(
            Self.kind(of: status), message.madeSafe,
            retryAfter: retryAfterHeader.flatMap { Int($0) }.map { .seconds(min(max($0, 0), 300)) })
    }

    /// Reads a `Status` object that came as an event of a watch.
    init(status object: JSONValue, what: String) {
        let code = object["code"]?.integerValue.map(Int.init(truncatingIfNeeded:)) ?? 500
        self.init(
            Self.kind(of: code),
            (object["message"]?.stringValue ?? "\(what): the server reported error \(code)").madeSafe)
    }

    private static func kind(of status: Int) -> Kind {
        switch status {
        case 401, 403: .denied
        case 404: .notFound
        case 409: .conflict
        case 410: .expired
        default: .refused(status)
        }
    }

    /// Whether it is the API that answers, and not a program behind its proxy.
    static func isStatus(_ body: [UInt8]) -> Bool {
        guard body.first == UInt8(ascii: "{"), let document = try? JSONValue(parsing: body) else { return false }
        return document["kind"] == "Status"
    }

    /// The message of a Status object, or the beginning of a text; nil where there is none.
    private static func message(in body: [UInt8]) -> String? {
        if body.first == UInt8(ascii: "{"), let status = try? JSONValue(parsing: body) {
            return status["message"]?.stringValue
        }
        let text =
            String(decoding: body.prefix(500), as: UTF8.self)
            .split(separator: "\n").first.map(String.init)?.trimmed ?? ""
        return text.isEmpty || text.hasPrefix("<") ? nil : text
    }
}

extension String {
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
