extension ProxyStats {
    /// Reads Envoy's `/stats?usedonly&format=json`, and of it the counters of clusters, the connections that were sent
    /// into the black hole, and how the proxy itself fares.
    ///
    /// The names of clusters end in `;` in newer releases. Text read-outs, histograms and the element that has no name
    /// are passed over.
    public init(document: JSONValue) throws(DecodeError) {
        guard let stats = document["stats"]?.arrayValue else {
            throw DecodeError(
                object: "Envoy's /stats", field: "stats", problem: "is missing",
                remedy: "ask the admin endpoint for /stats?usedonly&format=json")
        }
        self.init()
        for stat in stats {
            guard let name = stat["name"]?.stringValue, let value = stat["value"] else { continue }
            switch name {
            case "server.uptime": uptime = value.unsignedValue
            case "server.memory_allocated": memoryAllocated = value.unsignedValue
            case "server.total_connections": connections = value.unsignedValue.map { Int(clamping: $0) }
            case "tcp.BlackHoleCluster.downstream_cx_total": blackHoleConnections = value.unsignedValue
            default: if name.hasPrefix("cluster.") { read(clusterStat: name, value) }
            }
        }
    }

    private mutating func read(clusterStat name: String, _ value: JSONValue) {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), let number = value.unsignedValue else { return }
        let field: WritableKeyPath<Cluster, UInt64?>
        switch name[name.index(after: dot)...] {
        case "upstream_cx_active":
            clusters[Self.cluster(name, end: dot), default: Cluster()].connectionsActive = Int(clamping: number)
            return
        case "upstream_cx_total": field = \.connectionsTotal
        case "upstream_rq_total": field = \.requestsTotal
        case "upstream_cx_rx_bytes_total": field = \.bytesReceived
        case "upstream_cx_tx_bytes_total": field = \.bytesSent
        default: return
        }
        clusters[Self.cluster(name, end: dot), default: Cluster()][keyPath: field] = number
    }

    private static func cluster(_ name: String, end: String.Index) -> ClusterName {
        var cluster = name[..<end].dropFirst("cluster.".utf8.count)
        if cluster.hasSuffix(";") { cluster = cluster.dropLast() }
        return ClusterName(String(cluster).madeSafe)
    }
}
