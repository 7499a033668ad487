import MeshState

extension ServicesPane {
    func record(of index: Int, in snapshot: MeshSnapshot) -> JSONValue {
        let summary = snapshot.services[index]
        return [
            "namespace": .string(summary.service.meta.namespace),
            "name": .string(summary.service.meta.name),
            "host": .string(summary.service.host),
            "clusterIP": summary.service.clusterIP.map { .string($0) } ?? .null,
            "ports": Records.ports(summary.service.ports),
            "endpoints": [
                "ready": .integer(Int64(summary.readyEndpoints)), "total": .integer(Int64(summary.totalEndpoints)),
            ],
            "live": .integer(Int64(summary.live)),
        ]
    }
}

extension EntriesPane {
    func record(of index: Int, in snapshot: MeshSnapshot) -> JSONValue {
        let summary = snapshot.entries[index]
        let entry = summary.entry
        var record: JSONValue = [
            "namespace": .string(entry.meta.namespace),
            "name": .string(entry.meta.name),
            "hosts": JSONValue(entry.hosts),
            "addresses": JSONValue(entry.addresses),
            "ports": Records.ports(entry.ports),
            "location": .string(entry.location.rawValue),
            "resolution": .string(entry.resolution.rawValue),
            "proxies": .integer(Int64(summary.proxies)),
            "live": .integer(Int64(summary.live)),
        ]
        switch summary.state {
        case .on: record["state"] = "on"
        case .off(let mechanism):
            record["state"] = "off"
            record["switchedOffBy"] = .string(mechanism.rawValue)
        case .warning(let text):
            record["state"] = "warning"
            record["warning"] = .string(text)
        }
        return record
    }
}

private enum Records {
    static func ports(_ ports: [ServicePort]) -> JSONValue {
        .array(
            ports.map { port in
                [
                    "number": .integer(Int64(port.number)), "name": .string(port.name),
                    "protocol": .string(port.protocolText),
                ]
            })
    }
}
