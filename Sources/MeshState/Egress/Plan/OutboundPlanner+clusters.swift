extension OutboundPlanner {
    mutating func planClusters() {
        for effective in services {
            for port in effective.service.ports where port.parsedProtocol != .udp {
                planCluster(effective, port: port)
            }
        }
        plan.clusters.sort { $0.name < $1.name }
    }

    private mutating func planCluster(_ effective: ServiceIndex.Effective, port: ServicePort) {
        let service = effective.service
        let name = ClusterPlan.name(port: port.number, host: service.host)
        let endpoints = effective.endpoints(port: port.number).filter {
            Self.isUsable($0.address, in: service)
        }
        let discovery: ClusterPlan.Discovery
        switch service.resolution {
        case .static:
            discovery = .fixed(endpoints)
        case .none:
            // A gateway has no original destination to go to: its cluster stays without endpoints.
            discovery = target.kind == .gateway ? .fixed([]) : .originalDestination(port: Self.override(port))
        case .dns, .dnsRoundRobin:
            guard let first = endpoints.first else {
                report.add(PushReport.dnsWithoutEndpoints, key: name, message: "\(name) has no endpoint to resolve")
                return
            }
            discovery = service.resolution == .dns ? .strictDNS(endpoints) : .logicalDNS(first)
        case .dynamicDNS:
            discovery = .dynamicDNS(port: Self.override(port) ?? port.number)
        }
        guard clusterNames.insert(name).inserted else { return }
        plan.clusters.append(
            ClusterPlan(
                name: name, host: service.host, namespace: service.namespace, port: port.number,
                isExternal: service.isExternal, discovery: discovery, http: Self.http(port.parsedProtocol),
                because: [Because(service.source, "spec.hosts")]))
    }

    /// Whether Envoy takes such an address in a cluster of this kind; one that it does not would cost the whole push.
    private static func isUsable(_ address: MeshEndpoint.Address, in service: MeshService) -> Bool {
        switch address {
        case .host(let host, _): service.resolution != .static || isIPAddress(host)
        case .pipe(let path): service.resolution == .static && path.utf8.count <= longestSocketPath
        }
    }

    private static func isIPAddress(_ text: String) -> Bool {
        NetworkPrefix(text)?.isSingleAddress == true || text.contains(":")
    }

    /// `sun_path` without its final zero.
    private static let longestSocketPath = 107

    private static func override(_ port: ServicePort) -> Int? {
        port.targetPort.flatMap { $0 == 0 || $0 == port.number ? nil : $0 }
    }

    private static func http(_ parsed: PortProtocol) -> ClusterPlan.UpstreamHTTP {
        if parsed.isHTTP2 { return .http2 }
        return kindOf(parsed) == .auto ? .likeDownstream : .http1
    }
}
