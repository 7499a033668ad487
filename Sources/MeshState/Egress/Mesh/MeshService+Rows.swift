// MARK: From Kubernetes Services

extension MeshService {
    /// The accounts as which the addresses of an Endpoints object answer that are no pods', such as a registered
    /// machine's; their proxies speak mutual TLS.
    private static let accountsAnnotation = "alpha.istio.io/kubernetes-serviceaccounts"

    /// The row of a Kubernetes Service with the addresses that its Endpoints object tells.
    init(service: Service, endpoints: Endpoints?, workloads: WorkloadIndex) {
        source = service.id
        registry = .kubernetes
        host = service.host
        namespace = service.meta.namespace
        attributeName = service.meta.name
        created = service.meta.creationSecond
        let clusterIP = service.clusterIP.flatMap { $0.isEmpty || $0 == "None" ? nil : $0 }
        address = clusterIP
        isHeadless = clusterIP == nil
        ports = service.ports
        resolution = isHeadless ? .none : .static
        isExternal = false
        visibility = Self.visibility(
            exportTo: Self.list(service.meta.annotations["networking.istio.io/exportTo"]), namespace: namespace)
        labels = service.meta.labels
        selector = service.selector
        let accounts = Self.list(
            service.meta.annotations[Self.accountsAnnotation] ?? endpoints?.meta.annotations[Self.accountsAnnotation]
        ).map { MeshEndpoint.identity(namespace: service.meta.namespace, account: $0) }
        let chosen = workloads.entries(in: namespace, selector: service.selector)
        self.endpoints = [:]
        for port in service.ports {
            var found: [MeshEndpoint] = []
            for subset in endpoints?.subsets ?? [] {
                guard let number = subset.ports[port.name] else { continue }
                found += subset.ready.map { address in
                    let pod = workloads.pod(at: address)
                    return MeshEndpoint(
                        address: .host(address, port: number), labels: pod?.labels ?? [:],
                        hasMeshTLS: pod?.hasMeshTLS ?? !accounts.isEmpty,
                        identity: pod?.identity ?? accounts.first ?? "")
                }
            }
            found += chosen.compactMap { MeshEndpoint($0, port: port) }
            self.endpoints[port.number] = found
        }
        subjectAltNames = accounts
    }

    private static func list(_ annotation: String?) -> [String] {
        (annotation ?? "").split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
    }

    private static func visibility(exportTo: [String], namespace: String) -> Visibility {
        if exportTo.isEmpty || exportTo.contains("*") { return .everyone }
        if exportTo == ["~"] { return .nobody }
        return .namespaces(Set(exportTo.map { $0 == "." ? namespace : $0 }))
    }
}

// MARK: - From ServiceEntries

extension MeshService {
    /// The rows of a ServiceEntry; `workloads` are those that its selector may choose from.
    static func rows(of entry: ServiceEntry, workloads: WorkloadIndex) -> [MeshService] {
        // What is neither an address nor a block is left out, as istiod does; IPv6 stays, and gets no listener.
        let addresses = entry.addresses.compactMap { NetworkPrefix($0)?.istioText ?? ($0.contains(":") ? $0 : nil) }
        let places: [String?] = addresses.isEmpty ? [nil] : addresses
        let sources = sources(of: entry, workloads: workloads)
        return entry.hosts.flatMap { host in
            let endpoints = endpoints(of: entry, host: host, sources: sources)
            return places.map { address in
                MeshService(
                    source: entry.id, registry: .external, host: host, namespace: entry.meta.namespace,
                    attributeName: host, created: entry.meta.creationSecond, address: address,
                    allocatedAddress: entry.allocatedAddress(of: host),
                    ports: entry.ports, resolution: entry.resolution, isExternal: entry.location == .external,
                    visibility: visibility(exportTo: entry.exportTo, namespace: entry.meta.namespace),
                    labels: entry.meta.labels, selector: entry.selectorLabels, endpoints: endpoints,
                    subjectAltNames: entry.subjectAltNames)
            }
        }
    }

    private static func sources(of entry: ServiceEntry, workloads: WorkloadIndex) -> [WorkloadIndex.Workload] {
        let namespace = entry.meta.namespace
        if let selector = entry.selectorLabels {
            return workloads.workloads(in: namespace, selector: selector, isDNS: entry.resolvesNames)
        }
        return entry.endpoints.map { WorkloadIndex.Workload($0, labels: $0.labels, namespace: namespace) }
    }

    private static func endpoints(
        of entry: ServiceEntry, host: String, sources: [WorkloadIndex.Workload]
    ) -> [Int: [MeshEndpoint]] {
        if entry.resolution == .none || entry.resolution == .dynamicDNS { return [:] }
        // With name resolution and nothing else named, the host itself is what is resolved.
        let isResolved = entry.resolvesNames && entry.endpoints.isEmpty && entry.selectorLabels == nil
        var result: [Int: [MeshEndpoint]] = [:]
        for port in entry.ports {
            if isResolved {
                result[port.number] =
                    HostName.isWildcard(host) ? [] : [MeshEndpoint(address: .host(host, port: port.target))]
            } else {
                result[port.number] = sources.compactMap { MeshEndpoint($0, port: port) }
            }
        }
        return result
    }
}

extension ServiceEntry {
    /// The IPv4 address that was allocated to a host; nil where the entry is not one that gets any.
    func allocatedAddress(of host: String) -> String? {
        isAllocatedAddresses ? allocatedAddresses[host]?.first { NetworkPrefix($0) != nil } : nil
    }

    /// Whether istiod allocates addresses to its hosts.
    package var isAllocatedAddresses: Bool {
        resolution != .none && addresses.isEmpty && meta.labels["networking.istio.io/enable-autoallocate-ip"] != "false"
    }

    /// The hosts that get an address each.
    package var hostsToAllocate: [String] {
        isAllocatedAddresses ? hosts.filter { resolution == .dynamicDNS || !HostName.isWildcard($0) } : []
    }

    var resolvesNames: Bool { resolution == .dns || resolution == .dnsRoundRobin }
}
