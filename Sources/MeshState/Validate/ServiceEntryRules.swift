/// What the API of a cluster would say to a ServiceEntry: the schema of its CustomResourceDefinition first, then
/// istiod's webhook.
public enum ServiceEntryRules {
    /// What is wrong with the object in this release of Istio.
    ///
    /// As in a cluster, the webhook is only asked about an object that the schema lets pass.
    public static func problems(in object: JSONValue, version: IstioVersion = .current) -> [Problem] {
        let refused = SchemaRules.problems(inServiceEntry: object, version: version)
        if !refused.isEmpty { return refused }
        return webhookProblems(in: object, version: version)
    }

    /// What istiod's webhook alone says.
    static func webhookProblems(in object: JSONValue, version: IstioVersion) -> [Problem] {
        EntryRule.problems(in: EntryForm(object), rules: table, version: version)
    }
}

extension ServiceEntryRules {
    private typealias Finding = EntryRule.Finding

    /// Every rule in istiod's order.
    static let table: [EntryRule] = [
        selectorAndHosts, ports, unresolved, EndpointRules.ofStaticEntries, EndpointRules.ofResolvingEntries,
        resolution,
        [EntryRule(34, since: IstioVersion(1, 1), find: .entry(ExportToRule.findings))],
    ].flatMap { $0 }

    private static let unresolved = [
        EntryRule(
            18,
            find: .entry { entry, _ in
                entry.resolution == ServiceEntry.Resolution.none && entry.endpoints?.isEmpty == false
                    ? [Finding("spec.endpoints", "no endpoints should be provided for resolution type none")] : []
            }),
        EntryRule(
            19, .warning, since: IstioVersion(1, 22),
            find: .entry { entry, _ in
                guard entry.resolution == ServiceEntry.Resolution.none, entry.selector != nil else { return [] }
                let text = "workloadSelector should not be set when resolution mode is NONE"
                return [Finding("spec.workloadSelector", text)]
            }),
    ]

    private static let selectorAndHosts = [
        EntryRule(
            1, since: IstioVersion(1, 6), stops: true,
            find: .entry { entry, _ in
                (entry.selector ?? [:]).sorted { $0.key < $1.key }.flatMap { key, value in
                    let shown = Names.quoted("\(key)=\(value)")
                    let path = "spec.workloadSelector.labels"
                    return (key.isEmpty ? [Finding(path, "empty key is not supported in selector: \(shown)")] : [])
                        + (key.contains("*") || value.contains("*")
                            ? [Finding(path, "wildcard is not supported in selector: \(shown)")] : [])
                }
            }),
        EntryRule(
            2, .warning, since: IstioVersion(1, 16),
            find: .entry { entry, _ in
                guard entry.selector?.isEmpty == true else { return [] }
                let text =
                    "service entry: workload selector specified without labels, will be applied to all services in"
                return [Finding("spec.workloadSelector", text + " namespace")]
            }),
        EntryRule(
            3, since: IstioVersion(1, 6),
            find: .entry { entry, _ in
                // An explicit empty list arrives at istiod as none.
                entry.selector != nil && entry.endpoints?.isEmpty == false
                    ? [Finding("spec", "only one of WorkloadSelector or Endpoints is allowed in Service Entry")] : []
            }),
        EntryRule(
            4,
            find: .entry { entry, _ in
                entry.hosts.isEmpty ? [Finding("spec.hosts", "service entry must have at least one host")] : []
            }),
        EntryRule(5, stops: true, find: .host { host, _ in host == "*" ? "invalid host *" : nil }),
        EntryRule(6, find: .host { host, _ in Names.wildcardDomainError(host) }),
        EntryRule(
            7, .warning, since: IstioVersion(1, 22),
            find: .host { host, entry in
                host.contains("*") && !host.hasPrefix("*.") && entry.resolution != .dynamicDNS
                    ? "partial wildcard \(Names.quoted(host)) not allowed" : nil
            }),
        EntryRule(
            8, until: IstioVersion(1, 0),
            find: .address { IPPrefix($0) == nil || !$0.contains("/") ? "\($0) is not a valid CIDR block" : nil }),
        EntryRule(8, since: IstioVersion(1, 0), find: .address(Names.subnetError)),
        EntryRule(
            9, since: IstioVersion(1, 0),
            find: .entry { entry, _ in
                guard entry.addresses.contains(where: { $0.contains("/") }),
                    entry.resolution != ServiceEntry.Resolution.none,
                    entry.resolution != .static
                else { return [] }
                return [Finding("spec.addresses", "CIDR addresses are allowed only for NONE/STATIC resolution types")]
            }),
    ]

    private static let ports = [
        EntryRule(
            10, since: IstioVersion(1, 8), stops: true,
            find: .port { index, entry, _ in entry.ports[index] == nil ? "service entry port may not be null" : nil }),
        EntryRule(
            11,
            find: .port { index, entry, _ in
                guard let port = entry.ports[index], entry.ports[..<index].contains(where: { $0?.name == port.name })
                else { return nil }
                return "service entry port name \(Names.quoted(port.name)) already defined"
            }),
        EntryRule(
            12,
            find: .port { index, entry, _ in
                guard let port = entry.ports[index],
                    entry.ports[..<index].contains(where: { $0?.number == port.number })
                else { return nil }
                return "service entry port \(port.number) already defined"
            }),
        EntryRule(
            13, since: IstioVersion(1, 12),
            find: .port { index, entry, _ in
                entry.ports[index]?.targetPort.flatMap { $0 == 0 ? nil : portNumberError($0) }
            }),
        EntryRule(
            14, .warning, since: IstioVersion(1, 15),
            find: .port { index, entry, version in
                guard let text = entry.ports[index]?.protocolText, text.isEmpty || text == "TCP",
                    entry.addresses.isEmpty,
                    !entry.isAddressAllocated(in: version)
                else { return nil }
                return
                    "addresses are required for ports serving TCP (or unset) protocol when IP Autoallocation "
                    + "is not enabled"
            }),
        EntryRule(15, find: .port { index, entry, _ in entry.ports[index].flatMap { portNameError($0.name) } }),
        EntryRule(
            16,
            find: .port { index, entry, version in
                guard let port = entry.ports[index], !isSupported(port, in: version) else { return nil }
                return "unsupported protocol: \(port.protocolText)"
            }),
        EntryRule(17, find: .port { index, entry, _ in entry.ports[index].flatMap { portNumberError($0.number) } }),
    ]

    private static func isSupported(_ port: EntryForm.Port, in version: IstioVersion) -> Bool {
        switch port.parsedProtocol {
        case .unsupported: false
        case .unset: version >= IstioVersion(1, 3)
        case .tls: version >= IstioVersion(1, 0)
        default: true
        }
    }

    static func portNumberError(_ number: Int) -> String? {
        (1...65535).contains(number) ? nil : "port number \(number) must be in the range 1..65535"
    }

    static func portNameError(_ name: String) -> String? { Names.isLabel(name) ? nil : "invalid port name: \(name)" }

    private static let resolution = [
        EntryRule(
            29, .warning, since: IstioVersion(1, 10),
            find: .entry { entry, _ in
                guard entry.resolvesNames, !entry.addresses.isEmpty, entry.hosts.count > 1,
                    entry.ports.contains(where: { $0?.parsedProtocol.isTCP == true })
                else { return [] }
                let text =
                    "service entry can not have more than one host specified simultaneously with address and tcp port"
                return [Finding("spec.hosts", text)]
            }),
        EntryRule(30, since: IstioVersion(1, 28), find: .entry(DynamicDNSRule.findings)),
        EntryRule(
            31, since: IstioVersion(1, 28),
            find: .entry { entry, _ in
                let waypoint = entry.labels["istio.io/use-waypoint"] ?? ""
                guard entry.resolution == .dynamicDNS, !waypoint.isEmpty, waypoint != "none",
                    entry.spec["location"]?.stringValue == ServiceEntry.Location.internal.rawValue
                else { return [] }
                let text =
                    "location MESH_INTERNAL with resolution type DYNAMIC_DNS is not supported when using waypoints"
                return [Finding("spec.location", text)]
            }),
        EntryRule(
            32,
            find: .entry { entry, _ in
                entry.resolution == nil
                    ? [Finding("spec.resolution", "unsupported resolution type \(entry.resolutionText)")] : []
            }),
        EntryRule(
            33, since: IstioVersion(1, 1),
            find: .entry { entry, _ in
                guard entry.resolution != ServiceEntry.Resolution.none, entry.hosts.count > 1,
                    entry.ports.contains(where: { port in
                        guard let known = port?.parsedProtocol else { return false }
                        return !known.isHTTP && !known.isTLS
                    })
                else { return [] }
                return [Finding("spec.hosts", "multiple hosts provided with non-HTTP, non-TLS ports")]
            }),
    ]
}

/// Rule 30: what an entry must be like whose names are resolved on demand.
private enum DynamicDNSRule {
    static func findings(_ entry: EntryForm, _ version: IstioVersion) -> [EntryRule.Finding] {
        guard entry.resolution == .dynamicDNS else { return [] }
        let mode = "resolution mode DYNAMIC_DNS"
        var result: [EntryRule.Finding] = []
        if entry.hosts.isEmpty || entry.hosts.contains(where: { !$0.hasPrefix("*") }) {
            result.append(.init("spec.hosts", "host must be wildcarded for \(mode)"))
        }
        if !entry.addresses.isEmpty { result.append(.init("spec.addresses", "addresses cannot be set for \(mode)")) }
        if entry.endpoints?.isEmpty == false {
            result.append(.init("spec.endpoints", "endpoints cannot be set for \(mode)"))
        }
        let isNewer = version >= IstioVersion(1, 30)
        let supported: [PortProtocol] = isNewer ? [.http, .tls, .grpc, .http2] : [.http, .tls]
        let words = isNewer ? "HTTP, TLS, GRPC, and HTTP2" : "HTTP and TLS"
        for case let port? in entry.ports where !supported.contains(port.parsedProtocol) {
            result.append(.init("\(port.path).protocol", "only \(words) protocols are supported for \(mode)"))
        }
        return result
    }
}

/// Rule 34: to whom an entry may be exported.
private enum ExportToRule {
    static func findings(_ entry: EntryForm, _ version: IstioVersion) -> [EntryRule.Finding] {
        let texts =
            version < IstioVersion(1, 7) ? early(entry.exportTo) : current(entry.exportTo, namespace: entry.namespace)
        return texts.map { EntryRule.Finding("spec.exportTo", $0) }
    }

    private static func current(_ exportTo: [String], namespace: String) -> [String] {
        var errors: [String] = []
        var seen: Set<String> = []
        for value in exportTo {
            let key = value == "." ? namespace : value
            if seen.contains(key) {
                errors.append(
                    key == value
                        ? "duplicate entries in exportTo for entry \(value)"
                        : "duplicate entries in exportTo: . and current namespace \(namespace)")
            } else if value == "~" || value == "." || key == "*" || Names.isLabel(key) {
                seen.insert(key)
            } else {
                errors.append("only .,*, or a valid DNS 1123 label is allowed as exportTo entry")
            }
        }
        if seen.contains("*"), exportTo.count > 1 {
            errors.append("cannot have both public (*) and non-public exportTo values for a resource")
        }
        if seen.contains("~"), exportTo.count > 1 {
            errors.append("cannot export service entry to no one (~) and someone")
        }
        return errors
    }

    /// Before 1.7 there was one value, `.` or `*`.
    private static func early(_ exportTo: [String]) -> [String] {
        if exportTo.count > 1 { return ["exportTo should have only one entry (. or *) in the current release"] }
        return exportTo.allSatisfy { $0 == "." || $0 == "*" }
            ? [] : ["only . or * is allowed in the exportTo in the current release"]
    }
}
