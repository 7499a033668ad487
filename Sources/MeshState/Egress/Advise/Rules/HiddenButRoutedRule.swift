/// An entry that is exported to nobody comes back where a VirtualService of its namespace names its host.
struct HiddenButRoutedRule: AdviceRule {
    let name = "hidden-but-routed"

    func findings(in context: AdviceContext) -> [Advice] {
        context.mesh.entries.filter { $0.exportTo == ["~"] && MeshConfiguration.isVisible($0.meta) }.flatMap { entry in
            let hosts = Set(entry.hosts.map { $0.lowercased() })
            return context.mesh.virtualServices.filter { service in
                service.meta.namespace == entry.meta.namespace
                    && !hosts.isDisjoint(
                        with: service.destinationHosts.map { HostName.expand($0, namespace: service.meta.namespace) })
            }.map { service in
                Advice(
                    rule: name, object: entry.id, field: "spec.exportTo", others: [service.id],
                    message: "it is exported to nobody, but in namespace \(entry.meta.namespace) it is in effect: "
                        + "\(service.id) names its host",
                    why:
                        "hosts that a VirtualService sends calls to are looked up in the proxy's own namespace without "
                        + "regard to exportTo",
                    remedy:
                        "switch the entry off by the label istio.io/rev (`meshtop toggle` does, from Istio 1.17 on), "
                        + "or remove the host from the VirtualService")
            }
        }
    }
}

extension VirtualService {
    /// All hosts that it sends calls to, as written.
    var destinationHosts: [String] {
        http.flatMap { $0.shares.map(\.destination.host) + $0.mirrors.map(\.destination.host) }
            + (tls + tcp).flatMap { $0.shares.map(\.destination.host) }
    }
}
