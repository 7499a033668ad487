/// What the API of a cluster would say to a ServiceEntry; see `ObjectRules`.
public enum ServiceEntryRules {
    /// What is wrong with the object, which may lack its `kind`, in this release of Istio.
    public static func problems(in object: JSONValue, version: IstioVersion = .current) -> [Problem] {
        ObjectRules.problems(in: object, kind: ServiceEntry.kind, version: version)
    }

    /// What istiod's webhook says.
    static func find(in object: JSONValue, report: inout RuleReport) {
        EntryRule.apply(table, to: EntryForm(object), report: &report)
    }
}

extension ServiceEntryRules {
    private typealias Finding = EntryRule.Finding

    /// Every rule in istiod's order.
    static let table: [EntryRule] = [
        selectorAndHosts, ports, unresolved, EndpointRules.ofStaticEntries, EndpointRules.ofResolvingEntries,
        resolution,
        [
            EntryRule(
                34,
                find: .entry { entry, version in
                    ExportToRule.errors(
                        entry.exportTo, namespace: entry.namespace, of: .serviceEntry, in: version
                    ).map { Finding("spec.exportTo", $0) }
                })
        ],
    ].flatMap { $0 }

    private static let unresolved = [
        EntryRule(
            18,
            find: .entry { entry, version in
                entry.resolution == ServiceEntry.Resolution.none && entry.endpoints?.isEmpty == false
                    ? [
                        Finding(
                            "spec.endpoints",
                            "no endpoints should be provided for \(entry.word(in: version)) type none")
                    ] : []
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
                Names.selectorErrors(entry.selector ?? [:]).map { Finding("spec.workloadSelector.labels", $0) }
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
        EntryRule(5, stops: true, find: .host { host, _, _ in host == "*" ? "invalid host *" : nil }),
        // Before 1.1 a name without a dot was none.
        EntryRule(
            5, until: IstioVersion(1, 1), stops: true,
            find: .host { host, _, _ in host.contains(".") ? nil : "invalid host \(host)" }),
        EntryRule(6, find: .host { host, _, version in Names.wildcardDomainError(host, in: version) }),
        EntryRule(
            7, .warning, since: IstioVersion(1, 22),
            find: .host { host, entry, _ in
                host.contains("*") && !host.hasPrefix("*.") && entry.resolution != .dynamicDNS
                    ? "partial wildcard \(Names.quoted(host)) not allowed" : nil
            }),
        EntryRule(
            8, until: IstioVersion(1, 0),
            find: .address { text, version in
                text.contains("/") ? Names.subnetError(text, in: version) : "\(text) is not a valid CIDR block"
            }),
        EntryRule(8, since: IstioVersion(1, 0), find: .address { Names.subnetError($0, in: $1) }),
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
            11, field: "name",
            find: .port { index, entry, _ in
                guard let port = entry.ports[index], port.repeatsName else { return nil }
                return "service entry port name \(Names.quoted(port.name)) already defined"
            }),
        EntryRule(
            12, field: "number",
            find: .port { index, entry, _ in
                guard let port = entry.ports[index], port.repeatsNumber else { return nil }
                return "service entry port \(port.number) already defined"
            }),
        EntryRule(
            13, field: "targetPort", since: IstioVersion(1, 12),
            find: .port { index, entry, _ in
                entry.ports[index]?.targetPort.flatMap { $0 == 0 ? nil : Names.portNumberError($0) }
            }),
        EntryRule(
            14, .warning, field: "protocol", since: IstioVersion(1, 15),
            find: .port { index, entry, version in
                guard let text = entry.ports[index]?.protocolText, text.isEmpty || text == "TCP",
                    entry.addresses.isEmpty,
                    !entry.isAddressAllocated(in: version)
                else { return nil }
                let remedy =
                    version < IstioVersion(1, 25)
                    ? "ISTIO_META_DNS_AUTO_ALLOCATE is not set on a proxy" : "IP Autoallocation is not enabled"
                return "addresses are required for ports serving TCP (or unset) protocol when \(remedy)"
            }),
        EntryRule(
            15, field: "name",
            find: .port { index, entry, _ in entry.ports[index].flatMap { Names.portNameError($0.name) } }),
        EntryRule(
            16, field: "protocol",
            find: .port { index, entry, version in
                guard let port = entry.ports[index], !port.parsedProtocol.isKnown(in: version) else { return nil }
                return "unsupported protocol: \(port.protocolText)"
            }),
        EntryRule(
            17, field: "number",
            find: .port { index, entry, _ in entry.ports[index].flatMap { Names.portNumberError($0.number) } }),
    ]

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
            31, since: IstioVersion(1, 28), until: IstioVersion(1, 31),
            find: .entry { entry, _ in
                guard entry.resolution == .dynamicDNS, entry.isInternal else { return [] }
                return [
                    Finding("spec.location", "location MESH_INTERNAL is not supported for resolution mode DYNAMIC_DNS")
                ]
            }),
        EntryRule(
            31, since: IstioVersion(1, 31),
            find: .entry { entry, _ in
                let waypoint = entry.labels["istio.io/use-waypoint"] ?? ""
                guard entry.resolution == .dynamicDNS, entry.isInternal, !waypoint.isEmpty, waypoint != "none" else {
                    return []
                }
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
