import Foundation
import MeshState
import Testing

@testable import MeshLab

/// A lab whose proxies are given plans by hand, with the lab's certificates, its outside world and its names.
struct PlannedLab {
    let lab: TestLab

    static func run(
        gateway: Bool = false, ports: [ServicePort] = [], peerPorts: [ServicePort]? = nil, outside: Bool = false,
        names: [String: String] = [:], _ body: (PlannedLab) async throws -> Void
    ) async throws {
        var server: FixedNameServer?
        defer { server?.stop() }
        try await TestLab.run(
            gateway: gateway, ports: ports, peerPorts: peerPorts, certificates: true,
            prepare: { layout in
                server = FixedNameServer(host: layout.nameServerAddress, port: layout.nameServerPort, names: names)
            }
        ) { lab in
            let world = Task { if outside { try await Self.serveOutside(lab.layout) } }
            do {
                try await body(PlannedLab(lab: lab))
            } catch {
                await end(world)
                throw error
            }
            await end(world)
        }
    }

    private static func end(_ world: Task<Void, any Error>) async {
        world.cancel()
        _ = await world.result
    }

    private static func serveOutside(_ layout: LabLayout) async throws {
        try await OutsideWorld(
            layout: layout, authority: LabCA(directory: layout.certificateDirectory)
        ).run()
    }

    /// Waits until the world outside takes connections at an address of the mesh.
    func awaitOutside(_ address: String, _ port: Int) async throws {
        let loopback = try #require(lab.layout.loopback(for: address))
        _ = try await lab.eventually("somebody at \(address):\(port)") {
            Loopback.connect(loopback, lab.layout.loopbackPort(for: port)).map { close($0) }
        }
    }

    /// Gives a proxy its plan and waits until all of it is in effect.
    func give(_ plan: ProxyPlan, to index: Int = 0, credentials: [String: TLSSecret] = [:]) async throws {
        try await lab.push(plan, to: index, credentials: credentials)
        let detail = try await lab.eventually("an end of the push") { () -> ProxySyncDetail? in
            let detail = try await lab.status(of: index)
            let isOver = detail.isInSync || detail.problem != nil || detail.types.values.contains { $0.error != nil }
            return isOver ? detail : nil
        }
        try #require(detail.isInSync, "\(detail)\n\(lab.log(of: lab.nodes[index].id.pod))")
    }

    /// What a call over HTTP through the first sidecar gets.
    func call(
        _ destination: String, _ port: Int, _ path: String = "/", host: String, method: String = "GET",
        headers: [String: String] = [:]
    ) async -> HTTPReply {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: \(host)", "Connection: close"]
        lines += headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        let request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        let sidecar = lab.sidecar.loopback
        return await Loopback.blocking {
            var reply = HTTPReply(text: "")
            guard
                let connection = CapturedConnection(
                    sidecar: sidecar, destination: destination, destinationPort: port)
            else { return reply }
            defer { connection.close() }
            connection.send(request)
            // Envoy lets a second pass before it closes, so that the end of an answer is told by its length.
            while !reply.isComplete, let more = connection.receiveSome() { reply.text += more }
            return reply
        }
    }
}

/// An answer over HTTP, or what came in the place of one.
struct HTTPReply {
    var text: String

    var status: Int? { text.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) } }

    var body: String {
        guard let end = text.range(of: "\r\n\r\n") else { return "" }
        return String(text[end.upperBound...])
    }

    fileprivate var isComplete: Bool {
        header("content-length").flatMap { Int($0) }.map { body.utf8.count >= $0 } ?? false
    }

    /// A header's value; its name in lower case.
    func header(_ name: String) -> String? {
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        return lines.first { $0.lowercased().hasPrefix("\(name):") }
            .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
    }
}

/// Certificates that are made once for all tests of a run.
actor TestCertificates {
    static let shared = TestCertificates()

    private let directory = FileManager.default.temporaryDirectory.appending(path: "meshtop-certs-\(UUID().uuidString)")
    private var making: Task<Void, any Error>?

    /// Gives a lab the authorities' files and its proxies their certificates.
    func install(in layout: LabLayout, for nodes: [ProxyNode]) async throws {
        let task = making ?? Task { [directory] in try await LabCA(directory: directory).prepare() }
        making = task
        try await task.value
        try FileManager.default.copyItem(at: directory, to: layout.certificateDirectory)
        try await LabCA(directory: layout.certificateDirectory).issue(to: nodes)
    }

    /// Goes with the process: what is left is a folder of throw-away keys.
    private init() { atexit { TestCertificates.removeAll() } }

    private static func removeAll() {
        try? FileManager.default.removeItem(at: shared.directory)
    }
}

// MARK: - Plans

extension ProxyPlan {
    init(
        clusters: [ClusterPlan] = [], listeners: [ListenerPlan] = [], routes: [RoutePlan] = [],
        policy: OutboundPolicy = .registryOnly
    ) {
        self.init()
        self.clusters = clusters
        self.listeners = listeners
        self.routes = routes
        lastResort = LastResort(policy: policy)
    }
}

extension ClusterPlan {
    static func make(
        _ host: String, _ port: Int, subset: String = "", at endpoints: [MeshEndpoint],
        http: UpstreamHTTP = .http1, tls: TLS = .plain,
        _ change: (inout DestinationRule.TrafficSettings) -> Void = { _ in }
    ) -> ClusterPlan {
        make(host, port, subset: subset, .fixed(endpoints), http: http, tls: tls, change)
    }

    static func make(
        _ host: String, _ port: Int, subset: String = "", _ discovery: Discovery, http: UpstreamHTTP = .http1,
        tls: TLS = .plain, _ change: (inout DestinationRule.TrafficSettings) -> Void = { _ in }
    ) -> ClusterPlan {
        var settings = DestinationRule.TrafficSettings()
        change(&settings)
        return ClusterPlan(
            name: name(port: port, subset: subset, host: host), host: host, namespace: "default", port: port,
            subset: subset, isExternal: true, discovery: discovery, http: http, tls: tls, settings: settings)
    }

    /// As a DestinationRule says.
    static func originate(
        _ mode: DestinationRule.ClientTLS.Mode, _ change: (inout DestinationRule.ClientTLS) -> Void = { _ in }
    ) -> TLS {
        var tls = DestinationRule.ClientTLS(mode: mode)
        change(&tls)
        return .originate(tls)
    }
}

extension MeshEndpoint {
    static func at(
        _ address: String, _ port: Int, weight: Int = 0, locality: String = "", hasMeshTLS: Bool = false
    ) -> MeshEndpoint {
        MeshEndpoint(address: .host(address, port: port), weight: weight, locality: locality, hasMeshTLS: hasMeshTLS)
    }
}

extension ListenerPlan {
    /// Requests on every address of a port, by the route configuration of its number.
    static func http(_ port: Int) -> ListenerPlan {
        ListenerPlan(
            bind: wildcard, port: port,
            chains: [.init(match: .init(isHTTP: true), action: .http(route: String(port)))])
    }

    static func tcp(_ address: String, _ port: Int, to clusters: [WeightedCluster], because: [Because] = []) -> Self {
        ListenerPlan(
            bind: address, port: port, chains: [.init(match: .init(), action: .tcp(clusters), because: because)])
    }
}

extension RoutePlan {
    static func make(_ port: Int, _ hosts: [String: [Route]]) -> RoutePlan {
        RoutePlan(
            name: String(port),
            virtualHosts: hosts.sorted { $0.key < $1.key }.map { host, routes in
                VirtualHost(name: "\(host):\(port)", domains: [host], routes: routes)
            }, catchAll: .lastResort)
    }
}

extension RoutePlan.Route {
    static func to(
        _ clusters: [WeightedCluster], because: [Because] = [.virtualService],
        _ change: (inout RoutePlan.Route) -> Void = { _ in }
    ) -> Self {
        var route = Self(action: .forward(clusters), operation: "test:80/*", because: because)
        change(&route)
        return route
    }

    static func to(_ cluster: String, _ change: (inout RoutePlan.Route) -> Void = { _ in }) -> Self {
        to([WeightedCluster(cluster: cluster)], change)
    }

    /// For requests that fit.
    func matching(_ change: (inout VirtualService.HTTPMatch) -> Void) -> Self {
        var match = VirtualService.HTTPMatch()
        change(&match)
        var route = self
        route.match = match
        return route
    }
}

extension Because {
    static let virtualService = Because(
        ObjectKey(kind: VirtualService.kind, namespace: "default", name: "vs"), "spec.http[0]")
}
