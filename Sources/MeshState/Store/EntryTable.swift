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
    /// Hosts of every entry, as the clusters are named.
    private(set) var hosts: Set<String> = []
    /// Objects without even a name.
    private var nameless: DecodeError?

    var sorted: [Judged] { judged.values.sorted { $0.entry.id < $1.entry.id } }

    subscript(_ key: ObjectKey) -> Judged? { judged[key] }

    mutating func replaceAll(by list: [JSONValue], at time: Date) {
        let before = judged
        judged.removeAll(keepingCapacity: true)
        nameless = nil
        for object in list { insert(object, at: time, isListed: true, before: before) }
        collectHosts()
    }

    mutating func apply(_ object: JSONValue, at time: Date) {
        insert(object, at: time, isListed: false, before: judged)
        collectHosts()
    }

    mutating func delete(_ object: JSONValue) {
        judged[ObjectKey(kind: ServiceEntry.kind, of: object)] = nil
        collectHosts()
    }

    /// Judges every entry again, by the rules of this release.
    mutating func judge(by version: IstioVersion) {
        guard version != self.version else { return }
        self.version = version
        for (key, one) in judged {
            judged[key]?.problems = ServiceEntryRules.problems(in: one.entry.object, version: version)
        }
    }

    private mutating func insert(_ object: JSONValue, at time: Date, isListed: Bool, before: [ObjectKey: Judged]) {
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
        if let old = before[new.entry.id] {
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

    private mutating func collectHosts() {
        hosts = judged.values.reduce(into: []) { $0.formUnion($1.entry.hosts) }
    }

    /// What could not even be shown as an entry.
    var complaint: String? { nameless?.description }

    func summaries(traffic: TrafficTable) -> [EntrySummary] {
        sorted.map { one in
            let keys = one.entry.hosts.flatMap { host in
                one.entry.ports.map { HostPort(host: host, port: $0.number) }
            }
            let totals = Set(keys).compactMap { traffic.totals[$0] }
            let proxies = totals.reduce(into: Set<ProxyID>()) { $0.formUnion($1.proxies) }
            let live = totals.reduce(0) { $0 + $1.live }
            return EntrySummary(
                entry: one.entry, state: Self.state(of: one, totals: totals), proxies: proxies.count, live: live)
        }
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
