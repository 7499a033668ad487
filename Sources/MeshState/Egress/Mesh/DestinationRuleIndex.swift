import FoundationEssentials

/// The DestinationRules of a mesh, arranged by who may follow them.
package struct DestinationRuleIndex: Sendable {
    /// What holds for a host: one rule, or those of one namespace put together.
    package struct Consolidated: Sendable, Hashable {
        package var host: String
        /// The rules' namespace.
        package var namespace: String
        package var policy: DestinationRule.TrafficPolicy
        /// The rule that the policy is from.
        package var policySource: ObjectKey
        package var subsets: [Subset]
        package var selectorLabels: [String: String]?
        /// Namespaces, or `*`.
        package var exportTo: Set<String>

        package func subset(_ name: String) -> Subset? { subsets.first { $0.name == name } }
    }

    package struct Subset: Sendable, Hashable {
        package var name: String
        package var labels: [String: String]
        package var policy: DestinationRule.TrafficPolicy
        /// The rule, and its `spec.subsets[N]`.
        package var because: Because
    }

    private typealias Rules = HostTable<[Consolidated]>

    /// By namespace: what its own proxies follow.
    private var own: [String: Rules] = [:]
    /// By namespace: what proxies of others may follow too.
    private var exported: [String: Rules] = [:]
    package private(set) var report = PushReport()

    package init(_ rules: [DestinationRule]) {
        for rule in rules.filter({ MeshConfiguration.isVisible($0.meta) }).sorted(by: Self.isOlder) { add(rule) }
    }

    private static func isOlder(_ one: DestinationRule, _ other: DestinationRule) -> Bool {
        (one.meta.creationSecond, one.meta.name, one.meta.namespace)
            < (other.meta.creationSecond, other.meta.name, other.meta.namespace)
    }

    private mutating func add(_ rule: DestinationRule) {
        let namespace = rule.meta.namespace
        // A rule for some proxies is for those of its namespace alone.
        let given = rule.selectorLabels != nil ? ["."] : rule.exportTo.isEmpty ? ["*"] : rule.exportTo
        let exportTo = Set(given.map { $0 == "." ? namespace : $0 })
        let isPrivate = exportTo == [namespace]
        // What the root namespace has for everyone yields to what a host's own namespace says.
        if isPrivate || namespace != MeshConfiguration.rootNamespace && !exportTo.isDisjoint(with: ["*", namespace]) {
            Self.merge(rule, exportTo, into: &own[namespace, default: Rules()], &report)
        }
        if !isPrivate { Self.merge(rule, exportTo, into: &exported[namespace, default: Rules()], &report) }
    }

    /// Rules for the same proxies and host become one; the older one's policy and subsets stay.
    private static func merge(
        _ rule: DestinationRule, _ exportTo: Set<String>, into rules: inout Rules, _ report: inout PushReport
    ) {
        let host = HostName.expand(rule.host, namespace: rule.meta.namespace)
        var known = rules[host] ?? []
        let place = known.firstIndex { $0.selectorLabels == rule.selectorLabels } ?? known.endIndex
        if place == known.endIndex {
            known.append(
                Consolidated(
                    host: host, namespace: rule.meta.namespace, policy: rule.policy, policySource: rule.id,
                    subsets: [], selectorLabels: rule.selectorLabels, exportTo: exportTo))
        } else if known[place].policy == .init() {
            known[place].policy = rule.policy
            known[place].policySource = rule.id
        }
        for (index, subset) in rule.subsets.enumerated() {
            if let earlier = known[place].subset(subset.name) {
                report.add(
                    PushReport.duplicateSubset, key: host,
                    message: "Duplicate subset \(subset.name) found while merging destination rules for \(host): "
                        + "\(earlier.because.object) has it, \(rule.id) loses")
            } else {
                known[place].subsets.append(
                    Subset(
                        name: subset.name, labels: subset.labels, policy: subset.policy,
                        because: Because(rule.id, "spec.subsets[\(index)]")))
            }
        }
        rules[host] = known
    }

    /// The rule that a proxy follows for a host: of its own namespace, else of the host's, else of the root namespace,
    /// in each the closest one.
    package func rule(host: String, namespace: String, target: PlanTarget) -> Consolidated? {
        if let rules = own[target.namespace]?.closest(to: host) {
            let forSome = rules.first { rule in
                rule.selectorLabels?.allSatisfy { target.labels[$0.key] == $0.value } ?? false
            }
            return forSome ?? rules.first { $0.selectorLabels == nil }
        }
        for place in [namespace, MeshConfiguration.rootNamespace] {
            let found = exported[place]?.closest(to: host)?.first {
                $0.exportTo.contains("*") || $0.exportTo.contains(target.namespace)
            }
            if let found { return found }
        }
        return nil
    }
}

extension DestinationRuleIndex.Consolidated {
    /// The settings of one port, with those of a subset in their place, and what named the connection's security.
    func settings(
        port: Int, subset: DestinationRuleIndex.Subset?
    ) -> (settings: DestinationRule.TrafficSettings, because: [Because]) {
        var settings = policy.settings
        var because: [Because] = []
        if let level = policy.portLevel[port] {
            settings = level
            because.append(Because(policySource, "spec.trafficPolicy.portLevelSettings"))
        } else if policy.settings != .init() {
            because.append(Because(policySource, "spec.trafficPolicy"))
        }
        guard let subset else { return (settings, because) }
        if let level = subset.policy.portLevel[port] {
            settings = level
        } else {
            let own = subset.policy.settings
            settings.loadBalancer = own.loadBalancer ?? settings.loadBalancer
            settings.connectionPool = own.connectionPool ?? settings.connectionPool
            settings.outlierDetection = own.outlierDetection ?? settings.outlierDetection
            settings.tls = own.tls ?? settings.tls
        }
        return (settings, [subset.because] + because)
    }
}

extension ObjectMeta {
    /// Whole seconds since 1970, by which istiod orders objects; zero where the time is not known.
    package var creationSecond: Int { Int(creationTime?.timeIntervalSince1970 ?? 0) }
}
