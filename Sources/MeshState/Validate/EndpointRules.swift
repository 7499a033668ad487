/// Istio's rules about endpoints: those written inside a ServiceEntry, and WorkloadEntries, which have the same form.
enum EndpointRules {
    private typealias Finding = EntryRule.Finding

    /// Rules 20 to 25: endpoints of an entry with resolution STATIC are IP addresses or unix sockets.
    static let ofStaticEntries = [
        EntryRule(
            20, stops: true,
            find: .endpoint { index, entry, _ in
                entry.resolution == .static && entry.endpoints?[index] == nil
                    ? [Finding("spec.endpoints[\(index)]", "endpoint cannot be nil")] : []
            }),
        EntryRule(
            21, stops: true,
            find: .endpoint { index, entry, version in
                guard let endpoint = staticEndpoint(index, entry), endpoint.address.isEmpty,
                    endpoint.network.isEmpty || version < IstioVersion(1, 19)
                else { return [] }
                return [Finding("\(endpoint.path).address", "address is required")]
            }),
        EntryRule(
            21, .warning, since: IstioVersion(1, 19),
            find: .endpoint { index, entry, _ in
                guard let endpoint = staticEndpoint(index, entry), endpoint.address.isEmpty else { return [] }
                return [Finding("\(endpoint.path).address", unsetAddress(endpoint))]
            }),
        EntryRule(22, find: .endpoint { index, entry, _ in staticEndpoint(index, entry).map(unixFindings) ?? [] }),
        EntryRule(
            23,
            find: .endpoint { index, entry, _ in
                guard let endpoint = staticEndpoint(index, entry), endpoint.unixPath == nil, !endpoint.address.isEmpty,
                    IPAddress(endpoint.address) == nil
                else { return [] }
                let address = Names.quoted(endpoint.address)
                return [Finding("\(endpoint.path).address", "endpoint address \(address) is not a valid IP address")]
            }),
        EntryRule(
            24,
            find: .endpoint { index, entry, _ in
                staticEndpoint(index, entry).map { portFindings($0, known: portNames(of: entry)) } ?? []
            }),
        EntryRule(25, find: .endpoint { index, entry, _ in staticEndpoint(index, entry).map(labelFindings) ?? [] }),
        EntryRule(
            22,
            find: .endpoint { index, entry, _ in
                guard let endpoint = staticEndpoint(index, entry), endpoint.unixPath != nil,
                    portNames(of: entry).count != 1
                else { return [] }
                return [Finding("spec.ports", "exactly 1 service port required for unix endpoints")]
            }),
        EntryRule(
            20, until: IstioVersion(1, 5),
            find: .entry { entry, _ in
                entry.resolution == .static && entry.endpoints?.isEmpty != false
                    ? [
                        Finding(
                            "spec.endpoints", "endpoints must be provided if service entry resolution mode is static")
                    ] : []
            }),
    ]

    /// Rules 24 to 28: endpoints of an entry that resolves names are IP addresses or names.
    static let ofResolvingEntries = [
        EntryRule(
            26,
            find: .entry { entry, _ in
                guard entry.resolvesNames, entry.endpoints?.isEmpty != false,
                    entry.hosts.contains(where: { Names.domainError($0) != nil })
                else { return [] }
                let text =
                    "hosts must be FQDN or contain only prefix wildcards if no endpoints are provided for resolution"
                return [Finding("spec.hosts", "\(text) mode \(entry.resolutionText)")]
            }),
        // Istio 1.12, which brought the mode, still took several.
        EntryRule(
            27, since: IstioVersion(1, 13),
            find: .entry { entry, _ in
                guard entry.resolution == .dnsRoundRobin, (entry.endpoints?.count ?? 0) > 1 else { return [] }
                let text = "there must only be 0 or 1 endpoint for resolution mode DNS_ROUND_ROBIN"
                return [Finding("spec.endpoints", text)]
            }),
        EntryRule(
            28, stops: true,
            find: .endpoint { index, entry, _ in
                entry.resolvesNames && entry.endpoints?[index] == nil
                    ? [Finding("spec.endpoints[\(index)]", "endpoint cannot be nil")] : []
            }),
        EntryRule(
            28,
            find: .endpoint { index, entry, _ in
                guard let endpoint = resolvedEndpoint(index, entry), IPAddress(endpoint.address) == nil,
                    Names.domainError(endpoint.address) != nil
                else { return [] }
                return [Finding("\(endpoint.path).address", noAddress(endpoint))]
            }),
        EntryRule(25, find: .endpoint { index, entry, _ in resolvedEndpoint(index, entry).map(labelFindings) ?? [] }),
        EntryRule(
            24,
            find: .endpoint { index, entry, _ in
                resolvedEndpoint(index, entry).map { portFindings($0, known: portNames(of: entry)) } ?? []
            }),
    ]

    /// What istiod's webhook says of a WorkloadEntry, which does not know the ports of its services.
    static func problems(inWorkload endpoint: EndpointForm) -> [Problem] {
        func problems(_ severity: Problem.Severity, _ findings: [EntryRule.Finding]) -> [Problem] {
            findings.map { Problem(path: $0.path, severity: severity, layer: .webhook, message: $0.message) }
        }
        let path = "\(endpoint.path).address"
        if endpoint.address.isEmpty, endpoint.network.isEmpty {
            return problems(.error, [Finding(path, "address is required")])
        }
        var errors = unixFindings(endpoint)
        if endpoint.unixPath == nil, !endpoint.address.isEmpty, IPAddress(endpoint.address) == nil,
            Names.domainError(endpoint.address) != nil
        {
            errors.append(Finding(path, noAddress(endpoint)))
        }
        errors += portFindings(endpoint, known: nil) + labelFindings(endpoint)
        let warnings = endpoint.address.isEmpty ? [Finding(path, unsetAddress(endpoint))] : []
        return problems(.error, errors) + problems(.warning, warnings)
    }

    private static func staticEndpoint(_ index: Int, _ entry: EntryForm) -> EndpointForm? {
        entry.resolution == .static ? entry.endpoints?[index] : nil
    }

    private static func resolvedEndpoint(_ index: Int, _ entry: EntryForm) -> EndpointForm? {
        entry.resolvesNames ? entry.endpoints?[index] : nil
    }

    private static func portNames(of entry: EntryForm) -> Set<String> { Set(entry.ports.compactMap { $0?.name }) }

    private static func unsetAddress(_ endpoint: EndpointForm) -> String {
        "address is unset with network \(Names.quoted(endpoint.network))"
    }

    private static func noAddress(_ endpoint: EndpointForm) -> String {
        "endpoint address \(Names.quoted(endpoint.address)) is not a valid FQDN or an IP address"
    }

    private static func unixFindings(_ endpoint: EndpointForm) -> [EntryRule.Finding] {
        guard let unixPath = endpoint.unixPath else { return [] }
        var result: [EntryRule.Finding] = []
        if unixPath.isEmpty {
            result.append(Finding("\(endpoint.path).address", "unix address must not be empty"))
        } else if !unixPath.hasPrefix("@"), !unixPath.hasPrefix("/") || unixPath.hasSuffix("/") {
            result.append(Finding("\(endpoint.path).address", "\(unixPath) is not an absolute path to a file"))
        }
        if !endpoint.ports.isEmpty {
            result.append(Finding("\(endpoint.path).ports", "unix endpoint \(endpoint.address) must not include ports"))
        }
        return result
    }

    private static func portFindings(_ endpoint: EndpointForm, known: Set<String>?) -> [EntryRule.Finding] {
        endpoint.ports.flatMap { name, number in
            let undefined = known.map { !$0.contains(name) } ?? false
            return [
                undefined ? "endpoint port \(number) is not defined by the service entry" : nil,
                ServiceEntryRules.portNameError(name), ServiceEntryRules.portNumberError(number),
            ].compactMap { text in text.map { Finding("\(endpoint.path).ports[\(name)]", $0) } }
        }
    }

    private static func labelFindings(_ endpoint: EndpointForm) -> [EntryRule.Finding] {
        Names.labelErrors(endpoint.labels).map { Finding("\(endpoint.path).labels", $0) }
    }
}

/// What the API of a cluster would say to a WorkloadEntry.
public enum WorkloadEntryRules {
    /// What is wrong with the object; the webhook is only asked about what the schema lets pass.
    public static func problems(in object: JSONValue, version: IstioVersion = .current) -> [Problem] {
        let refused = SchemaRules.problems(inWorkloadEntry: object, version: version)
        if !refused.isEmpty { return refused }
        return EndpointRules.problems(inWorkload: EndpointForm(object["spec"] ?? [:], path: "spec"))
    }
}
