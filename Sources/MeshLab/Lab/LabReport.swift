import Foundation
import MeshState

/// Keeps the lab's status file up to date.
actor LabReport {
    private let stateDirectory: URL
    private var status: LabStatus
    private var written: LabStatus?

    init(stateDirectory: URL, policy: OutboundPolicy, capturesNames: Bool) {
        self.stateDirectory = stateDirectory
        status = LabStatus(
            phase: .starting, detail: "", pid: getpid(), outboundPolicy: policy.rawValue,
            dnsCapture: capturesNames, server: "", kubeconfig: "", productPage: "", proxies: [], programs: [])
    }

    func describe(server: String, kubeconfig: String, productPage: String) {
        status.server = server
        status.kubeconfig = kubeconfig
        status.productPage = productPage
    }

    func step(_ text: String) throws { try enter(.starting, text) }
    func failed(_ reason: String) throws { try enter(.failed, reason) }
    func stopping() throws { try enter(.stopping, "") }

    func stopped() throws {
        status.proxies = []
        status.programs = []
        try enter(.stopped, "")
    }

    private func enter(_ phase: LabStatus.Phase, _ detail: String) throws {
        status.phase = phase
        status.detail = detail
        try write()
    }

    /// Follows the proxies and programs until the task is cancelled.
    func keep(_ controlPlane: ControlPlane, _ supervisor: Supervisor, nodes: [ProxyNode]) async throws {
        status.phase = .ready
        status.detail = ""
        while !Task.isCancelled {
            let details = Dictionary(
                await controlPlane.status().map { ($0.proxy, $0) }, uniquingKeysWith: { first, _ in first })
            // A sidecar that comes by injection is there when its pod is.
            let shown = nodes.filter {
                $0.id.pod != LabWorkload.injectedSleep.pod || details[$0.id]?.isReachable == true
            }
            status.proxies = shown.sorted { $0.id < $1.id }.map { node in
                let detail = details[node.id]
                return LabStatus.ProxyStatus(
                    proxy: node.id.pod, namespace: node.id.namespace, workload: node.workload,
                    live: detail?.isReachable ?? false, synced: detail?.isInSync ?? false,
                    rejection: detail?.problem ?? detail?.types.values.compactMap(\.error).first)
            }
            status.outboundPolicy = await controlPlane.outboundPolicy.rawValue
            status.programs = await supervisor.statuses.map {
                LabStatus.ProgramStatus(name: $0.name, pid: $0.pid, restarts: $0.restarts)
            }
            guard !Task.isCancelled else { return }
            try write()
            // Ends early when the lab stops.
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func write() throws {
        guard status != written else { return }
        try status.write(to: stateDirectory)
        written = status
    }
}
