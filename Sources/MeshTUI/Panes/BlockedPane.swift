import FoundationEssentials
import MeshState

extension PaneID {
    public static let blocked = PaneID(number: 4, name: "blocked")
}

/// Calls that were stopped at the mesh's edge, and why.
struct BlockedPane: Pane {
    let id = PaneID.blocked
    let title = "Blocked egress"
    let noun = "blocked calls"
    let abstract = "List the calls that the mesh stopped at its edge, and why."
    let sourceNoun = "proxies"
    let defaultSort = SortOrder(column: "last", descending: true)
    let hintedAction: String? = "allow"
    let filterKeys = ["from", "to", "ns", "host", "port", "proto", "verdict"]
    let emptyText = CellText("No blocked egress in the last hour", .ok)

    /// Where the mesh blocks nothing, an empty list is no good news.
    func emptyTexts(_ model: AppModel) -> [CellText] {
        guard let policy = model.shown?.policy, policy != .registryOnly else { return [emptyText] }
        return [
            CellText("The policy \(policy.rawValue) blocks nothing", .warn),
            CellText("\(PaneID.connections.number) shows what passes by the registry", .dim),
        ]
    }

    let columns = [
        Column("last", "LAST"),
        Column("from", "FROM", truncation: .middle, minimum: 8),
        Column("to", "TO", truncation: .middle, minimum: 10),
        Column("proto", "PROTO"),
        Column("count", "COUNT", .right, marksChange: true),
        Column("name", "NAME", truncation: .middle, minimum: 6),
        Column("reason", "REASON", minimum: 8, grows: true),
        Column("ns", "NS", isWide: true),
        Column("destination", "DESTINATION", isWide: true),
        Column("first", "FIRST", isWide: true),
        Column("proxy", "PROXY", isWide: true),
    ]

    func arrangement(width: Int) -> Arrangement {
        let arrow = Element.text(" \(Glyph.arrow.text) ")
        let call: [Element] = [.column("from"), arrow, .column("to")]
        if width >= 96 {
            let rest: [Element] = [.column("proto"), .column("count"), .column("name"), .text("  "), .column("reason")]
            return Arrangement(lines: [[.column("last")] + call + rest], hasHeading: true)
        }
        if width >= 56 {
            let first = [.column("last")] + call + [.column("proto"), .column("count")]
            return Arrangement(
                lines: [first, [.column("name"), .text("  "), .column("reason")]], indent: 9, hasHeading: false)
        }
        if width >= 34 {
            let second: [Element] = [.column("last"), .column("proto"), .column("name"), .column("reason")]
            return Arrangement(lines: [call + [.column("count")], second], hasHeading: false)
        }
        return Arrangement(lines: [[.column("from"), .text(Glyph.arrow.text), .column("to")]], hasHeading: false)
    }

    func members(of snapshot: MeshSnapshot) -> [Int] { Array(snapshot.blocked.indices) }

    func changes(from old: MeshSnapshot, to new: MeshSnapshot) -> RowChanges? {
        RowChanges(from: old.blocked, to: new.blocked)
    }

    func id(of index: Int, in snapshot: MeshSnapshot) -> RowID { .blocked(snapshot.blocked[index].id) }

    func name(of index: Int, in snapshot: MeshSnapshot) -> String {
        let blocked = snapshot.blocked[index]
        return "\(blocked.id.workload) \(Glyph.arrow.text) \(blocked.id.target):\(blocked.id.port)"
    }

    /// What `allow` takes.
    func commandName(of index: Int, in snapshot: MeshSnapshot) -> String {
        let blocked = snapshot.blocked[index]
        return "\(blocked.name ?? blocked.id.target):\(blocked.id.port)"
    }

    func cell(_ column: String, of index: Int, in context: RowContext) -> CellText {
        let blocked = context.snapshot.blocked[index]
        let isTable = context.medium == .table
        switch column {
        case "last":
            return CellText(isTable ? WallClock.timestamp(blocked.last) : context.clock.time(blocked.last), .dim)
        case "from": return CellText(blocked.id.workload)
        case "to": return CellText("\(blocked.id.target):\(blocked.id.port)", .blocked)
        case "proto": return CellText(blocked.id.transport.rawValue)
        case "count": return CellText(isTable ? String(blocked.count) : "\(Glyph.times.text)\(blocked.count)")
        case "name":
            return CellText(Self.name(blocked) ?? (isTable ? "-" : "no name"), Self.name(blocked) == nil ? .dim : .text)
        case "reason":
            // What becomes of the operator's change stands there instead.
            if context.progress[.blocked(blocked.id)] != nil { return CellText("") }
            return CellText(Self.reason(blocked.reason), .warn)
        case "ns": return CellText(blocked.id.namespace)
        case "destination": return CellText(blocked.destination)
        case "first": return CellText(isTable ? WallClock.timestamp(blocked.first) : context.clock.time(blocked.first))
        default: return CellText(blocked.proxy.pod)
        }
    }

    /// What is known beyond the target: its name, or its address where the target is the name. A name found backwards
    /// from the address is marked as the guess that it is.
    private static func name(_ blocked: BlockedEgress) -> String? {
        guard let name = blocked.name else { return nil }
        if name == blocked.id.target { return blocked.destination }
        return blocked.nameSource == .reverseDNS ? "\(name)?" : name
    }

    static func reason(_ reason: BlockedEgress.Reason) -> String {
        switch reason {
        case .noEntry: "no entry"
        case .entryOff(let key): "entry \(key.name) is off"
        case .otherPort(let key): "entry \(key.name) lacks this port"
        case .noGatewayRoute: "no route at the egress gateway"
        }
    }

    func sortKey(_ column: String, of index: Int, in snapshot: MeshSnapshot) -> SortKey {
        let blocked = snapshot.blocked[index]
        return switch column {
        case "from": .text(blocked.id.workload)
        case "to": .text("\(blocked.id.target):\(blocked.id.port)")
        case "proto": .text(blocked.id.transport.rawValue)
        case "count": .number(Double(blocked.count))
        case "name": .text(blocked.name ?? "")
        case "reason": .text(Self.reason(blocked.reason))
        case "ns": .text(blocked.id.namespace)
        case "destination": .text(blocked.destination)
        case "first": .number(blocked.first.timeIntervalSince1970)
        case "proxy": .text(blocked.proxy.pod)
        // Whole seconds, as they are shown, so that rows of one second keep their order from tick to tick.
        default: .number(blocked.last.timeIntervalSince1970.rounded(.down))
        }
    }

    func filterValues(_ key: String, of index: Int, in snapshot: MeshSnapshot) -> [String] {
        let blocked = snapshot.blocked[index]
        return switch key {
        case "to": ["\(blocked.id.target):\(blocked.id.port)"]
        case "ns": [blocked.id.namespace]
        case "host": [blocked.id.target, blocked.name ?? ""]
        case "port": [String(blocked.id.port)]
        case "proto": [blocked.id.transport.rawValue]
        case "verdict": [Self.reason(blocked.reason)]
        default: [blocked.id.workload]
        }
    }

    func time(of index: Int, in snapshot: MeshSnapshot) -> Date? { snapshot.blocked[index].last }

    func summary(of context: RowContext, rows: Int) -> String {
        let lost = context.snapshot.blockedLost
        let recent = "\(context.snapshot.blockedLastMinute) in 60s"
        return lost == 0 ? recent : "\(recent), lost \(lost)"
    }

    func isFed(by source: SourceID) -> Bool {
        if case .accessLog = source { return true }
        return false
    }

    func details(of index: Int, in context: RowContext) -> [DetailLine] {
        let blocked = context.snapshot.blocked[index]
        var lines: [DetailLine] = [
            .field("From", CellText("\(blocked.id.workload) in \(blocked.id.namespace)")),
            .field("Proxy", CellText(blocked.proxy.description)),
            .field("To", CellText("\(blocked.id.target):\(blocked.id.port) (\(blocked.id.transport.rawValue))")),
            .field("Destination", CellText(blocked.destination)),
            .field("Name", CellText(blocked.name ?? "nothing knows it", blocked.name == nil ? .dim : .text)),
        ]
        if let source = blocked.nameSource { lines.append(.field("Known from", CellText(Self.words(source)))) }
        lines += [
            .field("Reason", CellText(blocked.reason.words, .warn)),
            .field("Count", CellText("\(blocked.count)")),
            .field("First", CellText(context.clock.time(blocked.first))),
            .field("Last", CellText(context.clock.time(blocked.last))),
        ]
        if let progress = context.progress[.blocked(blocked.id)] {
            lines += progress.details
        }
        if let answer = context.answers[.blocked(blocked.id)] { lines += [.heading("The way it went")] + answer.details }
        return lines
    }

    private static func words(_ source: BlockedEgress.NameSource) -> String {
        switch source {
        case .authority: "the call's Host header"
        case .sni: "the call's SNI"
        case .entry: "an address of a service entry"
        case .registry: "an address of a service or a pod"
        case .dns: "asking DNS for the name"
        case .reverseDNS: "reverse DNS: a guess"
        }
    }

    /// Of the call itself: how often it was made does not matter.
    func question(of index: Int, in snapshot: MeshSnapshot) -> Question.Subject? {
        var call = snapshot.blocked[index]
        call.count = 1
        call.first = .distantPast
        call.last = .distantPast
        return .blocked(call)
    }

    func document(of index: Int, in snapshot: MeshSnapshot) -> JSONValue { Documents.blocked(snapshot.blocked[index]) }
}
