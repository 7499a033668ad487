extension Walk {
    /// Finds the entries that mean the destination of a blocked call and yet do not take it, and what would let it out.
    mutating func remedyForUnknown() -> Explanation.Remedy {
        var remedy: Explanation.Remedy?
        let plan = explainer.plan(for: call.caller.planTarget)
        for entry in explainer.mesh.entries where means(entry) {
            guard let (reason, words) = shortcoming(of: entry, plan) else { continue }
            decide([reason])
            note("\(entry.id) \(words)")
            if EntrySwitch.isOff(entry) != nil, remedy == nil { remedy = .switchOn(entry.id) }
        }
        return remedy ?? .allow(host: calledName ?? call.target, port: call.port, workload: call.caller.workload)
    }

    /// The name that the call itself gives; nil for a plain connection, of which only the address shows.
    private var calledName: String? {
        if let hello = wire.hellos.first { return hello.serverName?.lowercased() }
        return wire.payload == .bytes ? nil : RoutePlan.withoutPort(authority.lowercased())
    }

    private func means(_ entry: ServiceEntry) -> Bool {
        let names = [calledName, call.target].compactMap { $0 }
        if entry.hosts.contains(where: { host in names.contains { HostName.covers(host, $0) } }) { return true }
        guard let address else { return false }
        return entry.addresses.contains { IPPrefix($0)?.contains(address) == true }
    }

    /// What keeps an entry from taking the call, and how.
    private func shortcoming(of entry: ServiceEntry, _ plan: IndexedPlan) -> (reason: Because, words: String)? {
        if let (field, words) = ownShortcoming(of: entry) { return (Because(entry.id, field), words) }
        let known = entry.hosts.compactMap { plan.service(host: $0) }
        if known.isEmpty, let sidecar = plan.sidecar {
            return (Because(sidecar, "spec.egress"), "is not imported by \(sidecar)")
        }
        guard let other = known.first, !other.rows.contains(where: { $0.source == entry.id }) else { return nil }
        return (Because(other.service.source, "spec.hosts"), "loses its host to \(other.service.source)")
    }

    private func ownShortcoming(of entry: ServiceEntry) -> (field: String, words: String)? {
        let caller = call.caller
        if !MeshConfiguration.isVisible(entry.meta) {
            let state = EntrySwitch.isOff(entry) == nil ? "is meant for another control plane" : "is switched off"
            return ("metadata.labels[istio.io/rev]", "\(state) (label istio.io/rev)")
        }
        let isExported =
            entry.exportTo.isEmpty || entry.exportTo.contains("*") || entry.exportTo.contains(caller.namespace)
            || (entry.exportTo.contains(".") && entry.meta.namespace == caller.namespace)
        guard isExported else {
            return (
                "spec.exportTo",
                "is not exported to namespace \(caller.namespace) (exportTo: \(entry.exportTo.joined(separator: ", ")))"
            )
        }
        guard let index = entry.ports.firstIndex(where: { $0.number == call.port }) else {
            let ports = entry.ports.map { String($0.number) }.joined(separator: ", ")
            return ("spec.ports", "has no port \(call.port) (its ports: \(ports))")
        }
        let field = "spec.ports[\(index)].protocol"
        let parsed = entry.ports[index].parsedProtocol
        if parsed.isHTTP, wire.isTLS || wire.payload == .bytes {
            return (field, "takes plain HTTP alone on port \(call.port)")
        }
        if parsed.isTLS, !wire.isTLS { return (field, "takes TLS alone on port \(call.port)") }
        if !parsed.isHTTP, !entry.addresses.isEmpty, let address,
            !entry.addresses.contains(where: { IPPrefix($0)?.contains(address) == true })
        {
            return (
                "spec.addresses", "is for \(entry.addresses.joined(separator: ", ")), and the call goes to \(address)"
            )
        }
        if parsed.isTLS, let name = wire.hellos.first.map({ $0.serverName ?? "" }),
            !entry.hosts.contains(where: { HostName.covers($0, name) })
        {
            return ("spec.hosts", "asks for another server name than \(name.isEmpty ? "none" : name)")
        }
        return nil
    }
}
