public import Logging
public import MeshState

/// The lab's istiod: turns the mesh's objects into Envoy configuration and brings it to the proxies.
public actor ControlPlane {
    /// What the lab's istiod and its proxies call themselves: the release whose rules are followed, and whose it is.
    public static let version = "1.28.0-meshtop-lab"

    /// The lab that it belongs to.
    public nonisolated let layout: LabLayout
    private let nodes: [ProxyNode]
    private let logger: Logger
    private let pushers: [ProxyID: ProxyPusher]
    private var index = ServiceIndex(MeshConfiguration())
    private var groups: [PlanTarget: Group] = [:]
    /// A mesh that takes the place of the one that is known, and what changed since.
    private var pending: (mesh: MeshConfiguration?, changes: [MeshChange]) = (nil, [])
    private var distributor: Task<Void, Never>?
    private var server: DiscoveryServer?

    /// Proxies that are told alike.
    private struct Group {
        var planner: OutboundPlanner
        var factory: ResourceFactory
    }

    /// Changes that come this close together are pushed as one.
    private static let debounce = Duration.milliseconds(5)

    /// The API of the Envoy that is installed, read when it is first needed.
    static let types = Result { try EnvoyTypes(executable: EnvoyLocator.find()) }

    /// Prepares a control plane for these proxies; `start` sets it to work.
    public init(layout: LabLayout, nodes: [ProxyNode], logger: Logger = Logger(label: "control-plane")) {
        self.layout = layout
        self.nodes = nodes
        self.logger = logger
        pushers = Dictionary(
            nodes.map { ($0.id, ProxyPusher(node: $0, logger: logger)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Writes every proxy's bootstrap, and serves their configuration from here on; after that the Envoys may start.
    ///
    /// Throws when a file cannot be written, or an address not be bound. Envoys that run already, left by an earlier run,
    /// are brought up to date.
    public func start(with mesh: MeshConfiguration) async throws {
        for node in nodes {
            try ProxyFiles(node: node).write(bootstrap: EnvoyBootstrap.document(node: node, layout: layout))
        }
        pending = (mesh, [])
        await distribute(ResourceEncoder(types: try Self.types.get()))
        for node in nodes {
            if let problem = await pushers[node.id]?.status.problem {
                throw StartError(proxy: node.id, problem: problem)
            }
        }
        let byNode = Dictionary(
            nodes.map { (EnvoyBootstrap.nodeID($0), pushers[$0.id]) }, uniquingKeysWith: { first, _ in first })
        server = try await DiscoveryServer(address: layout.istiodAddress) { byNode[$0] ?? nil }
    }

    /// A proxy's first configuration could not be written.
    public struct StartError: Error, Sendable, Hashable, CustomStringConvertible {
        /// Which proxy.
        public let proxy: ProxyID
        /// What stands against it, in words.
        public let problem: String
        public var description: String { "no configuration for \(proxy): \(problem)" }
    }

    /// Has the proxies follow another mesh; returns at once.
    public func update(_ mesh: MeshConfiguration) {
        guard mesh != pending.mesh ?? index.mesh || !pending.changes.isEmpty else { return }
        pending = (mesh, [])
        distributeSoon()
    }

    /// Has the proxies follow changes of the mesh; returns at once.
    public func follow(_ changes: [MeshChange]) {
        pending.changes += changes
        distributeSoon()
    }

    private func distributeSoon() {
        guard distributor == nil, case .success(let types) = Self.types else { return }
        distributor = Task {
            while hasPending, (try? await Task.sleep(for: Self.debounce)) != nil {
                await distribute(ResourceEncoder(types: types))
            }
            distributor = nil
        }
    }

    private var hasPending: Bool { pending.mesh != nil || !pending.changes.isEmpty }

    /// Ends all pushing; the Envoys go on with what they have.
    public func stop() async {
        distributor?.cancel()
        await distributor?.value
        await server?.stop()
        for pusher in pushers.values { await pusher.stop() }
    }

    /// How every proxy stands, in the order of the proxies' names.
    public func status() async -> [ProxySyncDetail] {
        var details: [ProxySyncDetail] = []
        for pusher in pushers.values { details.append(await pusher.status) }
        return details.sorted { $0.proxy < $1.proxy }
    }

    /// What becomes of calls to unknown hosts, as the mesh's settings have it now.
    var outboundPolicy: OutboundPolicy { index.mesh.policy }

    /// What brings a proxy to what it is to have.
    func pusher(of proxy: ProxyID) -> ProxyPusher? { pushers[proxy] }

    /// Waits until every proxy is live and has all that it was sent; returns those that are not when time runs out, or
    /// as soon as one has rejected something.
    ///
    /// - Parameter proxies: those that are waited for; nil for all.
    public func awaitSynced(_ proxies: Set<ProxyID>? = nil, timeout: Duration) async -> [ProxySyncDetail] {
        let deadline = ContinuousClock.now + timeout
        while true {
            let isIdle = distributor == nil
            let missing = await status().filter { !$0.isInSync && proxies?.contains($0.proxy) != false }
            if isIdle && missing.isEmpty { return [] }
            let isHopeless = missing.contains { detail in
                detail.problem != nil || detail.types.values.contains { $0.error != nil }
            }
            if isHopeless || ContinuousClock.now > deadline { return missing }
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return missing }
        }
    }

    private func distribute(_ encoder: ResourceEncoder) async {
        let (mesh, changes) = pending
        pending = (nil, [])
        if let mesh {
            index = ServiceIndex(mesh)
            groups = [:]
        }
        let change = index.apply(changes)
        let members = Dictionary(grouping: nodes, by: { index.reduced($0.target) })
        // Who is told alike is another question when labels count that did not before.
        if Set(members.keys) != Set(groups.keys) { groups = [:] }
        for (target, nodes) in members {
            let isWhole = groups[target] == nil
            let changed: PlanChange
            if isWhole {
                let planner = OutboundPlanner(index: index, target: target)
                changed = PlanChange(planner.plan)
                groups[target] = Group(
                    planner: planner, factory: ResourceFactory(nodes: nodes, layout: layout, encoder: encoder))
            } else {
                changed = groups[target]?.planner.follow(change, index) ?? PlanChange()
            }
            let credentials = TLSSecret.credentials(in: target.namespace, of: index.mesh.secrets)
            guard let planner = groups[target]?.planner,
                let resources = groups[target]?.factory.follow(changed, of: planner, credentials: credentials)
            else { continue }
            for (proxy, change) in resources { await pushers[proxy]?.submit(change, isWhole: isWhole) }
        }
    }

    /// What the debug endpoints tell of, at one moment.
    func debugView() async -> DebugView {
        let index = index
        let report = groups.values.reduce(into: PushReport()) { $0.merge($1.planner.report) }
        var watches: [ProxyID: [DiscoveryType: [String]]] = [:]
        for (proxy, pusher) in pushers { watches[proxy] = await pusher.watches }
        let empty = groups.values.flatMap { $0.planner.emptyClusters }
        return DebugView(
            index: index, report: report, proxies: await status(), nodes: nodes, layout: layout, watches: watches,
            emptyClusters: Set(empty))
    }
}
