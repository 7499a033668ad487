import Foundation
import Testing

@testable import MeshLab

@Suite struct SupervisorTests {
    private func shell(_ script: String, name: String = "program", in fixture: WorldFixture) -> Program {
        Program(
            name: name, executable: "/bin/sh", arguments: ["-c", script], environment: ["PATH": "/usr/bin:/bin"],
            logFile: fixture.layout.logDirectory.appending(path: "\(name).log"))
    }

    private func pid(_ supervisor: Supervisor, _ name: String = "program") async -> Int32? {
        await supervisor.statuses.first { $0.name == name }?.pid
    }

    @Test("A program that is killed comes back")
    func comesBack() async throws {
        try await WorldFixture.use { fixture in
            let supervisor = Supervisor(stateDirectory: fixture.layout.stateDirectory)
            await supervisor.start(shell("exec sleep 1000", in: fixture))
            let first = try await awaited("the program") { await pid(supervisor) }
            #expect(kill(first, SIGKILL) == 0)
            let second = try await awaited("the program again") {
                let now = await pid(supervisor)
                return now == first ? nil : now
            }
            #expect(LabProcesses.startTime(of: second) != nil)
            let status = try #require(await supervisor.statuses.first)
            #expect(status.restarts == 1)
            #expect(status.lastExit == "was ended by signal 9")
            await supervisor.stopAll()
            #expect(await supervisor.statuses.isEmpty)
        }
    }

    @Test("A stop ends programs that ignore TERM, and their children, and reaps them all")
    func stopsAll() async throws {
        try await WorldFixture.use { fixture in
            let state = fixture.layout.stateDirectory
            let supervisor = Supervisor(stateDirectory: state, grace: .milliseconds(200))
            await supervisor.start(
                shell("trap '' TERM; sleep 1000 & while :; do wait; done", name: "deaf", in: fixture))
            await supervisor.start(shell("exec sleep 1000", name: "obedient", in: fixture))
            let pids = try await awaited("both programs") { () async throws -> [Int32]? in
                let pids = await supervisor.statuses.compactMap(\.pid)
                let marked = try LabProcesses.leftovers(stateDirectory: state)
                return pids.count == 2 && marked.count == 3 ? pids : nil
            }
            await supervisor.stopAll()
            #expect(try LabProcesses.leftovers(stateDirectory: state).isEmpty)
            // Not even a zombie is left.
            for pid in pids { #expect(kill(pid, 0) == -1 && errno == ESRCH) }
        }
    }

    @Test func stopsOne() async throws {
        try await WorldFixture.use { fixture in
            let supervisor = Supervisor(stateDirectory: fixture.layout.stateDirectory)
            for name in ["one", "other"] { await supervisor.start(shell("exec sleep 1000", name: name, in: fixture)) }
            let one = try await awaited("the program") { await pid(supervisor, "one") }
            _ = try await awaited("the other program") { await pid(supervisor, "other") }
            await supervisor.stop("one")
            #expect(LabProcesses.startTime(of: one) == nil)
            #expect(await supervisor.statuses.map(\.name) == ["other"])
            await supervisor.stopAll()
        }
    }

    @Test(
        "What a program writes goes to its log, across its restarts; what it never was given is not in its environment")
    func logsAndEnvironment() async throws {
        try await WorldFixture.use { fixture in
            let supervisor = Supervisor(stateDirectory: fixture.layout.stateDirectory)
            let program = shell("echo out; echo err >&2; env; exit 3", in: fixture)
            await supervisor.start(program)
            let text = try await awaited("two runs in the log") { () -> String? in
                guard let text = try? String(contentsOf: program.logFile, encoding: .utf8) else { return nil }
                return text.components(separatedBy: "out\nerr\n").count > 2 ? text : nil
            }
            #expect(text.contains("MESHTOP_LAB=\(fixture.layout.stateDirectory.path)\n"))
            #expect(!text.contains("HOME="))
            _ = try await awaited("the exit code") {
                await supervisor.statuses.first?.lastExit == "exited with 3" ? true : nil
            }
            await supervisor.stopAll()
        }
    }

    @Test func programThatIsNotThere() async throws {
        try await WorldFixture.use { fixture in
            let supervisor = Supervisor(stateDirectory: fixture.layout.stateDirectory)
            var program = shell("", in: fixture)
            program.executable = "/nowhere/program"
            await supervisor.start(program)
            let ending = try await awaited("a reason") { await supervisor.statuses.first?.lastExit }
            #expect(ending.hasPrefix("could not be run"))
            await supervisor.stopAll()
        }
    }

    @Test("The wait before a restart doubles up to ten seconds and starts anew after a healthy run")
    func backoff() {
        var backoff = RestartBackoff()
        let waits = (0..<9).map { _ in backoff.delay(afterRunning: .zero) / .milliseconds(1) }
        #expect(waits == [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
        #expect(backoff.delay(afterRunning: .seconds(10)) == .milliseconds(100))
        #expect(backoff.delay(afterRunning: .seconds(1)) == .milliseconds(200))
    }

    @Test("Processes whose supervisor is gone are found by their lab's mark and ended, those of other labs are not")
    func leftovers() async throws {
        try await WorldFixture.use { fixture in
            let state = fixture.layout.stateDirectory
            let other = fixture.layout.stateDirectory.appendingPathExtension("2")
            try await running("exec sleep 1000", mark: other) {
                try await running("trap '' TERM; sleep 1000; :", mark: state) {
                    try await running("exec sleep 1000", mark: state) {
                        let ended = try await Loopback.blocking {
                            Result { try LabProcesses.endLeftovers(stateDirectory: state, grace: .milliseconds(300)) }
                        }.get()
                        #expect(ended >= 2)
                        #expect(try LabProcesses.leftovers(stateDirectory: state).isEmpty)
                        #expect(try LabProcesses.leftovers(stateDirectory: other).count == 1)
                        #expect(try LabProcesses.endLeftovers(stateDirectory: state) == 0)
                    }
                }
            }
        }
    }

    /// Has a script run that carries a lab's mark; goes on once it is there.
    private func running(_ script: String, mark: URL, _ body: () async throws -> Void) async throws {
        let before = try LabProcesses.leftovers(stateDirectory: mark)
        try await during({
            _ = try await command(["sh", "-c", script], environment: [LabProcesses.marker: mark.path])
        }) {
            _ = try await awaited("the process") {
                try LabProcesses.leftovers(stateDirectory: mark).contains { !before.contains($0) } ? true : nil
            }
            try await body()
        }
    }

    @Test("A log past its limit is moved aside, and its writer goes on in the empty one")
    func rotation() async throws {
        try await WorldFixture.use { fixture in
            let file = fixture.layout.logDirectory.appending(path: "long.log")
            let descriptor = open(file.path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            let writer = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try writer.write(contentsOf: Data("first\n".utf8))
            #expect(try !LogRotation.rotate(file, limit: 6))
            try writer.write(contentsOf: Data("second\n".utf8))
            #expect(try LogRotation.rotate(file, limit: 6))
            try writer.write(contentsOf: Data("third\n".utf8))
            #expect(try String(contentsOf: file, encoding: .utf8) == "third\n")
            #expect(try String(contentsOf: file.appendingPathExtension("1"), encoding: .utf8) == "first\nsecond\n")
        }
    }
}
