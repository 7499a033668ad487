public import Foundation
public import Logging
import Subprocess
import SystemPackage

/// Keeps the lab's programs running: starts what dies again, and ends them all when asked to.
///
/// Each program leads a session of its own, so that a signal for the lab's terminal does not reach it and its own
/// children end with it. Its environment carries `MESHTOP_LAB`, by which ``LabProcesses`` finds what a killed
/// supervisor left behind.
public actor Supervisor {
    /// How one program fares.
    public struct Status: Sendable, Hashable {
        public var name: String
        /// nil while it is not running.
        public var pid: Int32?
        public var restarts: Int
        /// How it ended last, in words; nil if it never did.
        public var lastExit: String?
    }

    private struct Kept {
        var program: Program
        var task: Task<Void, Never>
        var status: Status
    }

    private let stateDirectory: URL
    private let grace: Duration
    private let logLimit: Int
    private let logger: Logger
    private var kept: [String: Kept] = [:]
    private var rotation: Task<Void, Never>?

    /// - Parameters:
    ///   - grace: how long a program may take to end after TERM before it is killed.
    ///   - logLimit: the size in bytes at which a program's log is moved aside.
    public init(
        stateDirectory: URL, grace: Duration = .seconds(5), logLimit: Int = 8 * 1024 * 1024,
        logger: Logger = Logger(label: "supervisor")
    ) {
        self.stateDirectory = stateDirectory
        self.grace = grace
        self.logLimit = logLimit
        self.logger = logger
    }

    /// How each program fares, by name.
    public var statuses: [Status] { kept.values.map(\.status).sorted { $0.name < $1.name } }

    /// Starts a program and keeps it running until it is stopped; a program of the same name is stopped first.
    public func start(_ program: Program) async {
        await stop(program.name)
        kept[program.name] = Kept(
            program: program, task: Task { await self.keep(program) }, status: Status(name: program.name, restarts: 0))
        if rotation == nil { rotation = Task { await self.rotateLogs() } }
    }

    /// Ends a program, TERM first and KILL after the grace, and returns when it is gone.
    public func stop(_ name: String) async {
        guard let task = kept[name]?.task else { return }
        task.cancel()
        await task.value
        // While this waited, a program of the same name may have been started.
        if kept[name]?.task == task { kept[name] = nil }
    }

    /// Ends every program, all at once, and returns when they are gone.
    public func stopAll() async {
        rotation?.cancel()
        rotation = nil
        let tasks = kept.values.map(\.task)
        tasks.forEach { $0.cancel() }
        for task in tasks { await task.value }
        kept = kept.filter { !tasks.contains($0.value.task) }
    }

    private func keep(_ program: Program) async {
        var backoff = RestartBackoff()
        while !Task.isCancelled {
            let start = ContinuousClock.now
            let ending: String
            do {
                ending = try await run(program)
            } catch {
                ending = "could not be run: \(error)"
            }
            kept[program.name]?.status.pid = nil
            kept[program.name]?.status.lastExit = ending
            guard !Task.isCancelled else { return }
            logger.warning("\(program.name) \(ending); it is started again")
            // A cancelled sleep ends the loop.
            try? await Task.sleep(for: backoff.delay(afterRunning: ContinuousClock.now - start))
            kept[program.name]?.status.restarts += 1
        }
    }

    /// Runs a program until it ends, or until this task is cancelled; how it ended, in words.
    private func run(_ program: Program) async throws -> String {
        var environment = Dictionary(
            uniqueKeysWithValues: program.environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) })
        environment[Environment.Key(stringLiteral: LabProcesses.marker)] = stateDirectory.path
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: grace)]
        try FileManager.default.createDirectory(
            at: program.logFile.deletingLastPathComponent(), withIntermediateDirectories: true)
        let log = try FileDescriptor.open(
            FilePath(program.logFile.path), .writeOnly, options: [.create, .append, .closeOnExec],
            permissions: [.ownerReadWrite])
        let result = try await Subprocess.run(
            .path(FilePath(program.executable)), arguments: Arguments(program.arguments),
            environment: .custom(environment), platformOptions: options, input: .none,
            output: .fileDescriptor(log, closeAfterSpawningProcess: true), error: .combinedWithOutput
        ) { execution in
            self.started(program.name, pid: execution.processIdentifier.value)
        }
        return switch result.terminationStatus {
        case .exited(let code): "exited with \(code)"
        case .signaled(let signal): "was ended by signal \(signal)"
        }
    }

    private func started(_ name: String, pid: Int32) { kept[name]?.status.pid = pid }

    private func rotateLogs() async {
        while (try? await Task.sleep(for: .seconds(10))) != nil {
            for file in Set(kept.values.map(\.program.logFile)) {
                do {
                    try LogRotation.rotate(file, limit: logLimit)
                } catch {
                    logger.warning("cannot rotate \(file.path): \(error)")
                }
            }
        }
    }
}
