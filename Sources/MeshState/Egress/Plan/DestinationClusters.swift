/// Tells the clusters that destinations mean, by the services that one proxy sees.
package struct DestinationClusters: Sendable {
    /// The port of each host that has no other.
    private var onlyPorts: [String: Int] = [:]

    package init(_ services: [ServiceIndex.Effective]) {
        for effective in services where effective.service.ports.count == 1 {
            onlyPorts[effective.service.host] = effective.service.ports[0].number
        }
    }

    /// Takes in what became of a host's service; whether it changes anything.
    mutating func update(_ host: String, _ service: ServiceIndex.Effective?) -> Bool {
        let ports = service?.service.ports ?? []
        let only = ports.count == 1 ? ports[0].number : nil
        if onlyPorts[host] == only { return false }
        onlyPorts[host] = only
        return true
    }

    /// The cluster's name; whether there is such a cluster is another question.
    ///
    /// Where no port is named it is the service's only one, else the port that was called. A short host belongs to the
    /// namespace.
    package func name(
        for destination: VirtualService.Destination, namespace: String, listenerPort: Int
    ) -> String {
        let host = HostName.expand(destination.host, namespace: namespace)
        return ClusterPlan.name(
            port: destination.port ?? onlyPorts[host] ?? listenerPort, subset: destination.subset ?? "", host: host)
    }
}

extension VirtualService {
    /// What of a rule's scope is known before any call: where the proxy is that follows it, and which port it is for.
    struct Place {
        /// `mesh`, or a gateway's `NAMESPACE/NAME`.
        var gateway: String
        /// The port that is called; at a gateway, the server's.
        var port: Int
        var target: PlanTarget
    }
}

extension VirtualService.Scope {
    /// Whether the rule holds there. At a gateway the sources of calls are not known: a rule that names the gateway says
    /// nothing about them.
    func holds(at place: VirtualService.Place) -> Bool {
        guard names(place) else { return false }
        if gateways != nil && place.gateway != VirtualService.mesh { return true }
        return sourceLabels.allSatisfy { place.target.labels[$0.key] == $0.value }
            && sourceNamespace.map { $0 == place.target.namespace } ?? true
    }

    /// Whether the gateway and the port are among those that are named, if any are.
    func names(_ place: VirtualService.Place) -> Bool {
        if let gateways, !gateways.contains(place.gateway) { return false }
        return port.map { $0 == 0 || $0 == place.port } ?? true
    }
}

extension [VirtualService.Share] {
    /// Those that get calls: an only one whatever its weight, else those with a weight.
    var inUse: [(index: Int, share: VirtualService.Share)] {
        var all = enumerated().map { (index: $0.offset, share: $0.element) }
        if count > 1 && contains(where: { $0.weight > 0 }) {
            all.removeAll { $0.share.weight <= 0 }
        } else {
            all.removeLast(Swift.max(0, count - 1))
        }
        return all
    }
}
