public import Foundation
import Glibc
public import MeshState

/// Starts, stops and enters a lab from outside of its process.
public struct LabControl: Sendable {
    public let stateDirectory: URL

    public init(stateDirectory: URL = LabSettings.defaultStateDirectory()) {
        self.stateDirectory = stateDirectory
    }

    /// The status of the lab; nil where none was ever started with this state folder.
    public func status() throws -> LabStatus? { try LabStatus.current(stateDirectory: stateDirectory) }

    /// Where the lab's files and addresses are; nil where none was ever started with this state folder.
    public func layout() throws -> LabLayout? {
        try LabSettings.load(stateDirectory: stateDirectory)?.layout(stateDirectory: stateDirectory)
    }

    /// What the certificates of the proxies say, in the order of the proxies' names; nil where no lab was ever started.
    public func certificates() async throws -> [ProxyCertificate]? {
        guard let layout = try layout() else { return nil }
        var result: [ProxyCertificate] = []
        for node in LabWorld.nodes(layout: layout).sorted(by: { $0.id < $1.id }) {
            result.append(try await ProxyCertificate(node: node))
        }
        return result
    }

    /// Whether a lab process is there, starting and stopping included.
    public var isRunning: Bool { get throws { try LabLock.isHeld(stateDirectory: stateDirectory) } }

    /// Starts the lab and returns when every proxy is live and in sync; does nothing where it runs already.
    ///
    /// - Parameters:
    ///   - policy: what becomes of calls to unknown hosts.
    ///   - capturesNames: whether sidecars answer for names, with the addresses that istiod allocates.
    ///   - executable: the meshtop binary, which is started again as the lab process.
    ///   - progress: told each step while it is being done.
    /// - Returns: the lab's status, and whether this call started it.
    public func up(
        policy: OutboundPolicy, capturesNames: Bool = false, executable: URL, progress: (String) -> Void
    ) async throws -> (status: LabStatus, started: Bool) {
        if try isRunning, let running = try status(), running.phase != .stopping {
            guard running.outboundPolicy == policy.rawValue else {
                throw LabError(
                    "the lab runs with outbound policy \(running.outboundPolicy); run meshtop lab down first to change it"
                )
            }
            guard running.dnsCapture == capturesNames else {
                throw LabError(
                    "the lab runs \(capturesNames ? "without" : "with") DNS capture; "
                        + "run meshtop lab down first to change it")
            }
            return (try await untilReady(pid: running.pid, progress: progress), false)
        }
        try FileManager.default.createDirectory(
            at: stateDirectory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let pid = try DetachedProcess.start(
            executable: executable.path,
            arguments: ["lab", "run", "--outbound-policy", policy.rawValue, "--state-directory", stateDirectory.path]
                + (capturesNames ? ["--dns-capture"] : []),
            logFile: logFile)
        return (try await untilReady(pid: pid, progress: progress), true)
    }

    /// What the lab process has to say goes here.
    public var logFile: URL { stateDirectory.appending(path: "lab.log") }

    private func untilReady(pid: Int32, progress: (String) -> Void) async throws -> LabStatus {
        var told = ""
        let deadline = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < deadline {
            if let status = try status(), status.pid == pid {
                switch status.phase {
                case .ready: return status
                case .failed: throw LabError("the lab did not start: \(status.detail)")
                case .starting, .stopping, .stopped:
                    if status.detail != told, !status.detail.isEmpty {
                        told = status.detail
                        progress(told)
                    }
                }
            }
            if kill(pid, 0) != 0 || DetachedProcess.hasExited(pid) {
                throw LabError("the lab process ended while starting; see \(logFile.path)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw LabError("the lab was not ready within 120 s (last step: \(told)); see \(logFile.path)")
    }

    /// Stops the lab and returns when no process of it is left.
    ///
    /// - Returns: whether there was anything to stop.
    public func down() async throws -> Bool {
        let wasRunning = try isRunning
        if wasRunning, let status = try status() {
            kill(status.pid, SIGTERM)
            let deadline = ContinuousClock.now + .seconds(20)
            while try isRunning {
                if ContinuousClock.now > deadline { kill(status.pid, SIGKILL) }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        let leftovers = try LabProcesses.endLeftovers(stateDirectory: stateDirectory)
        return wasRunning || leftovers > 0
    }

    /// Replaces this process by a command that runs as if inside a workload, so that its connections go through the
    /// sidecar, or on a host outside the mesh.
    ///
    /// Returns only by throwing.
    ///
    /// - Parameter place: a workload, alone or followed by its namespace (`sleep.default`), a pod, or a host outside.
    public func exec(in place: String, command: [String], executable: URL) throws -> Never {
        guard try isRunning, let layout = try layout() else {
            throw LabError("no lab is running; start one with: meshtop lab up")
        }
        let places = try LabPlace.all(layout: layout, library: CaptureLibrary.locate(executable: executable))
        guard let found = places.first(where: { $0.names.contains(place) }) else {
            let known = Set(places.compactMap(\.names.first)).sorted().joined(separator: ", ")
            throw LabError("no workload or host is called \(place); there are: \(known)")
        }
        for (name, value) in found.environment { setenv(name, value, 1) }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        setenv("PATH", "\(path):\(try LabPlace.commands(layout: layout).path)", 1)
        let argv: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        execvp(command[0], argv)
        throw LabError("cannot run \(command[0]): \(String(cString: strerror(errno)))")
    }
}
