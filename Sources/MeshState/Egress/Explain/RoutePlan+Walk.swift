import Foundation

extension RoutePlan {
    /// What takes a request for a name.
    enum Pick {
        case host(VirtualHost)
        /// `block_all` and its like.
        case lastResort
        /// A gateway's virtual host that answers 404.
        case notFound(String)
        /// Not even that.
        case nothing
    }

    /// The virtual host for a request: the exact name, else the longest wildcard, else the one that takes all.
    ///
    /// - Parameter authority: as in the Host header; a port in it does not count.
    func pick(authority: String) -> Pick {
        let name = Self.withoutPort(authority.lowercased())
        let hosts = virtualHosts.map { host in (host, host.domains.map { $0.lowercased() }) }
        if let exact = hosts.first(where: { $0.1.contains(name) }) { return .host(exact.0) }
        var longest: (host: VirtualHost, length: Int)?
        // A wildcard in front goes before one at the end, whatever their lengths.
        for isSuffix in [true, false] where longest == nil {
            for (host, domains) in hosts {
                for domain in domains where Self.matches(name, domain, isSuffix: isSuffix) {
                    if domain.utf8.count > longest?.length ?? 0 { longest = (host, domain.utf8.count) }
                }
            }
        }
        if let longest { return .host(longest.host) }
        if let all = hosts.first(where: { $0.1.contains("*") }) { return .host(all.0) }
        switch catchAll {
        case .none: return .nothing
        case .lastResort: return .lastResort
        case .notFound(let port): return .notFound("blackhole:\(port)")
        }
    }

    private static func matches(_ name: String, _ domain: String, isSuffix: Bool) -> Bool {
        guard domain.utf8.count > 1, name.utf8.count >= domain.utf8.count else { return false }
        if isSuffix { return domain.hasPrefix("*") && name.hasSuffix(domain.dropFirst()) }
        return domain.hasSuffix("*") && name.hasPrefix(domain.dropLast())
    }

    /// A Host header's name.
    static func withoutPort(_ authority: String) -> String {
        guard let colon = authority.lastIndex(of: ":"),
            authority[authority.index(after: colon)...].allSatisfy(\.isNumber)
        else { return authority }
        let host = authority[..<colon]
        // The colons of a bare IPv6 address are none of a port.
        return host.contains(":") && !host.hasSuffix("]") ? authority : String(host)
    }
}

/// A request as a proxy sees it.
struct Request {
    var method: String
    /// With the query.
    var path: String
    var authority: String
    var scheme: String
    /// By name in lower case.
    var headers: [String: String]

    var queryParameters: [String: String] {
        guard let mark = path.firstIndex(of: "?") else { return [:] }
        let pairs = path[path.index(after: mark)...].split(separator: "&").map { pair in
            pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        }
        return Dictionary(
            pairs.map { (String($0[0]), $0.count > 1 ? String($0[1]) : "") }, uniquingKeysWith: { first, _ in first })
    }
}

extension VirtualService.HTTPMatch {
    /// Whether everything that is named fits the request.
    func takes(_ request: Request) -> Bool {
        let path = String(request.path.prefix { $0 != "?" })
        let parameters = request.queryParameters
        func header(_ name: String) -> String? { request.headers[name.lowercased()] }
        return (uri.map { $0.fitsPath(path, ignoresCase: ignoresURICase) } ?? true)
            && (scheme?.fits(request.scheme) ?? true) && (method?.fits(request.method) ?? true)
            && (authority?.fits(request.authority) ?? true) && headers.allSatisfy { $1.fits(header($0)) }
            // What a header must not be, one that is missing may be as little as an empty one.
            && withoutHeaders.allSatisfy { !$1.fits($1 == .present ? header($0) : header($0) ?? "") }
            && queryParameters.allSatisfy { $1.fits(parameters[$0]) }
    }
}

extension VirtualService.StringMatch {
    /// Whether a text is as it has to be; nil is a text that is not there.
    func fits(_ text: String?) -> Bool {
        guard let text else { return false }
        switch self {
        case .exact(let wanted): return text == wanted
        case .prefix(let wanted): return text.hasPrefix(wanted)
        // Istio reads a lone `*` as any text.
        case .present, .regex("*"): return true
        // What is no expression, no text fits.
        case .regex(let pattern): return (try? Regex(pattern).wholeMatch(in: text)) != nil
        }
    }

    fileprivate func fitsPath(_ path: String, ignoresCase: Bool) -> Bool {
        switch self {
        case .exact(let wanted) where ignoresCase: path.lowercased() == wanted.lowercased()
        case .prefix(let wanted) where ignoresCase: path.lowercased().hasPrefix(wanted.lowercased())
        case .exact, .prefix, .regex, .present: fits(path)
        }
    }
}
