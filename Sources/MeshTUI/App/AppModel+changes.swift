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
                return proposeAllow(
                    request, row: row.id,
                    goal: Self.flow(request, connection.workload, connection.id.proxy.namespace, port: nil),
                    lead: "\(name): known to no entry, let through by ALLOW_ANY")
            } else {
                let blocked = snapshot.blocked[row.index]
                let request = try SuggestedEntry.make(for: blocked, in: snapshot, id: lastRequest)
                let times = blocked.count == 1 ? "once" : "\(blocked.count) times"
                return proposeAllow(
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

    private mutating func proposeAllow(
        _ request: ChangeRequest, row: RowID, goal: ChangeProgress.Goal, lead: String
    ) -> [Effect] {
        let change = ProposedChange(
            request: request, row: row, pane: focus, goal: goal, base: entryObject(request.target))
        return reviewLasting([change], lead: lead)
    }
}
