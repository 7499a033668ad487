import MeshState

extension AppModel {
    /// Opens the dialog that lets a blocked call out, or gives a passthrough one an entry of its own.
    mutating func openAllow() -> [Effect] {
        guard let (row, snapshot) = selection else { return [] }
        let name = pane.name(of: row.index, in: snapshot)
        lastRequest += 1
        do throws(ChangeRefusal) {
            if case .connection = row.id {
                let connection = snapshot.connections[row.index]
                let request = try Self.suggestion(for: connection, in: snapshot, id: lastRequest)
                propose(
                    request, row: row.id,
                    goal: Self.flow(request, connection.workload, connection.id.proxy.namespace, port: nil),
                    lead: "\(name): known to no entry, let through by ALLOW_ANY")
            } else {
                let blocked = snapshot.blocked[row.index]
                let request = try SuggestedEntry.make(for: blocked, in: snapshot, id: lastRequest)
                let times = blocked.count == 1 ? "once" : "\(blocked.count) times"
                propose(
                    request, row: row.id,
                    goal: Self.flow(request, blocked.id.workload, blocked.id.namespace, port: blocked.id.port),
                    lead: "\(name), blocked \(times): \(BlockedPane.reason(blocked.reason))")
            }
        } catch {
            say("a: \(error.reason)", isError: true)
        }
        return []
    }

    /// An entry for what goes through PassthroughCluster, where the proxy tells a single address.
    private static func suggestion(
        for connection: Connection, in snapshot: MeshSnapshot, id: Int
    ) throws(ChangeRefusal) -> ChangeRequest {
        guard connection.endpoints.count == 1, let endpoint = connection.endpoints.first,
            let colon = endpoint.lastIndex(of: ":"), let port = Int(endpoint[endpoint.index(after: colon)...])
        else {
            throw ChangeRefusal("the proxy does not tell which one of its addresses is meant: meshtop allow HOST:PORT")
        }
        let host = endpoint[..<colon].trimmingPrefix("[").replacing("]", with: "")
        return try SuggestedEntry.make(
            host: String(host), port: port, from: connection.workload, in: snapshot,
            namespace: connection.id.proxy.namespace, id: id)
    }

    /// What proves that a call is let out: the workload's connections to the hosts of the entry, at the call's own port
    /// where that is known; other ports of the entry may have been open before.
    private static func flow(
        _ request: ChangeRequest, _ workload: String, _ namespace: String, port: Int?
    ) -> ChangeProgress.Goal {
        let clusters = ChangeProgress.destinations(of: request.object ?? .null).filter {
            port == nil || $0.port == port
        }
        return .flows(workload: workload, namespace: namespace, clusters: clusters)
    }

    /// Opens the dialog that switches the selected entry off, or on again.
    mutating func openToggle() -> [Effect] {
        guard let (row, snapshot) = selection else { return [] }
        let summary = snapshot.entries[row.index]
        let entry = summary.entry
        let hosts = entry.hosts.joined(separator: " ")
        lastRequest += 1
        do throws(ChangeRefusal) {
            if EntriesPane.isOff(summary) {
                let request = try EntrySwitch.switchOn(entry, id: lastRequest)
                propose(request, row: row.id, goal: .on(entry.id), lead: "\(hosts) would be let out again")
            } else {
                let request = try EntrySwitch.switchOff(
                    entry, version: snapshot.istioVersion, by: user, at: now, id: lastRequest)
                let live = Words.count(summary.live, "live connection")
                propose(
                    request, row: row.id, goal: .off(entry.id),
                    lead: "\(hosts): in \(Words.count(summary.proxies, "proxy", "proxies")), \(live)")
            }
        } catch {
            say("t: \(error.reason)", isError: true)
        }
        return []
    }

    /// Puts a change before the operator: what is new as YAML, what changes as a diff.
    private mutating func propose(_ request: ChangeRequest, row: RowID, goal: ChangeProgress.Goal, lead: String) {
        let before = shown?.entries.first { $0.id == request.target }?.entry
        var old = before?.object.withoutManagedFields
        old?["status"] = nil
        let oldText = old?.yamlText ?? ""
        let body: [CellText]
        switch request.action {
        case .create(let object): body = Self.lines(object.withoutManagedFields.yamlText, .text)
        case .replace(let object): body = Self.diff(from: oldText, to: object.withoutManagedFields.yamlText)
        case .delete: body = Self.lines(oldText, .removed)
        }
        let captured = before.map {
            ProposedChange.Captured(key: request.target, resourceVersion: $0.meta.resourceVersion)
        }
        let change = ProposedChange(request: request, row: row, pane: focus, goal: goal, captured: captured)
        let title = request.summary.prefix(1).uppercased() + request.summary.dropFirst()
        layers.append(
            ConfirmDialog(title: title, lead: lead, body: body, applyLabel: "Apply", purpose: .change(change)))
    }

    private static func lines(_ text: String, _ role: Role) -> [CellText] {
        text.split(separator: "\n").map { CellText(String($0), role) }
    }

    /// What changes, with two lines before and after it; longer stretches that stay the same are folded into one.
    static func diff(from old: String, to new: String) -> [CellText] {
        let lines = LineDiff.lines(from: old, to: new)
        var isShown = lines.map { $0.kind != .same }
        for index in lines.indices where lines[index].kind != .same {
            for near in max(0, index - 2)...min(lines.count - 1, index + 2) { isShown[near] = true }
        }
        var shown: [CellText] = []
        var index = 0
        while index < lines.count {
            let line = lines[index]
            if isShown[index] {
                switch line.kind {
                case .same: shown.append(CellText("  \(line.text)", .dim))
                case .added: shown.append(CellText("+ \(line.text)", .added))
                case .removed: shown.append(CellText("- \(line.text)", .removed))
                }
                index += 1
                continue
            }
            let end = isShown[index...].firstIndex(of: true) ?? lines.count
            let count = end - index
            shown.append(
                CellText(count == 1 ? "  \(line.text)" : "  \(Glyph.ellipsis.text) \(count) lines as they are", .dim))
            index = end
        }
        return shown
    }
}
