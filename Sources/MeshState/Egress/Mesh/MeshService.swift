import FoundationEssentials

/// Where one connection to a service may go.
package struct MeshEndpoint: Sendable, Hashable {
    package enum Address: Sendable, Hashable {
        /// An IP address, or a name for clusters that resolve names.
        case host(String, port: Int)
        /// A unix socket's path; `@name` is an abstract one.
        case pipe(String)
    }

    package var address: Address
    /// Zero where none is given.
    package var weight: Int
    package var labels: [String: String]
    /// `region/zone/subzone`; empty where none is given.
    package var locality: String
    /// Whether a proxy in front of it speaks the mesh's mutual TLS.
    package var hasMeshTLS: Bool
    /// The SPIFFE name under which it answers; empty where it has none.
    package var identity: String

    package init(
        address: Address, weight: Int = 0, labels: [String: String] = [:], locality: String = "",
        hasMeshTLS: Bool = false, identity: String = ""
    ) {
        self.address = address
        self.weight = weight
        self.labels = labels
        self.locality = locality
        self.hasMeshTLS = hasMeshTLS
        self.identity = identity
    }
}

/// One row of the registry, as istiod keeps it: a host with one address at most.
///
/// A ServiceEntry gives one row for each pair of a host and an address, a Kubernetes Service gives one.
package struct MeshService: Sendable, Hashable {
    package enum Registry: String, Sendable, Hashable {
        case kubernetes = "Kubernetes"
        case external = "External"
    }

    /// Who may see a service (`exportTo`).
    package enum Visibility: Sendable, Hashable {
        case everyone, nobody
        case namespaces(Set<String>)
    }

    package var source: ObjectKey
    package var registry: Registry
    package var host: String
    package var namespace: String
    /// istiod's `Attributes.Name`: a Service's name, or an entry's host.
    package var attributeName: String
    /// Seconds since 1970; the order of two services is told by whole seconds.
    package var created: Int
    /// An IP address or a CIDR block; nil where a service has none.
    package var address: String?
    package var ports: [ServicePort]
    package var resolution: ServiceEntry.Resolution
    package var isExternal: Bool
    package var visibility: Visibility
    package var labels: [String: String]
    package var selector: [String: String]?
    /// A Service without a cluster address: its listeners are at its endpoints' addresses.
    package var isHeadless = false
    /// By port number.
    package var endpoints: [Int: [MeshEndpoint]]
    package var subjectAltNames: [String] = []

}

// MARK: - From Kubernetes Services

extension MeshService {
    /// The row of a Kubernetes Service with the addresses that its Endpoints object tells.
    init(service: Service, endpoints: Endpoints?) {
        source = service.id
        registry = .kubernetes
        host = service.host
        namespace = service.meta.namespace
        attributeName = service.meta.name
        created = Self.seconds(service.meta.creationTime)
        let clusterIP = service.clusterIP.flatMap { $0.isEmpty || $0 == "None" ? nil : $0 }
        address = clusterIP
        isHeadless = clusterIP == nil
        ports = service.ports
        resolution = isHeadless ? .none : .static
        isExternal = false
        let exported = service.meta.annotations["networking.istio.io/exportTo"] ?? ""
        visibility = Self.visibility(
            exportTo: exported.split(separator: ",").map { $0.filter { !$0.isWhitespace } },
            namespace: service.meta.namespace)
        labels = service.meta.labels
        selector = service.selector
        self.endpoints = [:]
        for port in service.ports {
            var found: [MeshEndpoint] = []
            for subset in endpoints?.subsets ?? [] {
                guard let number = subset.ports[port.name] else { continue }
                found += subset.ready.map { MeshEndpoint(address: .host($0, port: number)) }
            }
            self.endpoints[port.number] = found
        }
    }

    private static func seconds(_ date: Date?) -> Int { Int(date?.timeIntervalSince1970 ?? 0) }

    private static func visibility(exportTo: [String], namespace: String) -> Visibility {
        if exportTo.isEmpty || exportTo.contains("*") { return .everyone }
        if exportTo == ["~"] { return .nobody }
        return .namespaces(Set(exportTo.map { $0 == "." ? namespace : $0 }))
    }
}

// MARK: - From ServiceEntries

extension MeshService {
    /// The rows of a ServiceEntry; `pods` are those that its selector may choose from.
    static func rows(of entry: ServiceEntry, pods: [Pod]) -> [MeshService] {
        // What is neither an address nor a block is left out, as istiod does; IPv6 stays, and gets no listener.
        let addresses = entry.addresses.compactMap { NetworkPrefix($0)?.istioText ?? ($0.contains(":") ? $0 : nil) }
        let places: [String?] = addresses.isEmpty ? [nil] : addresses
        let endpoints = endpointsByPort(of: entry, pods: pods)
        return entry.hosts.flatMap { host in
            places.map { address in
                MeshService(
                    source: entry.id, registry: .external, host: host, namespace: entry.meta.namespace,
                    attributeName: host, created: seconds(entry.meta.creationTime), address: address,
                    ports: entry.ports, resolution: entry.resolution, isExternal: entry.location == .external,
                    visibility: visibility(exportTo: entry.exportTo, namespace: entry.meta.namespace),
                    labels: entry.meta.labels, selector: entry.selectorLabels,
                    endpoints: resolved(endpoints, host: host, entry: entry))
            }
        }
    }

    /// With name resolution and nothing else named, the host itself is what is resolved.
    private static func resolved(
        _ endpoints: [Int: [MeshEndpoint]], host: String, entry: ServiceEntry
    ) -> [Int: [MeshEndpoint]] {
        guard entry.resolution == .dns || entry.resolution == .dnsRoundRobin, entry.endpoints.isEmpty,
            entry.selectorLabels == nil, !host.contains("*")
        else { return endpoints }
        return Dictionary(
            entry.ports.map { port in
                let target = port.targetPort.flatMap { $0 == 0 ? nil : $0 } ?? port.number
                return (port.number, [MeshEndpoint(address: .host(host, port: target))])
            }, uniquingKeysWith: { first, _ in first })
    }

    private static func endpointsByPort(of entry: ServiceEntry, pods: [Pod]) -> [Int: [MeshEndpoint]] {
        guard entry.resolution != .none else { return [:] }
        var sources = entry.endpoints
        if let selector = entry.selectorLabels {
            sources =
                pods
                .filter { $0.meta.namespace == entry.meta.namespace && $0.isReady && !$0.ip.isEmpty }
                .filter { pod in selector.allSatisfy { pod.meta.labels[$0.key] == $0.value } }
                .map { EntryEndpoint(address: $0.ip, labels: $0.meta.labels) }
        }
        var result: [Int: [MeshEndpoint]] = [:]
        for port in entry.ports {
            result[port.number] = sources.compactMap { endpoint in
                address(of: endpoint, port: port).map { MeshEndpoint(address: $0, weight: endpoint.weight) }
            }
        }
        return result
    }

    /// The endpoint's own port for this name, else the port's target, else its number; a unix socket has none.
    private static func address(of endpoint: EntryEndpoint, port: ServicePort) -> MeshEndpoint.Address? {
        let unix = "unix://"
        if endpoint.address.hasPrefix(unix) { return .pipe(String(endpoint.address.dropFirst(unix.count))) }
        // Reached through another network's gateway only, of which the lab has none.
        if endpoint.address.isEmpty { return nil }
        let target = port.targetPort.flatMap { $0 == 0 ? nil : $0 } ?? port.number
        return .host(endpoint.address, port: endpoint.ports[port.name] ?? target)
    }
}
