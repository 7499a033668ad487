/// The hosts that one egress listener of a Sidecar imports, by its `NAMESPACE/HOST` entries.
struct SidecarImports: Sendable, Hashable {
    private var hosts: [String: [String]] = [:]

    /// `.` is the namespace of the proxies, `*` any, and nothing comes from `~`.
    init(_ entries: [String], namespace: String) {
        for entry in entries {
            guard let slash = entry.firstIndex(of: "/") else { continue }
            let place = entry[..<slash]
            hosts[place == "." ? namespace : String(place), default: []].append(
                String(entry[entry.index(after: slash)...]))
        }
    }

    func covers(_ row: MeshService) -> Bool {
        for place in [row.namespace, "*"] where hosts[place]?.contains(where: { HostName.covers($0, row.host) }) == true
        {
            return true
        }
        return false
    }
}

extension Sidecar {
    /// The Sidecar that a proxy follows: one of its namespace that chooses it by labels, else one for all of the
    /// namespace, else one for all of the root namespace; of several the oldest.
    static func choose(from sidecars: [Sidecar], for target: PlanTarget) -> Sidecar? {
        let known = sidecars.filter { MeshConfiguration.isVisible($0.meta) }.sorted {
            ($0.meta.creationSecond, $0.meta.name, $0.meta.namespace)
                < ($1.meta.creationSecond, $1.meta.name, $1.meta.namespace)
        }
        let own = known.filter { $0.meta.namespace == target.namespace }
        return own.first { $0.selectorLabels?.allSatisfy { target.labels[$0.key] == $0.value } ?? false }
            ?? own.first { $0.selectorLabels == nil }
            ?? known.first { $0.meta.namespace == MeshConfiguration.rootNamespace && $0.selectorLabels == nil }
    }
}
