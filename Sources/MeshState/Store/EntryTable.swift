import FoundationEssentials

/// The ServiceEntries with what the rules say of each.
struct EntryTable: Sendable {
    struct Judged {
        var entry: ServiceEntry
        var problems: [Problem]
        /// When it came to be as it is, as far as that was seen; calls from before were not stopped by it, nor let out.
        var since: Date
        /// Why the object could not be read; the entry then holds its name alone.
        var unreadable: DecodeError?
    }

    private var judged: [ObjectKey: Judged] = [:]
    private var version = IstioVersion.current
    /// The entries of each host, as the clusters are named.
    private var keysByHost: [String: Set<ObjectKey>] = [:]
    /// Another number after the hosts of all entries together have changed.
    private(set) var hostsVersion = 0
    /// Objects without even a name.
    private var nameless: DecodeError?

    var keys: some Sequence<ObjectKey> { judged.keys }

    func hasHost(_ host: String) -> Bool { keysByHost[host] != nil }

    func keys(of host: String) -> Set<ObjectKey> { keysByHost[host] ?? [] }

    var sorted: [Judged] { judged.values.sorted { $0.entry.id < $1.entry.id } }

    subscript(_ key: ObjectKey) -> Judged? { judged[key] }

    mutating func replaceAll(by list: [JSONValue], at time: Date) {
        let before = judged
        judged.removeAll(keepingCapacity: true)
        nameless = nil
        for object in list { insert(object, at: time, isListed: true, before: before[Self.key(of: object)]) }
        let hosts = keysByHost.keys
        var new: [String: Set<ObjectKey>] = [:]
        for one in judged.values { for host in one.entry.hosts { new[host, default: []].insert(one.entry.id) } }
        if new.keys != hosts { hostsVersion += 1 }
        keysByHost = new
    }

    mutating func apply(_ object: JSONValue, at time: Date) {
        let key = Self.key(of: object)
        let before = judged[key]
        insert(object, at: time, isListed: false, before: before)
        moveHosts(of: key, from: before)
    }

    mutating func delete(_ object: JSONValue) {
        let key = Self.key(of: object)
        moveHosts(of: key, from: judged.removeValue(forKey: key))
    }

    private static func key(of object: JSONValue) -> ObjectKey { ObjectKey(kind: ServiceEntry.kind, of: object) }

    private mutating func moveHosts(of key: ObjectKey, from before: Judged?) {
        let old = Set(before?.entry.hosts ?? [])
        let new = Set(judged[key]?.entry.hosts ?? [])
        for host in old.subtracting(new) {
            keysByHost[host]?.remove(key)
            guard keysByHost[host]?.isEmpty == true else { continue }
            keysByHost[host] = nil
            hostsVersion += 1
        }
        for host in new.subtracting(old) {
            if keysByHost[host] == nil { hostsVersion += 1 }
            keysByHost[host, default: []].insert(key)
        }
    }

    /// Judges every entry again, by the rules of this release.
    mutating func judge(by version: IstioVersion) {
        guard version != self.version else { return }
        self.version = version
        for (key, one) in judged {
            judged[key]?.problems = ServiceEntryRules.problems(in: one.entry.object, version: version)
        }
    }

    private mutating func insert(_ object: JSONValue, at time: Date, isListed: Bool, before: Judged?) {
        var new: Judged
        do {
            let problems = ServiceEntryRules.problems(in: object, version: version)
            new = Judged(entry: try ServiceEntry(object: object), problems: problems, since: time)
        } catch {
            do {
                let entry = ServiceEntry(meta: try ObjectMeta(object: object), hosts: [], object: object)
                new = Judged(entry: entry, problems: [], since: time, unreadable: error)
            } catch {
                nameless = error
                return
            }
        }
        if let old = before {
            if old.entry.meta.resourceVersion == new.entry.meta.resourceVersion { new.since = old.since }
        } else if isListed {
            new.since = Self.lastChange(of: object) ?? new.entry.meta.creationTime ?? time
        }
        judged[new.entry.id] = new
    }

    /// When an object was last written, by what its API noted of the writers.
    private static func lastChange(of object: JSONValue) -> Date? {
        object["metadata"]?["managedFields"]?.arrayValue?
            .compactMap { $0["time"]?.stringValue.flatMap { Date(rfc3339: $0) } }.max()
    }

    /// What could not even be shown as an entry.
    var complaint: String? { nameless?.description }

    /// An entry with what is known of its traffic; nil when it is not there.
    func summary(of key: ObjectKey, traffic: TrafficTable) -> EntrySummary? {
        guard let one = judged[key] else { return nil }
        let keys = one.entry.hosts.flatMap { host in one.entry.ports.map { HostPort(host: host, port: $0.number) } }
        let totals = Set(keys).compactMap { traffic.totals[$0] }
        let proxies = totals.reduce(into: Set<ProxyID>()) { $0.formUnion($1.proxies) }
        let live = totals.reduce(0) { $0 + $1.live }
        return EntrySummary(
            entry: one.entry, state: Self.state(of: one, totals: totals), proxies: proxies.count, live: live)
    }

    private static func state(of one: Judged, totals: [TrafficTable.Total]) -> EntrySummary.State {
        if let mechanism = EntrySwitch.isOff(one.entry) { return .off(mechanism) }
        if let error = one.unreadable { return .warning(error.description) }
        if let worst = one.problems.first(where: { $0.severity == .error }) ?? one.problems.first {
            let others = one.problems.count - 1
            let more = others == 0 ? "" : " (and \(others) more)"
            return .warning("\(worst.path): \(worst.message)".madeSafe + more)
        }
        let isUnresolved = totals.contains { !$0.proxies.isEmpty && $0.proxiesWithoutEndpoints == $0.proxies }
        if isUnresolved, one.entry.resolution == .dns || one.entry.resolution == .dnsRoundRobin {
            return .warning("no proxy finds an address for \(one.entry.hosts.joined(separator: ", "))")
        }
        return .on
    }
}
