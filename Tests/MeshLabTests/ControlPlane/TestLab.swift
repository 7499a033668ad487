import Foundation
import MeshState
import Synchronization
import Testing

@testable import MeshLab

/// One sidecar (and, if asked for, an egress gateway) with real Envoys in a block of the loopback of its own.
final class TestLab: Sendable {
    let layout: LabLayout
    let nodes: [ProxyNode]
    let plane: ControlPlane
    private let lock: Int32
    private let processes: Mutex<[Process]>
    private let programs: [Program]

    var sidecar: ProxyNode { nodes[0] }

    /// Runs a test in a lab of its own and takes the lab down, whatever becomes of the test.
    static func run(
        _ mesh: MeshConfiguration = MeshConfiguration(), gateway: Bool = false, ports: [ServicePort] = [],
        peerPorts: [ServicePort]? = nil, certificates: Bool = false, prepare: (LabLayout) -> Void = { _ in },
        _ body: (TestLab) async throws -> Void
    ) async throws {
        await LabGate.shared.enter()
        defer { Task { await LabGate.shared.leave() } }
        let lab = try TestLab(gateway: gateway, ports: ports, peerPorts: peerPorts)
        do {
            if certificates { try await TestCertificates.shared.install(in: lab.layout, for: lab.nodes) }
            prepare(lab.layout)
            try await lab.plane.start(with: mesh)
            for program in lab.programs { try lab.launch(program) }
            try await lab.synced()
            try await body(lab)
        } catch {
            await lab.stop()
            throw error
        }
        await lab.stop()
    }

    private init(gateway: Bool, ports: [ServicePort], peerPorts: [ServicePort]?) throws {
        let (block, lock) = try Self.freeBlock()
        self.lock = lock
        let folder = FileManager.default.temporaryDirectory.appending(path: "meshtop-plane-\(UUID().uuidString)")
        let layout = LabLayout(stateDirectory: folder, block: block)
        self.layout = layout
        try FileManager.default.createDirectory(at: layout.logDirectory, withIntermediateDirectories: true)
        let map =
            [10, 11].flatMap { host in
                (80...86).map { "203.0.113.\(host):\($0) 127.\(block).113.\(host):\($0 + 10_000)\n" } + [
                    "203.0.113.\(host):443 127.\(block).113.\(host):10443\n",
                    "203.0.113.\(host) 127.\(block).113.\(host)\n",
                ]
            }.joined() + "10.244.0.13 127.\(block).0.13:15006 proxy\n10.244.0.12 127.\(block).0.12 proxy\n"
            + WorldMap.text(layout: layout)
        try Data(map.utf8).write(to: layout.worldMapFile)

        var nodes = [
            Self.node(
                "sleep-1", "default", number: 11, kind: .sidecar, ports: ports, layout: layout)
        ]
        if gateway {
            nodes.append(
                Self.node(
                    "istio-egressgateway-1", "istio-system", number: 12, kind: .gateway, ports: [], layout: layout))
        }
        if let peerPorts {
            nodes.append(
                Self.node("reviews-1", "default", number: 13, kind: .sidecar, ports: peerPorts, layout: layout))
        }
        self.nodes = nodes
        plane = ControlPlane(layout: layout, nodes: nodes)
        let envoy = try EnvoyLocator.find()
        let library = try Self.captureLibrary()
        programs = nodes.map { node in
            EnvoyLaunch.program(
                node: node, envoy: envoy, captureLibrary: library, worldMap: layout.worldMapFile, layout: layout)
        }
        processes = Mutex([])
    }

    private func launch(_ program: Program) throws {
        let process = Process()
        process.executableURL = URL(filePath: program.executable)
        process.arguments = program.arguments
        process.environment = program.environment
        let descriptor = open(program.logFile.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let log = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        process.standardOutput = log
        process.standardError = log
        try process.run()
        processes.withLock { $0.append(process) }
    }

    private func killAll() {
        processes.withLock { processes in
            for process in processes where process.isRunning {
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
            processes = []
        }
    }

    /// Kills every Envoy the hard way, does something, and starts them again.
    func restartEnvoys(_ meanwhile: () async throws -> Void) async throws {
        killAll()
        try await meanwhile()
        for program in programs { try launch(program) }
    }

    static func node(
        _ pod: String, _ namespace: String, number: Int, kind: Pod.ProxyKind, ports: [ServicePort], layout: LabLayout
    ) -> ProxyNode {
        ProxyNode(
            id: ProxyID(pod: pod, namespace: namespace), workload: String(pod.prefix { $0 != "-" }), kind: kind,
            labels: ["app": pod], ip: "10.244.0.\(number)", loopback: "127.\(layout.block).0.\(number)",
            applicationPorts: ports, directory: layout.proxyDirectory.appending(path: "\(pod).\(namespace)"))
    }

    /// A block of the loopback that no other lab or test uses; it is held by a bound socket.
    private static func freeBlock() throws -> (block: Int, lock: Int32) {
        for block in (60...250).shuffled() {
            guard let lock = Loopback.bind("127.\(block).0.254", 15_999) else { continue }
            listen(lock, 1)  // A socket that only is bound with SO_REUSEADDR would not keep others away.
            if let probe = Loopback.bind("127.\(block).0.11", ProxyNode.adminPort) {
                close(probe)
                return (block, lock)
            }
            close(lock)
        }
        throw NoFreeBlock()
    }

    private struct NoFreeBlock: Error {}

    /// The capture library is built beside the tests.
    private static func captureLibrary() throws -> URL {
        let tests = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let library = tests.deletingLastPathComponent().appending(path: "libCCapture.so")
        try #require(FileManager.default.fileExists(atPath: library.path), "no \(library.path)")
        return library
    }

    func stop() async {
        await plane.stop()
        killAll()
        close(lock)
        try? FileManager.default.removeItem(at: layout.stateDirectory)
    }

    // MARK: What tests do

    /// Waits until every proxy has everything.
    func synced() async throws {
        let missing = await plane.awaitSynced(timeout: .seconds(20))
        try #require(missing.isEmpty, "not in sync: \(missing) \(log())")
    }

    func update(_ mesh: MeshConfiguration) async throws {
        await plane.update(mesh)
        try await synced()
    }

    // MARK: Plans that no mesh makes

    /// Sends a proxy, the sidecar unless told otherwise, a plan in the place of all that it has.
    func push(_ plan: ProxyPlan, to node: Int = 0, credentials: [String: TLSSecret] = [:]) async throws {
        let encoder = ResourceEncoder(types: try ControlPlane.types.get())
        let resources = EnvoyResources(plan: plan, credentials: credentials, node: nodes[node], layout: layout)
        var change = ResourceChange()
        for type in DiscoveryType.allCases {
            change.put[type] = try resources[type].values.map {
                EncodedResource(
                    name: $0.name, bytes: try encoder.encode($0.value).bytes, references: $0.references)
            }
        }
        await plane.pusher(of: nodes[node].id)?.submit(change, isWhole: true)
    }

    var sidecarStatus: ProxySyncDetail { get async throws { try await status() } }

    func status(of node: Int = 0) async throws -> ProxySyncDetail {
        try #require(await plane.pusher(of: nodes[node].id)?.status)
    }

    /// Waits until the sidecar took, or did not take, all that it was sent.
    func settled() async throws {
        _ = try await eventually("all was sent") { try await sidecarStatus.isPushing ? nil : true }
    }

    /// How often a proxy took an update, by the place in its statistics where it counts them.
    func updates(node: Int = 0) async throws -> [String: Int] {
        let suffix = ".update_success"
        let lines = try await admin("/stats?usedonly", node: node).split(whereSeparator: \.isNewline).compactMap {
            line in
            let parts = line.split(separator: ": ")
            return parts.count == 2 && parts[0].hasSuffix(suffix)
                ? (String(parts[0].dropLast(suffix.count)), Int(parts[1]) ?? 0) : nil
        }
        return Dictionary(lines, uniquingKeysWith: { first, _ in first })
    }

    func log(of pod: String = "sleep-1") -> String {
        let namespace = nodes.first { $0.id.pod == pod }?.id.namespace ?? "default"
        let file = layout.logFile(namespace: namespace, pod: pod, container: "istio-proxy")
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }

    /// The line of the access log that holds all of these, once it is there.
    func logLine(of pod: String = "sleep-1", _ parts: String...) async throws -> String {
        try await eventually("a log line with \(parts)") { [self] in
            log(of: pod).split(separator: "\n").map(String.init).last { line in parts.allSatisfy { line.contains($0) } }
        }
    }

    /// Waits for a value with a deadline, which makes the test fail.
    func eventually<Value: Sendable>(
        _ what: String, within seconds: Double = 10, _ value: () async throws -> Value?
    ) async throws -> Value {
        let deadline = Date().addingTimeInterval(seconds)
        while Date() < deadline {
            if let value = try await value() { return value }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("never came: \(what)\n\(log())")
        throw CancellationError()
    }

    func connect(_ destination: String, _ port: Int) -> CapturedConnection? {
        CapturedConnection(sidecar: sidecar.loopback, destination: destination, destinationPort: port)
    }

    func call(_ destination: String, _ port: Int, _ bytes: [UInt8], sourcePort: Int = 40_000) async -> Reply {
        let sidecar = sidecar.loopback
        return await Loopback.blocking {
            guard
                let connection = CapturedConnection(
                    sidecar: sidecar, destination: destination, destinationPort: port, sourcePort: sourcePort)
            else { return Reply(text: "", isReset: true) }
            defer { connection.close() }
            connection.send(bytes)
            return connection.receiveAll()
        }
    }

    func tcp(_ destination: String, _ port: Int) async -> Reply { await call(destination, port, Array("hello\n".utf8)) }

    func http(_ destination: String, _ port: Int, host: String) async -> Reply {
        await call(
            destination, port,
            Array("GET /politics HTTP/1.1\r\nHost: \(host)\r\nUser-Agent: test\r\nConnection: close\r\n\r\n".utf8))
    }

    func tls(_ destination: String, _ port: Int, serverName: String) async -> Reply {
        await call(destination, port, clientHello(serverName: serverName))
    }

    /// A document of the sidecar's admin interface.
    func admin(_ path: String, node: Int = 0) async throws -> String {
        try await get(nodes[node].loopback, ProxyNode.adminPort, path)
    }

    /// The whole answer of an HTTP server.
    func get(_ address: String, _ port: Int, _ path: String) async throws -> String {
        await Loopback.blocking {
            guard let socket = Loopback.connect(address, port) else { return "" }
            let request = "GET \(path) HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n"
            _ = send(socket, request, request.utf8.count, Int32(MSG_NOSIGNAL))
            var collected: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(socket, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                collected += buffer[..<count]
            }
            close(socket)
            return String(decoding: collected, as: UTF8.self)
        }
    }

    func counter(_ name: String, node: Int = 0) async throws -> Int {
        let text = try await admin("/stats?usedonly", node: node)
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name): ") }
        return line.flatMap { Int($0.split(separator: " ").last?.filter(\.isNumber) ?? "") } ?? 0
    }
}

/// Lets a few labs run at a time: an Envoy takes memory and CPU.
private actor LabGate {
    static let shared = LabGate()

    private var free = 4
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func enter() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func leave() {
        if waiting.isEmpty {
            free += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}

// MARK: Meshes

extension ServiceEntry {
    static func make(
        _ name: String, _ host: String, namespace: String = "default", addresses: [String] = [], ports: [ServicePort],
        resolution: Resolution = .none, endpoints: [EntryEndpoint] = [], exportTo: [String] = [], age: Double = 0,
        labels: [String: String] = [:]
    ) -> ServiceEntry {
        ServiceEntry(
            meta: ObjectMeta(
                name: name, namespace: namespace, creationTime: Date(timeIntervalSince1970: 1_700_000_000 - age),
                labels: labels),
            hosts: [host], addresses: addresses, ports: ports, resolution: resolution, endpoints: endpoints,
            exportTo: exportTo)
    }
}

extension ServicePort {
    static func make(_ number: Int, _ protocolText: String, target: Int? = nil) -> ServicePort {
        ServicePort(
            number: number, name: "\(protocolText.isEmpty ? "auto" : protocolText.lowercased())-\(number)",
            protocolText: protocolText, targetPort: target)
    }
}
