import Foundation
import Logging
import MeshState

/// Makes pods that are deleted anew, as their ReplicaSets do.
///
/// The pod of `test-egress` comes back with a sidecar where its namespace asks for injection, else without.
struct PodKeeper: Sendable {
    let store: ObjectStore
    let supervisor: Supervisor
    let controlPlane: ControlPlane
    let capturesNames: Bool
    /// Starts a pod's proxy.
    let proxy: @Sendable (ProxyNode) -> Program
    let logger: Logger

    /// Follows the store until the task is cancelled.
    func follow() async throws {
        try await store.follow(reading: restore) { event in
            if event.resource == .pods && event.kind == .deleted { try await restore() }
        }
    }

    private func restore() async throws {
        var known: Set<String> = []
        for pod in await store.list(.pods).objects {
            let metadata = pod["metadata"]
            known.insert("\(metadata?["name"]?.stringValue ?? "").\(metadata?["namespace"]?.stringValue ?? "")")
        }
        func isThere(_ workload: LabWorkload) -> Bool { known.contains("\(workload.pod).\(workload.namespace)") }
        for workload in LabWorkload.all where workload != .plainSleep && !isThere(workload) {
            try await put(workload, isReady: true)
        }
        if isThere(.plainSleep) || isThere(.injectedSleep) { return }
        guard let node = LabWorld.node(for: .injectedSleep, layout: controlPlane.layout) else { return }
        let program = proxy(node)
        await supervisor.stop(program.name)
        let namespace = await store.get(.namespaces, namespace: "", name: node.id.namespace)
        guard namespace?["metadata"]?["labels"]?[LabWorld.injectionLabel] == "enabled" else {
            return try await put(.plainSleep, isReady: true)
        }
        await supervisor.start(program)
        try await put(.injectedSleep, isReady: false)
        guard await isInSync(node) else {
            logger.error("\(node.id) is not in sync; its pod stays unready")
            return
        }
        try await put(.injectedSleep, isReady: true)
    }

    /// Waits until a proxy has all that it was sent.
    private func isInSync(_ node: ProxyNode) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if await controlPlane.status().contains(where: { $0.proxy == node.id && $0.isInSync }) { return true }
            // A cancelled sleep ends the loop.
            guard (try? await Task.sleep(for: .milliseconds(50))) != nil else { return false }
        }
        return false
    }

    private func put(_ workload: LabWorkload, isReady: Bool) async throws {
        guard let template = workload.template else { return }
        let time = JSONValue.string(Date.now.formatted(.iso8601))
        try await store.seed([
            LabWorld.pod(workload, template, time: time, isReady: isReady, capturesNames: capturesNames)
        ])
    }
}
