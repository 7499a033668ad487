import MeshState

/// What one Envoy is to have, what it has, and what is under way to it.
///
/// Changes are brought in an order without a moment in which a call meets a cluster that is not there: new clusters
/// first, then listeners and routes, and the clusters that nothing names any more last. Each step waits until Envoy has
/// taken the one before, which for clusters is when their names are resolved.
struct DeltaSession: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What Envoy did not take, and why.
    struct Rejection: Sendable, Hashable {
        var resource: EncodedResource
        var reason: String
    }

    /// One type of resources.
    fileprivate struct Channel: Sendable {
        /// What Envoy is to have.
        var target: [String: EncodedResource] = [:]
        /// What it has, or will have when it takes what is under way.
        var sent: [String: Sent] = [:]
        /// Names whose target may be another than what it has.
        var dirty: Set<String> = []
        /// Whether it asked for any resources of this type.
        var isSubscribed = false
        /// The names that it asked for; of types of which it wants all, none.
        var names: Set<String> = []
        var underWay: [UnderWay] = []
        var rejected: [String: Rejection] = [:]
        /// Parts of an answer that was not taken as a whole: they are sent one by one to find out which is to blame.
        var parts: [[String]] = []
        /// A sum over all names and hashes: of the target, and of it when all was taken last.
        var targetSum: UInt64 = 0
        var takenSum: UInt64?
        /// Whether Envoy waits for an answer even if there is nothing to tell.
        var owesAnswer = false
    }

    /// A resource as Envoy has it.
    fileprivate struct Sent: Sendable {
        var hash: UInt64?
        var clusters: Set<String> = []
    }

    fileprivate struct UnderWay: Sendable {
        var nonce: String
        var resources: [EncodedResource]
        var removed: [String]
        /// What it had of these before.
        var before: [String: Sent]
        var deadline: Instant
    }

    private var channels = Dictionary(
        DiscoveryType.allCases.map { ($0, Channel()) }, uniquingKeysWith: { first, _ in first })
    private var lastNonce = 0
    private(set) var isConnected = false

    /// How long a step waits for Envoy before the next one is taken all the same.
    static let patience: [DiscoveryType: Duration] = [
        // Names that nobody answers for must not hold everything else up.
        .cds: .milliseconds(500), .lds: .seconds(2), .rds: .seconds(2),
    ]

    // MARK: What comes in

    /// Envoy opened a stream: what it has it will say.
    mutating func connect() {
        for type in DiscoveryType.allCases {
            var channel = Channel()
            channel.target = channels[type]?.target ?? [:]
            channel.targetSum = channels[type]?.targetSum ?? 0
            channel.dirty = Set(channel.target.keys)
            channels[type] = channel
        }
        isConnected = true
    }

    mutating func disconnect() {
        isConnected = false
        for type in DiscoveryType.allCases { channels[type]?.underWay = [] }
    }

    /// Takes in what the proxy is to have now.
    mutating func apply(_ change: ResourceChange) {
        for (type, resources) in change.put {
            for resource in resources { channels[type]?.set(resource.name, resource) }
        }
        for (type, names) in change.removed {
            for name in names { channels[type]?.set(name, nil) }
        }
    }

    /// Takes in what Envoy says; returns what it did not take, if that is what it says.
    mutating func receive(_ request: DeltaRequest) -> (type: DiscoveryType, reason: String, names: [String])? {
        guard let type = DiscoveryType.allCases.first(where: { $0.typeURL == request.typeURL }),
            var channel = channels[type]
        else { return nil }
        // Changed in place.
        channels[type] = nil
        defer { channels[type] = channel }
        if !channel.isSubscribed {
            channel.isSubscribed = true
            channel.owesAnswer = request.initialVersions.isEmpty
            for (name, version) in request.initialVersions {
                channel.sent[name] = Sent(hash: UInt64(version, radix: 16))
                channel.dirty.insert(name)
            }
        }
        for name in request.subscribed where name != "*" {
            channel.names.insert(name)
            channel.dirty.insert(name)
            // It asks because it has none, whatever was sent before.
            if request.initialVersions[name] == nil { channel.sent[name] = nil }
        }
        for name in request.unsubscribed {
            channel.names.remove(name)
            channel.sent[name] = nil
            channel.dirty.remove(name)
        }
        guard let place = channel.underWay.firstIndex(where: { $0.nonce == request.nonce }) else { return nil }
        let answer = channel.underWay.remove(at: place)
        guard let reason = request.error else { return nil }
        return channel.reject(answer, reason: reason).map { (type, reason, $0) }
    }

    // MARK: What goes out

    /// The next answers; to be asked for after everything that comes in, and when the deadline has passed.
    mutating func advance(now: Instant) -> [DeltaResponse] {
        guard isConnected else { return [] }
        var answers: [DeltaResponse] = []
        send(.cds, now, isRemoving: false, &answers)
        if isSettled(.cds, now) {
            send(.lds, now, isRemoving: true, &answers)
            send(.rds, now, isRemoving: true, &answers)
            if isSettled(.lds, now), isSettled(.rds, now), hasAllRoutes {
                send(.cds, now, isRemoving: true, &answers)
            }
        }
        return answers
    }

    /// When to go on though nothing comes in; nil for never.
    func deadline(after now: Instant) -> Instant? {
        channels.values.flatMap(\.underWay).map(\.deadline).filter { $0 > now }.min()
    }

    /// Whether nothing is left to be sent or waited for before the next step.
    private func isSettled(_ type: DiscoveryType, _ now: Instant) -> Bool {
        guard let channel = channels[type] else { return true }
        return channel.parts.isEmpty && channel.underWay.allSatisfy { $0.deadline <= now }
            // Which routes it asks for comes of its listeners.
            && (channel.isSubscribed || type == .rds)
    }

    /// Whether Envoy has asked for the routes of all its listeners; one that it did not take asks for none.
    private var hasAllRoutes: Bool {
        guard let routes = channels[.rds], let listeners = channels[.lds] else { return true }
        return routes.target.keys.allSatisfy { name in
            routes.names.contains(name)
                || !listeners.target.values.contains { listener in
                    listeners.rejected[listener.name] == nil && listener.references.routes.contains(name)
                }
        }
    }

    private mutating func send(
        _ type: DiscoveryType, _ now: Instant, isRemoving: Bool, _ answers: inout [DeltaResponse]
    ) {
        guard var channel = channels[type], channel.isSubscribed,
            channel.underWay.allSatisfy({ $0.deadline <= now })
        else { return }
        channels[type] = nil
        defer { channels[type] = channel }
        let wanted = type == .rds ? channel.names : nil
        let kept = isRemoving && type == .cds ? clustersOfRejected() : []
        var (resources, removed) = channel.takeDirty(of: wanted, isRemoving: isRemoving, keeping: kept)
        if resources.isEmpty && removed.isEmpty && !channel.owesAnswer { return }
        channel.owesAnswer = false
        resources.sort { $0.name < $1.name }
        removed.sort()
        lastNonce += 1
        let answer = DeltaResponse(type: type, nonce: "\(lastNonce)", resources: resources, removed: removed)
        channel.note(answer, deadline: now + (Self.patience[type] ?? .zero))
        answers.append(answer)
    }

    /// The clusters that listeners and routes name which Envoy goes on with because it did not take the new ones.
    private func clustersOfRejected() -> Set<String> {
        [.lds, .rds].reduce(into: []) { (result: inout Set<String>, type: DiscoveryType) in
            guard let channel = channels[type] else { return }
            for name in channel.rejected.keys { result.formUnion(channel.sent[name]?.clusters ?? []) }
        }
    }

    // MARK: How it stands

    /// What of a type Envoy is to have, in one word; empty for routes where there are none.
    func targetVersion(_ type: DiscoveryType) -> String {
        guard let channel = channels[type], type != .rds || !channel.target.isEmpty else { return "" }
        return ContentHash(value: channel.targetSum).text
    }

    /// What of a type Envoy took last, in the same word.
    func takenVersion(_ type: DiscoveryType) -> String? {
        channels[type]?.takenSum.map { ContentHash(value: $0).text }
    }

    func rejections(_ type: DiscoveryType) -> [String: Rejection] { channels[type]?.rejected ?? [:] }

    /// The names that it asked for; none of types of which it wants all.
    func watched(_ type: DiscoveryType) -> [String] { (channels[type]?.names ?? []).sorted() }

    var resources: [DiscoveryType: [String: EncodedResource]] { channels.mapValues(\.target) }

    /// Whether all that Envoy is to have is with it, or was not taken.
    func isDone(_ type: DiscoveryType) -> Bool {
        guard let channel = channels[type], isConnected else { return false }
        let left = type == .rds ? channel.dirty.intersection(channel.names) : channel.dirty
        return left.isEmpty && channel.underWay.isEmpty && channel.parts.isEmpty
            && (type == .rds ? hasAllRoutes : channel.isSubscribed)
    }

    /// Notes which types are in effect as a whole; to be asked for after `advance`.
    mutating func noteTaken() {
        for type in DiscoveryType.allCases where isDone(type) {
            guard let channel = channels[type], channel.rejected.isEmpty else { continue }
            channels[type]?.takenSum = channel.targetSum
        }
    }
}

extension DeltaSession.Channel {
    fileprivate mutating func set(_ name: String, _ resource: EncodedResource?) {
        let old = target[name]
        if old == resource { return }
        if let old { targetSum &-= Self.mark(old) }
        if let resource { targetSum &+= Self.mark(resource) }
        target[name] = resource
        dirty.insert(name)
        // What was rejected is tried again once it is another.
        rejected[name] = nil
    }

    private static func mark(_ resource: EncodedResource) -> UInt64 {
        ContentHash(of: Array(resource.name.utf8)).value &* 31 &+ resource.hash
    }

    /// What of the names that changed is to be sent now. Of a type that is asked for by name, nothing is taken away:
    /// Envoy does so itself when it wants it no more.
    fileprivate mutating func takeDirty(
        of wanted: Set<String>?, isRemoving: Bool, keeping kept: Set<String>
    ) -> (put: [EncodedResource], removed: [String]) {
        while let names = parts.first {
            let put = names.compactMap { target[$0] }.filter { needs($0) }
            if !put.isEmpty { return (put, []) }
            parts.removeFirst()
        }
        var put: [EncodedResource] = []
        var removed: [String] = []
        var left: Set<String> = []
        for name in dirty where wanted?.contains(name) ?? true {
            if let resource = target[name] {
                if needs(resource) { put.append(resource) }
            } else if wanted == nil && sent[name] != nil {
                if isRemoving && !kept.contains(name) { removed.append(name) } else { left.insert(name) }
            }
        }
        dirty = left
        return (put, removed)
    }

    private func needs(_ resource: EncodedResource) -> Bool {
        sent[resource.name]?.hash != resource.hash && rejected[resource.name] == nil
    }

    fileprivate mutating func note(_ answer: DeltaResponse, deadline: DeltaSession.Instant) {
        var before: [String: DeltaSession.Sent] = [:]
        for resource in answer.resources {
            before[resource.name] = sent[resource.name]
            sent[resource.name] = .init(hash: resource.hash, clusters: resource.references.clusters)
        }
        for name in answer.removed {
            before[name] = sent[name]
            sent[name] = nil
        }
        if !parts.isEmpty { parts.removeFirst() }
        underWay.append(
            .init(
                nonce: answer.nonce, resources: answer.resources, removed: answer.removed, before: before,
                deadline: deadline))
    }

    /// Finds out what an answer was not taken for: the resources that the reason names, or the only one; else its halves
    /// are tried. Returns the names that are to blame.
    fileprivate mutating func reject(_ answer: DeltaSession.UnderWay, reason: String) -> [String]? {
        let all = answer.resources
        var blamed = all.filter { reason.contains("\($0.name): ") }
        if blamed.isEmpty && all.count == 1 { blamed = all }
        for resource in blamed {
            rejected[resource.name] = .init(resource: resource, reason: reason)
            sent[resource.name] = answer.before[resource.name]
        }
        if !blamed.isEmpty { return blamed.map(\.name) }
        // Nothing of it was taken.
        for resource in all { sent[resource.name] = answer.before[resource.name] }
        let names = all.map(\.name)
        if names.count > 1 {
            let middle = names.count / 2
            parts.insert(contentsOf: [Array(names[..<middle]), Array(names[middle...])], at: 0)
        }
        return nil
    }
}
