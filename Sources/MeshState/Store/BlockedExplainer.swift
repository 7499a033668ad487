import FoundationEssentials

/// Finds the name behind a blocked call, and why it was blocked.
struct BlockedExplainer {
    /// Seconds that a change may take to reach a proxy; an entry's own time is that of its whole second besides.
    private static let pushSlack = 2.0

    let index: DestinationIndex
    let entries: EntryTable

    /// Explains a call that was made at this time; `before` is the reason that identical calls had.
    func explain(_ call: BlockedCall, at start: Date, before: BlockedEgress.Reason) -> BlockedTable.Explanation {
        var explanation = explain(
            target: call.target, port: call.port, transport: call.transport, destination: call.destination, at: start,
            before: before)
        if call.isAtGateway { explanation.reason = .noGatewayRoute }
        return explanation
    }

    /// Explains calls of the past once more, after something has changed.
    func explainAgain(_ event: BlockedEgress) -> BlockedTable.Explanation {
        var explanation = explain(
            target: event.id.target, port: event.id.port, transport: event.id.transport, destination: event.destination,
            at: event.last, before: event.reason)
        if event.reason == .noGatewayRoute { explanation.reason = .noGatewayRoute }
        return explanation
    }

    private func explain(
        target: String, port: Int, transport: BlockedEgress.Transport, destination: String, at time: Date,
        before: BlockedEgress.Reason
    ) -> BlockedTable.Explanation {
        let owners = index.owners(of: HostPort(destination).host)
        let name: String?
        let source: BlockedEgress.NameSource?
        switch transport {
        case .http where IPAddress(target) == nil: (name, source) = (target, .authority)
        case .tls: (name, source) = (target, .sni)
        case .http, .tcp: (name, source) = (owners.first?.name, owners.first?.source)
        }
        // A call without a name is matched by its address; names only tell which entry the operator may have meant.
        let hasOwnName = source == .authority || source == .sni
        let keys: [ObjectKey]
        if hasOwnName, let name {
            keys = index.keys(for: name)
        } else {
            keys = owners.compactMap(\.key) + owners.flatMap { index.keys(for: $0.name) }
        }
        return BlockedTable.Explanation(
            name: name, source: source, reason: reason(keys, port: port, at: time, before: before))
    }

    private func reason(
        _ keys: [ObjectKey], port: Int, at time: Date, before: BlockedEgress.Reason
    ) -> BlockedEgress.Reason {
        let known = keys.compactMap { entries[$0] }
        let on = known.filter { EntrySwitch.isOff($0.entry) == nil }
        let off = known.filter { EntrySwitch.isOff($0.entry) != nil }
        func hasPort(_ one: EntryTable.Judged) -> Bool { one.entry.ports.contains { $0.number == port } }
        if let serving = on.first(where: hasPort) {
            // Either it came after the call, which was blocked for the reason of that time, or it has another protocol.
            return time < serving.since.addingTimeInterval(Self.pushSlack) ? before : .otherPort(serving.entry.id)
        }
        if let sleeping = off.first(where: hasPort) { return .entryOff(sleeping.entry.id) }
        if let other = on.first ?? off.first { return .otherPort(other.entry.id) }
        return keys.first.map { .otherPort($0) } ?? .noEntry
    }
}
