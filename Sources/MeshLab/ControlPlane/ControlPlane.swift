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
    private var pushers: [ProxyID: ProxyPusher] = [:]
    private var index = ServiceIndex(MeshConfiguration())
    /// Alike proxies are told the same.
    private var planners: [PlanTarget: OutboundPlanner] = [:]
    /// A mesh that takes the place of the one that is known, and what changed since.
    private var pending: (mesh: MeshConfiguration?, changes: [MeshChange]) = (nil, [])
    private var distributor: Task<Void, Never>?

    /// Changes that come this close together are pushed as one.
    private static let debounce = Duration.milliseconds(5)

    /// Prepares a control plane for these proxies; `start` sets it to work.
    public init(layout: LabLayout, nodes: [ProxyNode], logger: Logger = Logger(label: "control-plane")) {
        self.layout = layout
        self.nodes = nodes
        self.logger = logger
    }

    /// Writes every proxy's bootstrap and first configuration; after that the Envoys may start.
    ///
    /// Throws when a file cannot be written. Envoys that run already, left by an earlier run, are brought up to date.
    public func start(with mesh: MeshConfiguration) async throws {
        for node in nodes {
            pushers[node.id] = try ProxyPusher(node: node, layout: layout, logger: logger)
            let files = ProxyFiles(node: node)
            try files.write(EnvoyBootstrap.document(node: node).jsonText(indent: 1), to: files.bootstrapFile)
        }
        pending = (mesh, [])
        await distribute()
        for pusher in pushers.values { await pusher.finishWriting() }
        if let problem = await status().first(where: { $0.problem != nil }) {
            throw StartError(proxy: problem.proxy, problem: problem.problem ?? "")
        }
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
        guard distributor == nil else { return }
        distributor = Task {
            while hasPending, (try? await Task.sleep(for: Self.debounce)) != nil { await distribute() }
            distributor = nil
        }
    }

    private var hasPending: Bool { pending.mesh != nil || !pending.changes.isEmpty }

    /// Ends all pushing; the Envoys go on with what they have.
    public func stop() async {
        distributor?.cancel()
        await distributor?.value
        for pusher in pushers.values { await pusher.stop() }
    }

    /// How every proxy stands, by answers no older than half a second, in the order of the proxies' names.
    public func status() async -> [ProxySyncDetail] { await status(maximumAge: .milliseconds(500)) }

    private func status(maximumAge: Duration) async -> [ProxySyncDetail] {
        await withTaskGroup(of: ProxySyncDetail.self) { group in
            for pusher in pushers.values {
                group.addTask { await pusher.status(maximumAge: maximumAge) }
            }
            var details: [ProxySyncDetail] = []
            for await detail in group { details.append(detail) }
            return details.sorted { $0.proxy < $1.proxy }
        }
    }

    /// Waits until every proxy is live and has all that it was sent; returns those that are not when time runs out, or
    /// as soon as one has rejected something.
    public func awaitSynced(timeout: Duration) async -> [ProxySyncDetail] {
        let deadline = ContinuousClock.now + timeout
        while true {
            let isIdle = distributor == nil
            let missing = await status(maximumAge: .zero).filter { !$0.isInSync }
            if isIdle && missing.isEmpty { return [] }
            let isHopeless = missing.contains { detail in
                detail.problem != nil || detail.types.values.contains { $0.error != nil }
            }
            if isHopeless || ContinuousClock.now > deadline { return missing }
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return missing }
        }
    }

    private func distribute() async {
        let (mesh, changes) = pending
        pending = (nil, [])
        if let mesh {
            index = ServiceIndex(mesh)
            planners = [:]
        }
        let change = index.apply(changes)
        for (target, members) in Dictionary(grouping: nodes, by: \.target) {
            if planners[target] == nil {
                planners[target] = OutboundPlanner(index: index, target: target)
            } else {
                planners[target]?.follow(change, index)
            }
            guard let plan = planners[target]?.plan else { continue }
            let credentials = TLSSecret.credentials(in: target.namespace, of: index.mesh.secrets)
            for node in members { await pushers[node.id]?.submit(plan, credentials: credentials) }
        }
    }

    /// What the debug endpoints tell of, at one moment.
    func debugView() async -> DebugView {
        let index = index
        let report = planners.values.reduce(into: PushReport()) { $0.merge($1.report) }
        return DebugView(index: index, report: report, proxies: await status(), nodes: nodes)
    }
}
