public import FoundationEssentials

/// Something that a controller of the cluster tells to have happened to an object.
public struct ObjectEvent: Sendable, Hashable {
    /// Whether it is more than news.
    public let isWarning: Bool
    /// One word for it, such as `FailedBinding`.
    public let reason: String
    public let message: String
    /// Who tells it.
    public let source: String
    /// How often it has happened.
    public let count: Int
    /// When it happened last; nil where that is not told.
    public let last: Date?

    public init(isWarning: Bool, reason: String, message: String, source: String, count: Int, last: Date?) {
        self.isWarning = isWarning
        self.reason = reason
        self.message = message
        self.source = source
        self.count = count
        self.last = last
    }

    /// Reads an Event of the core group, as older and newer controllers write them; what is missing is left out.
    public init(object: JSONValue) {
        func text(_ value: JSONValue?) -> String? {
            value?.stringValue.flatMap { $0.isEmpty ? nil : $0.madeSafe }
        }
        let series = object["series"]
        isWarning = object["type"] == "Warning"
        reason = text(object["reason"]) ?? ""
        message = text(object["message"]) ?? ""
        source = text(object["reportingComponent"]) ?? text(object["source"]?["component"]) ?? ""
        let number = series?["count"]?.integerValue ?? object["count"]?.integerValue ?? 1
        count = Int(clamping: max(1, number))
        let times = [
            series?["lastObservedTime"], object["lastTimestamp"], object["eventTime"], object["firstTimestamp"],
            object["metadata"]?["creationTimestamp"],
        ]
        last = times.lazy.compactMap { $0?.stringValue.flatMap { Date(rfc3339: $0) } }.first
    }
}
