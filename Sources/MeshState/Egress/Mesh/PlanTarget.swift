/// Whom a plan is for: what of a proxy decides which configuration it gets.
package struct PlanTarget: Sendable, Hashable {
    package var namespace: String
    package var kind: Pod.ProxyKind
    /// The pod's, by which Gateways, Sidecars, `sourceLabels` and DestinationRules choose it.
    package var labels: [String: String]
    /// Whether it asks for the addresses that istiod allocates (`ISTIO_META_DNS_CAPTURE`).
    package var usesAllocatedAddresses: Bool

    package init(
        namespace: String, kind: Pod.ProxyKind, labels: [String: String] = [:], usesAllocatedAddresses: Bool = false
    ) {
        self.namespace = namespace
        self.kind = kind
        self.labels = labels
        self.usesAllocatedAddresses = usesAllocatedAddresses
    }
}
