/// The VirtualServices of a mesh in the order in which they are asked, by the gateways that they are bound to.
///
/// Their short names are completed: hosts and destinations stand in full, gateways as `mesh` or `NAMESPACE/NAME`.
package struct VirtualServiceIndex: Sendable {
    private enum Visibility { case everyone, namespaces(Set<String>) }

    private struct Bound {
        var service: VirtualService
        var visibility: Visibility
    }

    /// Oldest first.
    private var byGateway: [String: [Bound]] = [:]

    package init(_ services: [VirtualService]) {
        for service in services.filter({ MeshConfiguration.isVisible($0.meta) }).sorted(by: Self.isOlder) {
            let full = service.inFull
            let namespace = full.meta.namespace
            let exported = Set(full.exportTo.map { $0 == "." ? namespace : $0 })
            let visibility: Visibility =
                exported.isEmpty || exported.contains("*") ? .everyone : .namespaces(exported)
            for gateway in Set(full.gateways) {
                byGateway[gateway, default: []].append(Bound(service: full, visibility: visibility))
            }
        }
    }

    private static func isOlder(_ one: VirtualService, _ other: VirtualService) -> Bool {
        (one.meta.creationSecond, one.meta.name, one.meta.namespace)
            < (other.meta.creationSecond, other.meta.name, other.meta.namespace)
    }

    /// What is bound to a gateway (`NAMESPACE/NAME`), or to `mesh`, as proxies of a namespace see it: first what their
    /// own namespace keeps for some, then what others export to them, then what is for everyone; the oldest first.
    package func services(boundTo gateway: String, namespace: String) -> [VirtualService] {
        var own: [VirtualService] = []
        var exported: [VirtualService] = []
        var everyones: [VirtualService] = []
        for bound in byGateway[gateway] ?? [] {
            switch bound.visibility {
            case .everyone: everyones.append(bound.service)
            case .namespaces(let names) where names.contains(namespace):
                if bound.service.meta.namespace == namespace {
                    own.append(bound.service)
                } else {
                    exported.append(bound.service)
                }
            case .namespaces: break
            }
        }
        return own + exported + everyones
    }
}

/// The VirtualServices that one proxy follows at one of its gateways, or as a sidecar.
package struct VirtualServiceScope: Sendable {
    /// In the order in which they are asked.
    package let services: [VirtualService]
    private let hosts: HostIndex

    package init(_ services: [VirtualService]) {
        self.services = services
        hosts = HostIndex(
            services.enumerated().flatMap { index, service in service.hosts.lazy.map { (host: $0, number: index) } })
    }

    /// Those of which a Sidecar imports a host, by its `NAMESPACE/HOST` entries.
    package init(_ services: [VirtualService], imports: [String], namespace: String) {
        let wanted = imports.compactMap { text -> (namespace: Substring, hosts: HostIndex)? in
            guard let slash = text.firstIndex(of: "/") else { return nil }
            let place = text[..<slash]
            return (place == "." ? namespace[...] : place, HostIndex([(String(text[text.index(after: slash)...]), 0)]))
        }
        self.init(
            services.filter { service in
                wanted.contains { place in
                    (place.namespace == "*" || place.namespace == service.meta.namespace)
                        && service.hosts.contains { !place.hosts.overlapping($0).isEmpty }
                }
            })
    }

    /// Those with a host that shares a name with this one.
    package func matching(_ host: String) -> [VirtualService] { hosts.overlapping(host).map { services[$0] } }

    /// The places in `services` of those with a host that shares a name with this one.
    func places(matching host: String) -> [Int] { hosts.overlapping(host) }

    /// The place in `services` of the one whose host is closest to this one, and covers it.
    func place(closestTo host: String) -> Int? { hosts.closest(to: host) }
}

// MARK: - Names in full

extension VirtualService {
    /// With all its short names completed by its namespace.
    fileprivate var inFull: VirtualService {
        var full = self
        full.hosts = hosts.map(fullHost)
        full.gateways = gateways.isEmpty ? [Self.mesh] : gateways.map(fullGateway)
        for index in http.indices {
            for match in http[index].matches.indices { complete(&full.http[index].matches[match].scope) }
            for share in http[index].shares.indices { complete(&full.http[index].shares[share].destination) }
            for mirror in http[index].mirrors.indices { complete(&full.http[index].mirrors[mirror].destination) }
        }
        for index in tls.indices { complete(&full.tls[index]) }
        for index in tcp.indices { complete(&full.tcp[index]) }
        return full
    }

    private func complete(_ route: inout L4Route) {
        for match in route.matches.indices { complete(&route.matches[match].scope) }
        for share in route.shares.indices { complete(&route.shares[share].destination) }
    }

    private func complete(_ scope: inout Scope) { scope.gateways = scope.gateways?.map(fullGateway) }

    private func complete(_ destination: inout Destination) { destination.host = fullHost(destination.host) }

    private func fullHost(_ host: String) -> String { HostName.expand(host, namespace: meta.namespace) }

    /// `NAME`, `./NAME`, `NAMESPACE/NAME` or, as releases before 1.1 had it, `NAME.NAMESPACE.svc.cluster.local`.
    private func fullGateway(_ name: String) -> String {
        if name == Self.mesh { return name }
        if let slash = name.firstIndex(of: "/") {
            return name[..<slash] == "." ? meta.namespace + name[slash...] : name
        }
        let parts = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count > 1 ? "\(parts[1])/\(parts[0])" : "\(meta.namespace)/\(name)"
    }
}
