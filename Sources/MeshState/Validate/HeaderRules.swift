/// Istio's rules about the names and values of HTTP headers.
enum HeaderRules {
    /// What keeps a text from being the name of a header.
    static func nameError(_ name: String, in version: IstioVersion = .current) -> String? {
        if name.isEmpty { return "header name cannot be empty" }
        if version < IstioVersion(1, 1) { return name == name.lowercased() ? nil : "must be in lower case" }
        if version < changed { return nil }
        let isValid = name.utf8.allSatisfy { Names.isAlphanumeric($0) || "-_".utf8.contains($0) }
        return isValid ? nil : "header name \(name) is not a valid header name"
    }

    /// Before, every name would do.
    private static let changed = IstioVersion(1, 8)

    /// Headers named so stand for claims of a token, which gateways can match.
    static func isClaim(_ name: String) -> Bool {
        ["@request.auth.claims.", "@request.auth.claims["].contains { name.hasPrefix($0) }
    }

    /// What a route adds, sets and removes.
    static func check(operations headers: Field, report: inout RuleReport) {
        for (side, isRequest) in [("request", true), ("response", false)] {
            for operation in ["add", "set"] {
                for (name, value) in headers[side][operation].members {
                    let error = isRequest ? internalNameError(name, allowsAuthority: true) : changeError(name)
                    if let error { report.error(value.path, since: name.isEmpty ? .first : changed, error) }
                    if let error = valueError(value.text) { report.error(value.path, since: changed, error) }
                }
            }
            for name in headers[side]["remove"].elements {
                guard let error = changeError(name.text) else { continue }
                report.error(name.path, since: name.text.isEmpty ? .first : changed, error)
            }
        }
    }

    private static func changeError(_ name: String) -> String? {
        if name.lowercased() == "host" { return "invalid header \(Names.quoted(name)): cannot set Host header" }
        return internalNameError(name, allowsAuthority: false)
    }

    /// Names that start with a colon are HTTP's own.
    private static func internalNameError(_ name: String, allowsAuthority: Bool) -> String? {
        if name.isEmpty { return "header name cannot be empty" }
        guard name.hasPrefix(":"), !(allowsAuthority && isAuthority(name)) else { return nil }
        return "invalid header \(Names.quoted(name)): header cannot have \":\" prefix"
    }

    /// Whether a header is another name of the request's host.
    static func isAuthority(_ name: String) -> Bool { [":authority", "host"].contains(name.lowercased()) }

    /// What keeps Envoy from taking a value, in which `%NAME%` and `%NAME(ARGUMENT)%` are commands.
    private static func valueError(_ value: String) -> String? {
        let isPrintable = value.unicodeScalars.allSatisfy { $0 == "\t" || ($0.value >= 0x20 && $0.value != 0x7F) }
        guard isPrintable else { return "header value configuration \(value) is invalid" }
        return commandError(Array(value.utf8)).map { "header value configuration: invalid header configuration. \($0)" }
    }

    private static func commandError(_ bytes: [UInt8]) -> String? {
        let percent = UInt8(ascii: "%")
        var index = 0
        while index < bytes.count {
            guard bytes[index] == percent else {
                index += 1
                continue
            }
            index += 1
            guard index < bytes.count else { return "Un-escaped %" }
            if bytes[index] == percent {
                index += 1
                continue
            }
            guard let end = endOfCommand(bytes, from: index) else { return "Un-terminated variable expression" }
            index = end
        }
        return nil
    }

    /// The index behind the closing `%` of a command that starts at an index.
    private static func endOfCommand(_ bytes: [UInt8], from start: Int) -> Int? {
        var index = start
        var isInArgument = false
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\") where isInArgument: index += 1
            case UInt8(ascii: "("): isInArgument = true
            case UInt8(ascii: ")"): isInArgument = false
            case UInt8(ascii: "%") where !isInArgument: return index + 1
            default: break
            }
            index += 1
        }
        return nil
    }
}
