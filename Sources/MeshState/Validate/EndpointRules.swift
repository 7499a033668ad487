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
        EntryRule(
            22, since: IstioVersion(1, 0),
            find: .endpoint { index, entry, version in
                staticEndpoint(index, entry).map { unixFindings($0, version) } ?? []
            }),
        // Before 1.5 it had to be an IPv4 address, and before 1.0 there were no unix sockets.
        EntryRule(
            23, until: IstioVersion(1, 5),
            find: .endpoint { index, entry, version in
                guard let endpoint = staticEndpoint(index, entry), !endpoint.address.isEmpty,
                    endpoint.unixPath == nil || version < IstioVersion(1, 0),
                    let error = Names.addressError(endpoint.address, in: version)
                else { return [] }
                return [Finding("\(endpoint.path).address", error)]
            }),
        EntryRule(
            23, since: IstioVersion(1, 5),
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
                staticEndpoint(index, entry).map { portFindings($0, known: entry.portNames) } ?? []
            }),
        EntryRule(25, find: .endpoint { index, entry, _ in staticEndpoint(index, entry).map(labelFindings) ?? [] }),
        EntryRule(
            22, since: IstioVersion(1, 0),
            find: .endpoint { index, entry, _ in
                guard let endpoint = staticEndpoint(index, entry), endpoint.unixPath != nil,
                    entry.portNames.count != 1
                else { return [] }
                return [Finding("spec.ports", "exactly 1 service port required for unix endpoints")]
            }),
        EntryRule(
            20, until: IstioVersion(1, 5),
            find: .entry { entry, version in
                guard entry.resolution == .static, entry.endpoints?.isEmpty != false else { return [] }
                let text = "endpoints must be provided if service entry \(entry.word(in: version)) mode is static"
                return [Finding("spec.endpoints", text)]
            }),
    ]

    /// Rules 24 to 28: endpoints of an entry that resolves names are IP addresses or names.
    static let ofResolvingEntries = [
        EntryRule(
            26,
            find: .entry { entry, version in
                // The first releases of 1.0 let names with a wildcard slip through.
                let isLax = version.lies(since: IstioVersion(1, 0), until: IstioVersion(1, 0, 3))
                guard entry.resolvesNames, entry.endpoints?.isEmpty != false,
                    entry.hosts.contains(where: { host in
                        Names.domainError(host, in: version) != nil
                            && !(isLax && Names.wildcardDomainError(host, in: version) == nil)
                    })
                else { return [] }
                let names = version < IstioVersion(1, 30) ? "FQDN" : "FQDN or contain only prefix wildcards"
                let mode = "\(entry.word(in: version)) mode \(entry.resolutionText)"
                return [Finding("spec.hosts", "hosts must be \(names) if no endpoints are provided for \(mode)")]
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
        // Before 1.1 it had to be a name, which an IPv4 address was as well.
        EntryRule(
            28, until: IstioVersion(1, 1),
            find: .endpoint { index, entry, version in
                guard let endpoint = resolvedEndpoint(index, entry),
                    let error = Names.domainError(endpoint.address, in: version)
                else { return [] }
                return [Finding("\(endpoint.path).address", error)]
            }),
        EntryRule(
            28, since: IstioVersion(1, 1),
            find: .endpoint { index, entry, version in
                guard let endpoint = resolvedEndpoint(index, entry), IPAddress(endpoint.address) == nil,
                    Names.domainError(endpoint.address, in: version) != nil
                else { return [] }
                return [Finding("\(endpoint.path).address", noAddress(endpoint))]
            }),
        EntryRule(25, find: .endpoint { index, entry, _ in resolvedEndpoint(index, entry).map(labelFindings) ?? [] }),
        EntryRule(
            24,
            find: .endpoint { index, entry, _ in
                resolvedEndpoint(index, entry).map { portFindings($0, known: entry.portNames) } ?? []
            }),
    ]

    /// What istiod's webhook says of a WorkloadEntry, which does not know the ports of its services.
    static func find(inWorkload endpoint: EndpointForm, report: inout RuleReport) {
        let path = "\(endpoint.path).address"
        if endpoint.address.isEmpty, endpoint.network.isEmpty || report.version < IstioVersion(1, 19) {
            report.error(path, "address is required")
            return
        }
        if endpoint.address.isEmpty { report.warning(path, unsetAddress(endpoint)) }
        var findings = unixFindings(endpoint, report.version)
        if endpoint.unixPath == nil, !endpoint.address.isEmpty, IPAddress(endpoint.address) == nil,
            Names.domainError(endpoint.address) != nil
        {
            findings.append(Finding(path, noAddress(endpoint)))
        }
        findings += portFindings(endpoint, known: nil) + labelFindings(endpoint)
        for finding in findings { report.error(finding.path, finding.message) }
    }

    private static func staticEndpoint(_ index: Int, _ entry: EntryForm) -> EndpointForm? {
        entry.resolution == .static ? entry.endpoints?[index] : nil
    }

    private static func resolvedEndpoint(_ index: Int, _ entry: EntryForm) -> EndpointForm? {
        entry.resolvesNames ? entry.endpoints?[index] : nil
    }

    private static func unsetAddress(_ endpoint: EndpointForm) -> String {
        "address is unset with network \(Names.quoted(endpoint.network))"
    }

    private static func noAddress(_ endpoint: EndpointForm) -> String {
        "endpoint address \(Names.quoted(endpoint.address)) is not a valid FQDN or an IP address"
    }

    private static func unixFindings(_ endpoint: EndpointForm, _ version: IstioVersion) -> [EntryRule.Finding] {
        guard let unixPath = endpoint.unixPath else { return [] }
        var result: [EntryRule.Finding] = []
        if let error = Names.unixPathError(unixPath, in: version) {
            result.append(Finding("\(endpoint.path).address", error))
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
                Names.portNameError(name), Names.portNumberError(number),
            ].compactMap { text in text.map { Finding("\(endpoint.path).ports[\(name)]", $0) } }
        }
    }

    private static func labelFindings(_ endpoint: EndpointForm) -> [EntryRule.Finding] {
        Names.labelErrors(endpoint.labels).map { Finding("\(endpoint.path).labels", $0) }
    }
}
