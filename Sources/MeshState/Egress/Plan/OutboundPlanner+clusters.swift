extension OutboundPlanner {
    /// A host's clusters: one for each port, and one for each subset that a DestinationRule makes of its endpoints.
    func planClusters(of host: String) -> HostClusters? {
        guard let effective = scope.byHost[host] else { return nil }
        let service = effective.service
        let rule = rules.rule(host: host, namespace: service.namespace, target: target)
        var result = HostClusters()
        var names: Set<String> = []
        for port in service.ports where port.parsedProtocol != .udp {
            let endpoints = effective.endpoints(port: port.number).filter { Self.isUsable($0.address, in: service) }
            for subset in [nil] + (rule?.subsets ?? []) {
                let name = ClusterPlan.name(port: port.number, subset: subset?.name ?? "", host: host)
                let chosen = endpoints.filter { endpoint in
                    subset?.labels.allSatisfy { endpoint.labels[$0.key] == $0.value } ?? true
                }
                guard let discovery = discovery(of: service, port: port, endpoints: chosen) else {
                    result.report.add(
                        PushReport.dnsWithoutEndpoints, key: name,
                        message: "\(name) of \(effective.source(port: port.number)) has no endpoint to resolve")
                    continue
                }
                guard names.insert(name).inserted else { continue }
                var plan = ClusterPlan(
                    name: name, host: host, namespace: service.namespace, port: port.number,
                    subset: subset?.name ?? "", isExternal: service.isExternal, discovery: discovery,
                    http: http(port.parsedProtocol),
                    because: [Because(effective.source(port: port.number), "spec.ports")])
                if let rule {
                    let (settings, because) = rule.settings(port: port.number, subset: subset)
                    plan.settings = settings
                    plan.because += because
                }
                plan.tls = Self.tls(of: plan, service: effective)
                result.plans.append(plan)
            }
        }
        return result
    }

    /// nil where there is nothing to resolve.
    private func discovery(
        of service: MeshService, port: ServicePort, endpoints: [MeshEndpoint]
    ) -> ClusterPlan.Discovery? {
        switch service.resolution {
        case .static: return .fixed(endpoints)
        case .none:
            // A gateway has no original destination to go to: its cluster stays without endpoints.
            return target.kind == .gateway ? .fixed([]) : .originalDestination(port: Self.override(port))
        case .dns: return endpoints.isEmpty ? nil : .strictDNS(endpoints)
        case .dnsRoundRobin: return endpoints.first.map { .logicalDNS($0) }
        case .dynamicDNS: return .dynamicDNS(port: port.target)
        }
    }

    /// How a cluster's connections are secured, with what its rule leaves open filled in.
    private static func tls(of plan: ClusterPlan, service: ServiceIndex.Effective) -> ClusterPlan.TLS {
        let serverName = ClusterPlan.serverName(port: plan.port, subset: plan.subset, host: plan.host)
        guard var tls = plan.settings.tls else {
            // Nothing is known of what is at a connection's own destination.
            if case .originalDestination = plan.discovery { return .plain }
            return plan.isExternal ? .plain : .automatic(sni: serverName, subjectAltNames: service.identities)
        }
        switch tls.mode {
        case .disable: return .plain
        case .istioMutual:
            tls.sni = tls.sni ?? serverName
            if tls.subjectAltNames.isEmpty { tls.subjectAltNames = service.identities }
        case .simple, .mutual:
            if tls.subjectAltNames.isEmpty, service.service.registry == .external {
                tls.subjectAltNames = service.identities
            }
        }
        return .originate(tls)
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

    private func http(_ parsed: PortProtocol) -> ClusterPlan.UpstreamHTTP {
        if parsed.isHTTP2 { return .http2 }
        // A gateway is spoken to in HTTP/2, whatever the caller spoke.
        return PortKind(parsed) == .auto && target.kind == .sidecar ? .likeDownstream : .http1
    }
}
