import DequeModule
import FoundationEssentials

/// Blocked calls of the last hour; identical ones are one.
struct BlockedTable {
    /// More different calls than this are not kept apart; the rest is counted as lost.
    static let mostKept = 1000
    /// Seconds after which a call is forgotten.
    static let keptFor: Double = 3600

    private(set) var events: [BlockedEgress.ID: BlockedEgress] = [:]
    private(set) var lost = 0
    private var logs: [ProxyID: SeenLines] = [:]
    private var recent = RecentCalls()

    /// How many calls were blocked in the minute before a moment.
    func lastMinute(at now: Date) -> Int { recent.count(at: now) }

    /// Takes lines of a proxy's access log.
    ///
    /// A log is read again from some way back when its connection was cut: lines that were seen count once.
    mutating func fold(
        _ records: [AccessLogRecord], proxy: ProxyID, workload: String, isGateway: Bool, isOld: Bool, time: Date,
        explain: (BlockedCall, Date, BlockedEgress.Reason) -> Explanation
    ) {
        expire(at: time)
        for record in records where time.timeIntervalSince(record.start) < Self.keptFor {
            guard let call = BlockedCall(record, isGateway: isGateway, isBefore1_1_3: isOld),
                logs[proxy, default: SeenLines()].insert(record, call)
            else { continue }
            // A cluster's clock may be ahead of ours.
            let moment = min(record.start, time)
            recent.add(moment)
            let id = BlockedEgress.ID(
                workload: workload, namespace: proxy.namespace, target: call.target, port: call.port,
                transport: call.transport)
            if var event = events[id] {
                event.count += 1
                event.first = min(event.first, moment)
                if moment >= event.last {
                    event.last = moment
                    event.destination = call.destination
                    event.proxy = proxy
                }
                events[id] = event
            } else if events.count >= Self.mostKept {
                lost += 1
                continue
            } else {
                events[id] = BlockedEgress(
                    id: id, proxy: proxy, destination: call.destination, name: nil, nameSource: nil, reason: .noEntry,
                    count: 1, first: moment, last: moment)
            }
            apply(explain(call, record.start, events[id]?.reason ?? .noEntry), to: id)
        }
    }

    /// What is known of a call beyond its line.
    struct Explanation {
        var name: String?
        var source: BlockedEgress.NameSource?
        var reason: BlockedEgress.Reason
    }

    /// Asks again about every call, after entries, services or names have changed.
    mutating func explainAgain(_ explain: (BlockedEgress) -> Explanation) {
        for (id, event) in events { apply(explain(event), to: id) }
    }

    private mutating func apply(_ explanation: Explanation, to id: BlockedEgress.ID) {
        events[id]?.name = explanation.name
        events[id]?.nameSource = explanation.source
        events[id]?.reason = explanation.reason
    }

    mutating func expire(at time: Date) {
        for (id, event) in events where time.timeIntervalSince(event.last) >= Self.keptFor { events[id] = nil }
    }

    /// When the oldest call is to be forgotten; nil while there is none.
    var nextExpiry: Date? { events.values.map(\.last).min().map { $0.addingTimeInterval(Self.keptFor) } }

    mutating func forgetLog(of proxy: ProxyID) { logs[proxy] = nil }
}

/// Lines about blocked calls that were counted, so that they are not counted twice. Lines of one log are not in order
/// of time, so that the time of the last one alone would not do.
private struct SeenLines {
    private static let most = 4096
    private var order: Deque<Int> = []
    private var known: Set<Int> = []

    /// False for a line that was seen.
    mutating func insert(_ record: AccessLogRecord, _ call: BlockedCall) -> Bool {
        var hasher = Hasher()
        hasher.combine(record.start)
        hasher.combine(record.downstreamRemote)
        hasher.combine(record.path)
        hasher.combine(call)
        let key = hasher.finalize()
        guard known.insert(key).inserted else { return false }
        order.append(key)
        if order.count > Self.most { known.remove(order.removeFirst()) }
        return true
    }
}

/// Calls of the last minute, counted by the second in which they were made.
private struct RecentCalls {
    private static let window: Double = 60
    private var counts: [Int: Int] = [:]

    mutating func add(_ moment: Date) {
        let second = Int(moment.timeIntervalSince1970)
        counts[second, default: 0] += 1
        // Lines come roughly in order, so that this seldom has more to do than one removal.
        if counts.count > 2 * Int(Self.window), let newest = counts.keys.max() {
            counts = counts.filter { Double(newest - $0.key) <= Self.window }
        }
    }

    func count(at now: Date) -> Int {
        counts.reduce(0) { sum, second in
            let age = now.timeIntervalSince1970 - Double(second.key)
            return age <= Self.window ? sum + second.value : sum
        }
    }
}
