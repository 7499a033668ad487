import Foundation
import MeshState

/// Keeps the names of the mesh's services in a name table, as a cluster's DNS does, and those of ServiceEntries where
/// proxies answer for names.
struct ServiceNames: Sendable {
    private let store: ObjectStore
    private let names: NameTable
    private let capturesNames: Bool

    /// - Parameter capturesNames: whether sidecars answer for names (`ISTIO_META_DNS_CAPTURE`).
    init(store: ObjectStore, names: NameTable, capturesNames: Bool = false) {
        self.store = store
        self.names = names
        self.capturesNames = capturesNames
    }

    /// Reads all Services and Endpoints.
    func load() async {
        names.replace(
            .services,
            with: Self.addresses(
                services: await store.list(.services).objects, endpoints: await store.list(.endpoints).objects))
        if capturesNames {
            names.replace(.virtual, with: Self.addresses(entries: await store.list(.serviceEntries).objects))
        }
    }

    /// Follows the store until the task is cancelled.
    func follow() async throws {
        try await store.follow(reading: load) { event in
            if [.services, .endpoints].contains(event.resource) || capturesNames && event.resource == .serviceEntries {
                await load()
            }
        }
    }

    /// The addresses of hosts of ServiceEntries, given or allocated, of several entries those of the oldest.
    ///
    /// Entries that the workloads of the namespace `default` do not see are left out, as the lab's name server does not
    /// know who asks.
    static func addresses(entries: [JSONValue]) -> [String: String] {
        let namespace = "default"
        let known = entries.compactMap { try? ServiceEntry(object: $0) }.filter { entry in
            let isSeen =
                entry.exportTo.isEmpty || !Set(entry.exportTo).isDisjoint(with: ["*", namespace])
                || entry.exportTo.contains(".") && entry.meta.namespace == namespace
            return isSeen && MeshConfiguration.isVisible(entry.meta)
        }.sorted { ($0.meta.creationTime ?? .distantPast, $0.id) < ($1.meta.creationTime ?? .distantPast, $1.id) }
        var result: [String: String] = [:]
        for entry in known {
            let given = entry.addresses.lazy.compactMap { IPPrefix($0) }.first {
                $0.isSingleAddress && $0.address.isIPv4
            }
            for host in entry.hosts where result[host.lowercased()] == nil {
                let allocated = entry.hostsToAllocate.contains(host) ? entry.allocatedAddresses[host] ?? [] : []
                let address = given?.address ?? allocated.lazy.compactMap { IPAddress($0) }.first(where: \.isIPv4)
                if let address { result[host.lowercased()] = address.description }
            }
        }
        return result
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
