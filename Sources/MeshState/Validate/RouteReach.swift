/// istiod's warnings about routes of a VirtualService that no request reaches.
enum RouteReach {
    static func check(_ spec: Field, report: inout RuleReport) {
        for kind in ["http", "tcp", "tls"] { check(routes: spec[kind], report: &report) }
        OverlappingPrefixes.check(spec["http"], report: &report)
    }

    private static func check(routes: Field, report: inout RuleReport) {
        var firstUse: [JSONValue: Int] = [:]
        var hasCatchAll = false
        for (index, route) in routes.elements.enumerated() where route.isSet {
            let name = title(of: route, index)
            let matches = route["match"].elements
            guard !matches.isEmpty else {
                if hasCatchAll {
                    let reason = "only the last rule can have no matches"
                    report.warning(route.path, "virtualService rule \(name) not used (\(reason))")
                }
                hasCatchAll = true
                continue
            }
            var duplicates = 0
            for (number, match) in matches.enumerated() {
                var condition = match.value
                if match["name"].isSet { condition["name"] = nil }
                guard let first = firstUse[condition] else {
                    firstUse[condition] = index
                    continue
                }
                duplicates += 1
                let other = title(of: Field(routes.value[first], path: ""), first)
                report.warning(match.path, ineffective(name, title(of: match, number), other))
            }
            if duplicates == matches.count {
                report.warning(route.path, "virtualService rule \(name) not used (all matches used by prior rules)")
            }
        }
    }

    static func ineffective(_ rule: String, _ match: String, _ other: String) -> String {
        "virtualService rule \(rule) match \(match) is not used (duplicate/overlapping match in rule \(other))"
    }

    /// A rule's or a match's name, or its number.
    static func title(of field: Field, _ index: Int) -> String {
        field["name"].text.isEmpty ? "#\(index)" : Names.quoted(field["name"].text)
    }
}

/// Prefixes of paths that an earlier match with a shorter one takes away, all else being equal.
private struct OverlappingPrefixes {
    /// Comparing each with each takes long, so that only so many matches are compared.
    private static let most = 300

    private struct Match {
        let path: String
        let route: String
        let title: String
        let prefix: String
        let port: Int
        let method: String
        let authority: String
        let maps: [[String: String]]

        init?(_ match: Field, route: String, index: Int) {
            prefix = match["uri"]["prefix"].text
            guard !prefix.isEmpty else { return nil }
            path = match.path
            self.route = route
            title = RouteReach.title(of: match, index)
            port = match["port"].integer
            let method = Self.words(match["method"])
            self.method = method.isEmpty ? "exact:GET" : method
            authority = Self.words(match["authority"])
            maps = ["headers", "queryParams", "withoutHeaders"].map { name in
                Dictionary(match[name].members.map { ($0.name, Self.words($0.field)) }) { first, _ in first }
            }
        }

        private static func words(_ match: Field) -> String {
            for kind in ["exact", "prefix"] where !match[kind].text.isEmpty { return "\(kind):\(match[kind].text)" }
            return ""
        }

        func covers(_ other: Match) -> Bool {
            other.prefix.hasPrefix(prefix) && port == other.port && method.hasPrefix(other.method)
                && authority.hasPrefix(other.authority)
                && zip(maps, other.maps).allSatisfy { mine, others in
                    mine.count == others.count
                        && mine.allSatisfy { key, value in others[key].map { value.hasPrefix($0) } ?? false }
                }
        }
    }

    static func check(_ routes: Field, report: inout RuleReport) {
        var earlier: [Match] = []
        for (index, route) in routes.elements.enumerated() {
            let name = RouteReach.title(of: route, index)
            for (number, field) in route["match"].elements.enumerated() {
                guard earlier.count < most else { return }
                guard let match = Match(field, route: name, index: number) else { continue }
                for other in earlier where other.prefix != match.prefix && other.covers(match) {
                    report.warning(
                        match.path,
                        RouteReach.ineffective(
                            name, "\(match.title) of prefix \(match.prefix)",
                            "\(other.title) of prefix \(other.prefix) on \(other.route)"))
                }
                earlier.append(match)
            }
        }
    }
}
