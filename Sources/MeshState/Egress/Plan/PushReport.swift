/// What istiod counts against a push (`/debug/push_status`): by metric, then by key.
package struct PushReport: Sendable, Hashable {
    package struct Event: Sendable, Hashable {
        package var proxy: String
        package var message: String
    }

    package static let listenerConflict = "pilot_conflict_outbound_listener_tcp_over_current_tcp"
    package static let dnsWithoutEndpoints = "pilot_dns_cluster_without_endpoints"
    package static let duplicateSubset = "pilot_destrule_subsets"
    package static let duplicateDomain = "pilot_vservice_dup_domain"
    package static let rejectedConfig = "pilot_total_rejected_configs"

    package static let duplicateHost = "pilot_duplicate_envoy_clusters"

    package private(set) var metrics: [String: [String: Event]] = [:]

    package init() {}

    var isEmpty: Bool { metrics.values.allSatisfy(\.isEmpty) }

    package mutating func add(_ metric: String, key: String, message: String, proxy: String = "") {
        metrics[metric, default: [:]][key] = Event(proxy: proxy, message: message)
    }

    package mutating func merge(_ other: PushReport) {
        for (metric, events) in other.metrics {
            metrics[metric, default: [:]].merge(events) { first, _ in first }
        }
    }

    /// Notes the objects that lose a host to others.
    mutating func note(_ effective: ServiceIndex.Effective) {
        let service = effective.service
        for loser in effective.ignored + effective.shadowed {
            let reason =
                loser.namespace == service.namespace ? "differs in more than its ports" : "is in another namespace"
            add(
                Self.duplicateHost, key: "\(service.host) \(loser)",
                message: "\(service.host): \(service.source) has the host, \(loser) \(reason) and loses")
        }
    }
}
