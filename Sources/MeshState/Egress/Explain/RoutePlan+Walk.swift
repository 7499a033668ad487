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
        guard let colon = authority.lastIndex(of: ":"), authority[authority.index(after: colon)...].allSatisfy(\.isNumber)
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
        return fits(uri, ignoresURICase ? path.lowercased() : path, lowercased: ignoresURICase)
            && fits(scheme, request.scheme) && fits(method, request.method) && fits(authority, request.authority)
            && headers.allSatisfy { name, match in request.headers[name.lowercased()].map(match.fits) ?? false }
            && withoutHeaders.allSatisfy { name, match in !(request.headers[name.lowercased()].map(match.fits) ?? false) }
            && queryParameters.allSatisfy { name, match in parameters[name].map(match.fits) ?? false }
    }

    private func fits(_ match: VirtualService.StringMatch?, _ text: String, lowercased: Bool = false) -> Bool {
        guard let match else { return true }
        return (lowercased ? match.lowercased : match).fits(text)
    }
}

extension VirtualService.StringMatch {
    func fits(_ text: String) -> Bool {
        switch self {
        case .exact(let wanted): text == wanted
        case .prefix(let wanted): text.hasPrefix(wanted)
        case .regex(let pattern): (try? Regex(pattern).wholeMatch(in: text)) != nil  // Envoy refuses a broken one.
        case .present: true
        }
    }

    fileprivate var lowercased: Self {
        switch self {
        case .exact(let text): .exact(text.lowercased())
        case .prefix(let text): .prefix(text.lowercased())
        case .regex, .present: self
        }
    }
}
