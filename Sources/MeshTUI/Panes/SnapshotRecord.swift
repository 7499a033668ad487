public import MeshState

extension MeshSnapshot {
    /// All that is known, for scripts: the mesh, its sources, and the records of every pane.
    public var record: JSONValue {
        var record: JSONValue = [
            "time": .string(WallClock.timestamp(time)),
            "context": .string(identity.context), "server": .string(identity.server),
            "namespace": identity.namespace.map { .string($0) } ?? .null,
            "outboundPolicy": policy.map { .string($0.rawValue) } ?? .null,
            "istioVersion": .string(istioVersion),
            "blockedLastMinute": .integer(Int64(blockedLastMinute)), "blockedLost": .integer(Int64(blockedLost)),
            "sources": .array(sources.sorted { $0.key < $1.key }.map { Self.record(of: $0, $1) }),
        ]
        for pane in Panes.all {
            record[pane.id.name] = .array(pane.members(of: self).map { pane.record(of: $0, in: self) })
        }
        return record
    }

    private static func record(of source: SourceID, _ state: SourceState) -> JSONValue {
        var record: JSONValue = ["name": .string(source.label)]
        switch state.condition {
        case .connecting: record["condition"] = "connecting"
        case .live: record["condition"] = "live"
        case .failing(let reason, _, _):
            record["condition"] = "failing"
            record["reason"] = .string(reason)
        case .denied(let reason):
            record["condition"] = "denied"
            record["reason"] = .string(reason)
        }
        record["lastSuccess"] = state.lastSuccess.map { .string(WallClock.timestamp($0)) }
        return record
    }

    /// What `record` holds besides the panes' records, which stand under the panes' names.
    public static let recordFields: [RecordField] = [
        RecordField("time", .time, "when this was the case"),
        RecordField("context", .string, "`lab`, or the kubeconfig's context"),
        RecordField("server", .string, "the address of the Kubernetes API"),
        RecordField("namespace", .string, "the namespace that is looked at", null: "all namespaces"),
        RecordField(
            "outboundPolicy", .string, "REGISTRY_ONLY, ALLOW_ANY or ALLOW_ANY_DYNAMIC_DNS",
            null: "istiod has not told"),
        RecordField("istioVersion", .string, "istiod's version; empty until it is known"),
        RecordField("blockedLastMinute", .integer, "calls that were blocked in the minute before"),
        RecordField("blockedLost", .integer, "blocked calls that were dropped, as too many different ones came"),
        RecordField("sources[].name", .string, "one place that data comes from"),
        RecordField("sources[].condition", .string, "connecting, live, failing or denied"),
        RecordField("sources[].reason", .string, "what is wrong", when: "condition is failing or denied"),
        RecordField("sources[].lastSuccess", .time, "its last good answer", when: "it has ever answered"),
    ]
}
