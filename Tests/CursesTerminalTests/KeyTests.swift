import CursesTerminal
import Glibc
import MeshTUI
import Testing

/// Keys as the bytes that terminals send, for each kind of terminal.
@Suite struct KeyTests {
    private static let common: [(String, Key)] = [
        ("a", .character("a")), ("Z", .character("Z")), (" ", .character(" ")), ("é", .character("é")),
        ("漢", .character("漢")), ("😀", .character("😀")),
        ("\u{01}", .control("a")), ("\u{03}", .control("c")), ("\u{04}", .control("d")), ("\u{0C}", .control("l")),
        ("\u{11}", .control("q")), ("\u{13}", .control("s")), ("\u{1C}", .control("\\")), ("\u{00}", .control(" ")),
        ("\r", .enter), ("\n", .enter), ("\t", .tab), ("\u{08}", .backspace), ("\u{7F}", .backspace),
        ("\u{1B}", .escape),
        ("\u{1B}[A", .up), ("\u{1B}OA", .up), ("\u{1B}[B", .down), ("\u{1B}OB", .down),
        ("\u{1B}[C", .right), ("\u{1B}OC", .right), ("\u{1B}[D", .left), ("\u{1B}OD", .left),
        ("\u{1B}[1~", .home), ("\u{1B}[4~", .end), ("\u{1B}[H", .home), ("\u{1B}[F", .end),
        ("\u{1B}[2~", .insert), ("\u{1B}[3~", .delete), ("\u{1B}[5~", .pageUp), ("\u{1B}[6~", .pageDown),
        ("\u{1B}[15~", .function(5)), ("\u{1B}[17~", .function(6)), ("\u{1B}[18~", .function(7)),
        ("\u{1B}[19~", .function(8)), ("\u{1B}[20~", .function(9)), ("\u{1B}[21~", .function(10)),
    ]

    private static let beyondVT100: [(String, Key)] = [
        ("\u{1B}[Z", .backTab), ("\u{1B}OH", .home), ("\u{1B}OF", .end),
        ("\u{1B}OP", .function(1)), ("\u{1B}OQ", .function(2)), ("\u{1B}OR", .function(3)), ("\u{1B}OS", .function(4)),
        ("\u{1B}[11~", .function(1)), ("\u{1B}[14~", .function(4)),
        ("\u{1B}[23~", .function(11)), ("\u{1B}[24~", .function(12)),
    ]

    private static let console: [(String, Key)] = [
        ("\u{1B}[[A", .function(1)), ("\u{1B}[[B", .function(2)), ("\u{1B}[[C", .function(3)),
        ("\u{1B}[[D", .function(4)), ("\u{1B}[[E", .function(5)), ("\u{1B}[23~", .function(11)),
    ]

    private static let terminals: [(String, [(String, Key)])] = [
        ("xterm-256color", common + beyondVT100 + console), ("xterm", common + beyondVT100),
        ("tmux-256color", common + beyondVT100), ("screen-256color", common + beyondVT100),
        ("linux", common + console), ("vt220", common), ("vt100", common),
    ]

    @Test(arguments: terminals)
    func keysOf(terminal: String, table: [(String, Key)]) async throws {
        let pty = try PseudoTerminal.probe(["watch"], environment: ["TERM": terminal])
        try await pty.expect("the first frame") { pty.shows("ready") }
        for (number, (bytes, key)) in table.enumerated() {
            pty.send(bytes)
            try await pty.expect("\(bytes.debugDescription)") { pty.errorLines.count > number }
            #expect(pty.errorLines[number] == "\(key.event)", "\(bytes.debugDescription) on \(terminal)")
        }
        #expect(pty.errorLines.count == table.count)
    }

    @Test(arguments: [
        ("rgb:ffff/ffff/ffff\u{1B}\\", true), ("rgb:fd/f6/e3\u{07}", true), ("rgba:1e1e/1e1e/2e2e/ffff\u{1B}\\", false),
        ("rgb:0/0/0\u{07}", false), ("rgb:0/f/0\u{07}", true), ("rgb:0000/0000/ffff\u{07}", false),
    ])
    func aTerminalTellsItsBackground(_ answer: String, _ isLight: Bool) async throws {
        let pty = try PseudoTerminal.probe(["background"])
        try await pty.expect("the question") { pty.shows("\u{1B}]11;?\u{1B}\\") && pty.shows("ready") }
        pty.send("\u{1B}]11;\(answer)k")
        try await pty.expect("the answer and the key behind it") { pty.errorLines.count == 2 }
        #expect(
            pty.errorLines == ["\(TerminalEvent.background(isLight: isLight))", "\(Key.character("k").event)"])
    }

    @Test(arguments: ["\u{07}", "rgb:\u{07}", "rgb:1/2\u{07}", "rgb:12345/1/1\u{07}", "blue\u{1B}\\", "rgb:1/2/\u{07}"])
    func whatIsNoColourIsNoEvent(_ answer: String) async throws {
        let pty = try PseudoTerminal.probe(["background"])
        try await pty.expect("the first frame") { pty.shows("ready") }
        pty.send("\u{1B}]11;\(answer)k")
        try await pty.expect("the key behind it") { pty.errorLines.count == 1 }
        #expect(pty.errorLines == ["\(Key.character("k").event)"])
    }

    @Test(arguments: ["linux", "vt100", "vt220", "screen"])
    func whoWouldShowTheQuestionIsNotAsked(_ name: String) async throws {
        let pty = try PseudoTerminal.probe(["background"], environment: ["TERM": name])
        try await pty.expect("the first frame") { pty.shows("ready") }
        #expect(!pty.shows("]11;"))
    }

    @Test func altLetterIsEscapeAndTheLetter() async throws {
        let pty = try PseudoTerminal.probe(["watch"])
        try await pty.expect("the first frame") { pty.shows("ready") }
        pty.send("\u{1B}x")
        try await pty.expect("both keys") { pty.errorLines.count == 2 }
        #expect(pty.errorLines == [Key.escape, .character("x")].map { "\($0.event)" })
    }

    @Test func aCharacterMayArriveInTwoParts() async throws {
        let pty = try PseudoTerminal.probe(["watch"])
        try await pty.expect("the first frame") { pty.shows("ready") }
        let bytes = Array("漢".utf8)
        pty.send([bytes[0], bytes[1]])
        try await pty.expect("the first part to be read") { try pty.unreadInput() == 0 }
        #expect(pty.errorLines.isEmpty)
        pty.send([bytes[2]])
        try await pty.expect("the character") { pty.errorLines == ["\(Key.character("漢").event)"] }
    }

    /// Bytes that are no UTF-8, marks of a paste and unknown sequences do nothing; what follows is read right.
    @Test(arguments: [[0xFF], [0xC3, 0xFF], Array("\u{1B}[200~".utf8), Array("\u{1B}[201~".utf8)] as [[UInt8]])
    func noise(bytes: [UInt8]) async throws {
        let pty = try PseudoTerminal.probe(["watch"])
        try await pty.expect("the first frame") { pty.shows("ready") }
        pty.send(bytes)
        pty.send("k")
        try await pty.expect("the key") { !pty.errorLines.isEmpty }
        #expect(pty.errorLines == ["\(Key.character("k").event)"])
    }
}

/// What a mouse sends, once it was asked to report.
@Suite struct MouseTests {
    private static func report(_ button: Int, _ column: Int, _ row: Int, _ end: String = "M") -> String {
        "\u{1B}[<\(button);\(column);\(row)\(end)"
    }

    @Test func clicksAndTheWheelAreEvents() async throws {
        let pty = try PseudoTerminal.probe(["mouse"])
        try await pty.expect("the request for reports") { pty.shows("\u{1B}[?1000h\u{1B}[?1006h") }
        try await pty.expect("the first frame") { pty.shows("ready") }
        // Releases and other buttons mean nothing; held modifiers do not matter.
        for text in [
            Self.report(0, 1, 1), Self.report(0, 1, 1, "m"), Self.report(2, 5, 5), Self.report(64, 80, 24),
            Self.report(65, 300, 7), Self.report(4, 3, 2), "x",
        ] { pty.send(text) }
        let expected: [TerminalEvent] = [
            .mouse(MouseInput(kind: .press, position: Position(column: 0, row: 0))),
            .mouse(MouseInput(kind: .wheelUp, position: Position(column: 79, row: 23))),
            .mouse(MouseInput(kind: .wheelDown, position: Position(column: 299, row: 6))),
            .mouse(MouseInput(kind: .press, position: Position(column: 2, row: 1))),
            .key(.character("x")),
        ]
        try await pty.expect("the events") { pty.errorLines.count >= expected.count }
        #expect(pty.errorLines == expected.map { "\($0)" })
    }

    @Test(arguments: ["", "12", "12;", "12;5;", ";;;M", "0;0;0M", "999999999999;1;1M"])
    func aReportThatIsNoneIsPassedOver(rest: String) async throws {
        let pty = try PseudoTerminal.probe(["mouse"])
        try await pty.expect("the first frame") { pty.shows("ready") }
        pty.send("\u{1B}[<" + rest)
        pty.send("\u{1B}[C")
        try await pty.expect("an event") { pty.errorLines.contains("\(Key.right.event)") }
        #expect(!pty.errorLines.contains { $0.contains("mouse") })
    }

    @Test func theReportsEndWithTheScreen() async throws {
        let pty = try PseudoTerminal.probe(["mouse"])
        try await pty.expect("the first frame") { pty.shows("ready") }
        pty.clear()
        pty.send("q")
        #expect(try await pty.exitStatus() == 0)
        #expect(pty.shows("\u{1B}[?1006l\u{1B}[?1000l"))
    }

    @Test(arguments: [SIGTERM, SIGSEGV])
    func theReportsEndWithACrashToo(signal: Int32) async throws {
        let pty = try PseudoTerminal.probe(["mouse"], environment: ["SWIFT_BACKTRACE": "enable=no"])
        try await pty.expect("the first frame") { pty.shows("ready") }
        pty.clear()
        pty.send(signal: signal)
        #expect(try await pty.exitStatus() == 128 + signal)
        #expect(pty.shows("\u{1B}[?1006l\u{1B}[?1000l"))
    }

    @Test func aTerminalWithoutAMouseIsNotAsked() async throws {
        let pty = try PseudoTerminal.probe(["mouse"], environment: ["TERM": "vt220"])
        try await pty.expect("the first frame") { pty.shows("ready") }
        #expect(!pty.shows("?1000h"))
    }
}
