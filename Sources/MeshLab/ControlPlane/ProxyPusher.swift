import Foundation
import Logging
import MeshState

/// Brings one proxy to what it is to have, without a moment in which a request meets a cluster that is not there.
///
/// What is new is written first and waited for, what is old goes last: clusters, routes, listeners, and then the
/// clusters that nothing names any more. A proxy that is not running finds the finished files when it starts.
actor ProxyPusher {
    private let node: ProxyNode
    private let layout: LabLayout
    private let store: ProxyFileStore
    private let admin: EnvoyAdmin
    private let logger: Logger

    private var cache = ResourceCache()
    /// What a proxy is to be told.
    private struct Order: Hashable {
        var plan: ProxyPlan
        var credentials: [String: TLSSecret]
    }

    private var lastOrder: Order?
    private var pending: Order?
    private var worker: Task<Void, Never>?
    private var settler: Task<Void, Never>?

    /// What the last push was to lead to, of which a rejection may have kept a part from being written.
    private var aim = EnvoyResources()
    /// The last configuration that was in effect as a whole.
    private var good: EnvoyResources?
    /// Envoy's counters before the last write; nil when it was not running.
    private var baseline: DiscoveryStats?
    private var rejections: [DiscoveryType: (version: String, reason: String)] = [:]
    private var sentTimes: [DiscoveryType: Date] = [:]
    private var lastLook = ContinuousClock.now - .seconds(3600)
    private var logOffset: UInt64 = 0
    private(set) var detail: ProxySyncDetail

    /// How long a step waits for Envoy before the next one is taken all the same.
    private static let stepPatience = Duration.seconds(2)
    /// How long clusters may resolve their names before routes to them are pushed.
    private static let warmingPatience = Duration.milliseconds(500)

    init(node: ProxyNode, layout: LabLayout, logger: Logger) throws {
        self.node = node
        self.layout = layout
        self.logger = logger
        admin = EnvoyAdmin(node: node)
        store = try ProxyFileStore(files: ProxyFiles(node: node))
        detail = ProxySyncDetail(proxy: node.id, kind: node.kind)
    }

    /// Has a plan pushed, with the Secrets that it may name; an earlier one that waits still is skipped.
    func submit(_ plan: ProxyPlan, credentials: [String: TLSSecret] = [:]) {
        let order = Order(plan: plan, credentials: credentials)
        guard order != lastOrder else { return }
        lastOrder = order
        pending = order
        detail.isPushing = true
        settler?.cancel()
        if worker == nil { worker = Task { await work() } }
    }

    /// Waits until nothing is left to be written.
    func finishWriting() async {
        while let worker { await worker.value }
    }

    func stop() async {
        pending = nil
        worker?.cancel()
        await worker?.value
        settler?.cancel()
        await settler?.value
    }

    /// How the proxy stands, by an answer no older than this.
    func status(maximumAge: Duration) async -> ProxySyncDetail {
        if worker == nil, lastLook + maximumAge < .now { note(await admin.discoveryStats()) }
        return detail
    }

    private func work() async {
        while let order = pending, !Task.isCancelled {
            pending = nil
            await push(order)
        }
        worker = nil
        detail.isPushing = false
        if !Task.isCancelled { settle() }
    }

    /// Goes on looking until Envoy has taken, or rejected, what was written.
    private func settle() {
        settler?.cancel()
        settler = Task {
            var pause = Duration.milliseconds(20)
            while !Task.isCancelled, worker == nil, !isSettled {
                try? await Task.sleep(for: pause)  // Only a cancellation ends it early, and the loop asks for that.
                if Task.isCancelled || worker != nil { return }
                let stats = await admin.discoveryStats()
                if Task.isCancelled || worker != nil { return }
                note(stats)
                if isInEffect { good = store.written }
                if let stats, let type = rejectedType(in: stats) {
                    let rejection = await self.rejection(of: type, stats)
                    if Task.isCancelled || worker != nil { return }
                    detail.isPushing = true
                    worker = Task {
                        await recover(from: rejection)
                        await work()
                    }
                    return
                }
                pause = min(pause * 2, .milliseconds(500))
            }
        }
    }

    private var isSettled: Bool {
        !rejections.isEmpty || detail.problem != nil || detail.isInSync
    }

    // MARK: One push

    private func push(_ order: Order) async {
        let target = cache.resources(
            plan: order.plan, credentials: order.credentials, node: node, layout: layout)
        let problems = target.referenceProblems()
        guard problems.isEmpty else {
            detail.problem = problems.joined(separator: "; ")
            logger.error("push refused", metadata: ["proxy": "\(node.id)", "problem": "\(detail.problem ?? "")"])
            return
        }
        detail.problem = nil
        rejections = [:]
        do {
            try await transition(to: target)
            if isInEffect { good = target }
        } catch let rejection as Rejection {
            await recover(from: rejection)
        } catch is CancellationError {
            // Stopped between two steps, of which each leaves a configuration that works.
        } catch {
            detail.problem = "the files cannot be written: \(error)"
            logger.error("push failed", metadata: ["proxy": "\(node.id)", "error": "\(error)"])
        }
    }

    /// Takes back what Envoy rejected: the offending resources alone if it named them, else the whole push.
    private func recover(from rejection: Rejection) async {
        logger.error(
            "configuration rejected",
            metadata: ["proxy": "\(node.id)", "type": "\(rejection.type.rawValue)", "reason": "\(rejection.reason)"])
        record(rejection)
        var attempts: [EnvoyResources] = []
        if let repaired = aim.replacing(rejection, from: good) { attempts.append(repaired) }
        if let good { attempts.append(good) }
        for attempt in attempts {
            do {
                try await transition(to: attempt)
                if isInEffect { good = attempt }
                return
            } catch let another as Rejection {
                record(another)
            } catch is CancellationError {
                return
            } catch {
                detail.problem = "the files cannot be written: \(error)"
                return
            }
        }
    }

    private func record(_ rejection: Rejection) {
        rejections[rejection.type] = (store.version(of: rejection.type), rejection.reason)
        refreshDetail()
    }

    /// Whether Envoy has taken all that is written.
    private var isInEffect: Bool {
        detail.isReachable
            && DiscoveryType.allCases.allSatisfy { detail.types[$0]?.acked ?? "" == store.version(of: $0) }
    }

    private func transition(to target: EnvoyResources) async throws {
        aim = target
        baseline = await admin.discoveryStats()
        logOffset = logSize()
        let isLive = baseline != nil
        note(baseline)

        let leaving = store.written.clusters.filter { target.clusters[$0.key] == nil }
        try await writeClusters(target.clusters.merging(leaving) { new, _ in new }, isLive: isLive)

        if try store.writeRoutes(target.routes) { sentTimes[.rds] = Date() }
        if try store.writeListeners(target.listeners) { sentTimes[.lds] = Date() }
        refreshDetail()
        if isLive { try await wait(for: [.lds, .rds]) }

        try await writeClusters(target.clusters, isLive: isLive)
        try store.removeFiles(notIn: target)
        refreshDetail()
    }

    private func writeClusters(_ clusters: [String: EnvoyResource], isLive: Bool) async throws {
        guard try store.writeClusters(clusters) else { return }
        sentTimes[.cds] = Date()
        refreshDetail()
        if isLive { try await wait(for: [.cds]) }
    }

    /// Waits until these types are in effect; a proxy that takes too long, or went away, is left to `settle`.
    private func wait(for types: Set<DiscoveryType>) async throws {
        let start = ContinuousClock.now
        var pause = Duration.milliseconds(2)
        while !Task.isCancelled {
            guard let stats = await admin.discoveryStats() else { return note(nil) }
            note(stats)
            if let type = rejectedType(in: stats) { throw await rejection(of: type, stats) }
            let waited = ContinuousClock.now - start
            let isWarming = types.contains(.cds) && stats.warmingClusters > 0 && waited < Self.warmingPatience
            if !isWarming, types.allSatisfy({ store.isInEffect($0, stats) }) { return }
            if waited > Self.stepPatience { return }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(20))
        }
    }

    // MARK: What Envoy says

    private func note(_ stats: DiscoveryStats?) {
        lastLook = .now
        detail.isReachable = stats != nil
        refreshDetail(stats)
    }

    /// Brings the detail up to date; without an answer of Envoy what was acknowledged stays.
    private func refreshDetail(_ stats: DiscoveryStats? = nil) {
        for type in DiscoveryType.allCases {
            var sync = detail.types[type] ?? .init()
            let version = store.version(of: type)
            if let stats, store.isInEffect(type, stats) { sync.acked = version }
            if version.isEmpty { sync.acked = "" }
            sync.sent = rejections[type]?.version ?? version
            sync.error = rejections[type]?.reason
            sync.sentTime = sentTimes[type]
            detail.types[type] = sync
        }
    }

    private func rejectedType(in stats: DiscoveryStats) -> DiscoveryType? {
        DiscoveryType.allCases.first { type in
            rejections[type] == nil && !store.isInEffect(type, stats)
                && stats.hasRejected(type, since: baseline)
        }
    }

    private func rejection(of type: DiscoveryType, _ stats: DiscoveryStats) async -> Rejection {
        let listeners = type == .lds ? await admin.listenerErrors() : [:]
        var reasons = listeners.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        if reasons.isEmpty { reasons = loggedReasons() }
        let names: Set<String> =
            switch type {
            case .lds where !listeners.isEmpty: Set(listeners.keys)
            case .cds, .lds: store.written.names(in: reasons, of: type)
            case .rds: store.routesNotInEffect(stats)
            }
        let reason = reasons.isEmpty ? "Envoy gave no reason; see its log" : reasons.joined(separator: "; ")
        return Rejection(type: type, names: names, reason: reason)
    }

    private var logFile: URL {
        layout.logFile(namespace: node.id.namespace, pod: node.id.pod, container: "istio-proxy")
    }

    private func logSize() -> UInt64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: logFile.path)
        return (attributes?[.size] as? NSNumber)?.uint64Value ?? 0
    }

    /// What Envoy logged of rejected files since the push began.
    private func loggedReasons() -> [String] {
        guard let handle = try? FileHandle(forReadingFrom: logFile) else { return [] }
        defer { try? handle.close() }
        // A log that shrank was rotated meanwhile.
        let start = logSize() < logOffset ? 0 : logOffset
        guard (try? handle.seek(toOffset: start)) != nil, let data = try? handle.readToEnd() else { return [] }
        return LogReasons.reasons(in: String(decoding: data, as: UTF8.self))
    }
}
