/// What one proxy gets to know of the mesh: by its Sidecar, or all that is exported to its namespace.
package struct ProxyScope: Sendable {
    /// What is imported at once, each service with the ports that are.
    struct Part: Sendable {
        /// nil for everything that is exported to the proxy's namespace.
        let imports: SidecarImports?
        /// The Sidecar's listener that imports it, if it has a port of its own.
        let port: ServicePort?
        /// nil where services are listened for at theirs.
        let bind: String?
        let virtualServices: VirtualServiceScope
        /// The hosts that the VirtualServices send calls to, each with the ports; no ports stand for all.
        let destinations: [String: Set<Int>]
        /// By port, without those that are destinations alone.
        fileprivate(set) var services: [Int: OrderedByHost<ServiceIndex.Effective>] = [:]
        fileprivate var byHost: [String: ServiceIndex.Effective] = [:]
    }

    /// The Sidecar that it follows, if there is one.
    package let sidecar: Sidecar?
    private let meshPolicy: OutboundPolicy
    let target: PlanTarget
    private(set) var parts: [Part]
    /// By host: all parts together, and what VirtualServices send calls to.
    private(set) var byHost: [String: ServiceIndex.Effective] = [:]

    package init(_ index: ServiceIndex, target: PlanTarget) {
        self.target = target
        let sidecar = target.kind == .sidecar ? Sidecar.choose(from: index.mesh.sidecars, for: target) : nil
        self.sidecar = sidecar
        meshPolicy = index.mesh.policy
        // What gateways route by is bound to them, and they import without asking.
        let bound =
            target.kind == .sidecar
            ? index.virtualServices.services(boundTo: VirtualService.mesh, namespace: target.namespace) : []
        if let sidecar, !sidecar.egress.isEmpty {
            parts = sidecar.egress.map { egress in
                let virtualServices = VirtualServiceScope(bound, imports: egress.hosts, namespace: target.namespace)
                return Part(
                    imports: SidecarImports(egress.hosts, namespace: target.namespace), port: egress.port,
                    bind: egress.bind.isEmpty ? nil : egress.bind, virtualServices: virtualServices,
                    destinations: Self.destinations(of: virtualServices.services, namespace: target.namespace))
            }
        } else {
            parts = [
                Part(
                    imports: nil, port: nil, bind: nil, virtualServices: VirtualServiceScope(bound),
                    destinations: Self.destinations(of: bound, namespace: target.namespace))
            ]
        }
        for place in parts.indices {
            var services: [Int: [ServiceIndex.Effective]] = [:]
            for host in index.allHosts {
                guard let service = Self.service(host, parts[place], index, target) else { continue }
                parts[place].byHost[host] = service
                for port in parts[place].ports(of: service) { services[port, default: []].append(service) }
            }
            parts[place].services = services.mapValues { OrderedByHost($0) }
        }
        for host in index.allHosts { byHost[host] = union(host, index) }
    }

    /// Looks at some hosts again; returns the ports of which the services are others now.
    mutating func refresh(_ hosts: Set<String>, _ index: ServiceIndex) -> Set<Int> {
        var changed: Set<Int> = []
        for host in hosts {
            for place in parts.indices {
                let old = parts[place].byHost[host]
                let new = Self.service(host, parts[place], index, target)
                if old == new { continue }
                parts[place].byHost[host] = new
                let before = old.map { parts[place].ports(of: $0) } ?? []
                let after = new.map { parts[place].ports(of: $0) } ?? []
                for port in before.union(after) {
                    parts[place].services[port, default: OrderedByHost()].set(host, after.contains(port) ? new : nil)
                    if parts[place].services[port]?.all.isEmpty == true { parts[place].services[port] = nil }
                }
                if let old, let new, old.isListenedForLike(new) { continue }
                changed.formUnion(before.union(after))
            }
            byHost[host] = union(host, index)
        }
        return changed
    }

    /// Whether a VirtualService sends calls to a host.
    func isDestination(_ host: String) -> Bool { parts.contains { $0.destinations[host] != nil } }

    /// All services, in the order in which they count.
    package var services: [ServiceIndex.Effective] { byHost.values.sorted { $0.order < $1.order } }

    /// The mesh's policy, or the Sidecar's in its place.
    package var lastResort: LastResort {
        var result = LastResort(policy: sidecar?.policy ?? meshPolicy)
        guard let sidecar, sidecar.policy != nil else { return result }
        result.because = Because(sidecar.id, "spec.outboundTrafficPolicy.mode")
        if let proxy = sidecar.egressProxy, result.policy != .registryOnly {
            result.egressProxy = clusterName(for: proxy, namespace: sidecar.meta.namespace, listenerPort: 0)
            result.because = Because(sidecar.id, "spec.outboundTrafficPolicy.egressProxy")
        }
        return result
    }

    /// The cluster of a VirtualService's destination; `namespace` is the VirtualService's.
    ///
    /// A destination without a port has the only one of its service, else the listener's. A host that is not known has
    /// a name all the same, and calls to it fail.
    package func clusterName(
        for destination: VirtualService.Destination, namespace: String, listenerPort: Int
    ) -> String {
        let host = HostName.expand(destination.host, namespace: namespace)
        let ports = byHost[host]?.service.ports ?? []
        let port = destination.port ?? (ports.count == 1 ? ports[0].number : listenerPort)
        return ClusterPlan.name(port: port, subset: destination.subset ?? "", host: host)
    }

    // MARK: One host

    private static func service(
        _ host: String, _ part: Part, _ index: ServiceIndex, _ target: PlanTarget
    ) -> ServiceIndex.Effective? {
        var service = index.effective(host: host, namespace: target.namespace) { part.imports?.covers($0) ?? true }
        if target.usesAllocatedAddresses { service?.useAllocatedAddresses() }
        guard let port = part.port, part.needsPort else { return service }
        return service?.limited(toPorts: [port.number])
    }

    /// What all parts have of a host, and what their VirtualServices send to it besides.
    private func union(_ host: String, _ index: ServiceIndex) -> ServiceIndex.Effective? {
        var result: ServiceIndex.Effective?
        func add(_ service: ServiceIndex.Effective?) {
            guard let service else { return }
            if result?.absorb(service) == nil { result = service }
        }
        for part in parts {
            add(part.byHost[host])
            guard let ports = part.destinations[host] else { continue }
            var pulled = index.destination(host: host, namespace: target.namespace)
            if target.usesAllocatedAddresses { pulled?.useAllocatedAddresses() }
            if let port = part.port, part.needsPort {
                pulled = pulled?.limited(toPorts: [port.number])
            } else if !ports.isEmpty {
                pulled = pulled?.limited(toPorts: ports)
            }
            add(pulled)
        }
        return result
    }

    /// The hosts and ports that VirtualServices send calls from a namespace to.
    private static func destinations(of services: [VirtualService], namespace: String) -> [String: Set<Int>] {
        var result: [String: Set<Int>] = [:]
        func add(_ destination: VirtualService.Destination) {
            let known = result[destination.host]
            guard let port = destination.port else { return result[destination.host] = [] }
            if known?.isEmpty == true { return }
            result[destination.host] = (known ?? []).union([port])
        }
        func isFrom(_ scopes: [VirtualService.Scope]) -> Bool {
            scopes.isEmpty || scopes.contains { $0.sourceNamespace.map { $0 == namespace } ?? true }
        }
        for service in services {
            for rule in service.http where isFrom(rule.matches.map(\.scope)) {
                for destination in rule.shares.map(\.destination) + rule.mirrors.map(\.destination) { add(destination) }
            }
            for rule in service.tls + service.tcp where isFrom(rule.matches.map(\.scope)) {
                for share in rule.shares { add(share.destination) }
            }
        }
        return result
    }
}

extension ProxyScope.Part {
    /// Whether services count only for the listener's own port. One for a proxy of HTTP takes calls for all.
    var needsPort: Bool { port.map { $0.number != 0 && $0.parsedProtocol != .httpProxy } ?? false }

    /// The listener's own port, or the service's.
    fileprivate func ports(of service: ServiceIndex.Effective) -> Set<Int> {
        port.map { [$0.number] } ?? service.portNumbers
    }
}

extension ServiceIndex.Effective {
    /// Whether listeners and routes would be the same for both: all but what is behind a service's ports.
    fileprivate func isListenedForLike(_ other: Self) -> Bool {
        func shown(_ row: MeshService) -> MeshService {
            var row = row
            // A proxy that listens at it has it for the address.
            row.allocatedAddress = nil
            // A service without an address of its own is listened for at its endpoints'.
            if row.isHeadless || row.resolution == .none && row.selector != nil { return row }
            row.endpoints = [:]
            row.subjectAltNames = []
            return row
        }
        return order == other.order && service.ports == other.service.ports
            && rows.map(shown) == other.rows.map(shown)
    }
}
