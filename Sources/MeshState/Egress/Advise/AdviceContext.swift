/// What the rules look at, put in order once.
package struct AdviceContext: Sendable {
    package let mesh: MeshConfiguration
    package let index: ServiceIndex
    /// Those that exist; nil where that is not known.
    package let namespaces: Set<String>?
    package let snapshot: MeshSnapshot?
    package let unusedAfter: Double
    /// Namespaces from which calls are made: those with sidecars, or without any pods those of the objects.
    package let viewers: [String]
    /// Entries that this control plane reads and somebody sees.
    package let entries: [ServiceEntry]
    /// Rows of entries that somebody sees, the oldest first.
    let externalRows: [MeshService]
    package let gatewayRoutes: GatewayRoutes

    init(mesh: MeshConfiguration, namespaces: Set<String>?, snapshot: MeshSnapshot?, unusedAfter: Double) {
        self.mesh = mesh
        self.namespaces = namespaces
        self.snapshot = snapshot
        self.unusedAfter = unusedAfter
        index = ServiceIndex(mesh)
        externalRows = index.rows.filter { $0.registry == .external && $0.visibility != .nobody }
        entries = mesh.entries.filter { MeshConfiguration.isVisible($0.meta) && $0.exportTo != ["~"] }
            .sorted { $0.id < $1.id }
        var places = Set(mesh.pods.filter { $0.proxyKind == .sidecar }.map(\.meta.namespace))
        if places.isEmpty {
            places = Set(mesh.entries.map(\.meta.namespace) + mesh.virtualServices.map(\.meta.namespace))
        }
        viewers = places.sorted()
        gatewayRoutes = GatewayRoutes(mesh: mesh)
    }

    /// A list of names in words: `a`, `a and b`, `a, b and 3 more`.
    static func words(_ names: [String]) -> String {
        switch names.count {
        case 0: "none"
        case 1: names[0]
        case 2: "\(names[0]) and \(names[1])"
        default: "\(names[0]), \(names[1]) and \(names.count - 2) more"
        }
    }
}

/// Which hosts are meant to go through a gateway, as the VirtualServices have it.
package struct GatewayRoutes: Sendable {
    /// Calls of sidecars to a host that are sent to a gateway's service.
    struct MeshHalf: Sendable, Hashable {
        var source: ObjectKey
        var field: String
        var host: String
        /// The gateway's service.
        var gatewayService: String
    }

    /// Calls that a gateway sends on.
    struct GatewayHalf: Sendable, Hashable {
        var source: ObjectKey
        var field: String
        /// The hosts of the VirtualService, or of the rule where it has SNI names.
        var hosts: [String]
        var gateway: ObjectKey
        /// Where it sends them, fully spelled out.
        var destinations: [String]
    }

    /// A rule for a gateway that its VirtualService is not bound to.
    struct Unbound: Sendable, Hashable {
        var source: ObjectKey
        var field: String
        var gateway: String
    }

    private(set) var meshHalves: [MeshHalf] = []
    private(set) var gatewayHalves: [GatewayHalf] = []
    private(set) var unbound: [Unbound] = []

    init(mesh: MeshConfiguration) {
        let services = Self.gatewayServices(in: mesh)
        for service in mesh.virtualServices.sorted(by: { $0.id < $1.id })
        where MeshConfiguration.isVisible(service.meta) {
            for rule in service.rules { add(rule, of: service, gatewayServices: services) }
        }
    }

    private mutating func add(_ rule: Rule, of service: VirtualService, gatewayServices: Set<String>) {
        let bound = service.gateways.isEmpty ? [VirtualService.mesh] : service.gateways
        let namespace = service.meta.namespace
        let destinations = rule.destinations.map { HostName.expand($0, namespace: namespace) }
        for gateway in rule.gateways ?? bound {
            guard bound.contains(gateway) else {
                unbound.append(Unbound(source: service.id, field: rule.field, gateway: gateway))
                continue
            }
            let hosts = rule.sniHosts.isEmpty ? service.hosts : rule.sniHosts
            if gateway == VirtualService.mesh {
                for target in destinations where gatewayServices.contains(target) || HostName.isGateway(target) {
                    meshHalves += hosts.map {
                        MeshHalf(
                            source: service.id, field: rule.field, host: HostName.expand($0, namespace: namespace),
                            gatewayService: target)
                    }
                }
            } else {
                gatewayHalves.append(
                    GatewayHalf(
                        source: service.id, field: rule.field,
                        hosts: hosts.map { HostName.expand($0, namespace: namespace) },
                        gateway: Self.key(gateway, namespace: namespace), destinations: destinations))
            }
        }
    }

    private static func key(_ gateway: String, namespace: String) -> ObjectKey {
        let parts = gateway.split(separator: "/", maxSplits: 1).map(String.init)
        return parts.count == 2
            ? ObjectKey(kind: Gateway.kind, namespace: parts[0], name: parts[1])
            : ObjectKey(kind: Gateway.kind, namespace: namespace, name: gateway)
    }

    /// Services in front of pods that some Gateway selects.
    private static func gatewayServices(in mesh: MeshConfiguration) -> Set<String> {
        var result: Set<String> = []
        for gateway in mesh.gateways where !gateway.selector.isEmpty {
            let wanted = gateway.selector
            for service in mesh.services where !service.selector.isEmpty {
                let isNamed = wanted.allSatisfy { service.selector[$0.key] == $0.value }
                let isBehind = mesh.pods.contains { pod in
                    pod.meta.namespace == service.meta.namespace && pod.proxyKind == .gateway
                        && service.selector.allSatisfy { pod.meta.labels[$0.key] == $0.value }
                        && wanted.allSatisfy { pod.meta.labels[$0.key] == $0.value }
                }
                if isNamed || isBehind { result.insert(service.host) }
            }
        }
        return result
    }

    /// A rule with one of its matches, whatever protocol it is for.
    fileprivate struct Rule {
        var field: String
        var gateways: [String]?
        var sniHosts: [String] = []
        var destinations: [String]
    }
}

extension VirtualService {
    /// Each match of each rule; a rule without a match counts as one.
    fileprivate var rules: [GatewayRoutes.Rule] {
        var result: [GatewayRoutes.Rule] = []
        for (index, route) in http.enumerated() {
            let targets = route.shares.map(\.destination.host)
            if route.matches.isEmpty {
                result.append(.init(field: "spec.http[\(index)]", destinations: targets))
            }
            for (position, match) in route.matches.enumerated() {
                result.append(
                    .init(
                        field: "spec.http[\(index)].match[\(position)]", gateways: match.scope.gateways,
                        destinations: targets))
            }
        }
        for (name, routes) in [("tls", tls), ("tcp", tcp)] {
            for (index, route) in routes.enumerated() {
                let targets = route.shares.map(\.destination.host)
                if route.matches.isEmpty {
                    result.append(.init(field: "spec.\(name)[\(index)]", destinations: targets))
                }
                for (position, match) in route.matches.enumerated() {
                    result.append(
                        .init(
                            field: "spec.\(name)[\(index)].match[\(position)]", gateways: match.scope.gateways,
                            sniHosts: match.sniHosts, destinations: targets))
                }
            }
        }
        return result
    }
}

extension HostName {
    /// Whether a service is one of Istio's own gateways, by its name: files alone often leave it out.
    static func isGateway(_ host: String) -> Bool {
        ["istio-egressgateway.", "istio-ingressgateway."].contains { host.hasPrefix($0) }
    }
}
