import FoundationEssentials

/// What a change would do that is not made yet.
public struct WhatIf: Sendable, Hashable {
    /// Workloads of one namespace.
    public struct Viewers: Sendable, Hashable {
        public var namespace: String
        public var workloads: [String]

        public init(namespace: String, workloads: [String]) {
            self.namespace = namespace
            self.workloads = workloads
        }
    }

    /// Calls, blocked in the hour before, that would go through.
    public var letsThrough: [BlockedEgress]
    /// Open connections that would be closed, because their cluster goes.
    public var cuts: [Connection]
    /// Whose proxies hold the object afterwards; for a deletion, or one that is switched off, before.
    public var seenBy: [Viewers]
    /// Others that take calls from the object.
    public var shadowedBy: [Advice]
    /// Others that the object takes calls from.
    public var shadows: [Advice]
    /// What else the advisor would find afterwards and does not find now.
    public var advice: [Advice]

    /// How long ago a blocked call may be, in seconds.
    static let memory = 3600.0
    /// The rules that tell which of two objects has the calls.
    private static let shadowing: Set<String> = ["same-host", "address-conflict", "wildcard-shadow"]

    /// Works out what a change would do; see below.
    public init(
        of change: ChangeRequest, in mesh: MeshConfiguration, snapshot: MeshSnapshot
    ) throws(DecodeError) {
        try self.init(of: [change], in: mesh, snapshot: snapshot)
    }

    /// Works out what changes would do together.
    ///
    /// - Parameters:
    ///   - mesh: as it is now, with its pods.
    ///   - snapshot: what was blocked, and what is connected.
    /// - Throws: when a changed object cannot be read.
    public init(
        of changes: [ChangeRequest], in mesh: MeshConfiguration, snapshot: MeshSnapshot
    ) throws(DecodeError) {
        var after = mesh
        for change in changes { after = try after.changed(by: change, at: snapshot.time) }
        let changed = Set(changes.map(\.target))
        var (now, then) = (Explainer(mesh), Explainer(after))
        let recent = snapshot.blocked.filter { snapshot.time.timeIntervalSince($0.last) <= Self.memory }
        var freed: [BlockedEgress] = []
        for event in recent {
            let call = EgressCall(event, pods: mesh.pods)
            if then.explain(call).verdict != .blocked, now.explain(call).verdict == .blocked { freed.append(event) }
        }
        letsThrough = freed

        // Alike proxies have alike clusters.
        let targets = Dictionary(grouping: mesh.pods.filter { $0.proxyKind != .none }, by: PlanTarget.init)
        var lost: [ProxyID: Set<String>] = [:]
        var viewers: [String: Set<String>] = [:]
        for (target, pods) in targets {
            let old = OutboundPlanner(index: now.index, target: target).plan
            let new = OutboundPlanner(index: then.index, target: target).plan
            let gone = Set(old.clusters.map(\.name)).subtracting(new.clusters.map(\.name))
            let isSeen = old.follows(changed) || new.follows(changed)
            for pod in pods {
                lost[ProxyID(pod: pod.meta.name, namespace: pod.meta.namespace)] = gone
                if isSeen { viewers[pod.meta.namespace, default: []].insert(pod.workload) }
            }
        }
        cuts = snapshot.connections.filter {
            $0.live > 0 && lost[$0.id.proxy]?.contains($0.id.cluster.description) == true
        }
        seenBy = viewers.sorted { $0.key < $1.key }.map { Viewers(namespace: $0.key, workloads: $0.value.sorted()) }

        let before = Set(Advisor.findings(in: mesh))
        let fresh = Advisor.findings(in: after).filter { !before.contains($0) }
        shadowedBy = fresh.filter { Self.shadowing.contains($0.rule) && changed.contains($0.object) }
        shadows = fresh.filter { Self.shadowing.contains($0.rule) && !changed.isDisjoint(with: $0.others) }
        let told = Set(shadowedBy + shadows)
        advice = fresh.filter { !told.contains($0) }
    }

    /// The same in words, a line each; every part says something, so that nothing has to be guessed from silence.
    public var lines: [String] {
        var lines = ["lets through:\(letsThrough.isEmpty ? " no call that was blocked in the last hour" : "")"]
        lines += letsThrough.map { event in
            "  \(event.id.workload).\(event.id.namespace) to \(event.name ?? event.id.target):\(event.id.port) "
                + "\(event.id.transport.rawValue) ×\(event.count)"
        }
        lines.append("cuts:\(cuts.isEmpty ? " no open connection" : "")")
        lines += cuts.map { "  \($0.workload).\($0.id.proxy.namespace) to \($0.id.cluster) (\($0.live) open)" }
        lines.append("seen by:\(seenBy.isEmpty ? " no proxy" : "")")
        lines += seenBy.map { "  \($0.namespace): \($0.workloads.joined(separator: ", "))" }
        lines += Self.section("shadowed by", shadowedBy) + Self.section("shadows", shadows)
        lines += Self.section("advice", advice)
        return lines
    }

    private static func section(_ title: String, _ findings: [Advice]) -> [String] {
        if findings.isEmpty { return ["\(title): nothing"] }
        return ["\(title):"] + findings.map { "  \($0.object): \($0.message)" }
    }
}

extension ProxyPlan {
    /// Whether anything in it is as it is because of one of these objects.
    fileprivate func follows(_ objects: Set<ObjectKey>) -> Bool {
        func isBecause(_ reasons: [Because]) -> Bool { reasons.contains { objects.contains($0.object) } }
        return clusters.contains { isBecause($0.because) }
            || listeners.contains { $0.chains.contains { isBecause($0.because) } }
            || routes.contains { route in
                route.virtualHosts.contains { host in
                    isBecause(host.because) || host.routes.contains { isBecause($0.because) }
                }
            }
    }
}

extension PlanTarget {
    init(_ pod: Pod) {
        self.init(
            namespace: pod.meta.namespace, kind: pod.proxyKind, labels: pod.meta.labels,
            usesAllocatedAddresses: pod.usesAllocatedAddresses)
    }
}

extension EgressCall {
    /// The call again that was blocked.
    package init(_ event: BlockedEgress, pods: [Pod]) {
        let pod = pods.first { $0.meta.name == event.proxy.pod && $0.meta.namespace == event.proxy.namespace }
        let destination = HostPort(event.destination)
        self.init(
            from: pod.map { Caller($0) } ?? Caller(workload: event.id.workload, namespace: event.id.namespace),
            to: event.id.target, port: event.id.port, address: IPAddress(destination.host),
            speech: event.id.transport.speech)
    }
}

extension BlockedEgress.Transport {
    fileprivate var speech: EgressCall.Speech {
        switch self {
        case .tcp: .tcp
        case .tls: .tls
        case .http: .http
        }
    }
}

extension MeshConfiguration {
    /// The mesh with a change made; an object that is new comes last in age.
    func changed(by change: ChangeRequest, at time: Date) throws(DecodeError) -> MeshConfiguration {
        var mesh = self
        mesh.apply(.remove(change.target))
        guard var object = change.object else { return mesh }
        if object["kind"] == nil { object["kind"] = .string(change.target.kind) }
        var meta = object["metadata"] ?? [:]
        if meta["creationTimestamp"] == nil { meta["creationTimestamp"] = .string(time.rfc3339Text) }
        // The API chooses the name of an object that is created with a prefix.
        if meta["name"] == nil { meta["name"] = .string(change.target.name) }
        if meta["namespace"] == nil { meta["namespace"] = .string(change.target.namespace) }
        object["metadata"] = meta
        _ = try mesh.add(object)
        return mesh
    }
}
