import MeshState

/// Writes which requests a route takes.
enum RouteMatchWriter {
    /// nil for a match that no request can fit.
    static func match(_ match: VirtualService.HTTPMatch?) -> JSONValue? {
        guard let match else { return ["prefix": "/"] }
        var result: JSONValue = ["prefix": "/"]
        switch match.uri {
        case .exact(let path): result = ["path": .string(path)]
        case .prefix(let prefix): result = ["prefix": .string(prefix)]
        case .regex(let pattern):
            guard let regex = regex(pattern) else { return nil }
            result = ["safe_regex": regex]
        case .present, nil: break
        }
        if match.ignoresURICase { result["case_sensitive"] = false }

        var headers: [JSONValue] = []
        for (name, text) in match.headers.sorted(by: { $0.key < $1.key }) {
            guard let header = header(name, text) else { return nil }
            headers.append(header)
        }
        for (name, text) in match.withoutHeaders.sorted(by: { $0.key < $1.key }) {
            // What no header can look like, none does.
            guard var header = header(name, text) else { continue }
            header["invert_match"] = true
            if header["present_match"] == nil { header["treat_missing_header_as_empty"] = true }
            headers.append(header)
        }
        for (name, text) in [(":method", match.method), (":authority", match.authority), (":scheme", match.scheme)] {
            guard let text else { continue }
            guard let header = header(name, text) else { return nil }
            headers.append(header)
        }
        if !headers.isEmpty { result["headers"] = .array(headers) }

        var parameters: [JSONValue] = []
        for (name, text) in match.queryParameters.sorted(by: { $0.key < $1.key }) {
            guard !name.isEmpty, let condition = condition(text) else { return nil }
            parameters.append(.object(condition.merging(["name": .string(name)]) { $1 }))
        }
        if !parameters.isEmpty { result["query_parameters"] = .array(parameters) }
        return result
    }

    private static func header(_ name: String, _ text: VirtualService.StringMatch) -> JSONValue? {
        guard name.hasPrefix(":") || HeaderText.isName(name), let condition = condition(text) else { return nil }
        return .object(condition.merging(["name": .string(name)]) { $1 })
    }

    private static func condition(_ text: VirtualService.StringMatch) -> [String: JSONValue]? {
        switch text {
        case .exact(let value): return ["string_match": ["exact": .string(value)]]
        // Istio reads a lone `*` as any text.
        case .present, .prefix(""), .regex("*"): return ["present_match": true]
        case .prefix(let value): return ["string_match": ["prefix": .string(value)]]
        case .regex(""): return ["string_match": ["exact": ""]]
        case .regex(let pattern): return regex(pattern).map { ["string_match": ["safe_regex": $0]] }
        }
    }

    /// nil for what is no expression: Envoy would refuse all routes for one of them.
    private static func regex(_ pattern: String) -> JSONValue? {
        guard !pattern.isEmpty, RE2Syntax.isValid(pattern) else { return nil }
        return ["regex": .string(pattern)]
    }
}

/// Writes what is done to headers.
struct HeaderChangeWriter {
    private var requestAdditions: [JSONValue] = []
    private var requestRemovals: [String] = []
    private var responseAdditions: [JSONValue] = []
    private var responseRemovals: [String] = []
    /// The name that a request is given instead of its own: it has no other way to be changed.
    private(set) var authority: String?

    init(_ changes: VirtualService.HeaderChanges) { add(changes) }

    /// Takes in further changes, made after those before.
    mutating func add(_ changes: VirtualService.HeaderChanges) {
        requestAdditions += Self.additions(changes.request)
        responseAdditions += Self.additions(changes.response)
        requestRemovals += changes.request.remove.filter(Self.isFree)
        responseRemovals += changes.response.remove.filter(Self.isFree)
        if authority == nil {
            authority = [changes.request.set, changes.request.add].lazy.compactMap(Self.authority).first
        }
    }

    /// Adds the members to a route or to one of its clusters.
    func write(to value: inout JSONValue) {
        if !requestAdditions.isEmpty { value["request_headers_to_add"] = .array(requestAdditions) }
        if !requestRemovals.isEmpty { value["request_headers_to_remove"] = JSONValue(requestRemovals) }
        if !responseAdditions.isEmpty { value["response_headers_to_add"] = .array(responseAdditions) }
        if !responseRemovals.isEmpty { value["response_headers_to_remove"] = JSONValue(responseRemovals) }
    }

    private static func additions(_ operations: VirtualService.HeaderChanges.Operations) -> [JSONValue] {
        [(operations.set, "OVERWRITE_IF_EXISTS_OR_ADD"), (operations.add, "APPEND_IF_EXISTS_OR_ADD")]
            .flatMap { headers, action in
                headers.sorted { $0.key < $1.key }.filter { isFree($0.key) && HeaderText.isValue($0.value) }
                    .map { name, value -> JSONValue in
                        [
                            "header": ["key": .string(name), "value": .string(HeaderText.format(value))],
                            "append_action": .string(action),
                        ]
                    }
            }
    }

    /// Whether Envoy lets a header be changed: not those that a request itself consists of.
    private static func isFree(_ name: String) -> Bool { HeaderText.isName(name) && name.lowercased() != "host" }

    private static func authority(_ headers: [String: String]) -> String? {
        headers.sorted { $0.key < $1.key }.first { [":authority", "host"].contains($0.key.lowercased()) }?.value
    }
}

/// What can be a header's name and value.
enum HeaderText {
    /// Envoy refuses longer ones.
    private static let longest = 16_384

    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= longest
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: Self.marks.contains(byte)
                }
            }
    }

    private static let marks = Set("!#$%&'*+-.^_`|~".utf8)

    static func isValue(_ text: String) -> Bool {
        text.utf8.count <= longest && !text.utf8.contains { $0 == 0 || $0 == 10 || $0 == 13 }
    }

    /// A value as Envoy reads it: what stands between two `%` is a command. One with an unknown command is meant to the
    /// letter.
    static func format(_ value: String) -> String {
        guard value.contains("%") else { return value }
        let parts = value.replacing("%%", with: "").split(separator: "%", omittingEmptySubsequences: false)
        let commands = parts.indices.filter { !$0.isMultiple(of: 2) }.map { parts[$0] }
        let isFormat = !parts.count.isMultiple(of: 2) && commands.allSatisfy(isCommand)
        return isFormat ? value : value.replacing("%", with: "%%")
    }

    private static func isCommand(_ text: Substring) -> Bool {
        if plainCommands.contains(String(text)) { return true }
        guard let open = text.firstIndex(of: "("), text.hasSuffix(")") else { return false }
        let argument = text[text.index(after: open)...].dropLast()
        return ["REQ", "RESP"].contains(text[..<open]) && isName(String(argument))
    }

    private static let plainCommands: Set<String> = [
        "DOWNSTREAM_REMOTE_ADDRESS", "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", "DOWNSTREAM_REMOTE_PORT",
        "DOWNSTREAM_LOCAL_ADDRESS", "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", "DOWNSTREAM_LOCAL_PORT",
        "DOWNSTREAM_LOCAL_URI_SAN", "DOWNSTREAM_PEER_URI_SAN", "DOWNSTREAM_LOCAL_SUBJECT", "DOWNSTREAM_PEER_SUBJECT",
        "DOWNSTREAM_PEER_ISSUER", "DOWNSTREAM_TLS_SESSION_ID", "DOWNSTREAM_TLS_CIPHER", "DOWNSTREAM_TLS_VERSION",
        "DOWNSTREAM_PEER_FINGERPRINT_256", "DOWNSTREAM_PEER_SERIAL", "DOWNSTREAM_PEER_CERT", "HOSTNAME", "PROTOCOL",
        "REQUESTED_SERVER_NAME", "RESPONSE_CODE_DETAILS", "ROUTE_NAME", "START_TIME", "UPSTREAM_REMOTE_ADDRESS",
        "UPSTREAM_CLUSTER", "VIRTUAL_CLUSTER_NAME",
    ]
}
