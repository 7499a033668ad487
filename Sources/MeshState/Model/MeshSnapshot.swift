public import FoundationEssentials

/// What becomes of a call to a host that nobody knows (mesh `outboundTrafficPolicy.mode`).
public enum OutboundPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    case registryOnly = "REGISTRY_ONLY"
    case allowAny = "ALLOW_ANY"
    /// As ALLOW_ANY, but plain HTTP goes to the host that the request names (since Istio 1.31).
    case allowAnyDynamicDNS = "ALLOW_ANY_DYNAMIC_DNS"
}

/// Which mesh this is, and as whom we look at it.
public struct MeshIdentity: Sendable, Hashable {
    /// `lab`, or the kubeconfig's context.
    public var context: String
    public var server: String
    /// The namespace that is looked at; nil for all.
    public var namespace: String?

    public init(context: String, server: String, namespace: String? = nil) {
        self.context = context
        self.server = server
        self.namespace = namespace
    }
}

/// A Service with what is known of its endpoints and traffic.
public struct ServiceSummary: Sendable, Hashable, Identifiable {
    private struct Content: Hashable, Sendable, Codable {
        var service: Service
        var readyEndpoints: Int
        var totalEndpoints: Int
        var live: Int
    }

    private var shared: Shared<Content>

    /// The service as the API has it.
    public var service: Service {
        _read { yield shared.value.service }
        set { shared = shared.with(\.service, newValue) }
    }

    /// Addresses that are ready.
    public var readyEndpoints: Int {
        _read { yield shared.value.readyEndpoints }
        set { shared = shared.with(\.readyEndpoints, newValue) }
    }

    /// Addresses that there are.
    public var totalEndpoints: Int {
        _read { yield shared.value.totalEndpoints }
        set { shared = shared.with(\.totalEndpoints, newValue) }
    }

    /// Connections open to it from all proxies.
    public var live: Int {
        _read { yield shared.value.live }
        set { shared = shared.with(\.live, newValue) }
    }

    public init(service: Service, readyEndpoints: Int, totalEndpoints: Int, live: Int) {
        shared = Shared(
            Content(service: service, readyEndpoints: readyEndpoints, totalEndpoints: totalEndpoints, live: live))
    }

    public var id: ObjectKey { service.id }
}

extension ServiceSummary: Codable {
    public init(from decoder: any Decoder) throws { shared = Shared(try Content(from: decoder)) }

    public func encode(to encoder: any Encoder) throws { try shared.value.encode(to: encoder) }
}

/// A ServiceEntry with what is known of its state and traffic.
public struct EntrySummary: Sendable, Hashable, Identifiable {
    public enum State: Sendable, Hashable, Codable {
        case on
        /// Switched off, by which mechanism.
        case off(SwitchMechanism)
        /// On, but something is wrong with it, in words.
        case warning(String)
    }

    private struct Content: Hashable, Sendable, Codable {
        var entry: ServiceEntry
        var state: State
        var proxies: Int
        var live: Int
    }

    private var shared: Shared<Content>

    /// The entry as the API has it.
    public var entry: ServiceEntry {
        _read { yield shared.value.entry }
        set { shared = shared.with(\.entry, newValue) }
    }

    /// Whether proxies are to know it, and whether something is wrong with it.
    public var state: State {
        _read { yield shared.value.state }
        set { shared = shared.with(\.state, newValue) }
    }

    /// Proxies whose configuration holds a cluster of this entry.
    public var proxies: Int {
        _read { yield shared.value.proxies }
        set { shared = shared.with(\.proxies, newValue) }
    }

    /// Connections open through it from all proxies.
    public var live: Int {
        _read { yield shared.value.live }
        set { shared = shared.with(\.live, newValue) }
    }

    public init(entry: ServiceEntry, state: State, proxies: Int, live: Int) {
        shared = Shared(Content(entry: entry, state: state, proxies: proxies, live: live))
    }

    public var id: ObjectKey { entry.id }
}

extension EntrySummary: Codable {
    public init(from decoder: any Decoder) throws { shared = Shared(try Content(from: decoder)) }

    public func encode(to encoder: any Encoder) throws { try shared.value.encode(to: encoder) }
}

/// All that meshtop knows at one moment. A value: panes and commands read it and nothing else.
public struct MeshSnapshot: Sendable {
    public var time: Date
    public var identity: MeshIdentity
    /// nil until istiod has told.
    public var policy: OutboundPolicy?
    /// istiod's version, such as `1.28.0`; empty until known.
    public var istioVersion: String
    public var services: [ServiceSummary]
    public var entries: [EntrySummary]
    public var proxies: [Proxy]
    /// Outbound and passthrough traffic.
    public var connections: [Connection]
    /// Newest first.
    public var blocked: [BlockedEgress]
    /// How many calls were blocked in the minute before `time`.
    public var blockedLastMinute: Int
    /// Blocked calls that were dropped because too many different ones came.
    public var blockedLost: Int
    public var sources: [SourceID: SourceState]
    /// What was done to the mesh with meshtop, newest first; see `ActionRecord`.
    public var actions: [ActionRecord]

    public init(
        time: Date, identity: MeshIdentity, policy: OutboundPolicy? = nil, istioVersion: String = "",
        services: [ServiceSummary] = [], entries: [EntrySummary] = [], proxies: [Proxy] = [],
        connections: [Connection] = [], blocked: [BlockedEgress] = [], blockedLastMinute: Int = 0, blockedLost: Int = 0,
        sources: [SourceID: SourceState] = [:], actions: [ActionRecord] = []
    ) {
        self.time = time
        self.identity = identity
        self.policy = policy
        self.istioVersion = istioVersion
        self.services = services
        self.entries = entries
        self.proxies = proxies
        self.connections = connections
        self.blocked = blocked
        self.blockedLastMinute = blockedLastMinute
        self.blockedLost = blockedLost
        self.sources = sources
        self.actions = actions
    }
}
