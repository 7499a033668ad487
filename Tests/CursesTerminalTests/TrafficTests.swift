import Testing

/// What the terminal is sent.
@Suite struct TrafficTests {
    /// Lets the probe draw a hundred frames; returns the bytes that it sent for them and the microseconds of one.
    private func measure(_ key: String, on pty: PseudoTerminal) async throws -> (bytes: Int, microseconds: Int) {
        pty.clear()
        pty.send(key)
        try await pty.expect("the mark after the frames") { pty.screenBytes.contains(3) }
        let start = try #require(pty.screenBytes.firstIndex(of: 2))
        let end = try #require(pty.screenBytes.firstIndex(of: 3))
        let number = String(decoding: pty.screenBytes[(start + 1)..<end], as: UTF8.self)
        return (start, try #require(Int(number)))
    }

    @Test func unchangedFrameSendsNothing() async throws {
        let pty = try PseudoTerminal.probe(["meter"])
        try await pty.expect("the first frame") { pty.shows("service-39") }
        // The first round may still hold the end of the first frame.
        _ = try await measure("u", on: pty)
        let unchanged = try await measure("u", on: pty)
        #expect(unchanged.bytes == 0)
        let busy = try await measure("b", on: pty)
        #expect(busy.bytes > 100 * 60)
        #expect(busy.bytes < 100 * 2000)
        print(
            "120x40: unchanged frame 0 bytes, \(unchanged.microseconds) µs;",
            "busy frame \(busy.bytes / 100) bytes, \(busy.microseconds) µs")
    }

    /// Neither mouse reports, nor focus reports, nor bracketed paste, nor palette changes are ever asked for, and no bell.
    @Test(arguments: ["xterm-256color", "linux"])
    func asksForNothingThatOutlivesIt(terminal: String) async throws {
        let pty = try PseudoTerminal.probe(["styles"], environment: ["TERM": terminal])
        try await pty.expect("the first frame") { pty.shows("underline") }
        pty.send("q")
        #expect(try await pty.exitStatus() == 0)
        for sequence in [
            "\u{1B}[?1000h", "\u{1B}[?1002h", "\u{1B}[?1004h", "\u{1B}[?1006h", "\u{1B}[?2004h", "\u{1B}]4;",
            "\u{1B}]P", "\u{7}",
        ] {
            #expect(!pty.shows(sequence), "\(sequence.debugDescription)")
        }
    }

    @Test func noColorSendsNoColor() async throws {
        let pty = try PseudoTerminal.probe(["styles"], environment: ["NO_COLOR": "1"])
        try await pty.expect("the first frame") { pty.shows("underline") }
        pty.send("q")
        #expect(try await pty.exitStatus() == 0)
        let sent = String(decoding: pty.screenBytes, as: UTF8.self)
        let codes = sent.matches(of: /\u{1B}\[([0-9;]*)m/).flatMap { $0.1.split(separator: ";").compactMap { Int($0) } }
        #expect(codes.allSatisfy { !(30...49).contains($0) && !(90...107).contains($0) }, "\(codes)")
        #expect(codes.contains(1), "attributes are no colours")
    }

    @Test func copyReachesTheTerminal() async throws {
        let pty = try PseudoTerminal.probe(["copy"])
        try await pty.expect("the first frame") { pty.shows("ready") }
        pty.send("y")
        try await pty.expect("the sequence") { pty.shows("\u{1B}]52;c;Y29waWVkIHRleHQ=\u{07}") }
    }
}

/// Colours of 24 bits, where the terminal says that it has them.
@Suite struct DirectColorTests {
    private func colors(_ environment: [String: String], _ arguments: [String] = []) async throws -> String {
        let pty = try PseudoTerminal.probe(["styles"] + arguments, environment: environment)
        try await pty.expect("the last line of the frame") { pty.shows("underline") && pty.shows("badge") }
        pty.send("q")
        #expect(try await pty.exitStatus() == 0)
        return String(decoding: pty.screenBytes, as: UTF8.self)
    }

    @Test(arguments: [
        (["COLORTERM": "truecolor"], [String]()), (["TERM": "tmux-256color", "COLORTERM": "24bit"], []),
        ([:], ["--color", "truecolor"]),
    ])
    func itSaysSo(environment: [String: String], arguments: [String]) async throws {
        let sent = try await colors(environment, arguments)
        #expect(sent.contains("38;2;255;175;0"))
        #expect(!sent.contains("38;5;"))
    }

    @Test(arguments: [
        ([:], [String]()), (["TERM": "screen-256color", "COLORTERM": "truecolor"], []),
        (["COLORTERM": "truecolor"], ["--color", "256"]), (["TERM": "linux", "COLORTERM": "truecolor"], []),
        (["COLORTERM": "truecolor", "NO_COLOR": "1"], []),
    ])
    func itDoesNot(environment: [String: String], arguments: [String]) async throws {
        #expect(try await !colors(environment, arguments).contains("38;2;"))
    }
}

/// Every kind of terminal that one meets shows a frame and gives the shell back.
@Suite struct TerminalKindTests {
    @Test(arguments: ["xterm-256color", "tmux-256color", "screen", "screen-256color", "linux", "vt220", "vt100", "xterm"])
    func aFrameAndBack(name: String) async throws {
        let pty = try PseudoTerminal.probe(["styles"], environment: ["TERM": name])
        try await pty.expect("the frame") { pty.shows("selection") && pty.shows("underline") }
        pty.send("q")
        #expect(try await pty.exitStatus() == 0)
    }
}
