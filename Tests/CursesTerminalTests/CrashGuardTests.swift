import Foundation
import Testing

/// However the program ends, the shell gets a usable terminal and the right status.
@Suite(.serialized) struct CrashGuardTests {
    /// The default report of a crash takes seconds; one test looks at it.
    private static let quiet: [String: String?] = ["SWIFT_BACKTRACE": "enable=no"]

    private func expectCleanShell(_ t: TmuxDriver, line: SourceLocation = #_sourceLocation) async throws {
        let screen = try await t.screen()
        #expect(!screen.isAlternate, "the alternate screen is left", sourceLocation: line)
        #expect(screen.isCursorShown, "the cursor shows", sourceLocation: line)
        let modes = try t.modesAfterwards()
        #expect(modes.isSuperset(of: ["icanon", "isig", "echo", "ixon", "icrnl", "opost"]), sourceLocation: line)
    }

    private func expectReady(_ t: TmuxDriver) async throws {
        try await t.expect("the program on the alternate screen") {
            $0.contains("ready") && $0.isAlternate && !$0.isCursorShown
        }
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGABRT, SIGILL, SIGTRAP, SIGBUS, SIGFPE])
    func signal(number: Int32) async throws {
        try await TmuxDriver.probe(["watch"], environment: Self.quiet) { t in
            try await expectReady(t)
            try t.send(signal: number)
            #expect(try await t.exitStatus() == 128 + number)
            try await expectCleanShell(t)
        }
    }

    #if arch(x86_64)
        private static let trap = 128 + SIGILL
    #else
        private static let trap = 128 + SIGTRAP
    #endif

    @Test(arguments: [
        ("fatal", trap), ("index", trap), ("unwrap", trap), ("task-fatal", trap), ("abort", 128 + SIGABRT),
        ("segv", 128 + SIGSEGV), ("overflow", 128 + SIGSEGV),
    ])
    func crash(mode: String, status: Int32) async throws {
        try await TmuxDriver.probe([mode], environment: Self.quiet) { t in
            try await expectReady(t)
            try await t.press("x")
            #expect(try await t.exitStatus() == status)
            try await expectCleanShell(t)
        }
    }

    /// The stack that the handlers run on belongs to the thread that has the terminal.
    @Test(arguments: [("fatal", trap), ("overflow", 128 + SIGSEGV)])
    func crashOnTheThreadOfTheTerminal(mode: String, status: Int32) async throws {
        try await TmuxDriver.probe(["--thread", mode], environment: Self.quiet) { t in
            try await expectReady(t)
            try await t.press("x")
            #expect(try await t.exitStatus() == status)
            try await expectCleanShell(t)
        }
    }

    @Test func reportOfACrashIsReadable() async throws {
        try await TmuxDriver.probe(
            ["fatal"], columns: 160, rows: 200, environment: ["SWIFT_BACKTRACE": "enable=yes,color=no,interactive=no"]
        ) { t in
            try await expectReady(t)
            try await t.press("x")
            #expect(try await t.exitStatus(within: .seconds(120)) == Self.trap)
            try await expectCleanShell(t)
            let screen = try await t.screen()
            #expect(screen.contains("Fatal error: a fatal error was asked for"))
            #expect(screen.contains("Failure.happen()"), "the report points at the line that failed")
        }
    }

    /// The first signal is an event that the loop does not take; a later one does not wait for it.
    @Test func hungProgramEndsByAFurtherSignal() async throws {
        try await TmuxDriver.probe(["hang"], environment: Self.quiet) { t in
            try await expectReady(t)
            try await t.press("x")
            try t.send(signal: SIGTERM)
            var status: Int32?
            while status == nil {
                status = try? await t.exitStatus(within: .milliseconds(200))
                if status == nil { try t.send(signal: SIGTERM) }
            }
            #expect(status == 128 + SIGTERM)
            try await expectCleanShell(t)
        }
    }

    /// Output that nobody takes blocks the loop; giving the terminal back must not block as well.
    @Test func stoppedOutputDoesNotKeepTheProgramAlive() async throws {
        let pty = try PseudoTerminal.probe(["meter"])
        try await pty.expect("the first frame") { pty.shows("service-39") }
        pty.send("bbbb")
        #expect(try await pty.endUnread(by: SIGTERM) == 128 + SIGTERM)
    }

    /// A closed window sends HUP and ends the input; whichever is seen first, the status says HUP.
    @Test func closedWindow() async throws {
        try await TmuxDriver.probe(["watch"]) { t in
            try await expectReady(t)
            try await t.closeWindow()
            #expect(try await t.exitStatus() == 128 + SIGHUP)
        }
    }

    /// Where HUP is ignored, as under nohup, the end of the input has the same effect.
    @Test func closedTerminalWithoutASignal() async throws {
        let program = try builtProgram("terminal-probe")
        try await TmuxDriver.run(["sh", "-c", "trap '' HUP; exec \"$0\" watch", program]) { t in
            try await expectReady(t)
            try await t.closeWindow()
            #expect(try await t.exitStatus() == 128 + SIGHUP)
        }
    }

    @Test func messagesAreKeptUntilTheScreenIsLeft() async throws {
        try await TmuxDriver.probe(["stderr"]) { t in
            try await expectReady(t)
            #expect(!(try await t.screen()).contains("kept until the end"))
            try await t.press("q")
            #expect(try await t.exitStatus() == 0)
            try await expectCleanShell(t)
            try await t.expect("kept until the end")
        }
    }

    /// A flood of messages is cut and keeps nothing from working.
    @Test func floodOfMessagesIsCut() async throws {
        try await TmuxDriver.probe(["flood"]) { t in
            try await expectReady(t)
            try await t.press("q")
            #expect(try await t.exitStatus() == 0)
            try await t.expect("line 4")
            #expect(!(try await t.screen()).contains("line 199999"))
        }
    }
}
