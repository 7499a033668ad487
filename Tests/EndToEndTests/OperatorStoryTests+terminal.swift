import Foundation
import Testing

extension OperatorStoryTests {
    // MARK: - Resizing

    /// The window changes its size faster than anybody can draw, with nothing, a dialog and a form open: in the end the
    /// panes are to the character what they were, the dialog stands, and nothing that was typed is lost.
    func resizeStorm(_ lab: TestLab) async throws {
        try await TmuxDriver.run([lab.meshtop], columns: 120, rows: 40, environment: lab.environment) { console in
            try await console.expect("11 proxies in sync")
            try await console.press("4")
            try await console.expect("→ 203.0.113.10:3306")
            try await console.press("p")
            try await console.expect("PAUSED")
            try await storm(console)

            try await console.press("a")
            try await console.expect("Allow ")
            try await console.expect("What it would do")
            try await resizeQuickly(console)
            try await console.expect("the dialog as it was") {
                $0.contains("─ Allow ") && $0.contains("What it would do") && $0.contains("[Cancel]")
            }
            try await console.press("n")
            try await console.expectNo("Allow ")

            try await console.press("A")
            try await console.expect("External HTTPS")
            try await console.press("Enter")
            try await console.expect("New service entry")
            try await console.type("half.typed")
            try await console.expect("half.typed")
            try await resizeQuickly(console)
            try await console.type(".example.com")
            try await console.expect("half.typed.example.com")
            try await console.press("Escape")
            try await console.expect("Leave the form")
            try await console.press("y")
            try await console.expectNo("Leave the form")
            try await console.press("q")
            #expect(try await console.exitStatus() == 0)
        }
    }

    private static let sizes = [(20, 5), (200, 60), (80, 24), (21, 60), (200, 6), (40, 10), (119, 39), (300, 100)]

    private func storm(_ console: TmuxDriver) async throws {
        // Once slowly: columns keep the width that they had at the largest size.
        for (columns, rows) in Self.sizes {
            let before = try await picture(console)
            try await console.resize(columns: columns, rows: rows)
            try await console.expect("a screen of \(columns)x\(rows)") { self.picture($0) != before }
        }
        let before = try await picture(console)
        try await console.resize(columns: 120, rows: 40)
        try await console.expect("a screen of 120x40") { self.picture($0) != before }
        try await console.press("C-l")
        let usual = try await settled(console)
        try await resizeQuickly(console)
        // Widths are held until somebody has all drawn anew.
        try await console.press("C-l")
        try await console.expect("the screen of before:\n\(usual.joined(separator: "\n"))") {
            self.picture($0) == usual
        }
    }

    private func resizeQuickly(_ console: TmuxDriver) async throws {
        for _ in 1...6 {
            for (columns, rows) in Self.sizes { try await console.resize(columns: columns, rows: rows) }
        }
        try await console.resize(columns: 120, rows: 40)
    }

    /// All but the first line, in which a clock runs.
    private func picture(_ screen: Screen) -> [String] {
        // What has just changed is bold for a while: the other looks stand still.
        let looks = screen.lines.map { line in line.styles.map { $0.reverse ? "r" : "." }.joined() }
        return screen.lines.dropFirst().map(\.text) + looks.dropFirst() + ["cursor \(screen.isCursorShown)"]
    }

    private func picture(_ console: TmuxDriver) async throws -> [String] { picture(try await console.screen()) }

    /// The screen once two looks at it are alike.
    private func settled(_ console: TmuxDriver) async throws -> [String] {
        var last: [String] = []
        try await console.expect("a screen that stands still") { screen in
            let now = picture(screen)
            defer { last = now }
            return now == last
        }
        return last
    }

    // MARK: - Ctrl-Z

    /// From an interactive shell: stopped and brought back in the console, and in the editor that it runs.
    func stopAndGoOn(_ lab: TestLab) async throws {
        let editor = lab.stateHome.appending(path: "slow-editor.sh")
        // It asks, as an editor waits for keys, and then edits.
        let text = """
            #!/bin/sh
            echo editing now
            read answer
            sed -i "s/www.wikipedia.org/$answer/" "$1"
            """
        guard FileManager.default.createFile(
            atPath: editor.path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o700])
        else { throw CommandFailure(description: "cannot write \(editor.path)") }
        try await apply("wiki", "www.wikipedia.org", lab)
        let environment = lab.environment.merging(["VISUAL": editor.path, "PS1": "shell> "]) { $1 }
        try await TmuxDriver.run(
            ["bash", "--norc", "--noprofile", "-i"], columns: 80, rows: 24, environment: environment
        ) { shell in
            try await shell.expect("shell>")
            try await shell.type("\(lab.meshtop)\n")
            try await shell.press("2")
            try await shell.expect("the entry") { $0.isAlternate && $0.line(containing: "● on", "wiki") != nil }
            try await shell.press("C-z")
            try await shell.expect("the shell") { $0.contains("Stopped") && !$0.isAlternate && $0.isCursorShown }
            try await shell.type("echo $((6 * 7)); fg\n")
            try await shell.expect("the console again") {
                $0.isAlternate && !$0.isCursorShown && $0.line(containing: "● on", "wiki") != nil && !$0.contains("fg")
                    && $0.contains("q quit")
            }

            try await shell.press("E")
            try await shell.expect("editing now")
            try await shell.press("C-z")
            try await shell.expect("the shell") { $0.lines.count { $0.text.contains("Stopped") } == 2 }
            try await shell.type("fg\n")
            try await shell.expect("the editor in the foreground") { $0.lines.count { $0.text.contains("/meshtop") } >= 2 }
            try await shell.type("de.wikipedia.org\n")
            try await shell.expect("Change wiki")
            let dialog = try await shell.expect("+     - de.wikipedia.org")
            #expect(dialog.isAlternate && dialog.contains("q") && !dialog.contains("editing now"))
            try await shell.press("y")
            try await shell.expect("the change in its row") { $0.line(containing: "wiki", "de.wikipedia.org") != nil }
            try await shell.press("q")
            try await shell.expect("the shell") { !$0.isAlternate && $0.isCursorShown }
            try await shell.type("exit $?\n")
            #expect(try await shell.exitStatus() == 0)
        }
        let hosts = try await lab.kubectl("get", "serviceentry", "wiki", "-o", "jsonpath={.spec.hosts}")
        #expect(hosts == #"["de.wikipedia.org"]"#)
    }
}
