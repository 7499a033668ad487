import MeshState

/// One line of a watch.
enum WatchEvent: Sendable, Hashable {
    case applied(JSONValue)
    case deleted(JSONValue)
    /// Nothing new up to this resourceVersion.
    case bookmark
    case error(RequestFailure)

    /// Reads a line.
    ///
    /// - Returns: the event and the resourceVersion that it brings the watch to; nil for a type that is not known.
    static func reading(
        _ line: [UInt8], resource: Resource
    ) throws(JSONSyntaxError) -> (event: WatchEvent, resourceVersion: String?)? {
        let document = try JSONValue(parsing: line)
        let object = document["object"] ?? .null
        let version = object["metadata"]?["resourceVersion"]?.stringValue
        switch document["type"]?.stringValue {
        case "ADDED", "MODIFIED": return (.applied(object), version)
        case "DELETED": return (.deleted(object), version)
        case "BOOKMARK": return (.bookmark, version)
        case "ERROR":
            return (.error(RequestFailure(status: object, what: "watch of \(resource.plural)")), nil)
        default: return nil
        }
    }
}
