public import FoundationEssentials

/// One place that data comes from.
public enum SourceID: Sendable, Hashable, Codable, Comparable {
    /// The watch of one resource of the Kubernetes API, such as `serviceentries`.
    case watch(String)
    /// istiod's debug endpoints.
    case istiod
    case admin(ProxyID)
    case accessLog(ProxyID)
    /// meshtop itself, which tells what it did.
    case meshtop

    /// What an operator calls it.
    public var label: String {
        switch self {
        case .watch(let resource): "API watch of \(resource)"
        case .istiod: "istiod"
        case .admin(let proxy): "Envoy admin of \(proxy)"
        case .accessLog(let proxy): "access log of \(proxy)"
        case .meshtop: "meshtop"
        }
    }

    public static func < (left: Self, right: Self) -> Bool { left.label < right.label }
}

/// How a source fares: when it last spoke, and what is wrong if it does not.
public struct SourceState: Sendable, Hashable, Codable {
    public enum Condition: Sendable, Hashable, Codable {
        case connecting
        case live
        /// Refused, unreachable, cut: in words that say what to do; `retryAt` is when it is tried again.
        case failing(reason: String, attempt: Int, retryAt: Date?)
        /// The server says that we may not.
        case denied(reason: String)
    }

    public var condition: Condition
    /// The last good answer; for a watch or a log also each sign of life of its connection.
    public var lastSuccess: Date?
    /// Seconds between two answers when all is well; older than three of these is stale.
    public var interval: Double

    public init(condition: Condition = .connecting, lastSuccess: Date? = nil, interval: Double) {
        self.condition = condition
        self.lastSuccess = lastSuccess
        self.interval = interval
    }

    /// Seconds since the last good answer; nil before the first.
    public func age(at now: Date) -> Double? { lastSuccess.map { max(0, now.timeIntervalSince($0)) } }

    /// When it will have been silent for too long; nil where it does not grow stale.
    public var staleAt: Date? {
        switch condition {
        case .connecting, .denied: nil
        case .live, .failing: lastSuccess?.addingTimeInterval(3 * interval)
        }
    }

    /// Whether what this source told is too old to be shown as true. A watch or a log that is connected stays true in
    /// silence, so only an unhealthy one grows stale; a poll grows stale by its age alone.
    public func isStale(at now: Date) -> Bool {
        switch condition {
        case .connecting, .denied: false
        case .live, .failing: (age(at: now) ?? 0) > 3 * interval
        }
    }
}
