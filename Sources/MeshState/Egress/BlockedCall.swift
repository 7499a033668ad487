/// A blocked call as one line of an access log tells it.
struct BlockedCall: Hashable {
    let transport: BlockedEgress.Transport
    /// The authority without its port, the SNI, or the address of the original destination.
    let target: String
    let port: Int
    /// Where the workload meant to go, as `ip:port`; empty where the line does not say.
    let destination: String
    let isAtGateway: Bool

    /// Reads a line of a sidecar's or a gateway's log; nil for a call that was not stopped by the egress policy.
    ///
    /// - HTTP: the route is `block_all`, or unnamed and the direct response 502 that stands behind it. A gateway, and a
    ///   sidecar up to 1.1.2, answers 404 with the flag `NR` instead.
    /// - TCP and TLS: the cluster is BlackHoleCluster. Old JSON logs have no cluster there, but the flag `UH` and no
    ///   upstream host. A gateway without a matching server name sets `NR`.
    ///
    /// A known host without a healthy endpoint (503 `UH`) is no matter of the policy.
    init?(_ record: AccessLogRecord, isGateway: Bool, isBefore1_1_3: Bool = false) {
        let address = record.downstreamLocal.map(HostPort.init)
        if record.method != nil {
            let hasNoRoute = record.responseCode == 404 && record.flags.contains("NR") && record.upstreamHost == nil
            // A route of its own name is one that somebody made to answer so.
            let isAnswered =
                record.responseCode == 502 && record.details == "direct_response" && record.upstreamCluster == nil
                && record.upstreamHost == nil && record.routeName == nil
            let isBlackHole = record.upstreamCluster == ClusterName.blackHole.description
            let isRefused = record.routeName == "block_all" || isAnswered || isBlackHole
            guard isGateway || isBefore1_1_3 ? hasNoRoute || isRefused : isRefused else { return nil }
            let authority = record.authority.map(HostPort.init)
            guard let target = authority?.host ?? address?.host else { return nil }
            transport = .http
            self.target = target.lowercased()
            port = address?.port ?? authority?.port ?? 80
            isAtGateway = isGateway && hasNoRoute
        } else {
            let isUnrouted = isGateway && record.flags.contains("NR")
            let isBlackHole = record.upstreamCluster == ClusterName.blackHole.description
            // What a line in an old JSON log, which says nothing of the cluster, has of a call into the black hole.
            let isUnnamed = record.upstreamCluster == nil && record.flags.contains("UH")
            guard isUnrouted || isBlackHole || isUnnamed, record.upstreamHost == nil, record.responseCode == 0,
                let target = record.serverName?.lowercased() ?? address?.host
            else { return nil }
            transport = record.serverName == nil ? .tcp : .tls
            self.target = target
            port = address?.port ?? 0
            isAtGateway = isUnrouted
        }
        destination = record.downstreamLocal ?? ""
    }
}

/// A host and a port, taken apart.
struct HostPort: Hashable {
    let host: String
    let port: Int?

    init(host: String, port: Int?) {
        self.host = host
        self.port = port
    }

    /// Reads `host`, `host:port`, `[v6]:port` or a bare IPv6 address.
    init(_ text: String) {
        if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
            host = String(text[text.index(after: text.startIndex)..<close])
            port = Int(text[close...].dropFirst(2))
        } else if let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon,
            let port = Int(text[text.index(after: colon)...])
        {
            host = String(text[..<colon])
            self.port = port
        } else {
            host = text
            port = nil
        }
    }
}
