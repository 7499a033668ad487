import MeshState

extension PaneID {
    public static let services = PaneID(number: 1, name: "services")
}

/// The mesh's own services with their endpoints and traffic.
struct ServicesPane: Pane {
    let id = PaneID.services
    let title = "Services"
    let noun = "services"
    let abstract = "List the services of the mesh, their endpoints and open connections."
    let sourceNoun = "sources"
    let defaultSort = SortOrder(column: "name")
    let filterKeys = ["name", "ns", "host", "port"]
    let emptyText = CellText("No services yet", .dim)

    let columns = [
        Column("name", "NAME", truncation: .middle, minimum: 8, grows: true),
        Column("ns", "NS", minimum: 3),
        Column("ports", "PORTS"),
        Column("ep", "EP", .right, marksChange: true),
        Column("live", "LIVE", .right, marksChange: true),
        Column("ip", "CLUSTER-IP", isWide: true),
        Column("host", "HOST", truncation: .middle, isWide: true),
    ]

    func arrangement(width: Int) -> Arrangement {
        if width >= 80 { return .table(["name", "ns", "ports", "ep", "live", "ip", "host"]) }
        return width >= 30 ? .table(["name", "ns", "ports", "ep", "live"]) : .table(["name", "ep"])
    }

    func members(of snapshot: MeshSnapshot) -> [Int] { Array(snapshot.services.indices) }

    func changes(from old: MeshSnapshot, to new: MeshSnapshot) -> RowChanges? {
        RowChanges(from: old.services, to: new.services)
    }

    func id(of index: Int, in snapshot: MeshSnapshot) -> RowID { .object(snapshot.services[index].id) }

    func name(of index: Int, in snapshot: MeshSnapshot) -> String { snapshot.services[index].service.meta.name }

    func cell(_ column: String, of index: Int, in context: RowContext) -> CellText {
        let summary = context.snapshot.services[index]
        let service = summary.service
        switch column {
        case "name": return CellText(service.meta.name)
        case "ns": return CellText(service.meta.namespace)
        case "ports": return CellText(Self.ports(service.ports))
        case "ep":
            let isShort = summary.readyEndpoints < summary.totalEndpoints || summary.totalEndpoints == 0
            let role: Role = summary.readyEndpoints == 0 ? .error : isShort ? .warn : .text
            return CellText("\(summary.readyEndpoints)/\(summary.totalEndpoints)", role)
        case "live": return CellText(String(summary.live), summary.live == 0 ? .dim : .text)
        case "ip": return CellText(service.clusterIP ?? "None")
        default: return CellText(service.host)
        }
    }

    func sortKey(_ column: String, of index: Int, in snapshot: MeshSnapshot) -> SortKey {
        let summary = snapshot.services[index]
        return switch column {
        case "ns": .text(summary.service.meta.namespace)
        case "ports": .number(Double(summary.service.ports.first?.number ?? 0))
        case "ep": .number(Double(summary.readyEndpoints))
        case "live": .number(Double(summary.live))
        case "ip": .text(summary.service.clusterIP ?? "")
        case "host": .text(summary.service.host)
        default: .text(summary.service.meta.name)
        }
    }

    func filterValues(_ key: String, of index: Int, in snapshot: MeshSnapshot) -> [String] {
        let service = snapshot.services[index].service
        return switch key {
        case "ns": [service.meta.namespace]
        case "host": [service.host]
        case "port": service.ports.map { String($0.number) }
        default: [service.meta.name]
        }
    }

    func summary(of context: RowContext, rows: Int) -> String { "\(rows)" }

    func isFed(by source: SourceID) -> Bool { source == .watch("services") || source == .watch("endpoints") }

    func details(of index: Int, in context: RowContext) -> [DetailLine] {
        let summary = context.snapshot.services[index]
        let service = summary.service
        var lines: [DetailLine] = [
            .field("Host", CellText(service.host)),
            .field("Cluster IP", CellText(service.clusterIP ?? "none (headless)")),
            .field("Endpoints", cell("ep", of: index, in: context)),
            .field("Live", CellText(Words.count(summary.live, "connection"))),
        ]
        lines += service.ports.map { port in
            let target = port.targetPort.map { " \(Glyph.arrow.text) \($0)" } ?? ""
            return .field("Port", CellText("\(port.number)\(target) \(port.name) \(port.protocolText)"))
        }
        lines += Traffic.lines(to: { $0.host == service.host }, in: context)
        return lines
    }

    func document(of index: Int, in snapshot: MeshSnapshot) -> JSONValue {
        let service = snapshot.services[index].service
        let ports = service.ports.map { port -> JSONValue in
            var value: JSONValue = ["name": .string(port.name), "port": .integer(Int64(port.number))]
            value["targetPort"] = port.targetPort.map { .integer(Int64($0)) }
            return value
        }
        var spec: JSONValue = ["ports": .array(ports), "selector": JSONValue(service.selector)]
        spec["clusterIP"] = .string(service.clusterIP ?? "None")
        return [
            "apiVersion": "v1", "kind": "Service", "metadata": Documents.metadata(service.meta), "spec": spec,
        ]
    }

    /// `80 443`; the first four and how many more there are.
    static func ports(_ ports: [ServicePort]) -> String {
        let shown = ports.prefix(4).map { String($0.number) }.joined(separator: " ")
        return ports.count > 4 ? "\(shown) +\(ports.count - 4)" : shown
    }
}
