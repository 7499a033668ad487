public import FoundationEssentials
public import MeshState

/// The types of configuration that a proxy is given; endpoints travel inside their clusters.
public enum DiscoveryType: String, Sendable, Hashable, CaseIterable {
    case cds = "CDS"
    case lds = "LDS"
    case rds = "RDS"

    /// The name of the type's resources.
    var typeURL: String {
        switch self {
        case .cds: "type.googleapis.com/envoy.config.cluster.v3.Cluster"
        case .lds: "type.googleapis.com/envoy.config.listener.v3.Listener"
        case .rds: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
        }
    }

    /// How istiod's syncz begins the names of this type's members.
    var syncPrefix: String {
        switch self {
        case .cds: "cluster"
        case .lds: "listener"
        case .rds: "route"
        }
    }
}

/// How one proxy stands to what it was sent.
public struct ProxySyncDetail: Sendable, Hashable {
    /// One type's versions; empty for one that was never sent or never taken.
    public struct TypeSync: Sendable, Hashable {
        /// What it is to have.
        public var sent = ""
        /// What Envoy uses.
        public var acked = ""
        /// When it was last sent something; nil for never.
        public var sentTime: Date?
        /// Why Envoy rejected what was sent last.
        public var error: String?

        /// Nothing sent.
        public init() {}

        /// The two versions in the words of `istioctl proxy-status`.
        public var state: SyncState {
            if error != nil { return .rejected }
            if sent.isEmpty { return .notSent }
            if sent == acked { return .synced }
            return acked.isEmpty ? .neverAcknowledged : .stale
        }
    }

    /// Which proxy.
    public var proxy: ProxyID
    /// Sidecar or gateway.
    public var kind: Pod.ProxyKind
    /// Whether it is connected.
    public var isReachable = false
    /// Since when, and under which name; nil while it is not connected.
    public var connectedAt: Date?
    public var connection: String?
    /// Whether something is on its way to it.
    public var isPushing = false
    /// Each type's versions.
    public var types: [DiscoveryType: TypeSync] = [:]
    /// Why the last configuration was not sent at all: what Envoy's API has no place for, or what leads nowhere.
    public var problem: String?

    /// A proxy that was sent nothing yet.
    public init(proxy: ProxyID, kind: Pod.ProxyKind) {
        self.proxy = proxy
        self.kind = kind
    }

    /// Live, and everything that was sent is in effect.
    public var isInSync: Bool {
        isReachable && !isPushing && problem == nil
            && DiscoveryType.allCases.allSatisfy { [.synced, .notSent].contains(types[$0]?.state ?? .notSent) }
            && types[.cds]?.state == .synced && types[.lds]?.state == .synced
    }
}
