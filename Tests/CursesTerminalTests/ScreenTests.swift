import Foundation
import Testing

/// Frames and events on a real terminal.
@Suite(.serialized) struct ScreenTests {
    @Test func wideCharactersKeepTheirRowsInLine() async throws {
        try await TmuxDriver.probe(["wide"], columns: 40, rows: 8) { t in
            let screen = try await t.expect("the picture") { $0.contains("wide") && $0.lines.last?.text.last == "#" }
            #expect(screen.lines[1].text == "漢字한|")
            #expect(screen.lines[2].text == "e\u{301}|")
            #expect(screen.lines[3].text == "???|")
            // Cut where the frame and the library differ in the width, and in the last column.
            #expect(screen.lines[4].text == "? |?|" + String(repeating: " ", count: 34) + "?")
            #expect(screen.lines[5].text == "┌─┐●…")
            #expect(screen.lines[7].text == "_" + String(repeating: " ", count: 38) + "#")
            #expect(screen.cursor == (5, 2))
            #expect(screen.isCursorShown)
        }
    }

    @Test func rolesAndEmphases() async throws {
        try await TmuxDriver.probe(["styles"]) { t in
            let screen = try await t.expect("badge")
            func style(_ text: String) -> Screen.Style? { screen.line(containing: text)?.style(of: text) }
            #expect(style("text") == Screen.Style())
            #expect(style("title") == Screen.Style(bold: true))
            #expect(style("ok") == Screen.Style(foreground: 2))
            #expect(style("warn") == Screen.Style(foreground: 214))
            #expect(style("error") == Screen.Style(bold: true, foreground: 9))
            #expect(style("selection") == Screen.Style(foreground: 15, background: 24))
            #expect(style("dim") == Screen.Style(dim: true))
            #expect(style("key") == Screen.Style(underline: true))
            #expect(style("badge") == Screen.Style(reverse: true))
            #expect(style("bold") == Screen.Style(bold: true))
            #expect(style("reverse") == Screen.Style(reverse: true))
            #expect(style("underline") == Screen.Style(underline: true))
        }
    }

    @Test(arguments: [
        (["styles", "--color", "16"], "tmux-256color", nil), (["styles"], "xterm", nil),
        (["styles", "--color", "16"], "tmux-256color", "1"),
    ])
    func sixteenColors(arguments: [String], terminal: String, noColor: String?) async throws {
        try await TmuxDriver.probe(arguments, environment: ["TERM": terminal, "NO_COLOR": noColor]) { t in
            let screen = try await t.expect("badge")
            let colors = ["warn", "error", "selection"].compactMap { screen.line(containing: $0)?.style(of: $0) }
            #expect(colors.count == 3)
            for color in colors.flatMap({ [$0.foreground, $0.background] }).compactMap({ $0 }) { #expect(color < 16) }
            #expect(screen.line(containing: "ok")?.style(of: "ok")?.foreground == 2)
        }
    }

    @Test(arguments: [
        (["styles"], "tmux-256color", "1"), (["styles", "--color", "never"], "tmux-256color", ""),
        (["styles"], "vt100", ""),
    ])
    func monochromeKeepsAttributes(arguments: [String], terminal: String, noColor: String) async throws {
        try await TmuxDriver.probe(arguments, environment: ["TERM": terminal, "NO_COLOR": noColor]) { t in
            let screen = try await t.expect("badge")
            #expect(screen.line(containing: "error")?.style(of: "error") == Screen.Style(bold: true))
            #expect(screen.line(containing: "badge")?.style(of: "badge") == Screen.Style(reverse: true))
            #expect(screen.line(containing: "selection")?.style(of: "selection") == Screen.Style())
        }
    }

    @Test(
        arguments: [
            ([], ["LANG": "C.UTF-8"], "unicode true"), ([], ["LANG": "C"], "unicode false"),
            (["--ascii"], ["LANG": "C.UTF-8"], "unicode false"),
            // Named by the user's own machine, not installed on this one.
            ([], ["LANG": "xx_XX.UTF-8"], "unicode true"), ([], ["LANG": "C.UTF-8", "LC_ALL": "C"], "unicode false"),
        ] as [([String], [String: String?], String)])
    func characterSet(arguments: [String], environment: [String: String?], shown: String) async throws {
        try await TmuxDriver.probe(arguments, environment: environment) { t in
            try await t.expect(shown)
            try await t.press("q")
            #expect(try await t.exitStatus() == 0)
        }
    }

    @Test(arguments: [("dumb", "'dumb'"), (nil, "TERM is not set"), ("no-such-terminal", "'no-such-terminal'")])
    func terminalThatCannot(name: String?, message: String) async throws {
        try await TmuxDriver.probe([], environment: ["TERM": name]) { t in
            #expect(try await t.exitStatus() == 2)
            let screen = try await t.expect(message)
            #expect(screen.text.replacing("\n", with: "").contains("--once"))
            #expect(try t.modesAfterwards().isSuperset(of: ["icanon", "isig", "echo"]))
        }
    }

    @Test func withoutATerminal() async throws {
        let result = try await run(builtProgram("terminal-probe"), environment: ["TERM": "xterm"])
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("--once"))
    }

    @Test func resize() async throws {
        try await TmuxDriver.probe([]) { t in
            try await t.expect("size 100x30")
            for (columns, rows) in [(20, 5), (1, 1), (300, 80), (100, 30)] {
                try await t.resize(columns: columns, rows: rows)
                guard columns > 1 else { continue }
                try await t.expect("size \(columns)x\(rows)")
            }
            try await t.press("q")
            #expect(try await t.exitStatus() == 0)
        }
    }

    @Test func suspendAndBack() async throws {
        let program = try builtProgram("terminal-probe")
        try await TmuxDriver.run(["sh", "-i"], columns: 100, rows: 30, environment: ["PS1": "> ", "ENV": nil]) { t in
            try await t.expect(">")
            let file = t.folder.appending(path: "probe")
            try await t.type("sh -c 'echo $$ >\(file.path); exec \(program)'\n")
            try await t.expect("the program") { $0.isAlternate && $0.contains("ready") }
            try await t.press("C-z")
            try await t.expect("the shell") { $0.contains("Stopped") && !$0.isAlternate && $0.isCursorShown }
            try await t.resize(columns: 90, rows: 20)
            try await t.type("echo $((6 * 7)); fg\n")
            try await t.expect("the program at its new size") {
                $0.isAlternate && !$0.isCursorShown && $0.contains("size 90x20") && $0.contains("resize")
            }
            // A stop signal from elsewhere has the same effect.
            let process = try pid_t(
                String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines))
            #expect(kill(try #require(process), SIGTSTP) == 0)
            try await t.expect("the shell again") { $0.contains("42") && !$0.isAlternate && $0.isCursorShown }
            try await t.type("fg\n")
            try await t.expect("the program again") { $0.isAlternate && $0.contains("size 90x20") }
            try await t.press("q")
            try await t.expect("the shell") { !$0.isAlternate && $0.isCursorShown }
            try await t.type("exit $?\n")
            #expect(try await t.exitStatus() == 0)
        }
    }

    /// A stop that cannot be seen coming: when the program runs on, it sets the terminal again.
    @Test func stopAndContinue() async throws {
        try await TmuxDriver.probe([]) { t in
            try await t.expect("ready")
            try t.send(signal: SIGSTOP)
            try t.send(signal: SIGCONT)
            try await t.expect("the screen drawn again") { $0.contains("resize") && $0.isAlternate }
            try await t.press("q")
            #expect(try await t.exitStatus() == 0)
        }
    }

    @Test(arguments: [("wake", "woken"), ("deadline", "nothing")])
    func waitEnds(mode: String, shown: String) async throws {
        try await TmuxDriver.probe([mode]) { t in
            try await t.expect(shown)
            try await t.press("k")
            try await t.expect("key(")
        }
    }

    @Test func keysThroughTmux() async throws {
        try await TmuxDriver.probe([]) { t in
            try await t.expect("ready")
            try await t.press("BTab", "F5", "C-s", "PageUp")
            try await t.expect("the keys") {
                $0.contains("backTab") && $0.contains("function(5)") && $0.contains("control(\"s\")")
                    && $0.contains("pageUp")
            }
        }
    }
}
