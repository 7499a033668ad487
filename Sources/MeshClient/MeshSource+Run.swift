import Foundation
import MeshState
import NIOCore
import Synchronization

extension MeshSource {
    /// One watch: of a resource in one namespace, or in all.
    struct WatchPlan: Sendable, Hashable {
        var resource: Resource
        var namespace: String?
        var source: SourceID
    }

    /// The watches that the options ask for.
    var watches: [WatchPlan] {
        var plans = [Resource.services, .endpoints, .pods, .serviceEntries].map {
            WatchPlan(resource: $0, namespace: options.namespace, source: .watch($0.plural))
        }
        if let namespace = options.namespace, namespace != options.istioNamespace {
            plans += [Resource.services, .pods].map {
                WatchPlan(
                    resource: $0, namespace: options.istioNamespace,
                    source: .watch("\($0.plural) in \(options.istioNamespace)"))
            }
        }
        return plans
    }

    func run() async {
        let shared = SharedIndex()
        let (proxies, changed) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let (questions, ask) = AsyncStream<NameQuestion>.makeStream(bufferingPolicy: .bufferingOldest(1024))
        await withTaskGroup(of: Void.self) { group in
            for plan in watches {
                let watcher = ResourceWatcher(
                    plan.resource, namespace: plan.namespace, source: plan.source, client: client,
                    alarm: alarms.alarm(for: plan.source), settings: settings.watch
                ) { [self] source, fact in
                    let room = shared.note(fact, plan) { [self] fact, newProxies in
                        if let newProxies {
                            // Expected before the watch counts as heard, so that the round cannot end in between.
                            for proxy in newProxies { expect(proxy) }
                            changed.yield()
                        }
                        hurry(after: fact, from: source, shared)
                        return sink.post(source, fact)
                    }
                    await room?.wait()
                }
                group.addTask { await watcher.run() }
            }
            group.addTask { [self] in await istiodPoller.run() }
            group.addTask { [self] in
                await superviseProxies(proxies, current: { shared.proxies }) { [self] proxy, records in
                    for address in Self.unnamed(records)
                    where options.resolver != nil && sink.round.expect(.name(address: address.description)) {
                        if case .enqueued = ask.yield(NameQuestion(address: address, asker: proxy)) { continue }
                        sink.round.forget(.name(address: address.description))
                    }
                }
            }
            if let resolver = options.resolver {
                group.addTask { [self] in
                    await answer(questions, resolver) { shared.entryHosts }
                }
            }
            await group.waitForAll()
        }
        sink.channel.finish()
    }

    /// Wakes the sources that wait in vain: all of them when the API is back, those of a pod when the pod has changed.
    private func hurry(after fact: Observation.Fact, from source: SourceID, _ shared: SharedIndex) {
        switch fact {
        case .failed: shared.failed(source)
        case .listed, .alive: if shared.isBack(source) { alarms.ringAll() }
        case .applied(Resource.pods.plural, let object):
            let proxy = MeshIndex.name(of: object)
            alarms.ring(.admin(proxy))
            alarms.ring(.accessLog(proxy))
        default: break
        }
    }

    private func expect(_ proxy: ProxyID) {
        sink.round.expect(.source(.admin(proxy)))
        sink.round.expect(.source(.accessLog(proxy)))
    }

    /// Runs a poller and a follower for each proxy that there is, and ends those of proxies that are gone.
    private func superviseProxies(
        _ changes: AsyncStream<Void>, current: @Sendable () -> Set<ProxyID>,
        logged: @escaping @Sendable (ProxyID, [AccessLogRecord]) -> Void
    ) async {
        var running: [ProxyID: Task<Void, Never>] = [:]
        for await _ in changes {
            let wanted = current()
            interval.expect(proxies: wanted.count)
            for (proxy, task) in running where !wanted.contains(proxy) {
                running[proxy] = nil
                task.cancel()
                await task.value
                for source in [SourceID.admin(proxy), .accessLog(proxy)] {
                    alarms.remove(source)
                    await sink.tell(source, .ended)
                    sink.round.forget(.source(source))
                }
            }
            for proxy in wanted where running[proxy] == nil {
                running[proxy] = Task { await self.observe(proxy, logged: logged) }
            }
        }
        for task in running.values { task.cancel() }
        for task in running.values { await task.value }
    }

    private func observe(
        _ proxy: ProxyID, logged: @escaping @Sendable (ProxyID, [AccessLogRecord]) -> Void
    ) async {
        let follower = LogFollower(
            proxy: proxy, client: client, alarm: alarms.alarm(for: .accessLog(proxy)), settings: settings.log
        ) { [sink] source, fact in
            if case .accessLog(let proxy, let records) = fact { logged(proxy, records) }
            await sink.tell(source, fact)
        }
        let poller = adminPoller(of: proxy)
        // A crowd of proxies must not be asked all at once.
        if interval.isCrowded { await alarms.alarm(for: .admin(proxy)).sleep(for: interval.value * .random(in: 0..<1)) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await follower.run() }
            group.addTask { await poller.run() }
        }
    }
}

/// What the sources share while they run.
private final class SharedIndex: Sendable {
    private struct State {
        var index = MeshIndex()
        var scopes: [String: ScopedObjects] = [:]
    }

    private let state = Mutex(State())
    /// Watches that failed last time, and when one was last back.
    private let outage = Mutex<(failing: Set<SourceID>, back: ContinuousClock.Instant?)>(([], nil))
    /// A connection that comes and goes must not wake all others each time.
    private static let calm: Duration = .seconds(5)

    func failed(_ source: SourceID) { outage.withLock { _ = $0.failing.insert(source) } }

    /// Whether this watch had failed and others may now be better off, too.
    func isBack(_ source: SourceID) -> Bool {
        outage.withLock { outage in
            guard outage.failing.remove(source) != nil else { return false }
            if let last = outage.back, last.duration(to: .now) < Self.calm { return false }
            outage.back = .now
            return true
        }
    }

    var proxies: Set<ProxyID> { state.withLock { $0.index.proxies } }
    var entryHosts: [String] { state.withLock { $0.index.entryHosts } }

    /// Takes note of what a watch saw, and has it told before any other watch can change what is known.
    ///
    /// - Parameter tell: gets the fact as it is to be told, and the proxies if they are others now.
    func note(
        _ fact: Observation.Fact, _ plan: MeshSource.WatchPlan,
        tell: (Observation.Fact, Set<ProxyID>?) -> Waiter?
    ) -> Waiter? {
        state.withLock { state in
            var fact = fact
            if let namespace = plan.namespace {
                fact = state.scopes[plan.resource.plural, default: ScopedObjects()].join(fact, of: namespace)
            }
            let haveProxiesChanged = state.index.note(fact)
            return tell(fact, haveProxiesChanged ? state.index.proxies : nil)
        }
    }
}

// MARK: - Names

/// An address whose name is wanted.
struct NameQuestion: Sendable {
    var address: IPAddress
    /// The proxy whose log told of the address.
    var asker: ProxyID
}

extension MeshSource {
    private static let nameServerRest: Duration = .seconds(30)
    /// Addresses that are not asked for twice.
    private static let mostAnswered = 4096

    /// Destinations that nothing in their record names: neither an authority, nor an SNI, nor a cluster of the mesh.
    static func unnamed(_ records: [AccessLogRecord]) -> Set<IPAddress> {
        var result: Set<IPAddress> = []
        for record in records where record.authority == nil && record.serverName == nil {
            if let cluster = record.upstreamCluster.map({ ClusterName($0) }), cluster.direction != .builtIn { continue }
            guard let destination = record.downstreamLocal, let colon = destination.lastIndex(of: ":") else { continue }
            let host = destination[..<colon].trimmingCharacters(in: ["[", "]"])
            if let address = IPAddress(host) { result.insert(address) }
        }
        return result
    }

    private func answer(
        _ questions: AsyncStream<NameQuestion>, _ resolver: NameResolver, hosts: @Sendable () -> [String]
    ) async {
        var failed: ContinuousClock.Instant?
        var answered: CircularBuffer<SourceSink.Expectation> = []
        for await question in questions {
            let expectation = SourceSink.Expectation.name(address: question.address.description)
            // Name servers that do not answer are left alone for a while; the address will show up again.
            if let failed, failed.duration(to: .now) < Self.nameServerRest {
                sink.round.forget(expectation)
                continue
            }
            switch await resolver.find(question.address, among: hosts()) {
            case .names(let names):
                for name in names {
                    await sink.tell(
                        .accessLog(question.asker), .resolved(address: question.address.description, name: name))
                }
                sink.round.fulfil(expectation)
                answered.append(expectation)
            case .nothing:
                sink.round.fulfil(expectation)
                answered.append(expectation)
            case .failed:
                failed = .now
                sink.round.forget(expectation)
            }
            // A scan of many addresses must not fill the memory.
            if answered.count > Self.mostAnswered { sink.round.forget(answered.removeFirst()) }
        }
    }
}
