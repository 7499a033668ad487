import Foundation
import MeshTUI
import Testing

/// Every theme that is shipped, in a terminal of 256 colours.
@Suite struct ThemeStoryTests {
    @Test(.timeLimit(.minutes(2))) func eachThemeIsTakenAndSeen() async throws {
        let folder = projectFolder.appending(path: "themes")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
        let names = files.map { String($0.dropLast(5)) }.sorted()
        #expect(names.count >= 10)
        let lab = try TestLab()
        // Nothing answers there, so that nothing but the theme changes.
        let command = [lab.meshtop, "--server", "https://127.0.0.1:9"]
        try await TmuxDriver.run(command, columns: 100, rows: 30, environment: lab.environment) { console in
            try await console.expect("UNREACHABLE")
            var seen: Set<[Screen.Style]> = []
            for name in names {
                let text = try String(contentsOf: folder.appending(path: "\(name).yaml"), encoding: .utf8)
                let (theme, warnings) = try Theme.parse(text, name: name) { other in
                    try? String(contentsOf: folder.appending(path: "\(other).yaml"), encoding: .utf8)
                }
                #expect(warnings.isEmpty)
                let palette = theme.palette(level: .indexed256)
                try await console.type(":theme \(name)")
                try await console.press("Enter")
                let screen = try await console.expect("the colours of \(name)") { screen in
                    Self.places.allSatisfy { role, _ in
                        Self.style(of: role, on: screen).map { Self.isDrawn($0, as: palette[role]) } ?? false
                    }
                }
                #expect(!screen.contains("is not valid") && !screen.contains("no theme"))
                seen.insert(Self.places.compactMap { Self.style(of: $0.role, on: screen) })
            }
            // No two look the same, so that none can be shown in the place of another.
            #expect(seen.count == names.count)
            try await console.press("q")
            #expect(try await console.exitStatus() == 0)
        }
        try lab.remove()
    }

    /// Where a role is to be seen: by a text that is drawn in it.
    private static let places: [(role: Role, text: String)] = [
        (.title, "meshtop"), (.error, "UNREACHABLE"), (.key, "? help"), (.border, "3 Connections"),
        (.borderFocus, "1 Services"),
    ]

    /// How a role is drawn; for a border by the corner before its pane's title.
    private static func style(of role: Role, on screen: Screen) -> Screen.Style? {
        guard let text = places.first(where: { $0.role == role })?.text, let line = screen.line(containing: text)
        else { return nil }
        return line.style(of: role == .border || role == .borderFocus ? "┌\(text)" : text)
    }

    private static func isDrawn(_ drawn: Screen.Style, as style: Style) -> Bool {
        drawn.foreground == number(style.foreground) && drawn.background == number(style.background)
    }

    private static func number(_ color: Color) -> Int? {
        if case .indexed(let number) = color { Int(number) } else { nil }
    }
}
