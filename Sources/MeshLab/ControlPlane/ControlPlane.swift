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
    private var mesh = MeshConfiguration()
    private var report = PushReport()
    private var isDirty = false
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
        self.mesh = mesh
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

    /// Has the proxies follow the mesh; returns at once.
    public func update(_ mesh: MeshConfiguration) {
        guard mesh != self.mesh else { return }
        self.mesh = mesh
        isDirty = true
        guard distributor == nil else { return }
        distributor = Task {
            while isDirty, (try? await Task.sleep(for: Self.debounce)) != nil {
                isDirty = false
                await distribute()
            }
            distributor = nil
        }
    }

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
        let index = ServiceIndex(mesh)
        var report = PushReport()
        // Alike proxies are told the same.
        for (target, members) in Dictionary(grouping: nodes, by: \.target) {
            let planner = OutboundPlanner(index: index, target: target)
            report.merge(planner.report)
            let credentials = TLSSecret.credentials(in: target.namespace, of: mesh.secrets)
            for node in members { await pushers[node.id]?.submit(planner.plan, credentials: credentials) }
        }
        self.report = report
    }

    /// What the debug endpoints tell of, at one moment.
    func debugView() async -> DebugView {
        let (mesh, report) = (mesh, report)
        return DebugView(mesh: mesh, report: report, proxies: await status(), nodes: nodes)
    }
}
