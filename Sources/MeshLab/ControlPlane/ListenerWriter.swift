import Foundation
import MeshState

// MARK: - The listeners behind virtualOutbound, and a gateway's

extension ResourceWriter {
    static let listenerType = "envoy.config.listener.v3.Listener"
    static let protocolDetectionTimeout = "0.5s"

    /// `shared` is the chain of most of its hosts, where there are many.
    func listener(_ plan: ListenerPlan, _ shared: SharedChain?) -> JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(plan.name), "traffic_direction": "OUTBOUND", "access_log": AccessLog.ofListener,
        ]
        var inspectors: [JSONValue] = []
        if plan.isBound {
            members["address"] = Self.socketAddress(node.loopback, port: layout.loopbackPort(for: plan.port))
            members["stat_prefix"] = .string(plan.name)
            // Proxies of the lab say where they meant to go; whoever calls the address on the loopback does not.
            inspectors.append(Inspector.proxyProtocol(isRequired: false))
        } else {
            members["address"] = Self.socketAddress(plan.bind, port: plan.port)
            members["bind_to_port"] = false
        }
        let catchAll = plan.chains.first(where: \.match.isAny)
        if let catchAll, plan.chains.count == 1 {
            members["filter_chains"] = [chain(catchAll, of: plan)]
        } else {
            if let shared {
                members.merge(chains(shared, of: plan)) { $1 }
            } else {
                members["filter_chains"] = .array(plan.chains.filter { !$0.match.isAny }.map { chain($0, of: plan) })
            }
            if let catchAll {
                members["default_filter_chain"] = chain(catchAll, of: plan)
            } else if !plan.isBound {
                members["default_filter_chain"] = Self.tcp(
                    lastResort.connectionCluster, name: "PassthroughFilterChain")
            }
        }
        if plan.inspectsTLS { inspectors.append(Inspector.tls) }
        if plan.inspectsHTTP { inspectors.append(Inspector.http()) }
        if !inspectors.isEmpty { members.merge(Inspector.members(inspectors)) { $1 } }
        return Self.resource(Self.listenerType, members)
    }

    private func chain(_ chain: ListenerPlan.Chain, of plan: ListenerPlan) -> JSONValue {
        var match: [String: JSONValue] = [:]
        // A `*` is no name to Envoy.
        let names = chain.match.serverNames.contains("*") ? [] : chain.match.serverNames
        if !names.isEmpty { match["server_names"] = JSONValue(names) }
        if !chain.match.prefixes.isEmpty {
            match["prefix_ranges"] = .array(
                chain.match.prefixes.map { prefix in
                    ["address_prefix": .string(prefix.address), "prefix_len": .integer(Int64(prefix.length))]
                })
        }
        if chain.match.isHTTP { match.merge(Self.plainHTTP) { $1 } }
        if chain.match.isMeshTLS { match["application_protocols"] = JSONValue(MeshProtocols.any) }
        let result = body(of: chain, in: plan)
        return match.isEmpty ? result : result.matching(.object(match))
    }

    /// A chain without the connections that it takes.
    func body(of chain: ListenerPlan.Chain, in plan: ListenerPlan) -> JSONValue {
        var result: JSONValue
        let isHTTP: Bool
        switch chain.action {
        case .tcp(let clusters):
            isHTTP = false
            result = tcp(clusters, because: chain.because)
        case .http(let route):
            isHTTP = true
            let routes: JSONValue = [
                "route_config_name": .string(route),
                "config_source": Self.discovery,
            ]
            result = http(
                prefix: "outbound_\(plan.name)",
                settings: ["rds": routes].merging(plan.isBound ? Self.gatewaySettings : [:]) { $1 })
        }
        if let tls = chain.tls, let socket = answered(tls, isHTTP: isHTTP) { result["transport_socket"] = socket }
        return result
    }

    /// A gateway speaks for itself towards its clients, and tells servers whose call it passes on.
    private static let gatewaySettings: [String: JSONValue] = [
        "use_remote_address": true, "server_name": "istio-envoy", "forward_client_cert_details": "SANITIZE_SET",
        "set_current_client_cert_details": ["subject": true, "cert": true, "dns": true, "uri": true],
    ]

    /// What the inspectors find in HTTP without TLS.
    static let plainHTTP: [String: JSONValue] = [
        "application_protocols": ["http/1.1", "h2c"], "transport_protocol": "raw_buffer",
    ]
}

// MARK: - virtualOutbound

extension ResourceWriter {
    /// Takes every outbound connection and hands it to the listener of its original destination.
    var virtualOutbound: EnvoyResource {
        let name = "virtualOutbound"
        // Calls to the proxy's own ports would go round in circles. In a pod the second would meet virtualInbound itself.
        var chains = [("virtualOutbound", ProxyNode.outboundPort), ("virtualInbound", ProxyNode.inboundPort)].map {
            Self.tcp(Self.blackHole, name: "\($0)-blackhole", isLogged: false)
                .matching(["destination_port": .integer(Int64($1))])
        }
        var inspectors = [Inspector.proxyProtocol(isRequired: true)]
        if lastResort.policy == .allowAnyDynamicDNS {
            // Requests are found where no listener is. A port on every address has inspectors of its own, if it wants any:
            // a client that waits for its server to speak must not be made to wait twice.
            inspectors.append(Inspector.http(exceptPorts: context.wildcardPorts))
            let routes = Self.members(name: lastResort.routeName, hosts: [lastResortHost])
            chains.append(
                http(
                    prefix: "outbound_virtualOutbound", name: "virtualOutbound-http",
                    settings: ["route_config": .object(routes)]
                ).matching(.object(Self.plainHTTP)))
        }
        let catchAll = Self.tcp(lastResort.connectionCluster, name: "virtualOutbound-catchall-tcp")
        var members: [String: JSONValue] = [
            "name": .string(name),
            "address": Self.socketAddress(node.loopback, port: ProxyNode.outboundPort),
            "traffic_direction": "OUTBOUND", "use_original_dst": true, "filter_chains": .array(chains),
            "default_filter_chain": catchAll,
            "access_log": AccessLog.ofListener, "listener_filters": .array(inspectors),
        ]
        if inspectors.count > 1 { members.merge(Inspector.members(inspectors)) { $1 } }
        return EnvoyResource(
            name: name, value: Self.resource(Self.listenerType, members),
            mayLack: namedBySidecar)
    }
}

// MARK: - virtualInbound

extension ResourceWriter {
    /// Takes every inbound connection; its chains are chosen by the port that was called.
    ///
    /// Proxies of the mesh are answered with mutual TLS and everyone else in plain text, as Istio's PERMISSIVE mode has
    /// it.
    var virtualInbound: EnvoyResource {
        let name = "virtualInbound"
        let loop = Self.tcp(Self.blackHole, name: "virtualInbound-blackhole", isLogged: false)
            .matching(["destination_port": .integer(Int64(ProxyNode.inboundPort))])
        let inspectors = [Inspector.proxyProtocol(isRequired: true), Inspector.tls]
        var members: [String: JSONValue] = [
            "name": .string(name),
            "address": Self.socketAddress(node.loopback, port: ProxyNode.inboundPort),
            "traffic_direction": "INBOUND",
            "filter_chains": .array([loop] + node.applicationPorts.flatMap(inboundChains)),
            "default_filter_chain": Self.tcp(Self.inboundPassthrough, name: "virtualInbound-catchall-tcp"),
            "access_log": AccessLog.ofListener,
        ]
        members.merge(Inspector.members(inspectors)) { $1 }
        return EnvoyResource(name: name, value: Self.resource(Self.listenerType, members))
    }

    private func inboundChains(_ port: ServicePort) -> [JSONValue] {
        func match(_ transport: JSONValue, _ protocols: [String] = []) -> JSONValue {
            var match: JSONValue = [
                "destination_port": .integer(Int64(port.number)), "transport_protocol": transport,
            ]
            if !protocols.isEmpty { match["application_protocols"] = JSONValue(protocols) }
            return match
        }
        let isHTTP = port.parsedProtocol.isHTTP
        let plain = isHTTP ? inboundHTTP(port) : Self.tcp(Self.inboundCluster(port), name: Self.inboundCluster(port))
        var mutual = plain
        mutual["transport_socket"] = inboundTLS(isHTTP: isHTTP)
        let known = isHTTP ? MeshProtocols.any : MeshProtocols.tcp
        let chains = [mutual.matching(match("tls", known)), plain.matching(match("raw_buffer"))]
        // TLS that is not the mesh's is the application's own, where that is not one for HTTP.
        return isHTTP ? chains : chains + [plain.matching(match("tls"))]
    }

    private func inboundHTTP(_ port: ServicePort) -> JSONValue {
        let cluster = Self.inboundCluster(port)
        let routes: JSONValue = [
            "name": .string(cluster), "validate_clusters": false,
            "virtual_hosts": [
                [
                    "name": .string("inbound|http|\(port.number)"), "domains": ["*"],
                    "routes": [
                        [
                            "name": "default", "match": ["prefix": "/"],
                            "route": ["cluster": .string(cluster), "timeout": "0s"],
                            "decorator": [
                                "operation": .string("\(node.workload).\(node.id.namespace):\(port.number)/*")
                            ],
                        ]
                    ],
                ]
            ],
        ]
        return http(
            prefix: "inbound_0.0.0.0_\(port.number)", name: cluster,
            settings: [
                "route_config": routes, "server_name": "istio-envoy",
                // The application is told by whose certificate it is called.
                "forward_client_cert_details": "APPEND_FORWARD",
                "set_current_client_cert_details": ["subject": true, "dns": true, "uri": true],
            ])
    }
}
