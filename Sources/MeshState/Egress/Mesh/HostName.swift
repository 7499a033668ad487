/// Hosts as Istio's objects name them.
package enum HostName {
    /// A host in full: a short name belongs to a namespace's services; names with a dot, addresses and `*` stay.
    package static func expand(_ host: String, namespace: String) -> String {
        host.isEmpty || host.contains(".") || host == "*" || host.contains(":")
            ? host : "\(host).\(namespace).svc.cluster.local"
    }

    /// Without regard to case, as hosts are compared.
    package static func folded(_ host: String) -> String {
        host.utf8.contains { (65...90).contains($0) || $0 > 127 } ? host.lowercased() : host
    }

    package static func isWildcard(_ host: String) -> Bool { host.hasPrefix("*") }

    /// Whether every name that `host` stands for is one that `pattern` stands for, in whatever case; each may begin
    /// with `*`.
    package static func covers(_ pattern: String, _ host: String) -> Bool {
        let pattern = folded(pattern)
        let host = folded(host)
        guard isWildcard(pattern) else { return pattern == host }
        let suffix = pattern.dropFirst()
        if isWildcard(host) { return host.dropFirst().hasSuffix(suffix) }
        return host.utf8.count > suffix.utf8.count && host.hasSuffix(suffix)
    }

    /// Whether some name is one that both stand for.
    package static func overlap(_ one: String, _ other: String) -> Bool { covers(one, other) || covers(other, one) }
}

/// Values by host, found by the closest host that covers a name.
package struct HostTable<Value: Sendable>: Sendable {
    private var values: [String: Value] = [:]
    /// Those that begin with `*`, the longest first.
    private var wildcards: [String] = []

    package init() {}

    package subscript(host: String) -> Value? {
        get { values[host] }
        set {
            if HostName.isWildcard(host), (values[host] == nil) != (newValue == nil) {
                if newValue == nil {
                    wildcards.removeAll { $0 == host }
                } else {
                    let place = wildcards.firstIndex { ($0.utf8.count, host) < (host.utf8.count, $0) }
                    wildcards.insert(host, at: place ?? wildcards.endIndex)
                }
            }
            values[host] = newValue
        }
    }

    /// The value of the host itself, else of the longest wildcard that covers it.
    package func closest(to host: String) -> Value? {
        if let value = values[host] { return value }
        return wildcards.first { HostName.covers($0, host) }.flatMap { values[$0] }
    }
}
