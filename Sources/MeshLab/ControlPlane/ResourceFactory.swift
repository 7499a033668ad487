import MeshState

/// Makes of the plans of alike proxies what each of them is sent.
///
/// What looks the same to all of them is written and encoded once.
struct ResourceFactory: Sendable {
    private struct Proxy: Sendable {
        let node: ProxyNode
        let certificates: WorkloadCertificates
        var standing = EnvoyResources()
    }

    private let layout: LabLayout
    private let encoder: ResourceEncoder
    private var routes: RouteEncoder
    private var proxies: [Proxy]
    private var context: WriterContext?
    private var traits: [String: WriterContext.ClusterTraits] = [:]
    /// What is the same for all, as it was made last: by type and name.
    private var shared: [DiscoveryType: [String: EncodedResource]] = [:]

    init(nodes: [ProxyNode], layout: LabLayout, encoder: ResourceEncoder) {
        self.layout = layout
        self.encoder = encoder
        routes = RouteEncoder(encoder: encoder)
        proxies = nodes.map { Proxy(node: $0, certificates: WorkloadCertificates(node: $0)) }
    }

    /// What a change of the plan changes for each proxy.
    mutating func follow(
        _ change: PlanChange, of planner: OutboundPlanner, credentials: [String: TLSSecret]
    ) -> [ProxyID: ResourceChange] {
        for (name, plan) in change.clusters { traits[name] = plan.flatMap { WriterContext.ClusterTraits($0) } }
        let lastResort = planner.lastResort
        let context = WriterContext(
            lastResort: lastResort, traits: traits,
            wildcardPorts: lastResort.policy == .allowAnyDynamicDNS ? planner.wildcardPorts : [],
            credentials: credentials)
        var change = change
        let isNew = self.context != context
        if isNew {
            // It may show in every listener and route, and Secrets in clusters.
            let all = PlanChange(planner.plan)
            change.listeners.merge(all.listeners) { first, _ in first }
            change.routes.merge(all.routes) { first, _ in first }
            if self.context?.credentials != credentials { change.clusters.merge(all.clusters) { first, _ in first } }
            self.context = context
            routes.forget()
        }
        let writers = proxies.map {
            ResourceWriter(node: $0.node, layout: layout, context: context, workload: $0.certificates)
        }
        var results = proxies.map { _ in ResourceChange() }
        if isNew { refreshStanding(writers, &results) }
        make(change.clusters, .cds, writers, &results, isShared: { $0.tls == .plain }) { $0.resource($1) }
        make(change.listeners, .lds, writers, &results, isShared: \.looksAlike) { $0.resource($1) }
        if let writer = writers.first { make(change.routes, writer, &results) }
        return Dictionary(zip(proxies.map(\.node.id), results), uniquingKeysWith: { first, _ in first })
    }

    /// What a proxy has whatever the mesh holds, as far as it is another.
    private mutating func refreshStanding(_ writers: [ResourceWriter], _ results: inout [ResourceChange]) {
        for (place, writer) in writers.enumerated() {
            let new = writer.standing
            for type in DiscoveryType.allCases {
                let old = proxies[place].standing[type]
                for (name, resource) in new[type] where old[name] != resource {
                    encode(resource, type, into: &results, at: [place])
                }
                results[place].removed[type, default: []] += old.keys.filter { new[type][$0] == nil }
            }
            proxies[place].standing = new
        }
    }

    private mutating func make<Plan>(
        _ plans: [String: Plan?], _ type: DiscoveryType, _ writers: [ResourceWriter], _ results: inout [ResourceChange],
        isShared: (Plan) -> Bool, write: (ResourceWriter, Plan) -> EnvoyResource
    ) {
        for (name, plan) in plans {
            guard let plan else {
                shared[type]?[name] = nil
                for place in results.indices { results[place].removed[type, default: []].append(name) }
                continue
            }
            if isShared(plan), let first = writers.first {
                shared[type, default: [:]][name] = encode(
                    write(first, plan), type, into: &results, at: Array(results.indices), before: shared[type]?[name])
            } else {
                shared[type]?[name] = nil
                for (place, writer) in writers.enumerated() {
                    encode(write(writer, plan), type, into: &results, at: [place])
                }
            }
        }
    }

    /// Routes are the same for all.
    private mutating func make(
        _ plans: [String: RoutePlan?], _ writer: ResourceWriter, _ results: inout [ResourceChange]
    ) {
        for (name, plan) in plans {
            if let plan {
                let before = shared[.rds]?[name]
                shared[.rds, default: [:]][name] = Self.put(
                    name, .rds, into: &results, at: Array(results.indices)
                ) { () throws(ResourceEncoder.Failure) in
                    try routes.encode(plan, by: writer, before: before)
                }
            } else {
                shared[.rds]?[name] = nil
                routes.forget(name)
                for place in results.indices { results[place].removed[.rds, default: []].append(name) }
            }
        }
    }

    @discardableResult
    private func encode(
        _ resource: EnvoyResource, _ type: DiscoveryType, into results: inout [ResourceChange], at places: [Int],
        before: EncodedResource? = nil
    ) -> EncodedResource? {
        Self.put(resource.name, type, into: &results, at: places) { () throws(ResourceEncoder.Failure) in
            EncodedResource(
                name: resource.name, bytes: try encoder.encode(resource.value).bytes, references: resource.references,
                before: before)
        }
    }

    private static func put(
        _ name: String, _ type: DiscoveryType, into results: inout [ResourceChange], at places: [Int],
        _ encode: () throws(ResourceEncoder.Failure) -> EncodedResource
    ) -> EncodedResource? {
        do {
            let encoded = try encode()
            for place in places { results[place].put[type, default: []].append(encoded) }
            return encoded
        } catch {
            for place in places { results[place].failures["\(type.rawValue) \(name)"] = "\(error)" }
            return nil
        }
    }
}

extension ListenerPlan {
    /// Whether it is the same for all proxies: it neither is bound at one's address nor shows one's certificate.
    fileprivate var looksAlike: Bool { !isBound && chains.allSatisfy { $0.tls == nil } }
}
