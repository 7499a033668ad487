import MeshState

/// A row that another one refers to: where a jump leads.
struct Relation: Sendable, Hashable {
    let label: String
    let pane: PaneID
    let row: RowID

    init(_ label: String, _ pane: PaneID, _ row: RowID) {
        self.label = label
        self.pane = pane
        self.row = row
    }

    /// The entries and the service that stand for a host.
    static func owners(of host: String, in snapshot: MeshSnapshot) -> [Relation] {
        let entries = snapshot.entries.filter { summary in
            summary.entry.hosts.contains { $0 == host || HostName.covers($0, host) }
        }.map { Relation("entry \($0.entry.meta.name)", .entries, .object($0.id)) }
        let service = Service.key(ofHost: host).map { Relation("service \($0.name)", .services, .object($0)) }
        return entries + (service.map { [$0] } ?? [])
    }

    static func proxy(_ id: ProxyID) -> Relation { Relation("proxy \(id.pod)", .proxies, .proxy(id)) }

    /// Connections that were used to hosts that are meant.
    static func connections(in snapshot: MeshSnapshot, to isMeant: (Connection) -> Bool) -> [Relation] {
        snapshot.connections.filter { isMeant($0) && ConnectionsPane.isUsed($0) }.map {
            Relation(
                "\($0.workload) \(Glyph.arrow.text) \(ConnectionsPane.destination($0))", .connections,
                .connection($0.id))
        }
    }

    static func blocked(in snapshot: MeshSnapshot, where isMeant: (BlockedEgress) -> Bool) -> [Relation] {
        snapshot.blocked.filter(isMeant).map {
            Relation(
                "blocked \($0.id.workload) \(Glyph.arrow.text) \($0.id.target):\($0.id.port)", .blocked, .blocked($0.id))
        }
    }
}

extension ServicesPane {
    func relations(of index: Int, in snapshot: MeshSnapshot) -> [Relation] {
        let host = snapshot.services[index].service.host
        return Relation.connections(in: snapshot) { $0.id.cluster.host == host }
    }
}

extension EntriesPane {
    func relations(of index: Int, in snapshot: MeshSnapshot) -> [Relation] {
        let summary = snapshot.entries[index]
        let hosts = summary.entry.hosts
        return Relation.connections(in: snapshot) { hosts.contains($0.id.cluster.host) }
            + Relation.blocked(in: snapshot) { blocked in
                if case .entryOff(summary.id) = blocked.reason { return true }
                if case .otherPort(summary.id) = blocked.reason { return true }
                return hosts.contains { $0 == blocked.name || $0 == blocked.id.target }
            }
    }

    /// Who uses the entry, the clusters that proxies hold of it, what the mesh's own rules make of it and what was done
    /// to it.
    func usage(of summary: EntrySummary, in context: RowContext) -> [DetailLine] {
        let hosts = summary.entry.hosts
        let used = context.snapshot.connections.filter { hosts.contains($0.id.cluster.host) }
        var lines: [DetailLine] = []
        for condition in summary.entry.object["status"]?["conditions"]?.arrayValue ?? [] {
            func text(_ key: String) -> String { condition[key]?.stringValue?.madeSafe ?? "" }
            let words = [text("status"), text("reason"), text("message")].filter { !$0.isEmpty }
            lines.append(.field("Condition \(text("type"))", CellText(words.joined(separator: ": "))))
        }
        for (host, addresses) in summary.entry.allocatedAddresses.sorted(by: { $0.key < $1.key }) {
            lines.append(.field("Allocated", CellText("\(addresses.joined(separator: " ")) for \(host)")))
        }
        lines.append(.heading("Envoy clusters"))
        let clusters = Dictionary(grouping: used, by: \.id.cluster).sorted { $0.key < $1.key }
        if clusters.isEmpty { lines.append(.text(CellText("no proxy holds one", .dim))) }
        lines += clusters.map { cluster, rows in
            let endpoints = Set(rows.flatMap(\.endpoints)).count
            let text = "\(Words.count(rows.count, "proxy", "proxies")), \(Words.count(endpoints, "endpoint"))"
            return .text(CellText("\(cluster.description): \(text)", endpoints == 0 ? .warn : .text))
        }
        return lines
    }
}

extension ConnectionsPane {
    func relations(of index: Int, in snapshot: MeshSnapshot) -> [Relation] {
        let connection = snapshot.connections[index]
        return Relation.owners(of: connection.id.cluster.host, in: snapshot) + [.proxy(connection.id.proxy)]
    }
}

extension BlockedPane {
    func relations(of index: Int, in snapshot: MeshSnapshot) -> [Relation] {
        let blocked = snapshot.blocked[index]
        let owners: [Relation]
        switch blocked.reason {
        case .entryOff(let key), .otherPort(let key):
            let pane: PaneID = key.kind == ServiceEntry.kind ? .entries : .services
            owners = [Relation("\(pane == .entries ? "entry" : "service") \(key.name)", pane, .object(key))]
        case .noEntry, .noGatewayRoute: owners = Relation.owners(of: blocked.name ?? blocked.id.target, in: snapshot)
        }
        let hosts = [blocked.name, blocked.id.target]
        return owners
            + Relation.connections(in: snapshot) {
                $0.workload == blocked.id.workload && hosts.contains($0.id.cluster.host)
            } + [.proxy(blocked.proxy)]
    }
}
