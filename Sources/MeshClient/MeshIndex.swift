import MeshState

/// What the sources have to know of one another: which proxies there are, and which hosts the entries name.
struct MeshIndex: Sendable {
    private var running: Set<ProxyID> = []
    private var hosts: [ObjectKey: [String]] = [:]

    /// Proxies of running pods.
    var proxies: Set<ProxyID> { running }

    /// Hosts of the entries that can be looked up.
    var entryHosts: [String] { Array(Set(hosts.values.joined())).sorted() }

    /// Takes note of a fact.
    ///
    /// - Returns: whether the proxies are others now.
    mutating func note(_ fact: Observation.Fact) -> Bool {
        let before = running
        switch fact {
        case .listed(Resource.pods.plural, let objects):
            running = Set(objects.compactMap { Self.proxy(of: $0) })
        case .applied(Resource.pods.plural, let object):
            if let proxy = Self.proxy(of: object) {
                running.insert(proxy)
            } else {
                running.remove(Self.name(of: object))
            }
        case .deleted(Resource.pods.plural, let object): running.remove(Self.name(of: object))
        case .listed(Resource.serviceEntries.plural, let objects):
            hosts = [:]
            for object in objects { note(entry: object) }
        case .applied(Resource.serviceEntries.plural, let object): note(entry: object)
        case .deleted(Resource.serviceEntries.plural, let object): hosts[Self.key(of: object)] = nil
        default: break
        }
        return running != before
    }

    private mutating func note(entry object: JSONValue) {
        hosts[Self.key(of: object)] = object["spec"]?["hosts"]?.stringList
            .filter { !$0.contains("*") && $0.contains(".") }
    }

    /// A pod's proxy; nil where it has none, or none that runs. A pod that cannot be decoded is reported where it is
    /// shown.
    private static func proxy(of object: JSONValue) -> ProxyID? {
        guard let pod = try? Pod(object: object), pod.proxyKind != .none, pod.phase == "Running",
            object["metadata"]?["deletionTimestamp"] == nil
        else { return nil }
        return name(of: object)
    }

    static func name(of object: JSONValue) -> ProxyID {
        ProxyID(
            pod: object["metadata"]?["name"]?.stringValue ?? "",
            namespace: object["metadata"]?["namespace"]?.stringValue ?? "")
    }

    private static func key(of object: JSONValue) -> ObjectKey {
        ObjectKey(
            kind: ServiceEntry.kind, namespace: object["metadata"]?["namespace"]?.stringValue ?? "",
            name: object["metadata"]?["name"]?.stringValue ?? "")
    }
}
