/// All services of the mesh by host, with the rules and routes that apply to them.
///
/// It follows changes of single objects, and tells what else they change.
package struct ServiceIndex: Sendable {
    package private(set) var mesh: MeshConfiguration
    package private(set) var rules: DestinationRuleIndex
    package private(set) var virtualServices: VirtualServiceIndex
    /// By host, the oldest first.
    private var hosts: [String: [MeshService]] = [:]
    private var hostsBySource: [ObjectKey: Set<String>] = [:]
    private var workloads: WorkloadIndex
    /// By namespace.
    private var kubernetes: [String: [ObjectKey: MeshService]] = [:]
    /// The labels that something chooses sidecars by.
    private var choosingLabels: Set<String> = []

    package init(_ mesh: MeshConfiguration) {
        self.mesh = mesh
        rules = DestinationRuleIndex(mesh.destinationRules)
        virtualServices = VirtualServiceIndex(mesh.virtualServices)
        workloads = WorkloadIndex(pods: mesh.pods, entries: mesh.workloadEntries)
        refreshServices()
        for entry in mesh.entries { refresh(entry.id, entry) }
        refreshChoosingLabels()
    }

    /// What changed in an index.
    package struct Change: Sendable, Hashable {
        /// Hosts of which a service came, went or changed.
        package var hosts: Set<String> = []
        /// Hosts, some with a `*`, that other DestinationRules hold for now.
        package var ruledHosts: Set<String> = []
        /// Whether what proxies see at all may be another: a VirtualService, a Gateway or a Sidecar changed.
        package var changesScopes = false

        package init() {}
    }

    /// Follows changes of objects.
    package mutating func apply(_ changes: [MeshChange]) -> Change {
        var result = Change()
        // Endpoints may be another's now, so that all that can have any are looked at.
        var changesWorkloads = false
        for change in changes {
            let key = change.key
            let old = key.kind == DestinationRule.kind ? mesh.destinationRules.first { $0.id == key } : nil
            mesh.apply(change)
            switch key.kind {
            case ServiceEntry.kind:
                if case .put(.serviceEntry(let entry)) = change {
                    result.hosts.formUnion(refresh(key, entry))
                } else {
                    result.hosts.formUnion(replaceRows(of: key, by: []))
                }
            case "Service", "Endpoints":
                let service = ObjectKey(kind: "Service", namespace: key.namespace, name: key.name)
                result.hosts.formUnion(
                    refresh(
                        service, mesh.services.first { $0.id == service },
                        mesh.endpoints.first { $0.meta.namespace == key.namespace && $0.meta.name == key.name }))
            case "Pod", WorkloadEntry.kind: changesWorkloads = true
            case DestinationRule.kind:
                let new = mesh.destinationRules.first { $0.id == key }
                for rule in [old, new].compactMap({ $0 }) {
                    result.ruledHosts.insert(HostName.expand(rule.host, namespace: key.namespace))
                }
            // What a Secret holds is put beside a plan, not into it.
            case TLSSecret.kind: break
            default: result.changesScopes = true
            }
        }
        if !result.ruledHosts.isEmpty { rules = DestinationRuleIndex(mesh.destinationRules) }
        if changes.contains(where: { $0.key.kind == VirtualService.kind }) {
            virtualServices = VirtualServiceIndex(mesh.virtualServices)
        }
        if result.changesScopes || !result.ruledHosts.isEmpty { refreshChoosingLabels() }
        if changesWorkloads {
            workloads = WorkloadIndex(pods: mesh.pods, entries: mesh.workloadEntries)
            result.hosts.formUnion(refreshServices())
            for entry in mesh.entries where entry.selectorLabels != nil {
                result.hosts.formUnion(refresh(entry.id, entry))
            }
        }
        return result
    }

    // MARK: Rows

    @discardableResult
    private mutating func refresh(_ key: ObjectKey, _ entry: ServiceEntry) -> Set<String> {
        let isVisible = MeshConfiguration.isVisible(entry.meta)
        return replaceRows(of: key, by: isVisible ? MeshService.rows(of: entry, workloads: workloads) : [])
    }

    /// Makes the rows of all Kubernetes Services anew.
    @discardableResult
    private mutating func refreshServices() -> Set<String> {
        let endpoints = Dictionary(mesh.endpoints.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return mesh.services.reduce(into: []) { changed, service in
            let key = ObjectKey(kind: "Endpoints", namespace: service.meta.namespace, name: service.meta.name)
            changed.formUnion(refresh(service.id, service, endpoints[key]))
        }
    }

    private mutating func refresh(_ key: ObjectKey, _ service: Service?, _ endpoints: Endpoints?) -> Set<String> {
        let row = service.map { MeshService(service: $0, endpoints: endpoints, workloads: workloads) }
        kubernetes[key.namespace, default: [:]][key] = row
        return replaceRows(of: key, by: row.map { [$0] } ?? [])
    }

    /// The hosts of which something is another now.
    private mutating func replaceRows(of key: ObjectKey, by rows: [MeshService]) -> Set<String> {
        let new = Dictionary(grouping: rows, by: \.host)
        var changed: Set<String> = []
        for host in (hostsBySource[key] ?? []).union(new.keys) {
            var known = hosts[host] ?? []
            let mine = new[host] ?? []
            if known.filter({ $0.source == key }) == mine { continue }
            changed.insert(host)
            known.removeAll { $0.source == key }
            if let first = mine.first {
                let place = known.firstIndex { Self.isOlder(first, $0) } ?? known.endIndex
                known.insert(contentsOf: mine, at: place)
            }
            hosts[host] = known.isEmpty ? nil : known
        }
        hostsBySource[key] = new.isEmpty ? nil : Set(new.keys)
        return changed
    }

    /// istiod's order of all services.
    private static func isOlder(_ one: MeshService, _ other: MeshService) -> Bool {
        (one.created, one.attributeName, one.namespace, one.source.name, one.source.kind)
            < (other.created, other.attributeName, other.namespace, other.source.name, other.source.kind)
    }

    // MARK: Proxies

    private mutating func refreshChoosingLabels() {
        choosingLabels = Set(mesh.destinationRules.flatMap { ($0.selectorLabels ?? [:]).keys })
        choosingLabels.formUnion(mesh.sidecars.flatMap { ($0.selectorLabels ?? [:]).keys })
        for service in mesh.virtualServices {
            let scopes =
                service.http.flatMap(\.matches).map(\.scope)
                + (service.tls + service.tcp).flatMap(\.matches).map(\.scope)
            choosingLabels.formUnion(scopes.flatMap(\.sourceLabels.keys))
        }
    }

    /// A proxy without the labels that decide nothing, so that alike proxies are planned for once.
    package func reduced(_ target: PlanTarget) -> PlanTarget {
        // A gateway is chosen by Gateways and Services, and there are few of them.
        guard target.kind == .sidecar else { return target }
        var result = target
        result.labels = target.labels.filter { choosingLabels.contains($0.key) }
        return result
    }

    // MARK: Asking

    /// All rows, the oldest first.
    package var rows: [MeshService] {
        // The rows of one object stay as they are: a host's addresses have the entry's order.
        hosts.values.sorted { Self.isOlder($0[0], $1[0]) }.joined().enumerated().sorted { left, right in
            if Self.isOlder(left.element, right.element) { return true }
            return !Self.isOlder(right.element, left.element) && left.offset < right.offset
        }.map(\.element)
    }

    package var allHosts: some Collection<String> { hosts.keys }

    /// The Kubernetes Services of a namespace that choose pods with these labels, the oldest first.
    package func kubernetesServices(in namespace: String, choosing labels: [String: String]) -> [MeshService] {
        (kubernetes[namespace] ?? [:]).values.filter { row in
            guard let selector = row.selector, !selector.isEmpty else { return false }
            return selector.allSatisfy { labels[$0.key] == $0.value }
        }.sorted(by: Self.isOlder)
    }

    /// The service of a host as a proxy of a namespace gets it: one namespace has it, and its objects are merged.
    func effective(
        host: String, namespace: String, where isImported: (MeshService) -> Bool = { _ in true }
    ) -> Effective? {
        let all = hosts[host] ?? []
        var visible = all.filter { row in
            if case .namespaces(let names) = row.visibility { names.contains(namespace) } else { false }
        }
        visible += all.filter { $0.visibility == .everyone }
        visible.removeAll { !isImported($0) }
        guard var chosen = visible.first else { return nil }
        for row in visible where chosen.namespace != namespace {
            if row.namespace == namespace || (row.registry == .kubernetes && chosen.registry != .kubernetes) {
                chosen = row
            }
        }
        var result: Effective?
        for row in visible where row.namespace == chosen.namespace {
            if result?.add(row) == nil { result = effective(row, of: all) }
        }
        for row in visible where row.namespace != chosen.namespace {
            if result?.shadowed.contains(row.source) == false { result?.shadowed.append(row.source) }
        }
        return result
    }

    /// The service that a VirtualService means by a host, whether the proxy imports it or not.
    ///
    /// What its own namespace has comes first, even what is exported to nobody; else what is exported to it, of
    /// Kubernetes before the others and the oldest first.
    func destination(host: String, namespace: String) -> Effective? {
        let all = hosts[host] ?? []
        let own = all.filter { $0.namespace == namespace }
        let candidates =
            own.isEmpty
            ? all.filter { row in
                switch row.visibility {
                case .everyone: true
                case .nobody: false
                case .namespaces(let names): names.contains(namespace)
                }
            } : own
        guard let row = candidates.first(where: { $0.registry == .kubernetes }) ?? candidates.first else { return nil }
        var result = effective(row, of: all)
        result.isDestinationOnly = true
        return result
    }

    private func effective(_ row: MeshService, of all: [MeshService]) -> Effective {
        var seen: Set<ObjectKey> = []
        return Effective(
            row, sources: all.filter { $0.namespace == row.namespace && seen.insert($0.source).inserted },
            order: Order(row))
    }
}
