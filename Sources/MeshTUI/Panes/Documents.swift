import FoundationEssentials
import MeshState

/// What meshtop knows of a row as a document, where the API has no object of that kind to show.
enum Documents {
    static func metadata(_ meta: ObjectMeta) -> JSONValue {
        var value: JSONValue = ["name": .string(meta.name), "namespace": .string(meta.namespace)]
        if !meta.labels.isEmpty { value["labels"] = JSONValue(meta.labels) }
        if !meta.annotations.isEmpty { value["annotations"] = JSONValue(meta.annotations) }
        if !meta.resourceVersion.isEmpty { value["resourceVersion"] = .string(meta.resourceVersion) }
        if !meta.uid.isEmpty { value["uid"] = .string(meta.uid) }
        value["creationTimestamp"] = meta.creationTime.map { .string(WallClock.timestamp($0)) }
        return value
    }

    static func connection(_ connection: Connection) -> JSONValue {
        func number(_ value: UInt64) -> JSONValue { .integer(Int64(clamping: value)) }
        var value: JSONValue = [
            "workload": .string(connection.workload),
            "namespace": .string(connection.id.proxy.namespace),
            "proxy": .string(connection.id.proxy.description),
            "cluster": .string(connection.id.cluster.description),
            "host": .string(connection.id.cluster.host),
            "port": .integer(Int64(connection.id.cluster.port)),
            "live": .integer(Int64(connection.live)),
            "connections": number(connection.total.connections),
            "requests": number(connection.total.requests),
            "failures": number(connection.total.failures),
            "endpoints": JSONValue(connection.endpoints),
        ]
        value["bytesReceived"] = connection.total.bytesReceived.map(number)
        value["bytesSent"] = connection.total.bytesSent.map(number)
        value["lastActive"] = connection.lastActive.map { .string(WallClock.timestamp($0)) }
        if let rates = connection.rates {
            value["perSecond"] = ["connections": .number(rates.connections), "requests": .number(rates.requests)]
        }
        return value
    }

    static func blocked(_ blocked: BlockedEgress) -> JSONValue {
        var value: JSONValue = [
            "workload": .string(blocked.id.workload),
            "namespace": .string(blocked.id.namespace),
            "proxy": .string(blocked.proxy.description),
            "target": .string(blocked.id.target),
            "port": .integer(Int64(blocked.id.port)),
            "transport": .string(blocked.id.transport.rawValue),
            "destination": .string(blocked.destination),
            "reason": .string(BlockedPane.reason(blocked.reason)),
            "count": .integer(Int64(blocked.count)),
            "first": .string(WallClock.timestamp(blocked.first)),
            "last": .string(WallClock.timestamp(blocked.last)),
        ]
        value["name"] = blocked.name.map { .string($0) }
        value["nameSource"] = blocked.nameSource.map { .string($0.rawValue) }
        return value
    }
}

extension ConnectionsPane {
    var fields: [RecordField] {
        [
            RecordField("workload", .string, "who calls"),
            RecordField("namespace", .string, "the workload's namespace"),
            RecordField("proxy", .string, "its proxy, as istiod names it: pod.namespace"),
            RecordField("cluster", .string, "Envoy's cluster that takes the calls"),
            RecordField("host", .string, "the cluster's host, or the name of a built-in cluster"),
            RecordField("port", .integer, "the cluster's port; 0 for a built-in cluster"),
            RecordField("live", .integer, "connections open now"),
            RecordField("connections", .integer, "connections since the proxy started"),
            RecordField("requests", .integer, "requests since the proxy started"),
            RecordField("failures", .integer, "failed connections and requests since the proxy started"),
            RecordField("endpoints", .strings, "addresses that the cluster knows, as ip:port"),
            RecordField(
                "bytesReceived", .integer, "bytes from the destination", when: "the proxy keeps the counter"),
            RecordField("bytesSent", .integer, "bytes to the destination", when: "the proxy keeps the counter"),
            RecordField(
                "lastActive", .time, "when a counter last moved", when: "one moved while meshtop looked on"),
            RecordField("perSecond.connections", .number, "new connections a second", when: Self.afterTwoPolls),
            RecordField("perSecond.requests", .number, "requests a second", when: Self.afterTwoPolls),
        ]
    }

    private static let afterTwoPolls = "meshtop has asked the proxy twice"
}

extension BlockedPane {
    var fields: [RecordField] {
        [
            RecordField("workload", .string, "who called"),
            RecordField("namespace", .string, "the workload's namespace"),
            RecordField("proxy", .string, "the proxy that stopped the latest call: pod.namespace"),
            RecordField("target", .string, "host that was called, or the address where the call named none"),
            RecordField("port", .integer, "port that was called"),
            RecordField("transport", .string, "tcp, tls or http"),
            RecordField("destination", .string, "where the latest call meant to go, as ip:port"),
            RecordField(
                "reason", .string,
                "no entry, entry NAME is off, entry NAME lacks this port, or no route at the egress gateway"),
            RecordField("count", .integer, "calls that were alike and are folded into this record"),
            RecordField("first", .time, "the first of them"),
            RecordField("last", .time, "the latest of them"),
            RecordField("name", .string, "the name behind the destination", when: "something knows it"),
            RecordField(
                "nameSource", .string,
                "how it is known: authority, sni, entry, registry, dns, or reverseDNS, which is a guess",
                when: "there is a name"),
        ]
    }
}
