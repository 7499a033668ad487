/// What an operator writes for the destination of a call: `HOST`, `IP`, either with `:PORT`, or a URL.
package struct CallTarget: Sendable, Hashable {
    /// A name in lower case or an address.
    package var host: String
    package var port: Int?
    /// What the URL's scheme says.
    package var speech: EgressCall.Speech?
    /// Of the URL, with the query.
    package var path = "/"

    /// Why a text is no destination.
    package struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    package init(_ text: String) throws(Problem) {
        var rest = text[...]
        if let mark = rest.firstRange(of: "://") {
            let scheme = rest[..<mark.lowerBound].lowercased()
            guard let known = Self.schemes[scheme] else {
                throw Problem(
                    description:
                        "\(scheme):// is unknown; there is \(Self.schemes.keys.sorted().joined(separator: ", "))")
            }
            (speech, port) = known
            rest = rest[mark.upperBound...]
        }
        if let end = rest.firstIndex(where: { "/?#".contains($0) }) {
            let path = String(rest[end...].prefix { $0 != "#" })
            self.path = path.hasPrefix("/") ? path : "/\(path)"
            rest = rest[..<end]
        }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        var portText: Substring?
        if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
            let after = rest[rest.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw Self.noTarget(text) }
            portText = after.isEmpty ? nil : after.dropFirst()
            rest = rest[rest.index(after: rest.startIndex)..<end]
        } else if let colon = rest.lastIndex(of: ":"), IPAddress(rest) == nil {
            portText = rest[rest.index(after: colon)...]
            rest = rest[..<colon]
        }
        host = rest.lowercased()
        guard IPAddress(host) != nil || Self.isName(host) else { throw Self.noTarget(text) }
        if let portText {
            guard let number = Int(portText), (1...65_535).contains(number) else {
                throw Problem(description: "\(portText) is no port: give 1 to 65535")
            }
            port = number
        }
    }

    private static let schemes: [String: (EgressCall.Speech?, Int?)] = [
        "http": (.http, 80), "https": (.tls, 443), "grpc": (.grpc, nil), "tls": (.tls, nil), "tcp": (.tcp, nil),
        "mysql": (.tcp, 3306), "postgres": (.tcp, 5432), "redis": (.tcp, 6379), "mongodb": (.tcp, 27017),
    ]

    private static func noTarget(_ text: String) -> Problem {
        Problem(description: "\(text.madeSafe) is no HOST, IP, HOST:PORT or URL, as in edition.cnn.com:443")
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).dropLast(text.hasSuffix(".") ? 1 : 0)
                .allSatisfy { label in
                    !label.isEmpty && label.utf8.count <= 63
                        && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
                }
    }
}
