/// The syntax of names in Kubernetes and Istio. Each check says what is wrong in Istio's words; nil where nothing is.
enum Names {
    /// A label of a domain name: letters of either case, digits and inner hyphens, at most 63 characters.
    static func isLabel(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        guard bytes.count <= 63, let first = bytes.first, isAlphanumeric(first), let last = bytes.reversed().first,
            isAlphanumeric(last)
        else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    /// A name of an object: labels in lower case with dots between them, at most 253 characters.
    static func isSubdomain(_ text: String) -> Bool {
        text.utf8.count <= 253 && text.utf8.allSatisfy { !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isLabel)
    }

    /// A label that may be `*` or start with `*` or `*-`.
    static func isWildcardLabel(_ text: some StringProtocol) -> Bool {
        guard text.utf8.count <= 63 else { return false }
        guard text.hasPrefix("*") else { return isLabel(text) }
        var rest = text.dropFirst()
        if rest.isEmpty { return true }
        if rest.hasPrefix("-") { rest = rest.dropFirst() }
        return isLabel(rest)
    }

    /// What keeps a text from being a domain name whose first label may be a wildcard.
    static func wildcardDomainError(_ domain: String, in version: IstioVersion = .current) -> String? {
        if let error = lengthError(domain) { return error }
        let parts = domain.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard isWildcardLabel(parts[0]) else { return labelError(domain, parts[0]) }
        return parts.count > 1 ? labelsError(String(parts[1]), in: version) : nil
    }

    /// What keeps a text from being a domain name without a wildcard.
    static func domainError(_ domain: String, in version: IstioVersion = .current) -> String? {
        lengthError(domain) ?? labelsError(domain, in: version)
    }

    private static func lengthError(_ name: String) -> String? {
        if name.utf8.count > 255 { return "domain name \(quoted(name)) too long (max 255)" }
        return name.isEmpty ? "empty domain name not allowed" : nil
    }

    private static func labelError(_ domain: String, _ label: some StringProtocol) -> String {
        "domain name \(quoted(domain)) invalid (label \(quoted(label)) invalid)"
    }

    private static func labelsError(_ domain: String, in version: IstioVersion) -> String? {
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        let top = labels[labels.count - 1]
        // Until 1.1 an IPv4 address was a name like any other.
        if version >= IstioVersion(1, 1), Int(top) != nil {
            return "domain name \(quoted(domain)) invalid (top level domain \(quoted(top)) cannot be all-numeric)"
        }
        for (index, label) in labels.enumerated() {
            // A trailing dot makes a name absolute.
            if index == labels.count - 1, label.isEmpty, version >= IstioVersion(1, 5) { return nil }
            if !isLabel(label) { return labelError(domain, label) }
        }
        return nil
    }

    /// What keeps a text from being an IP address or a CIDR block; before 1.5 both had to be of IPv4.
    static func subnetError(_ text: String, in version: IstioVersion = .current) -> String? {
        guard text.count(where: { $0 == "/" }) == 1 else { return addressError(text, in: version) }
        guard let prefix = IPPrefix(text) else { return "\(text) is not a valid CIDR block" }
        return familyError(text, prefix.address, in: version)
    }

    /// What keeps a text from being an IP address; before 1.5 it had to be of IPv4.
    static func addressError(_ text: String, in version: IstioVersion = .current) -> String? {
        guard let address = IPAddress(text) else { return "\(text) is not a valid IP" }
        return familyError(text, address, in: version)
    }

    private static func familyError(_ text: String, _ address: IPAddress, in version: IstioVersion) -> String? {
        address.isIPv4 || version >= IstioVersion(1, 5) ? nil : "\(text) is not a valid IPv4 address"
    }

    /// What is wrong with the number of a port.
    static func portNumberError(_ number: Int) -> String? {
        (1...65535).contains(number) ? nil : "port number \(number) must be in the range 1..65535"
    }

    /// What is wrong with the name of a port.
    static func portNameError(_ name: String) -> String? { isLabel(name) ? nil : "invalid port name: \(name)" }

    /// What is wrong with the path of a unix socket; names that start with `@` are abstract ones, since 1.1.
    static func unixPathError(_ path: some StringProtocol, in version: IstioVersion = .current) -> String? {
        if path.isEmpty { return "unix address must not be empty" }
        if version < IstioVersion(1, 1) { return path.hasPrefix("/") ? nil : "\(path) is not an absolute path" }
        if path.hasPrefix("@") { return nil }
        return path.hasPrefix("/") && !path.hasSuffix("/") ? nil : "\(path) is not an absolute path to a file"
    }

    /// What is wrong with the labels of a selector, by their names.
    static func selectorErrors(_ labels: [String: String]) -> [String] {
        labels.sorted { $0.key < $1.key }.flatMap { key, value in
            let shown = quoted("\(key)=\(value)")
            return (key.isEmpty ? ["empty key is not supported in selector: \(shown)"] : [])
                + (key.contains("*") || value.contains("*") ? ["wildcard is not supported in selector: \(shown)"] : [])
        }
    }

    /// What is wrong with the keys and values of labels.
    static func labelErrors(_ labels: [String: String]) -> [String] {
        labels.sorted { $0.key < $1.key }.flatMap { key, value in
            [keyError(key), isLabelValue(value) ? nil : "invalid tag value: \(quoted(value))"].compactMap { $0 }
        }
    }

    private static func keyError(_ key: String) -> String? {
        var name = Substring(key)
        var prefix: Substring?
        if let slash = key.lastIndex(of: "/") {
            prefix = key[..<slash]
            name = key[key.index(after: slash)...]
        }
        let prefixIsValid = prefix?.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isLabel) ?? true
        guard prefixIsValid, isQualifiedName(name) else { return "invalid tag key: \(quoted(key))" }
        if (prefix?.utf8.count ?? 0) > 253 { return "invalid tag key: \(quoted(key)) (DNS prefix is too long)" }
        return name.utf8.count > 63 ? "invalid tag key: \(quoted(key)) (name is too long)" : nil
    }

    private static func isLabelValue(_ text: String) -> Bool { text.isEmpty || isQualifiedName(text) }

    private static func isQualifiedName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first), let last = text.utf8.reversed().first,
            isAlphanumeric(last)
        else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    /// The text in quotes, as messages of the API have it.
    static func quoted(_ text: some StringProtocol) -> String { JSONValue.string(String(text)).jsonText() }
}
