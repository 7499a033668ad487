import FoundationEssentials
import MeshState

extension PaneID {
    public static let egress = PaneID(number: 7, name: "egress")
}

/// What leaves the mesh as a map: who calls, through which gateway, and where to; what goes around the gateway is marked.
///
/// The counters tell what each workload sends to the gateway and what that sends on, not which of the one is which of the
/// other: so each half of such a way is a line of its own.
struct EgressMapPane: Pane {
    let id = PaneID.egress
    let title = "Egress map"
    let noun = "ways out of the mesh"
    let abstract = "List the ways out of the mesh: who, through which gateway, where to, and what bypasses it."
    let sourceNoun = "proxies"
    let defaultSort = SortOrder(column: "who")
    let filterKeys = ["who", "gateway", "where", "ns", "way"]
    let emptyText = CellText("Nothing has left the mesh yet", .dim)

    let columns = [
        Column("who", "WHO", truncation: .middle, minimum: 6),
        Column("gateway", "GATEWAY", truncation: .middle),
        Column("where", "WHERE", truncation: .middle, minimum: 8, grows: true),
        Column("rate", "/s", .right),
        Column("live", "LIVE", .right, marksChange: true),
        Column("way", "WAY"),
        Column("ns", "NS", isWide: true),
        // Only the map draws these.
        Column("first", "TO", isWide: true),
        Column("second", "TO", isWide: true),
    ]

    /// Columns from which on the gateway has one of its own.
    private static let whole = 60

    func arrangement(width: Int) -> Arrangement {
        // Lines touch the gateway's column, so that what goes around the gateway is one line.
        let whole: [Element] = [
            .column("who"), .column("first"), .text(""), .column("gateway"), .text(""), .column("second"), .column("where"),
        ]
        if width >= 96 {
            let rest: [Element] = [.column("rate"), .column("live"), .column("way")]
            return Arrangement(lines: [whole + rest], hasHeading: true)
        }
        if width >= Self.whole { return Arrangement(lines: [whole + [.column("rate")]], hasHeading: true) }
        return width >= 30 ? .table(["who", "first", "where"]) : .table(["who", "where"], heading: false)
    }

    /// How a connection leaves the mesh.
    enum Way: String, CaseIterable {
        /// From a workload to the gateway.
        case toGateway = "to the gateway"
        /// From the gateway outwards.
        case fromGateway = "from the gateway"
        case direct
        /// Directly, to what the gateway also carries calls to.
        case bypass = "bypasses the gateway"
        /// Known to no entry.
        case passthrough
    }

    private func way(of connection: Connection, in snapshot: MeshSnapshot) -> Way? {
        guard ConnectionsPane.isUsed(connection) else { return nil }
        let cluster = connection.id.cluster
        let gateways = snapshot.proxies.filter { $0.kind == .gateway }
        let isGateway = gateways.contains { $0.id == connection.id.proxy }
        if cluster == .passthrough { return .passthrough }
        guard cluster.direction == .outbound else { return nil }
        if let service = Service.key(ofHost: cluster.host) {
            let isToGateway = gateways.contains {
                $0.workload == service.name && $0.id.namespace == service.namespace
            }
            return isToGateway && !isGateway ? .toGateway : nil
        }
        if isGateway { return .fromGateway }
        let isCarried = gateways.contains { gateway in
            let first = snapshot.connections.firstPlace { $0.id.proxy >= gateway.id }
            return snapshot.connections[first...].prefix { $0.id.proxy == gateway.id }.contains {
                $0.id.cluster.host == cluster.host
            }
        }
        return isCarried ? .bypass : .direct
    }

    /// The gateway of a line that has one: the service that is called, or the one that sends.
    private static func gateway(_ connection: Connection) -> String {
        Service.key(ofHost: connection.id.cluster.host)?.name ?? connection.workload
    }

    func members(of snapshot: MeshSnapshot) -> [Int] {
        snapshot.connections.indices.filter { way(of: snapshot.connections[$0], in: snapshot) != nil }
    }

    func id(of index: Int, in snapshot: MeshSnapshot) -> RowID { .connection(snapshot.connections[index].id) }

    func name(of index: Int, in snapshot: MeshSnapshot) -> String { ConnectionsPane().name(of: index, in: snapshot) }

    func commandName(of index: Int, in snapshot: MeshSnapshot) -> String {
        ConnectionsPane().commandName(of: index, in: snapshot)
    }

    func cell(_ column: String, of index: Int, in context: RowContext) -> CellText {
        let connection = context.snapshot.connections[index]
        guard let way = way(of: connection, in: context.snapshot) else { return CellText("") }
        let isMap = context.medium == .screen
        // Without room for a column of its own the gateway stands where its lines begin and end.
        let isNarrow = isMap && context.columns < Self.whole
        switch column {
        case "who":
            if way == .fromGateway, !isNarrow { return CellText(isMap ? "" : "-") }
            // A workload is named once; below it a branch leads on.
            return CellText(isMap && isBelowItsLike(index, way, context) ? "" : connection.workload, way == .fromGateway ? .title : .text)
        case "first": return CellText(isMap ? first(index, way, isNarrow, context) : "", role(way))
        case "gateway":
            switch way {
            case .toGateway: return CellText(Self.gateway(connection), .title)
            case .fromGateway: return CellText(connection.workload, .title)
            case .direct, .bypass, .passthrough:
                guard isMap else { return CellText("-") }
                let names = context.snapshot.proxies.filter { $0.kind == .gateway }.map(\.workload.columns)
                let width = max("GATEWAY".count + 1, names.max() ?? 0)
                return CellText(String(repeating: shaft(way).text, count: width), role(way))
            }
        case "second":
            guard isMap, way != .toGateway else { return CellText("") }
            let shaft = shaft(way).text
            return CellText((way == .fromGateway ? " " : shaft) + shaft + shaft + Glyph.context.text, role(way))
        case "where":
            if way == .toGateway, isNarrow { return CellText(Self.gateway(connection), .title) }
            if way == .toGateway { return CellText(isMap ? "" : "-") }
            let place = ConnectionsPane().cell("to", of: index, in: context)
            return way == .bypass && isNarrow ? CellText("\(Glyph.warning.text) \(place.text)", .warn) : place
        case "way":
            let glyph = isMap && (way == .bypass || way == .passthrough) ? "\(Glyph.warning.text) " : ""
            return CellText(glyph + way.rawValue, role(way))
        default: return ConnectionsPane().cell(column, of: index, in: context)
        }
    }

    private func shaft(_ way: Way) -> Glyph { way == .bypass ? .double : .horizontal }

    private func role(_ way: Way) -> Role {
        switch way {
        case .toGateway, .fromGateway: .ok
        case .direct: .dim
        case .bypass, .passthrough: .warn
        }
    }

    /// Whether the row above begins at the same workload.
    private func isBelowItsLike(_ index: Int, _ way: Way, _ context: RowContext) -> Bool {
        isLike(index, context.neighbours.above, context)
    }

    private func isLike(_ index: Int, _ other: Int?, _ context: RowContext) -> Bool {
        guard let other, context.snapshot.connections.indices.contains(other) else { return false }
        let (one, two) = (context.snapshot.connections[index], context.snapshot.connections[other])
        return one.id.proxy == two.id.proxy
    }

    /// The branch beside a workload's name.
    private func first(_ index: Int, _ way: Way, _ isNarrow: Bool, _ context: RowContext) -> String {
        if way == .fromGateway, !isNarrow { return String(repeating: " ", count: 5) }
        let above = isLike(index, context.neighbours.above, context)
        let below = isLike(index, context.neighbours.below, context)
        let fork: Glyph =
            switch (above, below) {
            case (false, false): .horizontal
            case (false, true): .teeDown
            case (true, true): .teeRight
            case (true, false): .bottomLeft
            }
        let shaft = shaft(way).text
        if isNarrow { return fork.text + shaft + shaft + shaft + Glyph.context.text }
        return fork.text + shaft + shaft + (way == .toGateway ? "\(Glyph.context.text) " : shaft + shaft)
    }

    func sortKey(_ column: String, of index: Int, in snapshot: MeshSnapshot) -> SortKey {
        let connection = snapshot.connections[index]
        switch column {
        // What comes from the gateway stands below what goes to it.
        case "who", "first":
            let isLast = way(of: connection, in: snapshot) == .fromGateway
            return .text("\(isLast ? 1 : 0) \(connection.workload) \(connection.id.proxy)")
        case "gateway": return .text(Self.gateway(connection))
        case "where", "second": return .text(ConnectionsPane.destination(connection))
        case "way": return .text(way(of: connection, in: snapshot)?.rawValue ?? "")
        default: return ConnectionsPane().sortKey(column, of: index, in: snapshot)
        }
    }

    func filterValues(_ key: String, of index: Int, in snapshot: MeshSnapshot) -> [String] {
        let connection = snapshot.connections[index]
        return switch key {
        case "gateway": [Self.gateway(connection)]
        case "where": [ConnectionsPane.destination(connection)]
        case "ns": [connection.id.proxy.namespace]
        case "way": [way(of: connection, in: snapshot)?.rawValue ?? ""]
        default: [connection.workload]
        }
    }

    func summary(of context: RowContext, rows: Int) -> String {
        let snapshot = context.snapshot
        let around = snapshot.connections.count { way(of: $0, in: snapshot) == .bypass }
        return around == 0 ? "\(rows)" : "\(rows), \(around) around the gateway"
    }

    func isFed(by source: SourceID) -> Bool { ConnectionsPane().isFed(by: source) }

    func details(of index: Int, in context: RowContext) -> [DetailLine] {
        let way = way(of: context.snapshot.connections[index], in: context.snapshot)
        let line = DetailLine.field("Way", CellText(way?.rawValue ?? "", way.map(role) ?? .text))
        return [line] + ConnectionsPane().details(of: index, in: context)
    }

    func relations(of index: Int, in snapshot: MeshSnapshot) -> [Relation] {
        let connection = snapshot.connections[index]
        return [Relation("the connection", .connections, .connection(connection.id))]
            + ConnectionsPane().relations(of: index, in: snapshot)
    }

    func document(of index: Int, in snapshot: MeshSnapshot) -> JSONValue {
        let connection = snapshot.connections[index]
        let rate = connection.rates.map { max($0.requests, $0.connections) }
        return [
            "way": .string(way(of: connection, in: snapshot)?.rawValue ?? ""),
            "workload": .string(connection.workload), "namespace": .string(connection.id.proxy.namespace),
            "host": .string(connection.id.cluster.host), "port": .integer(Int64(connection.id.cluster.port)),
            "live": .integer(Int64(connection.live)), "perSecond": rate.map { .number($0) } ?? .null,
        ]
    }

    let fields = [
        RecordField(
            "way", .string, "to the gateway, from the gateway, direct, bypasses the gateway, or passthrough"),
        RecordField("workload", .string, "who sends: a workload, or the gateway"),
        RecordField("namespace", .string, "the sender's namespace"),
        RecordField("host", .string, "the host of the cluster that takes the calls"),
        RecordField("port", .integer, "the cluster's port; 0 for a built-in cluster"),
        RecordField("live", .integer, "connections open now"),
        RecordField(
            "perSecond", .number, "requests a second, or connections where there are more",
            null: "meshtop has not asked the proxy twice"),
    ]
}
