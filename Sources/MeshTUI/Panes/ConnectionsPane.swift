import MeshState

extension PaneID {
    public static let connections = PaneID(number: 3, name: "connections")
}

/// Traffic of each workload to each destination, with what goes around the registry marked.
struct ConnectionsPane: Pane {
    let id = PaneID.connections
    let title = "Connections"
    let noun = "connections"
    let abstract = "List the traffic of each workload to each destination."
    let sourceNoun = "proxies"
    let defaultSort = SortOrder(column: "from")
    let filterKeys = ["from", "to", "ns", "host", "port", "state"]
    let emptyText = CellText("No connections yet", .dim)

    let columns = [
        Column("from", "FROM", truncation: .middle, minimum: 8),
        Column("to", "TO", truncation: .middle, minimum: 10, grows: true),
        Column("live", "LIVE", .right, marksChange: true),
        Column("rate", "/s", .right),
        Column("in", "IN", .right, marksChange: true),
        Column("out", "OUT", .right, marksChange: true),
        Column("total", "TOTAL", .right, marksChange: true, isWide: true),
        Column("requests", "REQUESTS", .right, marksChange: true, isWide: true),
        Column("failures", "FAILED", .right, marksChange: true, isWide: true),
        Column("trend", "TREND", isWide: true),
        Column("ns", "NS", isWide: true),
        Column("proxy", "PROXY", isWide: true),
        Column("cluster", "CLUSTER", isWide: true),
    ]

    func arrangement(width: Int) -> Arrangement {
        if width >= 90 {
            return .table(["from", "to", "live", "rate", "trend", "in", "out", "total", "requests", "failures", "ns"])
        }
        if width >= 66 { return .table(["from", "to", "live", "rate", "trend", "in", "out"]) }
        if width >= 54 { return .table(["from", "to", "live", "rate", "in", "out"]) }
        return .table(width >= 30 ? ["from", "to", "live", "rate"] : ["to", "live"])
    }

    /// A cluster that was never used is configuration and no connection.
    func isMember(_ index: Int, of snapshot: MeshSnapshot) -> Bool {
        let connection = snapshot.connections[index]
        guard connection.id.cluster.direction == .outbound || connection.id.cluster == .passthrough else {
            return false
        }
        return Self.isUsed(connection)
    }

    static func isUsed(_ connection: Connection) -> Bool {
        connection.live > 0 || connection.total.connections > 0 || connection.total.requests > 0
    }

    func members(of snapshot: MeshSnapshot) -> [Int] {
        snapshot.connections.indices.filter { isMember($0, of: snapshot) }
    }

    func changes(from old: MeshSnapshot, to new: MeshSnapshot) -> RowChanges? {
        RowChanges(from: old.connections, to: new.connections)
    }

    func id(of index: Int, in snapshot: MeshSnapshot) -> RowID { .connection(snapshot.connections[index].id) }

    func name(of index: Int, in snapshot: MeshSnapshot) -> String {
        let connection = snapshot.connections[index]
        return "\(connection.workload) \(Glyph.arrow.text) \(Self.destination(connection))"
    }

    func commandName(of index: Int, in snapshot: MeshSnapshot) -> String {
        let connection = snapshot.connections[index]
        let cluster = connection.id.cluster
        if cluster == .passthrough { return connection.endpoints.first ?? cluster.description }
        return "\(cluster.host):\(cluster.port)"
    }

    /// `reviews:9080`, short for a service of the workload's own namespace; `passthrough` where no entry knows it.
    static func destination(_ connection: Connection) -> String {
        let cluster = connection.id.cluster
        if cluster == .passthrough { return "passthrough" }
        var host = Substring(cluster.host)
        if host.hasSuffix(".svc.cluster.local") {
            host = host.dropLast(".svc.cluster.local".count)
            let own = ".\(connection.id.proxy.namespace)"
            if host.hasSuffix(own) { host = host.dropLast(own.count) }
        }
        let subset = cluster.subset.isEmpty ? "" : " (\(cluster.subset))"
        return "\(host):\(cluster.port)\(subset)"
    }

    func cell(_ column: String, of index: Int, in context: RowContext) -> CellText {
        let connection = context.snapshot.connections[index]
        switch column {
        case "from": return CellText(connection.workload)
        case "to":
            guard connection.id.cluster == .passthrough else { return CellText(Self.destination(connection)) }
            let addresses = connection.endpoints
            let name =
                addresses.count == 1
                ? "passthrough \(addresses[0])"
                : addresses.isEmpty ? "passthrough" : "passthrough, \(addresses.count) addresses"
            return CellText(context.medium == .table ? name : "\(Glyph.warning.text) \(name)", .warn)
        case "live": return CellText(String(connection.live), connection.live == 0 ? .dim : .ok)
        case "rate":
            guard let rates = connection.rates else { return CellText("-", .dim) }
            let rate = max(rates.requests, rates.connections)
            return CellText(Numbers.rate(rate), rate < 0.05 ? .dim : .text)
        case "trend":
            guard context.medium == .screen else { return CellText(Numbers.list(connection.history.values)) }
            return CellText(Sparkline.text(connection.history, columns: Self.trendColumns), .dim)
        case "in": return CellText(connection.total.bytesReceived.map(Numbers.compact) ?? "-")
        case "out": return CellText(connection.total.bytesSent.map(Numbers.compact) ?? "-")
        case "total": return CellText(String(connection.total.connections))
        case "requests": return CellText(String(connection.total.requests))
        case "failures":
            return CellText(String(connection.total.failures), connection.total.failures == 0 ? .dim : .error)
        case "ns": return CellText(connection.id.proxy.namespace)
        case "proxy": return CellText(connection.id.proxy.pod)
        default: return CellText(connection.id.cluster.description)
        }
    }

    private static let trendColumns = 8

    func sortKey(_ column: String, of index: Int, in snapshot: MeshSnapshot) -> SortKey {
        let connection = snapshot.connections[index]
        return switch column {
        case "to": .text(Self.destination(connection))
        case "live": .number(Double(connection.live))
        case "rate": .number(connection.rates.map { max($0.requests, $0.connections) } ?? -1)
        case "trend": .number(connection.history.values.reduce(0, +))
        case "in": .number(connection.total.bytesReceived.map(Double.init) ?? -1)
        case "out": .number(connection.total.bytesSent.map(Double.init) ?? -1)
        case "total": .number(Double(connection.total.connections))
        case "requests": .number(Double(connection.total.requests))
        case "failures": .number(Double(connection.total.failures))
        case "ns": .text(connection.id.proxy.namespace)
        case "proxy": .text(connection.id.proxy.pod)
        case "cluster": .text(connection.id.cluster.description)
        default: .text(connection.workload)
        }
    }

    func filterValues(_ key: String, of index: Int, in snapshot: MeshSnapshot) -> [String] {
        let connection = snapshot.connections[index]
        return switch key {
        case "to": [Self.destination(connection)]
        case "ns": [connection.id.proxy.namespace]
        case "host": [connection.id.cluster.host]
        case "port": [String(connection.id.cluster.port)]
        case "state":
            [connection.live > 0 ? "live" : "idle", connection.id.cluster == .passthrough ? "passthrough" : ""]
        default: [connection.workload]
        }
    }

    func summary(of context: RowContext, rows: Int) -> String {
        let live = context.snapshot.connections.reduce(0) { total, connection in
            connection.id.cluster.direction == .outbound || connection.id.cluster == .passthrough
                ? total + connection.live : total
        }
        return "\(live) live"
    }

    func isFed(by source: SourceID) -> Bool {
        if case .admin = source { return true }
        return false
    }

    func details(of index: Int, in context: RowContext) -> [DetailLine] {
        let connection = context.snapshot.connections[index]
        let total = connection.total
        func bytes(_ value: UInt64?) -> String { value.map { "\($0) bytes" } ?? "not counted by this proxy" }
        var lines: [DetailLine] = [
            .field("From", CellText("\(connection.workload) in \(connection.id.proxy.namespace)")),
            .field("Proxy", CellText(connection.id.proxy.description)),
            .field("Cluster", CellText(connection.id.cluster.description)),
            .field("Live", cell("live", of: index, in: context)),
            .field("Connections", CellText("\(total.connections)")),
            .field("Requests", CellText("\(total.requests)")),
            .field("Failures", cell("failures", of: index, in: context)),
            .field("Received", CellText(bytes(total.bytesReceived))),
            .field("Sent", CellText(bytes(total.bytesSent))),
        ]
        if let rates = connection.rates {
            let text = "\(Numbers.rate(rates.connections)) connections/s, \(Numbers.rate(rates.requests)) requests/s"
            lines.append(.field("Rates", CellText(text)))
        }
        if let most = connection.history.values.max() {
            let line = Sparkline.text(connection.history, columns: connection.history.values.count)
            lines.append(.field("History", CellText("\(line) at most \(Numbers.rate(most))/s", .ok)))
        }
        if let last = connection.lastActive {
            lines.append(.field("Last active", CellText(context.clock.time(last))))
        }
        if connection.id.cluster == .passthrough {
            lines.append(.text(CellText("No entry knows this destination: ALLOW_ANY lets it through", .warn)))
        }
        lines += connection.endpoints.map { .field("Endpoint", CellText($0)) }
        return lines
    }

    func document(of index: Int, in snapshot: MeshSnapshot) -> JSONValue {
        Documents.connection(snapshot.connections[index])
    }
}

/// The traffic to something, for the details of a service or an entry.
enum Traffic {
    static func lines(to isMeant: (ClusterName) -> Bool, in context: RowContext) -> [DetailLine] {
        let used = context.snapshot.connections.filter { isMeant($0.id.cluster) && $0.total.connections > 0 }
        guard !used.isEmpty else { return [.heading("Traffic"), .text(CellText("none seen", .dim))] }
        return [.heading("Traffic")]
            + used.sorted { $0.id < $1.id }.map { connection in
                let total = connection.total
                let counted =
                    "\(connection.live) live, \(Words.count(Int(clamping: total.connections), "connection")), "
                    + Words.count(Int(clamping: total.requests), "request")
                let rate = connection.rates.map { ", \(Numbers.rate(max($0.requests, $0.connections)))/s" } ?? ""
                return .field(
                    connection.workload, CellText("port \(connection.id.cluster.port): \(counted)\(rate)"))
            }
    }

    /// What one proxy sends.
    static func lines(from proxy: ProxyID, in context: RowContext) -> [DetailLine] {
        let used = context.snapshot.connections.filter { $0.id.proxy == proxy && ConnectionsPane.isUsed($0) }
        guard !used.isEmpty else { return [.heading("Traffic"), .text(CellText("none seen", .dim))] }
        return [.heading("Traffic")]
            + used.map { connection in
                let rate = connection.rates.map { "\(Numbers.rate(max($0.requests, $0.connections)))/s" } ?? "-"
                let text = "\(connection.live) live, \(rate)"
                return .field(ConnectionsPane.destination(connection), CellText(text))
            }
    }
}
