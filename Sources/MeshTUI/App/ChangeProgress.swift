import FoundationEssentials
import MeshState

/// How far a change has come that the operator made on a row: from the keyboard to the proof that proxies give.
struct ChangeProgress: Sendable, Hashable {
    /// What the operator wants to see happen.
    enum Goal: Sendable, Hashable {
        /// Connections of this workload through one of these clusters, beyond those counted when the change was made.
        case flows(workload: String, namespace: String, clusters: [Destination])
        /// No proxy holds a cluster of the entry any more.
        case off(ObjectKey)
        /// Proxies hold the entry's clusters again.
        case on(ObjectKey)
        /// The entry is as it was written; there may be nothing to see of it in the proxies.
        case changed(ObjectKey)
    }

    /// A host and port as Envoy's clusters name them.
    struct Destination: Sendable, Hashable {
        let host: String
        let port: Int
    }

    enum Stage: Sendable, Hashable {
        /// Sent; the API has not answered yet.
        case pending
        /// The API took it; the proxies do not show it yet. The number is of proxies that still hold the entry.
        case applied(proxies: Int)
        /// Seen in the proxies: connections since the change.
        case flowing(connections: Int)
        case off
        case on(proxies: Int)
        /// The API's words.
        case failed(String)

        /// Whether the proxies have shown what was wanted.
        var isConfirmed: Bool {
            switch self {
            case .flowing, .off, .on: true
            case .pending, .applied, .failed: false
            }
        }
    }

    let change: ProposedChange
    var stage: Stage
    /// When the stage was reached.
    var since: Date
    /// Connections and requests through the goal's clusters before the change.
    private var baseline: UInt64
    /// The blocked row that the change is to help, as it was last seen.
    private var blocked: BlockedMark?
    /// The row was blocked anew after all, or what let it out has ended: it has to say so, and the change is no news any
    /// more.
    private(set) var isSuperseded = false
    /// Whether the entry has been seen that lets the row out.
    private var wasGranted = false

    private struct BlockedMark: Sendable, Hashable {
        var count: Int
        var reason: BlockedEgress.Reason
    }

    /// Seconds in which calls that were blocked before a change may still come to be known.
    private static let grace = 5.0

    init(change: ProposedChange, now: Date, snapshot: MeshSnapshot?) {
        self.change = change
        stage = .pending
        since = now
        baseline = snapshot.map { Self.traffic(of: change.goal, in: $0).counted } ?? 0
    }

    var request: ChangeRequest { change.request }
    private var goal: Goal { change.goal }
    private var isOnlyWritten: Bool { if case .changed = goal { true } else { false } }

    /// Whether the API has not answered.
    var isPending: Bool { stage == .pending }

    /// Takes in the API's answer.
    mutating func answer(_ result: ChangeResult, snapshot: MeshSnapshot?, now: Date) {
        switch result {
        case .done: stage = .applied(proxies: snapshot.flatMap { holders(in: $0) } ?? 0)
        case .failed(let message, let isConflict):
            stage = .failed(isConflict ? "changed meanwhile: \(message)" : message)
        }
        since = now
        if let snapshot { observe(snapshot, now: now) }
    }

    /// Looks for the proof in what the proxies say.
    mutating func observe(_ snapshot: MeshSnapshot, now: Date) {
        let isGranted = isGranted(in: snapshot)
        if wasGranted, !isGranted { isSuperseded = true }
        wasGranted = isGranted
        // Counters that have started anew, as their proxy has, count from nothing.
        let traffic = Self.traffic(of: goal, in: snapshot)
        if traffic.isThere { baseline = min(baseline, traffic.counted) }
        if let next = next(in: snapshot), next != stage {
            if next.isConfirmed != stage.isConfirmed { since = now }
            stage = next
        }
    }

    /// Looks whether the row is blocked anew: with more calls although they flow, or for another reason than before.
    mutating func observe(_ row: BlockedEgress, now: Date) {
        let mark = BlockedMark(count: row.count, reason: row.reason)
        defer { blocked = mark }
        guard let blocked, now.timeIntervalSince(since) > Self.grace else { return }
        switch stage {
        case .flowing: isSuperseded = mark != blocked
        case .applied: isSuperseded = mark.reason != blocked.reason
        default: break
        }
    }

    private func next(in snapshot: MeshSnapshot) -> Stage? {
        switch (goal, stage) {
        case (.flows, .applied), (.flows, .flowing):
            let traffic = Self.traffic(of: goal, in: snapshot)
            let grown = traffic.counted > baseline ? Int(clamping: traffic.counted - baseline) : 0
            let count = max(traffic.live, grown)
            return count > 0 ? .flowing(connections: count) : nil
        case (.off, .applied), (.off, .off):
            let count = holders(in: snapshot) ?? 0
            if count > 0 { return stage == .off ? nil : .applied(proxies: count) }
            return isOff(in: snapshot) ? .off : nil
        case (.on, .applied), (.on, .on), (.changed, .applied), (.changed, .on):
            let count = holders(in: snapshot) ?? 0
            return count > 0 && !isOff(in: snapshot) ? .on(proxies: count) : nil
        default: return nil
        }
    }

    /// Whether the change's entry is there, is on, and knows what the row asked for.
    private func isGranted(in snapshot: MeshSnapshot) -> Bool {
        guard case .flows(_, _, let clusters) = goal,
            let summary = snapshot.entries.first(where: { $0.id == request.target }), !EntriesPane.isOff(summary)
        else { return false }
        return clusters.contains { cluster in
            summary.entry.hosts.contains(cluster.host) && summary.entry.ports.contains { $0.number == cluster.port }
        }
    }

    private var entry: ObjectKey? {
        switch goal {
        case .flows: nil
        case .off(let key), .on(let key), .changed(let key): key
        }
    }

    private func summary(in snapshot: MeshSnapshot) -> EntrySummary? {
        entry.flatMap { key in snapshot.entries.first { $0.id == key } }
    }

    /// Proxies that hold a cluster of the entry; nil when the entry is not there.
    private func holders(in snapshot: MeshSnapshot) -> Int? { summary(in: snapshot)?.proxies }

    private func isOff(in snapshot: MeshSnapshot) -> Bool {
        guard let summary = summary(in: snapshot) else { return true }
        if case .off = summary.state { return true }
        return false
    }

    /// Connections of the goal's workload through its clusters; `isThere` when its proxy has such a cluster at all.
    private static func traffic(
        of goal: Goal, in snapshot: MeshSnapshot
    ) -> (live: Int, counted: UInt64, isThere: Bool) {
        var sum = (live: 0, counted: UInt64(0), isThere: false)
        guard case .flows(let workload, let namespace, let clusters) = goal else { return sum }
        for connection in snapshot.connections
        where connection.workload == workload && connection.id.proxy.namespace == namespace
            && connection.id.cluster.direction == .outbound
            && clusters.contains(.init(host: connection.id.cluster.host, port: connection.id.cluster.port))
        {
            sum.live += connection.live
            sum.counted += max(connection.total.connections, connection.total.requests)
            sum.isThere = true
        }
        return sum
    }

    /// The clusters that a ServiceEntry in the API's form gives: each of its hosts with each of its ports.
    static func destinations(of object: JSONValue) -> [Destination] {
        let ports = (object["spec"]?["ports"]?.arrayValue ?? []).compactMap { $0["number"]?.integerValue }
        return (object["spec"]?["hosts"]?.stringList ?? []).flatMap { host in
            ports.map { Destination(host: host, port: Int(clamping: $0)) }
        }
    }

    /// What the row says, in a few words with a glyph.
    var cell: CellText {
        switch (stage, goal) {
        case (.pending, _): CellText("\(Glyph.waiting.text) pending", .pending)
        case (.applied, .flows): CellText("\(Glyph.waiting.text) allowed; waiting for proxies", .pending)
        case (.applied(let proxies), .off):
            CellText("\(Glyph.waiting.text) off; \(Words.count(proxies, "proxy", "proxies")) to go", .pending)
        case (.applied, .changed): CellText("\(Glyph.on.text) applied", .ok)
        case (.on(let proxies), .changed):
            CellText("\(Glyph.on.text) applied, in \(Words.count(proxies, "proxy", "proxies"))", .ok)
        case (.applied, .on): CellText("\(Glyph.waiting.text) on; waiting for proxies", .pending)
        case (.flowing(let count), _):
            CellText("\(Glyph.on.text) flows, \(Words.count(count, "connection"))", .ok)
        case (.off, _): CellText("\(Glyph.off.text) off in every proxy", .dim)
        case (.on(let proxies), _):
            CellText("\(Glyph.on.text) on in \(Words.count(proxies, "proxy", "proxies"))", .ok)
        case (.failed(let message), _): CellText("\(Glyph.warning.text) \(message)", .error)
        }
    }

    /// The same for the details view: what was asked for and what became of it, the API's words in full.
    var details: [DetailLine] {
        [.heading("Last change: \(request.summary)"), .text(cell)]
    }

    /// Whether the row goes back to its usual text: the proof was given a while ago, or it does not hold any more.
    func isOver(at now: Date) -> Bool {
        if isSuperseded { return true }
        switch stage {
        case .applied where isOnlyWritten: return now.timeIntervalSince(since) > 10
        case .off, .on: return now.timeIntervalSince(since) > 10
        default: return false
        }
    }
}
