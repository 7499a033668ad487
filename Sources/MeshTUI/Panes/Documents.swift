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
