public import FoundationEssentials

/// One Envoy: the pod that it belongs to.
public struct ProxyID: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    public let pod: String
    public let namespace: String

    public init(pod: String, namespace: String) {
        self.pod = pod
        self.namespace = namespace
    }

    /// istiod's name for a proxy: `pod.namespace`.
    public var description: String { "\(pod).\(namespace)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.namespace, left.pod) < (right.namespace, right.pod)
    }
}

/// Whether a proxy has what the control plane sent it, in the words of `istioctl proxy-status`.
public enum SyncState: String, Sendable, Hashable, Codable {
    case synced = "SYNCED"
    case stale = "STALE"
    case neverAcknowledged = "STALE (Never Acknowledged)"
    case notSent = "NOT SENT"
    case rejected = "ERROR"
    /// No istiod has told us yet.
    case unknown = "UNKNOWN"
}

/// One Envoy of the mesh and how it fares.
public struct Proxy: Sendable, Hashable, Codable, Identifiable {
    public var id: ProxyID
    /// The workload's name: the pod's name without the parts that its controller appended.
    public var workload: String
    public var kind: Pod.ProxyKind
    /// State by type, keyed `CDS`, `LDS`, `EDS`, `RDS`.
    public var sync: [String: SyncState]
    /// Envoy's reason for a rejected configuration; nil while it rejects none.
    public var rejection: String?
    public var istioVersion: String
    /// Bytes that it has allocated; nil where it does not tell.
    public var memory: UInt64?
    /// When it began to run; nil where it does not tell.
    public var started: Date?
    /// Connections that others hold open to it; nil where it does not tell.
    public var connections: Int?
    /// Connections that it holds open to others.
    public var live: Int

    public init(
        id: ProxyID, workload: String, kind: Pod.ProxyKind, sync: [String: SyncState] = [:], rejection: String? = nil,
        istioVersion: String = "", memory: UInt64? = nil, started: Date? = nil, connections: Int? = nil, live: Int = 0
    ) {
        self.id = id
        self.workload = workload
        self.kind = kind
        self.sync = sync
        self.rejection = rejection
        self.istioVersion = istioVersion
        self.memory = memory
        self.started = started
        self.connections = connections
        self.live = live
    }

    public var isInSync: Bool {
        rejection == nil && !sync.isEmpty && sync.values.allSatisfy { $0 == .synced || $0 == .notSent }
    }
}
