import Foundation
import MeshState
import Synchronization

@testable import MeshClient

/// A cluster with Istio, as far as meshtop asks for it: lists, watches, logs, Envoy's admin interface and istiod.
final class FakeMesh: Sendable {
    struct State {
        var pods: [String: JSONValue] = [:]
        var log = ""
        /// Lines for the watches of pods, in the order in which they came about; each is a version.
        var podEvents: [String] = []
        var version: Int { podEvents.count + 1 }
        /// Status and body of an answer, by the end of the path; stands in for the usual one.
        var answers: [String: (Int, String)] = [:]
    }

    let server: ScriptedServer
    private let state: Shared

    final class Shared: Sendable {
        let state = Mutex(State())
    }

    init() async throws {
        let shared = Shared()
        state = shared
        let clusters = String(decoding: try fixture("clusters.json"), as: UTF8.self)
        let stats = String(decoding: try fixture("stats.json"), as: UTF8.self)
        let syncz = String(decoding: try fixture("syncz.json"), as: UTF8.self)
        let mesh = String(decoding: try fixture("mesh.json"), as: UTF8.self)
        server = try await ScriptedServer { request, reply in
            let special = shared.state.withLock { $0.answers.first { request.path.hasSuffix($0.key) }?.value }
            if let (status, body) = special { return try await reply.answer(status, body) }
            let last = request.path.split(separator: "/").last.map(String.init) ?? ""
            switch last {
            case "networking.istio.io": try await reply.answer(["versions": [["version": "v1"]]] as JSONValue)
            case "v1": try await reply.answer(["resources": [["name": "serviceentries"]]] as JSONValue)
            case "clusters": try await reply.answer(clusters)
            case "stats": try await reply.answer(stats)
            case "syncz": try await reply.answer(syncz)
            case "mesh": try await reply.answer(mesh)
            case "version": try await reply.answer("1.28.0-abc-Clean")
            case "log": try await Self.log(request, reply, shared)
            case "pods" where request.isWatch: try await Self.watchPods(request, reply, shared)
            case "pods":
                let (pods, version) = shared.state.withLock { (Array($0.pods.values), $0.version) }
                let namespace = request.path.split(separator: "/").dropLast().last
                try await reply.answer(
                    list(
                        pods.filter {
                            namespace == "v1" || $0["metadata"]?["namespace"]?.stringValue == namespace.map(String.init)
                        },
                        version: version))
            case "services", "endpoints", "serviceentries":
                guard request.isWatch else {
                    return try await reply.answer(list([object("Service", "x", version: 1)], version: 10))
                }
                try await reply.begin()
                try await reply.hang()
            default: try await reply.answer(404, "404 page not found\n")
            }
        }
    }

    var access: ClusterAccess { server.access }

    func change<Result: Sendable>(_ body: (inout sending State) -> sending Result) -> Result {
        state.state.withLock(body)
    }

    /// Adds a running pod with a sidecar.
    func addPod(_ name: String, namespace: String = "default") {
        let pod = Self.pod(name, namespace)
        change { state in
            state.pods["\(namespace)/\(name)"] = pod
            state.podEvents.append(event("ADDED", pod))
        }
    }

    func removePod(_ name: String, namespace: String = "default") {
        let pod = Self.pod(name, namespace)
        change { state in
            state.pods["\(namespace)/\(name)"] = nil
            state.podEvents.append(event("DELETED", pod))
        }
    }

    static func pod(_ name: String, _ namespace: String) -> JSONValue {
        var pod = object("Pod", name, namespace: namespace, version: 10)
        pod["spec"] = ["containers": [["name": "app"], ["name": "istio-proxy"]]]
        pod["status"] = ["phase": "Running", "podIP": "10.244.0.9"]
        return pod
    }

    private static func log(
        _ request: ScriptedServer.Request, _ reply: ScriptedServer.Reply, _ shared: Shared
    ) async throws {
        guard request.query["follow"] != nil else {
            return try await reply.answer(shared.state.withLock { $0.log })
        }
        try await reply.begin()
        try await reply.hang()
    }

    private static func watchPods(
        _ request: ScriptedServer.Request, _ reply: ScriptedServer.Reply, _ shared: Shared
    ) async throws {
        var sent = (request.query["resourceVersion"].flatMap { Int($0) } ?? 1) - 1
        try await reply.begin()
        while reply.isOpen {
            for line in shared.state.withLock({ Array($0.podEvents.dropFirst(sent)) }) {
                try await reply.send(line)
                sent += 1
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}
