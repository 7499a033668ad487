import FoundationEssentials

/// What the proxies count, proxy by proxy, and what it comes to for each host and port.
struct TrafficTable {
    /// What one host and port comes to over all proxies.
    struct Total: Equatable {
        /// Proxies that have a cluster for it.
        var proxies: Set<ProxyID> = []
        /// Of these, the ones whose cluster has no endpoint.
        var proxiesWithoutEndpoints: Set<ProxyID> = []
        var live = 0
    }

    private struct ProxyTraffic {
        var time: Date
        var uptime: UInt64?
        var clusters: [ClusterName: ClusterTraffic] = [:]
    }

    private var proxies: [ProxyID: ProxyTraffic] = [:]
    private(set) var totals: [HostPort: Total] = [:]

    /// Takes one answer of a proxy's admin endpoint.
    mutating func fold(proxy: ProxyID, clusters: [ClusterStatus], stats: ProxyStats, time: Date) {
        let before = proxies[proxy]
        if let before { count(before, of: proxy, sign: -1) }
        let isRestarted = before.map { Self.isRestart($0, stats) } ?? false
        var traffic = ProxyTraffic(time: time, uptime: stats.uptime)
        for status in clusters where Self.isOutbound(status.name) {
            let last = isRestarted ? nil : before?.clusters[status.name]
            let seconds = before.map { time.timeIntervalSince($0.time) } ?? 0
            traffic.clusters[status.name] = ClusterTraffic(
                status, stats: stats.clusters[status.name], last: last, isFirst: before == nil || isRestarted,
                seconds: seconds, time: time)
        }
        count(traffic, of: proxy, sign: 1)
        proxies[proxy] = traffic
    }

    /// Forgets a proxy that is gone.
    mutating func remove(_ proxy: ProxyID) {
        guard let traffic = proxies.removeValue(forKey: proxy) else { return }
        count(traffic, of: proxy, sign: -1)
    }

    var knownProxies: [ProxyID] { proxies.keys.sorted() }

    /// The traffic of one proxy that is worth a row: what was ever used, and what entries opened.
    func connections(of proxy: ProxyID, workload: String, entryHosts: Set<String>) -> [Connection] {
        guard let traffic = proxies[proxy] else { return [] }
        return traffic.clusters.filter { name, cluster in
            cluster.isUsed || name.direction == .outbound && entryHosts.contains(name.host)
        }.map { name, cluster in
            Connection(
                id: Connection.ID(proxy: proxy, cluster: name), workload: workload, live: cluster.live,
                total: cluster.total, rates: cluster.rates, endpoints: cluster.endpoints, lastActive: cluster.lastActive
            )
        }.sorted { $0.id < $1.id }
    }

    private static func isOutbound(_ name: ClusterName) -> Bool {
        name.direction == .outbound || name == .passthrough || name.host == "AllowAnyDynamicDNSCluster"
    }

    /// A restart shows in the uptime; a quick one only in counters that lost something.
    private static func isRestart(_ before: ProxyTraffic, _ stats: ProxyStats) -> Bool {
        if let old = before.uptime, let new = stats.uptime, new < old { return true }
        return before.clusters.contains { name, cluster in
            guard let total = stats.clusters[name]?.connectionsTotal, cluster.isCountedByStats else { return false }
            return total < cluster.total.connections
        }
    }

    private mutating func count(_ traffic: ProxyTraffic, of proxy: ProxyID, sign: Int) {
        for (name, cluster) in traffic.clusters where name.direction == .outbound {
            let key = HostPort(host: name.host, port: name.port)
            var total = totals[key] ?? Total()
            total.live += sign * cluster.live
            if sign > 0 {
                total.proxies.insert(proxy)
                if cluster.endpoints.isEmpty { total.proxiesWithoutEndpoints.insert(proxy) }
            } else {
                total.proxies.remove(proxy)
                total.proxiesWithoutEndpoints.remove(proxy)
            }
            totals[key] = total.proxies.isEmpty ? nil : total
        }
    }
}

/// One cluster of one proxy over time.
private struct ClusterTraffic {
    var live = 0
    var total = Connection.Counters()
    var rates: Connection.Rates?
    var endpoints: [String] = []
    var lastActive: Date?
    /// Whether the proxy's own counters of the cluster were there; else its hosts' are summed up.
    var isCountedByStats = false
    private var hosts: [String: Tally] = [:]

    /// What one endpoint counted, as it last said.
    private struct Tally {
        var connections: UInt64
        var requests: UInt64
        var failures: UInt64
    }

    init(
        _ status: ClusterStatus, stats: ProxyStats.Cluster?, last: ClusterTraffic?, isFirst: Bool, seconds: Double,
        time: Date
    ) {
        endpoints = status.hosts.map(\.address)
        sumHosts(status.hosts, last: last)
        live = status.hosts.reduce(0) { $0 + $1.connectionsActive }
        if let stats, let connections = stats.connectionsTotal {
            isCountedByStats = true
            // Of a used cluster, `usedonly` leaves out what is zero.
            live = stats.connectionsActive ?? 0
            total.connections = connections
            total.requests = stats.requestsTotal ?? 0
            total.bytesReceived = stats.bytesReceived ?? 0
            total.bytesSent = stats.bytesSent ?? 0
        }
        // A cluster that comes new while the proxy runs started from zero.
        let before = last ?? (isFirst ? nil : Self.zero(like: self))
        if let before, before.isCountedByStats == isCountedByStats, seconds > 0 {
            rates = Self.rates(from: before.total, to: total, seconds: seconds)
        }
        let hasMoved = before.map { $0.total != total } ?? false
        lastActive = hasMoved ? time : last?.lastActive
    }

    private init(zero: Void) {}

    private static func zero(like other: ClusterTraffic) -> ClusterTraffic {
        var zero = ClusterTraffic(zero: ())
        zero.isCountedByStats = other.isCountedByStats
        if other.isCountedByStats {
            zero.total.bytesReceived = 0
            zero.total.bytesSent = 0
        }
        return zero
    }

    var isUsed: Bool { live > 0 || total.connections > 0 || total.requests > 0 || total.failures > 0 }

    /// Adds up what each endpoint counted since the last answer, so that endpoints that come and go lose nothing.
    private mutating func sumHosts(_ now: [ClusterStatus.Host], last: ClusterTraffic?) {
        if let last, !last.isCountedByStats {
            total.connections = last.total.connections
            total.requests = last.total.requests
        }
        total.failures = last?.total.failures ?? 0
        for host in now {
            let before = last?.hosts[host.address]
            total.connections += Self.growth(from: before?.connections, to: host.connectionsTotal)
            total.requests += Self.growth(from: before?.requests, to: host.requestsTotal)
            total.failures += Self.growth(from: before?.failures, to: host.connectFailures)
            hosts[host.address] = Tally(
                connections: host.connectionsTotal, requests: host.requestsTotal, failures: host.connectFailures)
        }
    }

    /// An endpoint that counts less than before is a new one at the same address.
    private static func growth(from before: UInt64?, to now: UInt64) -> UInt64 {
        guard let before, before <= now else { return now }
        return now - before
    }

    private static func rates(
        from old: Connection.Counters, to new: Connection.Counters, seconds: Double
    ) -> Connection.Rates {
        func rate(_ old: UInt64, _ new: UInt64) -> Double { new > old ? Double(new - old) / seconds : 0 }
        var rates = Connection.Rates()
        rates.connections = rate(old.connections, new.connections)
        rates.requests = rate(old.requests, new.requests)
        if let before = old.bytesReceived, let now = new.bytesReceived { rates.bytesReceived = rate(before, now) }
        if let before = old.bytesSent, let now = new.bytesSent { rates.bytesSent = rate(before, now) }
        return rates
    }
}
