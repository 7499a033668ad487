import Foundation
import Testing

/// The console as its operator sets it up: file, variables, themes, keys, command line, mouse. No mesh is needed for that.
@Suite(.serialized) struct LookStoryTests {
    /// Runs the console on an address where nothing answers, with a configuration file and theme files.
    private func console(
        _ configuration: String, themes: [String: String] = [:], arguments: [String] = [],
        environment: [String: String?] = [:], columns: Int = 100, rows: Int = 30,
        _ body: (TmuxDriver, URL) async throws -> Void
    ) async throws {
        let lab = try TestLab()
        let folder = lab.stateHome.appending(path: "config/meshtop")
        try FileManager.default.createDirectory(at: folder.appending(path: "themes"), withIntermediateDirectories: true)
        let file = folder.appending(path: "config.yaml")
        try configuration.write(to: file, atomically: true, encoding: .utf8)
        for (name, text) in themes {
            try text.write(to: folder.appending(path: "themes/\(name).yaml"), atomically: true, encoding: .utf8)
        }
        let command = [lab.meshtop, "--server", "https://127.0.0.1:9"] + arguments
        try await TmuxDriver.run(
            command, columns: columns, rows: rows, environment: lab.environment.merging(environment) { $1 }
        ) { try await body($0, file) }
        try lab.remove()
    }

    @Test(.timeLimit(.minutes(2))) func optionsAreSetLiveAndWrittenWhenAsked() async throws {
        let text = "# mine\ntheme: sea # blue\nkeys: { zoom: x }\n"
        let themes = ["sea": "roles: { title: { fg: 33 }, border: { fg: 19 } }", "sun": "roles: { title: { fg: 220 } }"]
        try await console(text, themes: themes) { t, file in
            let title = "2 Service entries"
            try await t.expect("the theme of the file") {
                $0.line(containing: title)?.style(of: title)?.foreground == 33
            }
            // The picker shows what it marks, and Esc takes it back.
            try await t.press("T")
            try await t.expect("solarized-dark")
            try await t.press("j")
            try await t.expect("the marked theme") { $0.line(containing: title)?.style(of: title)?.foreground != 33 }
            try await t.press("Escape")
            try await t.expect("the theme of before") {
                $0.line(containing: title)?.style(of: title)?.foreground == 33 && !$0.contains("─ Theme ")
            }
            try await t.type(":theme su")
            try await t.press("Tab", "Enter")
            try await t.expect("the other theme") { $0.line(containing: title)?.style(of: title)?.foreground == 220 }
            try await t.type(":interval 2s")
            try await t.press("Enter")
            try await t.expect("every 2s")
            try await t.type(":ascii on")
            try await t.press("Enter")
            try await t.expect("ASCII alone") { $0.text.allSatisfy { $0.isASCII } }
            try await t.press("o", "w")
            try await t.expect("written to")
            let expected = "# mine\ntheme: sun # blue\nkeys: { zoom: x }\nascii: true\ninterval: 2\n"
            #expect(try String(contentsOf: file, encoding: .utf8) == expected)
            try await t.press("Escape", "x")
            try await t.expectNo(title)
            try await t.type(":")
            try await t.press("Up")
            try await t.expect(":ascii on")
            try await t.press("Escape")
            try await t.type(":q")
            try await t.press("Enter")
            #expect(try await t.exitStatus() == 0)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aConfigurationThatIsNotUnderstoodIsToldWithItsLine() async throws {
        try await console("theme: nord\nkeys:\n  toggle: q\n") { t, _ in
            #expect(try await t.exitStatus() == 2)
            let screen = try await t.expect("config.yaml:3")
            let text = screen.text.replacing("\n", with: "")
            #expect(text.contains("both toggle") && text.contains("and quit"))
        }
    }

    @Test(.timeLimit(.minutes(1))) func aBrokenThemeIsNoReasonNotToStart() async throws {
        try await console("theme: broken", themes: ["broken": "roles: {"]) { t, _ in
            try await t.expect("theme broken is not valid YAML")
            try await t.press("q")
            #expect(try await t.exitStatus() == 0)
        }
    }

    @Test(.timeLimit(.minutes(1))) func theMouseFocusesAndPressesKeys() async throws {
        try await console("mouse: true") { t, _ in
            let screen = try await t.expect("3 Connections")
            let row = try #require(screen.lines.firstIndex { $0.text.contains("3 Connections") })
            let line = screen.lines[row].text
            let column = line.distance(
                from: line.startIndex, to: try #require(line.firstRange(of: "3 Connections")).lowerBound)
            try await t.type("\u{1B}[<0;\(column + 5);\(row + 3)M")
            // Only connections and blocked calls can be allowed.
            let focused = try await t.expect("a allow")
            let footer = try #require(focused.lines.last).text
            let help = footer.distance(
                from: footer.startIndex, to: try #require(footer.firstRange(of: "? help")).lowerBound)
            try await t.type("\u{1B}[<0;\(help + 1);30M")
            try await t.expect("Keys in Connections")
            try await t.press("Escape", "q")
            #expect(try await t.exitStatus() == 0)
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: [(20, 5), (300, 100)])
    func everySizeIsGoodEnough(columns: Int, rows: Int) async throws {
        try await console("", columns: columns, rows: rows) { t, _ in
            try await t.expect("a pane") { $0.contains("1 Services") }
            try await t.press("2")
            try await t.expect("2 Service ent")
            try await t.press("q")
            #expect(try await t.exitStatus() == 0)
        }
    }

    @Test(
        .timeLimit(.minutes(2)), arguments: ["xterm-256color", "tmux-256color", "screen", "linux", "vt220", "vt100"])
    func everyKindOfTerminalIsDrawnOn(name: String) async throws {
        try await console("", environment: ["TERM": name], columns: 80, rows: 24) { t, _ in
            try await t.expect("all panes") { screen in
                (1...4).allSatisfy { number in screen.lines.contains { $0.text.contains("\(number) ") } }
                    && screen.contains("UNREACHABLE") && screen.contains("? help")
            }
            try await t.press("4", "?")
            try await t.expect("Keys in Blocked egress")
            try await t.press("Escape", "q")
            #expect(try await t.exitStatus() == 0)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["dumb", "no-such-terminal"])
    func aTerminalThatCannotNamesTheWayOut(name: String) async throws {
        try await console("", environment: ["TERM": name]) { t, _ in
            #expect(try await t.exitStatus() != 0)
            try await t.expect("the way out") { $0.text.replacing("\n", with: "").contains("--once") }
        }
    }

    @Test func infoTellsEveryPath() async throws {
        let lab = try TestLab()
        let printed = try await lab.meshtop("info")
        #expect(printed.contains("\(lab.stateHome.path)/config/meshtop/config.yaml"))
        #expect(printed.contains("\(lab.stateHome.path)/meshtop/journal.sqlite"))
        #expect(printed.contains("themes") && printed.contains("missing") && printed.contains("there"))
        try lab.remove()
    }

    @Test func aLockedContextIsNotChangedByCommandsEither() async throws {
        let lab = try TestLab()
        let result = try await EndToEndTests.run(
            lab.meshtop, ["register", "-n", "vm", "x", "10.0.0.1", "80", "--server", "https://127.0.0.1:9"],
            environment: lab.environment.merging(["MESHTOP_READ_ONLY": "yes"]) { $1 })
        #expect(result.status == 1)
        #expect(result.errors.contains("are locked"))
        try lab.remove()
    }
}
