import MeshState

/// How the names, keys and values of Kubernetes' metadata may look, with the API's own words about others.
enum Syntax: Sendable {
    /// Names of most objects.
    case subdomain
    case label
    /// Names of services.
    case serviceLabel
    /// Keys of labels and annotations, names of finalizers: a name with an optional prefix and a slash.
    case qualifiedName
    case labelValue
    /// Keys of a ConfigMap's or a Secret's data.
    case configKey

    init(nameOf resource: Resource) {
        switch resource {
        case .namespaces: self = .label
        case .services: self = .serviceLabel
        default: self = .subdomain
        }
    }

    /// What is wrong with a text, as the message of an invalid field; nil where nothing is.
    func problem(_ text: String) -> String? {
        reason(text).map { "Invalid value: \(JSONValue.string(text).jsonText()): \($0)" }
    }

    /// Why a text is not allowed; nil where it is.
    private func reason(_ text: String) -> String? {
        if self == .qualifiedName { return Self.qualifiedNameReason(text) }
        if text.utf8.count > longest { return "must be no more than \(longest) characters" }
        return isMatch(text) ? nil : explanation
    }

    private var longest: Int {
        switch self {
        case .subdomain, .configKey: 253
        case .label, .serviceLabel, .labelValue, .qualifiedName: 63
        }
    }

    /// Looks at bytes: an object may have a hundred thousand names.
    private func isMatch(_ text: String) -> Bool {
        switch self {
        case .subdomain:
            text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
                Self.isWord($0, ends: Self.isLowerOrDigit) { Self.isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
            }
        case .label, .serviceLabel:
            Self.isWord(text.utf8, ends: Self.isLowerOrDigit) { Self.isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
                && (self == .label || text.utf8.first.map { $0 >= UInt8(ascii: "a") } == true)
        case .qualifiedName: Self.isWord(text.utf8, ends: Self.isAlphanumeric, Self.isNameByte)
        case .labelValue: text.isEmpty || Self.qualifiedName.isMatch(text)
        case .configKey:
            !text.isEmpty && text.utf8.allSatisfy(Self.isNameByte) && text != "." && !text.hasPrefix("..")
        }
    }

    private static func isWord(
        _ bytes: some BidirectionalCollection<UInt8>, ends: (UInt8) -> Bool, _ inner: (UInt8) -> Bool
    ) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        return ends(first) && ends(last) && bytes.allSatisfy(inner)
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "-_.".utf8.contains(byte) }

    private static func qualifiedNameReason(_ text: String) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let name = parts.last else {
            return "a qualified name \(qualifiedName.explanation) with an optional DNS subdomain prefix and '/' "
                + "(e.g. 'example.com/MyName')"
        }
        if parts.count == 2 {
            if parts[0].isEmpty { return "prefix part must be non-empty" }
            if let reason = subdomain.reason(parts[0]) { return "prefix part \(reason)" }
        }
        if name.isEmpty { return "name part must be non-empty" }
        if name.utf8.count > qualifiedName.longest {
            return "name part must be no more than \(qualifiedName.longest) characters"
        }
        return qualifiedName.isMatch(name) ? nil : "name part \(qualifiedName.explanation)"
    }

    /// The API's own words.
    private var explanation: String {
        switch self {
        case .subdomain:
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
                + "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
                + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        case .label:
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
                + "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
                + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
        case .serviceLabel:
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
                + "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
                + "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
        case .qualifiedName:
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
                + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
                + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        case .labelValue:
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
                + "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex "
                + "used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
        case .configKey:
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
                + "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
        }
    }
}
