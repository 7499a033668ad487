import Foundation
import Testing

@testable import MeshTUI

@Suite struct ThemeTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../themes/default-dark.yaml").standardizedFileURL

    @Test func theFileIsTheCompiledInTheme() throws {
        let text = try String(contentsOf: Self.file, encoding: .utf8)
        let (theme, warnings) = try Theme.parse(text, name: "default-dark") { _ in nil }
        #expect(warnings == [])
        #expect(theme == .defaultDark)
        #expect(theme.roles.count == Role.allCases.count)
    }

    @Test(arguments: ColorLevel.allCases)
    func statesStayDistinct(_ level: ColorLevel) {
        let palette = Theme.defaultDark.palette(level: level)
        let states: [Role] = [.text, .ok, .warn, .error, .blocked]
        let looks = Set(states.map { palette[$0] })
        // In mono the glyph and the word tell `ok` from text, and `blocked` from an error.
        #expect(looks.count == (level == .mono ? 3 : states.count))
        #expect(palette[.selection].emphasis.contains(.reverse))
        #expect(palette[.badge].emphasis.contains(.reverse))
        #expect(palette[.borderFocus] != palette[.border])
        for role in Role.allCases where level == .mono {
            #expect(palette[role].foreground == .terminal && palette[role].background == .terminal)
        }
    }

    @Test func contrastOnBlackIsEnough() {
        for (role, style) in Theme.defaultDark.roles where role != .border {
            guard case .rgb(let red, let green, let blue) = style.foreground else { continue }
            func linear(_ value: UInt8) -> Double {
                let part = Double(value) / 255
                return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
            }
            let luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
            #expect((luminance + 0.05) / 0.05 >= 4.5, "\(role)")
        }
    }

    @Test(arguments: [
        (Color.rgb(255, 0, 0), ColorLevel.indexed256, Color.indexed(196)), (.rgb(8, 8, 8), .indexed256, .indexed(232)),
        (.rgb(255, 0, 0), .ansi16, .indexed(9)), (.indexed(196), .ansi16, .indexed(9)),
        (.indexed(3), .ansi16, .indexed(3)),
        (.terminal, .ansi16, .terminal), (.rgb(1, 2, 3), .mono, .terminal), (.rgb(1, 2, 3), .trueColor, .rgb(1, 2, 3)),
        (.indexed(200), .indexed256, .indexed(200)),
    ])
    func reduced(_ color: Color, _ level: ColorLevel, _ expected: Color) {
        #expect(color.reduced(to: level) == expected)
    }

    @Test func inheritance() throws {
        let files = [
            "parent": "palette: { x: 200 }\nroles: { ok: { fg: x }, warn: { fg: x } }\n16: { ok: { fg: red } }"
        ]
        let (theme, warnings) = try Theme.parse(
            "inherits: parent\nroles: { ok: { fg: '#102030', attributes: [bold] } }", name: "child"
        ) { files[$0] }
        #expect(warnings == [])
        #expect(theme.name == "child")
        #expect(theme.roles[.ok] == Style(foreground: .rgb(0x10, 0x20, 0x30), emphasis: .bold))
        #expect(theme.roles[.warn] == Style(foreground: .indexed(200)))
        // What the parent had for sixteen colours would not fit the child's new look.
        #expect(theme.overrides[.ansi16]?[.ok] == nil)
    }

    @Test func whatMeansNothingIsToldWithItsLine() throws {
        let text = """
            roles:
              ok: { fg: greenish }
              nothing: { fg: red }
              warn: { blink: yes, attributes: [bald] }
            colours: 3
            """
        let (_, warnings) = try Theme.parse(text, name: "x") { _ in nil }
        #expect(
            warnings.map(\.description) == [
                "line 2: greenish is not a colour", "line 3: unknown role nothing", "line 4: unknown key blink",
                "line 4: unknown attribute bald", "line 5: unknown key colours",
            ])
    }

    @Test(arguments: [
        ("inherits: x", "themes inherit in a circle: x from x"),
        ("inherits: y", "theme x inherits from y, which does not exist"),
        ("- a", "theme x holds no roles"), ("", "theme x holds no roles"),
    ])
    func broken(_ text: String, _ message: String) {
        #expect(throws: ThemeError(description: message)) {
            try Theme.parse(text, name: "x") { $0 == "x" ? text : nil }
        }
    }

    @Test func notYAML() {
        #expect(throws: ThemeError.self) { try Theme.parse("roles: {", name: "x") { _ in nil } }
    }
}
