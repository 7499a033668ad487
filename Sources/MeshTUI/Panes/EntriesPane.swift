import FoundationEssentials
import MeshState

extension PaneID {
    public static let entries = PaneID(number: 2, name: "entries")
}

/// The ServiceEntries: what the mesh is told of the outside, switched on or off.
struct EntriesPane: Pane {
    let id = PaneID.entries
    let title = "Service entries"
    let noun = "service entries"
    let abstract = "List the service entries: hosts outside the mesh that it knows."
    let sourceNoun = "sources"
    let defaultSort = SortOrder(column: "name")
    let filterKeys = ["name", "ns", "host", "port", "state", "resolution", "location"]
    let emptyText = CellText("No service entries yet", .dim)

    func emptyTexts(_ model: AppModel) -> [CellText] {
        let advice = model.lockReason == nil ? [CellText("\(model.keys.label("add")) makes one", .dim)] : []
        return [emptyText] + advice + Self.elsewhere(model)
    }

    let columns = [
        Column("state", "STATE", marksChange: true),
        Column("name", "NAME", truncation: .middle, minimum: 8),
        Column("ns", "NS", minimum: 3),
        Column("hosts", "HOSTS", truncation: .middle, minimum: 8, grows: true),
        Column("ports", "PORTS"),
        Column("live", "LIVE", .right, marksChange: true),
        Column("proxies", "PROXIES", .right, marksChange: true, isWide: true),
        Column("resolution", "RESOLUTION", isWide: true),
        Column("location", "LOCATION", isWide: true),
        Column("addresses", "ADDRESSES", isWide: true),
        Column("exportTo", "EXPORT-TO", isWide: true),
        Column("note", "NOTE", isWide: true),
    ]

    func arrangement(width: Int) -> Arrangement {
        if width >= 90 {
            return .table(["state", "name", "ns", "hosts", "ports", "live", "proxies", "resolution", "location"])
        }
        if width >= 60 { return .table(["state", "name", "ns", "hosts", "ports", "live"]) }
        if width >= 48 { return .table(["state", "name", "hosts", "ports", "live"]) }
        return .table(width >= 30 ? ["state", "name", "hosts"] : ["state", "name"], heading: false)
    }

    func members(of snapshot: MeshSnapshot) -> [Int] { Array(snapshot.entries.indices) }

    func changes(from old: MeshSnapshot, to new: MeshSnapshot) -> RowChanges? {
        RowChanges(from: old.entries, to: new.entries)
    }

    func id(of index: Int, in snapshot: MeshSnapshot) -> RowID { .object(snapshot.entries[index].id) }

    func name(of index: Int, in snapshot: MeshSnapshot) -> String { snapshot.entries[index].entry.meta.name }

    func cell(_ column: String, of index: Int, in context: RowContext) -> CellText {
        let summary = context.snapshot.entries[index]
        let entry = summary.entry
        switch column {
        case "state":
            var cell = Self.state(summary.state, context.medium)
            if context.medium == .screen, let left = entry.expiry?.left(at: context.now) { cell.text += " \(left)" }
            return cell
        case "name": return CellText(entry.meta.name, Self.isOff(summary) ? .dim : .text)
        case "ns": return CellText(entry.meta.namespace)
        case "hosts": return CellText(entry.hosts.joined(separator: " "), Self.isOff(summary) ? .dim : .text)
        case "ports": return CellText(ServicesPane.ports(entry.ports), Self.isOff(summary) ? .dim : .text)
        case "live": return CellText(String(summary.live), summary.live == 0 ? .dim : .text)
        case "proxies": return CellText(String(summary.proxies))
        case "resolution": return CellText(entry.resolution.rawValue)
        case "location": return CellText(entry.location.rawValue)
        case "addresses": return CellText(entry.addresses.isEmpty ? "-" : entry.addresses.joined(separator: ","))
        case "exportTo": return CellText(entry.exportTo.isEmpty ? "*" : entry.exportTo.joined(separator: ","))
        default: return CellText(Self.note(summary))
        }
    }

    /// The state as glyph, word and colour; printed tables have the word alone.
    static func state(_ state: EntrySummary.State, _ medium: RowContext.Medium) -> CellText {
        let (glyph, word, role): (Glyph, String, Role) =
            switch state {
            case .on: (.on, "on", .ok)
            case .off: (.off, "off", .dim)
            case .warning: (.warning, "bad", .warn)
            }
        return CellText(medium == .table ? word : "\(glyph.text) \(word)", role)
    }

    static func isOff(_ summary: EntrySummary) -> Bool {
        if case .off = summary.state { return true }
        return false
    }

    private static func note(_ summary: EntrySummary) -> String {
        let notes = [note(summary.state), summary.entry.expiry?.note].compactMap(\.self).filter { $0 != "-" }
        return notes.isEmpty ? "-" : notes.joined(separator: "; ")
    }

    private static func note(_ state: EntrySummary.State) -> String {
        switch state {
        case .on: "-"
        case .off(.revisionLabel): "switched off by its istio.io/rev label"
        case .off(.exportToNobody): "switched off by exportTo ~"
        case .off(.deletedWithCopy): "switched off: deleted, with a copy kept"
        case .warning(let text): text
        }
    }

    func sortKey(_ column: String, of index: Int, in snapshot: MeshSnapshot) -> SortKey {
        let summary = snapshot.entries[index]
        return switch column {
        case "state": .text(Self.state(summary.state, .table).text)
        case "ports": .number(Double(summary.entry.ports.first?.number ?? 0))
        case "live": .number(Double(summary.live))
        case "proxies": .number(Double(summary.proxies))
        case "ns": .text(summary.entry.meta.namespace)
        case "hosts": .text(summary.entry.hosts.first ?? "")
        case "resolution": .text(summary.entry.resolution.rawValue)
        case "location": .text(summary.entry.location.rawValue)
        case "addresses": .text(summary.entry.addresses.first ?? "")
        case "exportTo": .text(summary.entry.exportTo.first ?? "")
        case "note": .text(Self.note(summary))
        default: .text(summary.entry.meta.name)
        }
    }

    func filterValues(_ key: String, of index: Int, in snapshot: MeshSnapshot) -> [String] {
        let summary = snapshot.entries[index]
        return switch key {
        case "ns": [summary.entry.meta.namespace]
        case "host": summary.entry.hosts
        case "port": summary.entry.ports.map { String($0.number) }
        case "state": [Self.state(summary.state, .table).text]
        case "resolution": [summary.entry.resolution.rawValue]
        case "location": [summary.entry.location.rawValue]
        default: [summary.entry.meta.name]
        }
    }

    func summary(of context: RowContext, rows: Int) -> String {
        let off = context.snapshot.entries.count { Self.isOff($0) }
        return off == 0 ? "\(rows)" : "\(rows), \(off) off"
    }

    func isFed(by source: SourceID) -> Bool { source == .watch("serviceentries") }

    func details(of index: Int, in context: RowContext) -> [DetailLine] {
        let summary = context.snapshot.entries[index]
        let entry = summary.entry
        var lines: [DetailLine] = [.field("State", Self.state(summary.state, .screen))]
        if summary.state != .on { lines.append(.text(CellText(Self.note(summary.state), .warn))) }
        if let expiry = entry.expiry {
            let left = expiry.left(at: context.now).map { ", \($0) left" } ?? ""
            lines.append(.field("Expires", CellText((expiry.note ?? "") + left, .pending)))
        }
        lines += entry.hosts.map { .field("Host", CellText($0)) }
        lines += entry.ports.map { .field("Port", CellText("\($0.number) \($0.name) \($0.protocolText)")) }
        lines += [
            .field("Resolution", CellText(entry.resolution.rawValue)),
            .field("Location", CellText(entry.location.rawValue)),
            .field("Addresses", cell("addresses", of: index, in: context)),
            .field("Exported to", cell("exportTo", of: index, in: context)),
            .field(
                "Proxies",
                CellText(
                    summary.proxies == 0
                        ? "none holds a cluster of it"
                        : "\(Words.count(summary.proxies, "holds", "hold")) a cluster of it")),
            .field("Live", CellText(Words.count(summary.live, "connection"))),
        ]
        lines += entry.endpoints.map { .field("Endpoint", CellText($0.address)) }
        lines += context.progress[.object(summary.id)]?.details ?? []
        lines += Traffic.lines(to: { entry.hosts.contains($0.host) }, in: context)
        lines += usage(of: summary, in: context)
        if let answer = context.answers[.object(summary.id)] {
            lines += [.heading("Listeners and routes")] + answer.details + answer.events(at: context.now)
        }
        lines += Actions.lines(on: summary.id, in: context)
        return lines
    }

    func question(of index: Int, in snapshot: MeshSnapshot) -> Question.Subject? {
        .entry(snapshot.entries[index].entry)
    }

    func document(of index: Int, in snapshot: MeshSnapshot) -> JSONValue { snapshot.entries[index].entry.object }
}

extension Expiry {
    /// How long it is still to last: `29m`.
    fileprivate func left(at now: Date) -> String? {
        guard problem == nil, let time else { return nil }
        return WallClock.age(time.timeIntervalSince(now).rounded(.up))
    }

    fileprivate var note: String? {
        problem ?? time.map { "\(words) at \(WallClock.timestamp($0))" }
    }
}
