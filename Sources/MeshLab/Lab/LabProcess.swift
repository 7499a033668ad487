public import Foundation
import Glibc
import Logging
public import MeshState

/// The process that is a lab: the API, the control plane, the outside world, and the programs that it supervises.
public struct LabProcess: Sendable {
    private let stateDirectory: URL
    private let policy: OutboundPolicy
    private let capturesNames: Bool
    private let executable: URL
    private let logger = Logger(label: "lab")

    /// - Parameters:
    ///   - capturesNames: whether sidecars answer for names, with the addresses that istiod allocates.
    ///   - executable: the meshtop binary, which also runs the workloads.
    public init(stateDirectory: URL, policy: OutboundPolicy, capturesNames: Bool = false, executable: URL) {
        self.stateDirectory = stateDirectory
        self.policy = policy
        self.capturesNames = capturesNames
        self.executable = executable
    }

    /// Runs the lab until a TERM, INT or HUP; leaves no process.
    ///
    /// Throws where a part cannot be started; the reason is also in the lab's status.
    public func run() async throws {
        setsid()  // What is typed at the terminal that started the lab is not meant for it.
        guard let lock = try LabLock(stateDirectory: stateDirectory) else {
            throw LabError("another lab process works in \(stateDirectory.path)")
        }
        let report = LabReport(stateDirectory: stateDirectory, policy: policy, capturesNames: capturesNames)
        do {
            try await report.step("ending what an earlier lab left behind")
            try LabProcesses.endLeftovers(stateDirectory: stateDirectory)
            let settings = try LabSettings.prepare(stateDirectory: stateDirectory)
            let layout = settings.layout(stateDirectory: stateDirectory)
            for folder in [layout.logDirectory, layout.proxyDirectory] {
                try FileManager.default.createDirectory(
                    at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            }
            try await serve(layout, settings, report)
            try await report.stopped()
        } catch {
            logger.error("\(error)")
            try await report.failed("\(error)")
            throw error
        }
        withExtendedLifetime(lock) {}
    }

    private func serve(_ layout: LabLayout, _ settings: LabSettings, _ report: LabReport) async throws {
        try await report.step("making certificates")
        let authority = LabCA(directory: layout.certificateDirectory)
        let nodes = LabWorld.nodes(layout: layout, capturesNames: capturesNames)
        let allNodes = nodes + LabWorld.injectedNodes(layout: layout, capturesNames: capturesNames)
        try await authority.prepare()
        try await authority.issue(to: allNodes)
        let server = "https://127.0.0.1:\(settings.apiPort)"
        try Kubeconfig.write(
            Kubeconfig.text(
                server: server, caPEM: String(contentsOf: authority.certificateFile, encoding: .utf8),
                token: settings.token, context: "lab"),
            to: layout.kubeconfigFile)
        await report.describe(
            server: server, kubeconfig: layout.kubeconfigFile.path, productPage: LabWorld.productPageURL(layout: layout)
        )

        try await report.step("opening the objects")
        let store = try ObjectStore(file: layout.databaseFile)
        try await LabWorld.seed(store, authority: authority, capturesNames: capturesNames)
        var allocator = AddressAllocator(store: store, logger: logger)
        try await allocator.allocate()
        try await store.seed([MeshSettings.configMap(policy: policy)])
        try WorldMap.write(layout: layout)
        let networkPolicies = NetworkPolicies(store: store, layout: layout)
        try await networkPolicies.write()
        let blackHole = try BlackHole(layout: layout)
        defer { withExtendedLifetime(blackHole) {} }
        var feed = MeshFeed(store: store, policy: policy, logger: logger)
        let mesh = await feed.list()
        let controlPlane = ControlPlane(layout: layout, nodes: allNodes)
        try await controlPlane.start(with: mesh)
        let names = NameTable(LabWorld.addresses())
        let serviceNames = ServiceNames(store: store, names: names, capturesNames: capturesNames)
        await serviceNames.load()
        let nameServer = try await NameServer(
            names: names, for: .other, address: layout.nameServerAddress, port: layout.nameServerPort)
        let workloadNameServer = try await NameServer(
            names: names, for: .workload, address: layout.nameServerAddress, port: layout.workloadNameServerPort)

        let supervisor = Supervisor(stateDirectory: stateDirectory)
        let listening = Gate(count: 3)
        let api = APIServer(
            store: store, port: settings.apiPort,
            tls: APIServer.TLS(
                certificatePEM: try String(contentsOf: authority.apiServer.certificateFile, encoding: .utf8),
                keyPEM: try String(contentsOf: authority.apiServer.keyFile, encoding: .utf8)),
            token: settings.token, runtime: LabRuntime(layout: layout), logger: Self.quiet("api"),
            onServerRunning: { _ in listening.pass() })
        let istiod = DebugServer(controlPlane: controlPlane, logger: Self.quiet("istiod")) { resource in
            await store.list(resource).objects
        }
        let outside = OutsideWorld(layout: layout, authority: authority)

        do {
            // The first to end ends them all: a signal in good order, a part that fails by its error.
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await TerminationSignals.wait() }
                group.addTask { try await api.run() }
                group.addTask { try await istiod.run(onReady: { listening.pass() }) }
                group.addTask { try await outside.run(onReady: { listening.pass() }) }
                group.addTask { try await nameServer.run() }
                group.addTask { try await workloadNameServer.run() }
                group.addTask { try await serviceNames.follow() }
                group.addTask { await ExpiryKeeper(store: store, logger: logger).run() }
                group.addTask { try await ServiceEndpoints(store: store).follow() }
                group.addTask { [allocator] in
                    var allocator = allocator
                    try await allocator.follow()
                }
                group.addTask { try await networkPolicies.follow() }
                group.addTask { [feed] in
                    var feed = feed
                    try await feed.follow(into: controlPlane)
                }
                group.addTask {
                    await listening.wait()
                    try await startPrograms(layout, nodes, supervisor, report)
                    try await awaitSync(controlPlane, nodes, report)
                    try await awaitWorld(layout, nodes, report)
                    try await report.keep(controlPlane, supervisor, nodes: allNodes)
                }
                group.addTask {
                    try await podKeeper(store, controlPlane, supervisor).follow()
                }
                group.addTask {
                    await LoadGenerator(url: LabWorld.productPageURL(layout: layout)).run()
                }
                defer { group.cancelAll() }
                try await group.next()
                try await report.stopping()
            }
        } catch {
            await supervisor.stopAll()
            await controlPlane.stop()
            throw error
        }
        await supervisor.stopAll()
        await controlPlane.stop()
    }

    private func startPrograms(
        _ layout: LabLayout, _ nodes: [ProxyNode], _ supervisor: Supervisor, _ report: LabReport
    ) async throws {
        let library = try CaptureLibrary.locate(executable: executable)
        let envoy = try EnvoyLocator.find()
        try await report.step("starting \(nodes.count) Envoys")
        for node in nodes {
            await supervisor.start(
                EnvoyLaunch.program(
                    node: node, envoy: envoy, captureLibrary: library, worldMap: layout.worldMapFile, layout: layout))
        }
        try await report.step("starting the databases and the workloads")
        try await MariaDB.prepareAll(layout: layout)
        for program in try LabWorld.programs(layout: layout, executable: executable, library: library) {
            await supervisor.start(program)
        }
    }

    private func podKeeper(
        _ store: ObjectStore, _ controlPlane: ControlPlane, _ supervisor: Supervisor
    ) throws -> PodKeeper {
        let library = try CaptureLibrary.locate(executable: executable)
        let envoy = try EnvoyLocator.find()
        let layout = controlPlane.layout
        return PodKeeper(
            store: store, supervisor: supervisor, controlPlane: controlPlane, capturesNames: capturesNames,
            proxy: { node in
                EnvoyLaunch.program(
                    node: node, envoy: envoy, captureLibrary: library, worldMap: layout.worldMapFile, layout: layout)
            }, logger: logger)
    }

    private func awaitSync(_ controlPlane: ControlPlane, _ nodes: [ProxyNode], _ report: LabReport) async throws {
        try await report.step("waiting until every proxy is live and in sync")
        let late = await controlPlane.awaitSynced(Set(nodes.map(\.id)), timeout: .seconds(60))
        guard late.isEmpty else {
            let names = late.map { detail in
                let reason = detail.problem ?? detail.types.values.compactMap(\.error).first
                return "\(detail.proxy): \(reason ?? (detail.isReachable ? "not in sync" : "does not answer"))"
            }
            throw LabError("proxies are not ready: \(names.joined(separator: "; "))")
        }
    }

    /// Waits until the databases and the workloads take connections, so that the first call after the start finds them.
    private func awaitWorld(_ layout: LabLayout, _ nodes: [ProxyNode], _ report: LabReport) async throws {
        try await report.step("waiting for the databases and the workloads")
        var missing = nodes.flatMap { node in node.applicationPorts.map { (node.loopback, $0.number) } }
        missing += MariaDB.external(layout: layout).loopback.map { [($0, 3306)] } ?? []
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            missing = try missing.filter { try !SocketProbe.isListening(address: $0.0, port: $0.1) }
            guard let late = missing.first else { return }
            guard ContinuousClock.now < deadline else {
                throw LabError("nobody listens at \(late.0):\(late.1); see the logs in \(layout.logDirectory.path)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private static func quiet(_ label: String) -> Logger {
        var logger = Logger(label: label)
        logger.logLevel = .warning
        return logger
    }
}

/// Holds tasks back until a number of others have passed.
private final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let count: Int

    init(count: Int) {
        self.count = count
        (stream, continuation) = AsyncStream.makeStream()
    }

    func pass() { continuation.yield() }

    /// Returns when all have passed, or when the task is cancelled.
    func wait() async {
        var missing = count
        for await _ in stream {
            missing -= 1
            if missing == 0 { return }
        }
    }
}
