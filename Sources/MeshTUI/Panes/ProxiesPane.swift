import FoundationEssentials
import MeshState

extension PaneID {
    public static let proxies = PaneID(number: 6, name: "proxies")
}

/// The mesh's Envoys: whether they have what istiod sent them, and how they fare.
struct ProxiesPane: Pane {
    let id = PaneID.proxies
    let title = "Proxies"
    let noun = "proxies"
    let abstract = "List the proxies of the mesh, what they have of their configuration and how they fare."
    let sourceNoun = "sources"
    let defaultSort = SortOrder(column: "name")
    let filterKeys = ["name", "ns", "kind", "state", "version"]
    let emptyText = CellText("No proxies yet", .dim)
    let showsAges = true

    func emptyTexts(_ model: AppModel) -> [CellText] {
        [emptyText, CellText("Pods of namespaces with istio-injection=enabled get one", .dim)] + Self.elsewhere(model)
    }

    /// The types of Envoy's configuration in the order in which istiod sends them.
    static let types = ["CDS", "LDS", "EDS", "RDS"]

    let columns =
        [
            Column("name", "PROXY", truncation: .middle, minimum: 8),
            Column("ns", "NS", minimum: 3),
            Column("kind", "KIND"),
            Column("state", "STATE", marksChange: true),
        ] + types.map { Column($0.lowercased(), $0, marksChange: true) } + [
            Column("version", "ISTIO"),
            Column("memory", "MEMORY", .right),
            Column("uptime", "UPTIME", .right),
            Column("connections", "IN", .right, marksChange: true),
            Column("live", "OUT", .right, marksChange: true),
            Column("rejection", "REJECTED", minimum: 8, grows: true),
        ]

    func arrangement(width: Int) -> Arrangement {
        let vitals = ["memory", "uptime", "connections", "live"]
        let types = Self.types.map { $0.lowercased() }
        if width >= 140 {
            return .table(["name", "kind", "state"] + types + ["version"] + vitals + ["rejection"])
        }
        if width >= 96 { return .table(["name", "state"] + types + vitals + ["rejection"]) }
        if width >= 70 { return .table(["name", "state"] + types + ["uptime", "connections", "live"]) }
        if width >= 46 { return .table(["name", "state", "memory", "uptime", "live"]) }
        return .table(["name", "state"], heading: width >= 30)
    }

    func members(of snapshot: MeshSnapshot) -> [Int] { Array(snapshot.proxies.indices) }

    func changes(from old: MeshSnapshot, to new: MeshSnapshot) -> RowChanges? {
        RowChanges(from: old.proxies, to: new.proxies)
    }

    func id(of index: Int, in snapshot: MeshSnapshot) -> RowID { .proxy(snapshot.proxies[index].id) }

    func name(of index: Int, in snapshot: MeshSnapshot) -> String { snapshot.proxies[index].id.pod }

    func commandName(of index: Int, in snapshot: MeshSnapshot) -> String { snapshot.proxies[index].id.description }

    func cell(_ column: String, of index: Int, in context: RowContext) -> CellText {
        let proxy = context.snapshot.proxies[index]
        switch column {
        case "name": return CellText(proxy.id.pod)
        case "ns": return CellText(proxy.id.namespace)
        case "kind": return CellText(proxy.kind.rawValue)
        case "state":
            let (glyph, word, role) = Self.state(proxy)
            return CellText(context.medium == .table ? word : "\(glyph.text) \(word)", role)
        case "version": return CellText(proxy.istioVersion.isEmpty ? "-" : proxy.istioVersion)
        case "memory": return CellText(proxy.memory.map(Numbers.compact) ?? "-")
        case "uptime":
            return CellText(proxy.started.map { WallClock.age(context.now.timeIntervalSince($0)) } ?? "-")
        case "connections": return CellText(proxy.connections.map(String.init) ?? "-")
        case "live": return CellText(String(proxy.live), proxy.live == 0 ? .dim : .text)
        case "rejection":
            return proxy.rejection.map { CellText($0, .error) } ?? CellText(context.medium == .table ? "-" : "")
        default: return Self.sync(proxy.sync[column.uppercased()])
        }
    }

    private static func state(_ proxy: Proxy) -> (Glyph, String, Role) {
        if proxy.rejection != nil { return (.warning, "rejects", .error) }
        if proxy.sync.isEmpty { return (.waiting, "unknown", .dim) }
        return proxy.isInSync ? (.on, "in sync", .ok) : (.waiting, "stale", .pending)
    }

    private static func sync(_ state: SyncState?) -> CellText {
        switch state {
        case .synced: CellText("synced", .ok)
        case .notSent: CellText("not sent", .dim)
        case .stale: CellText("stale", .pending)
        case .neverAcknowledged: CellText("never acked", .warn)
        case .rejected: CellText("rejected", .error)
        case .unknown, nil: CellText("-", .dim)
        }
    }

    func sortKey(_ column: String, of index: Int, in snapshot: MeshSnapshot) -> SortKey {
        let proxy = snapshot.proxies[index]
        return switch column {
        case "name": .text(proxy.id.pod)
        case "ns": .text(proxy.id.namespace)
        case "kind": .text(proxy.kind.rawValue)
        case "state": .text(Self.state(proxy).1)
        case "version": .text(proxy.istioVersion)
        case "memory": .number(proxy.memory.map(Double.init) ?? -1)
        // The oldest began first.
        case "uptime": .number(proxy.started.map { -$0.timeIntervalSince1970 } ?? -.infinity)
        case "connections": .number(proxy.connections.map(Double.init) ?? -1)
        case "live": .number(Double(proxy.live))
        case "rejection": .text(proxy.rejection ?? "")
        default: .text(Self.sync(proxy.sync[column.uppercased()]).text)
        }
    }

    func filterValues(_ key: String, of index: Int, in snapshot: MeshSnapshot) -> [String] {
        let proxy = snapshot.proxies[index]
        return switch key {
        case "ns": [proxy.id.namespace]
        case "kind": [proxy.kind.rawValue]
        case "state": [Self.state(proxy).1] + proxy.sync.values.map(\.rawValue)
        case "version": [proxy.istioVersion]
        default: [proxy.id.pod]
        }
    }

    func summary(of context: RowContext, rows: Int) -> String {
        let behind = context.snapshot.proxies.count { !$0.sync.isEmpty && !$0.isInSync }
        return behind == 0 ? "\(rows)" : "\(rows), \(behind) not in sync"
    }

    func isFed(by source: SourceID) -> Bool { source == .watch("pods") || source == .istiod }

    func details(of index: Int, in context: RowContext) -> [DetailLine] {
        let proxy = context.snapshot.proxies[index]
        var lines: [DetailLine] = [
            .field("Workload", CellText("\(proxy.workload) in \(proxy.id.namespace)")),
            .field("Kind", cell("kind", of: index, in: context)),
            .field("State", cell("state", of: index, in: context)),
        ]
        lines += Self.types.map { .field($0, Self.sync(proxy.sync[$0])) }
        if let rejection = proxy.rejection {
            lines.append(.heading("Rejected configuration, in Envoy's words"))
            lines.append(.text(CellText(rejection, .error)))
        }
        lines += [
            .heading("Envoy"),
            .field("Istio", cell("version", of: index, in: context)),
            .field("Memory", cell("memory", of: index, in: context)),
            .field("Uptime", cell("uptime", of: index, in: context)),
            .field(
                "Connections",
                CellText("\(proxy.connections.map(String.init) ?? "-") open to it, \(proxy.live) from it")),
        ]
        return lines + Traffic.lines(from: proxy.id, in: context)
    }

    func document(of index: Int, in snapshot: MeshSnapshot) -> JSONValue {
        let proxy = snapshot.proxies[index]
        var value: JSONValue = [
            "namespace": .string(proxy.id.namespace), "name": .string(proxy.id.pod),
            "workload": .string(proxy.workload), "kind": .string(proxy.kind.rawValue),
            "state": .string(Self.state(proxy).1), "istioVersion": .string(proxy.istioVersion),
            "live": .integer(Int64(proxy.live)),
            "rejection": proxy.rejection.map { .string($0) } ?? .null,
            "memory": proxy.memory.map { .integer(Int64(clamping: $0)) } ?? .null,
            "started": proxy.started.map { .string(WallClock.timestamp($0)) } ?? .null,
            "connections": proxy.connections.map { .integer(Int64($0)) } ?? .null,
        ]
        value["sync"] = JSONValue(proxy.sync.mapValues(\.rawValue))
        return value
    }

    let fields = [
        RecordField("namespace", .string, "the namespace of its pod"),
        RecordField("name", .string, "the name of its pod"),
        RecordField("workload", .string, "the workload that it serves"),
        RecordField("kind", .string, "sidecar or gateway"),
        RecordField("state", .string, "in sync, stale, rejects, or unknown where istiod says nothing of it"),
        RecordField("sync", .map, "SYNCED, STALE, NOT SENT or ERROR for each of CDS, LDS, EDS and RDS"),
        RecordField("istioVersion", .string, "the release of its proxy; empty until it is known"),
        RecordField("rejection", .string, "Envoy's reason for a rejected configuration", null: "it rejects none"),
        RecordField("memory", .integer, "bytes that it has allocated", null: "it does not tell"),
        RecordField("started", .time, "when it began to run", null: "it does not tell"),
        RecordField("connections", .integer, "connections open to it", null: "it does not tell"),
        RecordField("live", .integer, "connections that it holds open to others"),
    ]

    func relations(of index: Int, in snapshot: MeshSnapshot) -> [Relation] {
        let proxy = snapshot.proxies[index].id
        return snapshot.connections.filter { $0.id.proxy == proxy && $0.total.connections > 0 }.map {
            Relation("\(Glyph.arrow.text) \(ConnectionsPane.destination($0))", .connections, .connection($0.id))
        } + Relation.blocked(in: snapshot) { $0.proxy == proxy }
    }
}
