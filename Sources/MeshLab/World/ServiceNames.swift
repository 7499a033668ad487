import MeshState

/// Keeps the names of the mesh's services in a name table, as a cluster's DNS does.
struct ServiceNames: Sendable {
    private let store: ObjectStore
    private let names: NameTable

    init(store: ObjectStore, names: NameTable) {
        self.store = store
        self.names = names
    }

    /// Reads all Services and Endpoints; returns the version of the store at which it began.
    @discardableResult
    func load() async -> Int64 {
        let version = await store.resourceVersion
        names.replace(
            .services,
            with: Self.addresses(
                services: await store.list(.services).objects, endpoints: await store.list(.endpoints).objects))
        return version
    }

    /// Follows the store until the task is cancelled.
    func follow() async throws {
        while !Task.isCancelled {
            let version = await load()
            do {
                for try await event in store.changes(since: version)
                where event.resource == .services || event.resource == .endpoints { await load() }
            } catch StoreError.expired {
                // The lists are read anew.
            }
        }
    }

    /// A service's own address, or that of an endpoint where it has none.
    static func addresses(services: [JSONValue], endpoints: [JSONValue]) -> [String: String] {
        func host(_ object: JSONValue) -> String? {
            guard let name = object["metadata"]?["name"]?.stringValue,
                let namespace = object["metadata"]?["namespace"]?.stringValue
            else { return nil }
            return "\(name).\(namespace).svc.cluster.local"
        }
        var result: [String: String] = [:]
        for object in endpoints {
            guard let host = host(object) else { continue }
            let ready = (object["subsets"]?.arrayValue ?? []).lazy.flatMap { $0["addresses"]?.arrayValue ?? [] }
            result[host] = ready.first?["ip"]?.stringValue
        }
        var known: [String: String] = [:]
        for object in services {
            guard let host = host(object) else { continue }
            let own = object["spec"]?["clusterIP"]?.stringValue ?? ""
            known[host] = own.isEmpty || own == "None" ? result[host] : own
        }
        return known
    }
}
