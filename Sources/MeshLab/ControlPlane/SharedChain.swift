import MeshState

/// The chain that most hosts of a listener share when there are many and only the name in the TLS hello tells them apart.
///
/// Whenever a listener changes, Envoy hashes and compares every one of its chains, a tenth of a millisecond each: with
/// 2,000 hosts a change would cost each Envoy a fifth of a second. A host in a list of names costs it nothing to speak
/// of. Few hosts have a chain each, as with Istio.
struct SharedChain {
    /// So many hosts are few.
    static let few = 100

    /// The server names, each of which is the host of the cluster that its connections go to.
    private(set) var names: [String] = []
    /// Those clusters.
    private(set) var clusters: Set<String> = []
    /// The chains of all other names.
    private(set) var others: [ListenerPlan.Chain] = []

    /// nil for a listener with few hosts, and for one whose chains are chosen by more than a name.
    init?(_ plan: ListenerPlan, traits: [String: WriterContext.ClusterTraits]) {
        guard !plan.isBound, plan.chains.count > Self.few else { return nil }
        let beginning = ClusterPlan.name(port: plan.port, host: "")
        names.reserveCapacity(plan.chains.count)
        clusters.reserveCapacity(plan.chains.count)
        // By place: copying thousands of chains would cost more than all that is asked of them.
        for place in plan.chains.indices where !plan.chains[place].match.isAny {
            guard plan.chains[place].match.isByNameAlone else { return nil }
            if let cluster = plan.chains[place].onlyCluster, traits[cluster] == nil,
                case let name = plan.chains[place].match.serverNames[0], !HostName.isWildcard(name),
                cluster.utf8.count == beginning.utf8.count + name.utf8.count, cluster.hasPrefix(beginning),
                cluster.hasSuffix(name)
            {
                names.append(name)
                clusters.insert(cluster)
            } else {
                others.append(plan.chains[place])
            }
        }
        if names.count <= Self.few { return nil }
    }
}

extension ListenerPlan.Match {
    fileprivate var isByNameAlone: Bool {
        prefixes.isEmpty && !isHTTP && !isMeshTLS && !serverNames.contains("*")
    }
}

extension ListenerPlan.Chain {
    /// Where everything goes that has the chain's only name.
    fileprivate var onlyCluster: String? {
        guard match.serverNames.count == 1, tls == nil, case .tcp(let shares) = action, shares.count == 1 else {
            return nil
        }
        return shares[0].cluster
    }
}

extension ResourceWriter {
    /// The chains of such a listener, and which of them takes what; what none takes is left to the default one.
    func chains(_ shared: SharedChain, of plan: ListenerPlan) -> [String: JSONValue] {
        // The filter state has the last word on the cluster.
        let cluster = ClusterPlan.name(port: plan.port, host: "%REQUESTED_SERVER_NAME%")
        let naming = Self.filter(
            "envoy.filters.network.set_filter_state", "envoy.extensions.filters.network.set_filter_state.v3.Config",
            [
                "on_new_connection": [
                    [
                        "object_key": "envoy.tcp_proxy.cluster",
                        "format_string": ["text_format_source": ["inline_string": .string(cluster)]],
                    ]
                ]
            ])
        let statistics = "outbound|\(plan.port)"
        var chains = [
            Self.tcp(
                ["stat_prefix": .string(statistics), "cluster": .string(Self.blackHole)], name: cluster,
                before: [naming])
        ]
        var lists = [Self.names(shared.names, lead: cluster)]
        for other in shared.others {
            // No name is in two chains.
            let name = other.match.serverNames[0]
            var chain = body(of: other, in: plan)
            chain["name"] = .string(name)
            chains.append(chain)
            lists.append(Self.names(other.match.serverNames, lead: name))
        }
        return [
            "filter_chains": .array(chains),
            "filter_chain_matcher": [
                "matcher_tree": [
                    "input": Self.filter(
                        "server_name", "envoy.extensions.matching.common_inputs.network.v3.ServerNameInput"),
                    "custom_match": Self.filter(
                        "envoy.matching.custom_matchers.domain_matcher", "xds.type.matcher.v3.ServerNameMatcher",
                        ["domain_matchers": .array(lists)]),
                ]
            ],
        ]
    }

    private static func names(_ names: [String], lead chain: String) -> JSONValue {
        [
            "domains": JSONValue(names),
            "on_match": [
                "action": filter("chain", "google.protobuf.StringValue", ["value": .string(chain)])
            ],
        ]
    }
}
