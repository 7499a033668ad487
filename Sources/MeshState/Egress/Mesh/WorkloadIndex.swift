/// What services may have as endpoints: the pods and WorkloadEntries of the mesh, by address and by namespace.
struct WorkloadIndex: Sendable {
    /// A pod or a WorkloadEntry as an endpoint of whatever service chooses it.
    struct Workload: Sendable, Hashable {
        var endpoint: EntryEndpoint
        /// By these selectors choose it.
        var labels: [String: String]
        var hasMeshTLS: Bool
        var identity: String
        /// Whether it can only be resolved: its address is a name, or a socket.
        var isForDNSOnly: Bool

        func isChosen(by selector: [String: String]) -> Bool { selector.allSatisfy { labels[$0.key] == $0.value } }
    }

    private var pods: [String: Workload] = [:]
    private var podsByNamespace: [String: [Workload]] = [:]
    private var entriesByNamespace: [String: [Workload]] = [:]

    init(pods: [Pod], entries: [WorkloadEntry]) {
        // The order of endpoints is the same whatever order the objects come in.
        for pod in pods.sorted(by: { $0.id < $1.id }) where !pod.ip.isEmpty {
            let workload = Workload(pod)
            self.pods[pod.ip] = workload
            if pod.isReady { podsByNamespace[pod.meta.namespace, default: []].append(workload) }
        }
        for entry in entries.sorted(by: { $0.id < $1.id }) where MeshConfiguration.isVisible(entry.meta) {
            entriesByNamespace[entry.meta.namespace, default: []].append(Workload(entry))
        }
    }

    /// The pod that has an address.
    func pod(at address: String) -> Workload? { pods[address] }

    /// The WorkloadEntries of a namespace that a Kubernetes Service's selector chooses.
    func entries(in namespace: String, selector: [String: String]) -> [Workload] {
        // A Service without a selector chooses none.
        guard !selector.isEmpty else { return [] }
        return (entriesByNamespace[namespace] ?? []).filter { !$0.isForDNSOnly && $0.isChosen(by: selector) }
    }

    /// The ready pods and WorkloadEntries of a namespace that a ServiceEntry's selector chooses.
    func workloads(in namespace: String, selector: [String: String], isDNS: Bool) -> [Workload] {
        ((entriesByNamespace[namespace] ?? []) + (podsByNamespace[namespace] ?? [])).filter {
            $0.isChosen(by: selector) && (isDNS || !$0.isForDNSOnly)
        }
    }
}

extension WorkloadIndex.Workload {
    private static let tlsModeLabel = "security.istio.io/tlsMode"

    init(_ pod: Pod) {
        endpoint = EntryEndpoint(address: pod.ip, labels: pod.meta.labels)
        labels = pod.meta.labels
        // The injector labels what it gives a sidecar; a gateway takes mutual TLS where its servers say so, and only there.
        hasMeshTLS = labels[Self.tlsModeLabel].map { $0 == "istio" } ?? (pod.proxyKind == .sidecar)
        identity =
            pod.proxyKind == .none
            ? "" : MeshEndpoint.identity(namespace: pod.meta.namespace, account: pod.serviceAccount)
        isForDNSOnly = false
    }

    init(_ entry: WorkloadEntry) {
        self.init(entry.endpoint, labels: entry.labels, namespace: entry.meta.namespace)
        endpoint.labels = entry.labels
    }

    /// An endpoint that is written out, in a ServiceEntry or a WorkloadEntry of a namespace.
    init(_ endpoint: EntryEndpoint, labels: [String: String], namespace: String) {
        self.endpoint = endpoint
        self.labels = labels
        hasMeshTLS = labels[Self.tlsModeLabel].map { $0 == "istio" } ?? !endpoint.serviceAccount.isEmpty
        identity =
            endpoint.serviceAccount.isEmpty
            ? "" : MeshEndpoint.identity(namespace: namespace, account: endpoint.serviceAccount)
        let isAddress = NetworkPrefix(endpoint.address)?.isSingleAddress == true || endpoint.address.contains(":")
        isForDNSOnly = endpoint.address.hasPrefix("unix:") || !endpoint.address.isEmpty && !isAddress
    }
}

extension MeshEndpoint {
    /// The SPIFFE name of a service account of the mesh.
    package static func identity(namespace: String, account: String) -> String {
        "spiffe://cluster.local/ns/\(namespace)/sa/\(account)"
    }

    /// A workload at one port of a service; nil where it cannot be reached at all.
    ///
    /// Its own port for this name comes first, then the port's target, then the port's number; a socket has none.
    init?(_ workload: WorkloadIndex.Workload, port: ServicePort) {
        let endpoint = workload.endpoint
        let unix = "unix://"
        let address: Address
        if endpoint.address.hasPrefix(unix) {
            address = .pipe(String(endpoint.address.dropFirst(unix.count)))
        } else if endpoint.address.isEmpty {
            // Reached through another network's gateway only, of which there is none.
            return nil
        } else {
            address = .host(endpoint.address, port: endpoint.ports[port.name] ?? port.target)
        }
        self.init(
            address: address, weight: endpoint.weight, labels: workload.labels, locality: endpoint.locality,
            hasMeshTLS: workload.hasMeshTLS, identity: workload.identity)
    }
}

extension ServicePort {
    /// The port of the endpoints where they name none themselves.
    package var target: Int { targetPort.flatMap { $0 == 0 ? nil : $0 } ?? number }
}
