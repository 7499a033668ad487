import MeshState

extension AppModel {
    /// Opens the dialog that lets a blocked call out, or gives a passthrough one an entry of its own.
    mutating func openAllow() -> [Effect] {
        guard let (row, snapshot) = selection else { return [] }
        let name = pane.name(of: row.index, in: snapshot)
        lastRequest += 1
        do {
            if case .connection = row.id {
                let connection = snapshot.connections[row.index]
                let request = try EgressCalls.allow(connection, in: snapshot, id: lastRequest)
                propose(request, row: row.id, workload: connection.workload, namespace: connection.id.proxy.namespace,
                    lead: "\(name): goes around the registry")
            } else {
                let blocked = snapshot.blocked[row.index]
                let request = try EgressCalls.allow(blocked, in: snapshot, id: lastRequest)
                let times = blocked.count == 1 ? "once" : "\(blocked.count) times"
                propose(request, row: row.id, workload: blocked.id.workload, namespace: blocked.id.namespace,
                    lead: "\(name): blocked \(times), \(BlockedPane.reason(blocked.reason))")
            }
        } catch {
            say("a: \(error)", isError: true)
        }
        return []
    }

    private mutating func propose(
        _ request: ChangeRequest, row: RowID, workload: String, namespace: String, lead: String
    ) {
        let clusters = ChangeProgress.destinations(of: request.object ?? .null)
        let goal = ChangeProgress.Goal.flows(workload: workload, namespace: namespace, clusters: clusters)
        propose(request, row: row, goal: goal, lead: lead)
    }

    /// Opens the dialog that switches the selected entry off, or on again.
    mutating func openToggle() -> [Effect] {
        guard let (row, snapshot) = selection else { return [] }
        let summary = snapshot.entries[row.index]
        let isOff = EntriesPane.isOff(summary)
        lastRequest += 1
        do {
            let request = try EgressCalls.toggle(summary, in: snapshot, id: lastRequest)
            let live = isOff ? "" : ", \(summary.live) live connections"
            propose(request, row: row.id, goal: isOff ? .on(summary.id) : .off(summary.id),
                lead: "\(summary.entry.hosts.joined(separator: " ")): held by \(summary.proxies) proxies\(live)")
        } catch {
            say("t: \(error)", isError: true)
        }
        return []
    }

    /// Puts a change before the operator: what is new as YAML, what changes as a diff.
    private mutating func propose(_ request: ChangeRequest, row: RowID, goal: ChangeProgress.Goal, lead: String) {
        let before = shown?.entries.first { $0.id == request.target }?.entry
        let old = before?.object.withoutManagedFields.yamlText
        let body: [CellText]
        switch request.action {
        case .create(let object): body = Self.lines(object.withoutManagedFields.yamlText, .text)
        case .replace(let object): body = EgressCalls.diff(old ?? "", object.withoutManagedFields.yamlText)
        case .delete: body = Self.lines(old ?? "", .removed)
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
}

extension ChangeRequest {
    /// The object that would be there afterwards; nil for a deletion.
    var object: JSONValue? {
        switch action {
        case .create(let object), .replace(let object): object
        case .delete: nil
        }
    }
}
