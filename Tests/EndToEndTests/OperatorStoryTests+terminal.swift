import Foundation
import Testing

extension OperatorStoryTests {
    // MARK: - Resizing

    /// The window changes its size faster than anybody can draw, with nothing, a dialog and a form open: in the end the
    /// panes stand as before, and so does the dialog, and nothing that was typed is lost.
    func resizeStorm(_ lab: TestLab) async throws {
        try await TmuxDriver.run([lab.meshtop], columns: 120, rows: 40, environment: lab.environment) { console in
            try await console.expect("11 proxies in sync")
            try await console.press("4")
            try await console.expect("→ 203.0.113.10:3306")
            try await console.press("p")
            try await console.expect("PAUSED")
            try await resizeQuickly(console)
            try await console.expect("the panes as they were") { screen in
                screen.lines.count == 40 && screen.lines[1].text.hasPrefix("┌1 Services ")
                    && screen.lines[38].text.hasSuffix("┘") && screen.lines[39].text.contains("q quit")
                    && screen.contains("→ 203.0.113.10:3306") && screen.contains("PAUSED")
            }

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

    private func resizeQuickly(_ console: TmuxDriver) async throws {
        for _ in 1...6 {
            for (columns, rows) in Self.sizes { try await console.resize(columns: columns, rows: rows) }
        }
        try await console.resize(columns: 120, rows: 40)
    }
}
