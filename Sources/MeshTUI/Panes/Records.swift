import MeshState

extension ServicesPane {
    var fields: [RecordField] {
        [
            RecordField("namespace", .string, "the service's namespace"),
            RecordField("name", .string, "the service's name"),
            RecordField("host", .string, "its full name, as in Envoy's clusters"),
            RecordField("clusterIP", .string, "its address", null: "a headless service"),
        ] + Records.portFields + [
            RecordField("endpoints.ready", .integer, "endpoints that take calls"),
            RecordField("endpoints.total", .integer, "all endpoints"),
            RecordField("live", .integer, "connections open to it from all proxies"),
        ]
    }

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
    var fields: [RecordField] {
        [
            RecordField("namespace", .string, "the entry's namespace"),
            RecordField("name", .string, "the entry's name"),
            RecordField("hosts", .strings, "hosts as the entry names them, wildcards included"),
            RecordField("addresses", .strings, "IP addresses and CIDR blocks"),
        ] + Records.portFields + [
            RecordField("location", .string, "MESH_EXTERNAL or MESH_INTERNAL"),
            RecordField("resolution", .string, "NONE, STATIC, DNS, DNS_ROUND_ROBIN or DYNAMIC_DNS"),
            RecordField("proxies", .integer, "proxies that hold a cluster of it"),
            RecordField("live", .integer, "connections open through it from all proxies"),
            RecordField("state", .string, "on, off, or warning: on, and something is wrong with it"),
            RecordField(
                "switchedOffBy", .string, "how it was switched off: revisionLabel, exportToNobody or deletedWithCopy",
                when: "state is off"),
            RecordField("warning", .string, "what is wrong, in words", when: "state is warning"),
            RecordField("expires", .time, "when it ends to be as it is", when: "it is so for a while"),
            RecordField("onExpiry", .string, "what becomes of it then", when: "it is so for a while"),
        ]
    }

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
        if let expiry = entry.expiry, expiry.problem == nil, let time = expiry.time {
            record["expires"] = .string(WallClock.timestamp(time))
            record["onExpiry"] = .string(expiry.words)
        }
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
    static let portFields = RecordField.under("ports[]", [
        RecordField("number", .integer, "port number"),
        RecordField("name", .string, "port name; may be empty"),
        RecordField("protocol", .string, "what is spoken there, as written or implied by the name"),
    ])

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
