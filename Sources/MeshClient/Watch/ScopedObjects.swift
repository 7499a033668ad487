import MeshState

/// Joins the watches of several namespaces into what a watch of them all would say.
///
/// A list says that what is not in it is gone; a list of one namespace must not say so of another one.
struct ScopedObjects: Sendable {
    private struct Key: Hashable {
        let namespace: String
        let name: String

        init(_ object: JSONValue) {
            namespace = object["metadata"]?["namespace"]?.stringValue ?? ""
            name = object["metadata"]?["name"]?.stringValue ?? ""
        }
    }

    private var objects: [String: [Key: JSONValue]] = [:]

    /// The fact as it is to be told.
    mutating func join(_ fact: Observation.Fact, of namespace: String) -> Observation.Fact {
        switch fact {
        case .listed(let resource, let list):
            objects[namespace] = Dictionary(list.map { (Key($0), $0) }, uniquingKeysWith: { _, last in last })
            return .listed(resource: resource, objects: objects.values.flatMap(\.values))
        case .applied(_, let object): objects[namespace, default: [:]][Key(object)] = object
        case .deleted(_, let object): objects[namespace]?[Key(object)] = nil
        default: break
        }
        return fact
    }
}
