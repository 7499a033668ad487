import AsyncHTTPClient
import Foundation
import MeshState
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// What an Envoy says of the configuration that it read.
struct DiscoveryStats: Sendable, Hashable {
    /// One subscription's counters and the version that is in effect.
    struct Subscription: Sendable, Hashable {
        var version = ""
        /// Rejected for what they say, or unreadable.
        var rejections = 0
    }

    var clusters = Subscription()
    var listeners = Subscription()
    /// By resource name.
    var routes: [String: Subscription] = [:]
    /// Clusters that still resolve their names or wait for endpoints.
    var warmingClusters = 0

    /// Reads `/stats?format=json`. Envoy writes a colon of a resource's name as an underscore in a statistic's name.
    init(parsing stats: JSONValue) {
        for stat in stats["stats"]?.arrayValue ?? [] {
            guard let name = stat["name"]?.stringValue, let dot = name.lastIndex(of: ".") else { continue }
            let (scope, field) = (name[..<dot], name[name.index(after: dot)...])
            if name == "cluster_manager.warming_clusters" {
                warmingClusters = Int(stat["value"]?.integerValue ?? 0)
            } else if scope == "cluster_manager.cds" {
                clusters.set(String(field), stat["value"])
            } else if scope == "listener_manager.lds" {
                listeners.set(String(field), stat["value"])
            } else if scope.hasPrefix("http."), let rds = scope.range(of: ".rds.") {
                routes[String(scope[rds.upperBound...]), default: Subscription()].set(String(field), stat["value"])
            }
        }
    }

    func route(_ name: String) -> Subscription {
        routes[name.replacingOccurrences(of: ":", with: "_")] ?? Subscription()
    }
}

extension DiscoveryStats.Subscription {
    fileprivate mutating func set(_ field: String, _ value: JSONValue?) {
        switch field {
        case "version_text": version = value?.stringValue ?? ""
        case "update_rejected", "update_failure": rejections += Int(value?.integerValue ?? 0)
        default: break
        }
    }
}

/// Asks one Envoy's admin interface; reads only.
struct EnvoyAdmin: Sendable {
    let address: String
    /// An answer that takes longer is as good as none.
    private static let patience = TimeAmount.seconds(2)

    /// Lives as long as the program. A refused connection is an answer (the proxy is not there), so it is not tried
    /// again here.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    init(node: ProxyNode) { address = "\(node.loopback):\(ProxyNode.adminPort)" }

    /// What the proxy says of its configuration; nil when it cannot be reached.
    func discoveryStats() async -> DiscoveryStats? {
        let fields = "(ds|rds\\..*)\\.(version_text|update_rejected|update_failure)$|warming_clusters$"
        guard let stats = await get("/stats?format=json&usedonly&filter=\(fields)") else { return nil }
        return DiscoveryStats(parsing: stats)
    }

    /// Envoy's reasons by the names of the listeners that it rejected.
    func listenerErrors() async -> [String: String] {
        let dump = await get("/config_dump?resource=dynamic_listeners")
        var reasons: [String: String] = [:]
        for listener in dump?["configs"]?.arrayValue ?? [] {
            if let name = listener["name"]?.stringValue, let reason = listener["error_state"]?["details"]?.stringValue {
                reasons[name] = reason
            }
        }
        return reasons
    }

    private func get(_ path: String) async -> JSONValue? {
        guard let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlQueryAllowed) else { return nil }
        let request = HTTPClientRequest(url: "http://\(address)\(escaped)")
        do {
            let response = try await Self.client.execute(request, timeout: Self.patience)
            let body = try await response.body.collect(upTo: 64 << 20)
            return response.status == .ok ? try JSONValue(parsing: body.readableBytesView) : nil
        } catch {
            // Not running, not yet running, or not answering: all the same to who asks.
            return nil
        }
    }
}
