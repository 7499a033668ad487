/// Who stands behind a name or an address: entries, services and pods, and what name servers said.
struct DestinationIndex {
    struct Owner {
        let name: String
        let source: BlockedEgress.NameSource
        /// The entry or service; nil for a pod and for a name server's word.
        let key: ObjectKey?
    }

    private var byAddress: [IPAddress: [Owner]] = [:]
    private var blocks: [(prefix: IPPrefix, owner: Owner)] = []
    private var byHost: [String: [ObjectKey]] = [:]
    private var wildcards: [(host: String, key: ObjectKey)] = []
    private var resolved: [IPAddress: [String]]

    init(entries: [ServiceEntry], services: [Service], pods: [Pod], resolved: [IPAddress: [String]]) {
        self.resolved = resolved
        for entry in entries {
            for host in entry.hosts {
                if host.hasPrefix("*") {
                    wildcards.append((host.lowercased(), entry.id))
                } else {
                    byHost[host.lowercased(), default: []].append(entry.id)
                }
            }
            guard let first = entry.hosts.first else { continue }
            let owner = Owner(name: first, source: .entry, key: entry.id)
            for address in entry.addresses + entry.endpoints.map(\.address) { note(address, owner) }
            for (host, addresses) in entry.allocatedAddresses {
                let own = Owner(name: host.isEmpty ? first : host, source: .entry, key: entry.id)
                for address in addresses { note(address, own) }
            }
        }
        for service in services {
            byHost[service.host, default: []].append(service.id)
            if let address = service.clusterIP {
                note(address, Owner(name: service.host, source: .registry, key: service.id))
            }
        }
        for pod in pods {
            note(pod.ip, Owner(name: "\(pod.meta.name).\(pod.meta.namespace)", source: .registry, key: nil))
        }
    }

    /// Whether an entry stands behind the same names and addresses as it did before.
    static func isSame(_ old: ServiceEntry?, _ new: ServiceEntry?) -> Bool {
        old?.hosts == new?.hosts && old?.addresses == new?.addresses
            && old?.endpoints.map(\.address) == new?.endpoints.map(\.address)
            && old?.allocatedAddresses == new?.allocatedAddresses
    }

    private mutating func note(_ text: String, _ owner: Owner) {
        guard let prefix = IPPrefix(text) else { return }
        if prefix.isSingleAddress {
            byAddress[prefix.address, default: []].append(owner)
        } else {
            blocks.append((prefix, owner))
        }
    }

    /// Owners of an address: those that name it alone first, then the narrowest block, then what a name server said.
    func owners(of address: String) -> [Owner] {
        guard let address = IPAddress(address) else { return [] }
        let around = blocks.filter { $0.prefix.contains(address) }.sorted { $0.prefix.length > $1.prefix.length }
        let named = resolved[address, default: []].map { Owner(name: $0, source: .dns, key: nil) }
        return byAddress[address, default: []] + around.map(\.owner) + named
    }

    /// Entries and services that stand for a name: those that spell it out first, then wildcards, the longest first.
    func keys(for name: String) -> [ObjectKey] {
        let name = name.lowercased()
        let covering = wildcards.filter { HostName.covers($0.host, name) }.sorted {
            $0.host.utf8.count > $1.host.utf8.count
        }
        return byHost[name, default: []] + covering.map(\.key)
    }
}
