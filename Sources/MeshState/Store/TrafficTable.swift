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
        var vitals = Vitals()
        var clusters: [ClusterName: ClusterTraffic] = [:]
        var shares: [HostPort: Share] = [:]
    }

    /// What one proxy adds to the total of a host and port, all subsets together.
    private struct Share: Equatable {
        var live = 0
        var lacksEndpoints = false
    }

    /// How a proxy itself fares; a member is nil where the proxy does not count it.
    struct Vitals {
        var memory: UInt64?
        var started: Date?
        var connections: Int?
        /// Connections that it holds open to others.
        var live = 0
    }

    private var proxies: [ProxyID: ProxyTraffic] = [:]
    private(set) var totals: [HostPort: Total] = [:]

    /// Takes one answer of a proxy's admin endpoint; returns the hosts and ports whose totals are other ones now.
    mutating func fold(proxy: ProxyID, clusters: [ClusterStatus], stats: ProxyStats, time: Date) -> [HostPort] {
        let before = proxies[proxy]
        let isRestarted = before.map { Self.isRestart($0, stats) } ?? false
        var traffic = ProxyTraffic(time: time, uptime: stats.uptime)
        traffic.vitals = Self.vitals(stats, at: time, before: isRestarted ? nil : before?.vitals)
        for status in clusters where Self.isOutbound(status.name) {
            let last = isRestarted ? nil : before?.clusters[status.name]
            let seconds = before.map { time.timeIntervalSince($0.time) } ?? 0
            let cluster = ClusterTraffic(
                status, stats: stats.clusters[status.name], last: last, isFirst: before == nil || isRestarted,
                seconds: seconds, time: time)
            traffic.clusters[status.name] = cluster
            traffic.vitals.live += cluster.live
            guard status.name.direction == .outbound else { continue }
            let key = HostPort(host: status.name.host, port: status.name.port)
            traffic.shares[key, default: Share()].live += cluster.live
            if cluster.endpoints.isEmpty { traffic.shares[key, default: Share()].lacksEndpoints = true }
        }
        proxies[proxy] = traffic
        return count(proxy, from: before?.shares ?? [:], to: traffic.shares)
    }

    /// Envoy tells its age in whole seconds: when it began is kept as it was first found, so that it does not waver.
    private static func vitals(_ stats: ProxyStats, at time: Date, before: Vitals?) -> Vitals {
        var started = stats.uptime.map { time.addingTimeInterval(-Double($0)) }
        if let now = started, let old = before?.started, abs(now.timeIntervalSince(old)) < 5 { started = old }
        return Vitals(memory: stats.memoryAllocated, started: started, connections: stats.connections)
    }

    /// Forgets a proxy that is gone; returns the hosts and ports that it had a part in.
    mutating func remove(_ proxy: ProxyID) -> [HostPort] {
        guard let traffic = proxies.removeValue(forKey: proxy) else { return [] }
        return count(proxy, from: traffic.shares, to: [:])
    }

    func vitals(of proxy: ProxyID) -> Vitals { proxies[proxy]?.vitals ?? Vitals() }

    var knownProxies: [ProxyID] { proxies.keys.sorted() }

    /// The traffic of one proxy that is worth a row: what was ever used, and what entries opened.
    func connections(of proxy: ProxyID, workload: String, isEntryHost: (String) -> Bool) -> [Connection] {
        guard let traffic = proxies[proxy] else { return [] }
        return traffic.clusters.filter { name, cluster in
            cluster.isUsed || name.direction == .outbound && isEntryHost(name.host)
        }.map { name, cluster in
            Connection(
                id: Connection.ID(proxy: proxy, cluster: name), workload: workload, live: cluster.live,
                total: cluster.total, rates: cluster.rates, endpoints: cluster.endpoints, lastActive: cluster.lastActive,
                history: cluster.history)
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

    /// Brings a proxy's part in the totals up to date where it has changed; returns where.
    private mutating func count(
        _ proxy: ProxyID, from old: [HostPort: Share], to new: [HostPort: Share]
    ) -> [HostPort] {
        var changed: [HostPort] = []
        for (key, share) in new where old[key] != share {
            changed.append(key)
            totals[key, default: Total()].live += share.live - (old[key]?.live ?? 0)
            totals[key, default: Total()].proxies.insert(proxy)
            if share.lacksEndpoints {
                totals[key, default: Total()].proxiesWithoutEndpoints.insert(proxy)
            } else {
                totals[key, default: Total()].proxiesWithoutEndpoints.remove(proxy)
            }
        }
        for (key, share) in old where new[key] == nil {
            changed.append(key)
            totals[key, default: Total()].live -= share.live
            totals[key, default: Total()].proxies.remove(proxy)
            totals[key, default: Total()].proxiesWithoutEndpoints.remove(proxy)
            if totals[key]?.proxies.isEmpty == true { totals[key] = nil }
        }
        return changed
    }
}

/// One cluster of one proxy over time.
private struct ClusterTraffic {
    var live = 0
    var total = Connection.Counters()
    var rates: Connection.Rates?
    var endpoints: [String] = []
    var lastActive: Date?
    /// Requests a second, or connections where there are more, of the latest answers.
    var history = RateHistory()
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
            let rates = Self.rates(from: before.total, to: total, seconds: seconds)
            self.rates = rates
            history = last?.history ?? history
            history.append(max(rates.requests, rates.connections))
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
