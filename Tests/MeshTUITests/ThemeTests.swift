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

    /// The files of the checkout by their names.
    static let files: [String] = {
        let folder = file.deletingLastPathComponent()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    static func theme(_ name: String) throws -> (theme: Theme, warnings: [ThemeWarning]) {
        func text(_ name: String) -> String? {
            try? String(contentsOf: file.deletingLastPathComponent().appending(path: "\(name).yaml"), encoding: .utf8)
        }
        return try Theme.parse(try #require(text(name)), name: name, loading: text)
    }

    @Test func thereAreThoseThatEverybodyNeeds() {
        #expect(Self.files.count >= 10)
        let needed: Set = ["default-dark", "default-light", "high-contrast", "colour-blind-safe", "mono"]
        #expect(needed.isSubset(of: Set(Self.files)))
    }

    @Test(arguments: files)
    func everyFileParses(_ name: String) throws {
        let (theme, warnings) = try Self.theme(name)
        #expect(warnings == [])
        #expect(Set(theme.roles.keys) == Set(Role.allCases))
    }

    @Test(arguments: files, ColorLevel.allCases)
    func statesStayDistinct(_ name: String, _ level: ColorLevel) throws {
        let palette = try Self.theme(name).theme.palette(level: level)
        if level == .mono || name == "mono" {
            // The glyph and the word tell `ok` from text, and `blocked` from an error.
            #expect(Set([Role.text, .warn, .error].map { palette[$0] }).count == 3)
            for role in Role.allCases {
                #expect(palette[role].foreground == .terminal && palette[role].background == .terminal)
            }
        } else {
            // Not by their attributes alone: a bold colour is still the same to many eyes.
            let states: [Role] = [.text, .ok, .warn, .error, .blocked]
            #expect(Set(states.map { palette[$0].foreground }).count == states.count)
            #expect(palette[.pending].foreground != palette[.warn].foreground)
            #expect(palette[.added].foreground != palette[.removed].foreground)
        }
        #expect(palette[.selection].emphasis.contains(.reverse))
        #expect(palette[.badge].emphasis.contains(.reverse))
        #expect(palette[.borderFocus] != palette[.border])
    }

    @Test(arguments: files)
    func contrastIsEnough(_ name: String) throws {
        let theme = try Self.theme(name).theme
        // The terminal's own background is taken for black, or for white by the light theme.
        let own = name == "default-light" ? Color.rgb(255, 255, 255) : .rgb(0, 0, 0)
        for (role, style) in theme.roles where role != .border {
            let background = style.background == .terminal ? own : style.background
            guard let contrast = Self.contrast(style.foreground, background) else { continue }
            #expect(contrast >= 4.5, "\(role): \(contrast)")
        }
    }

    /// The ratio of WCAG; nil where one of them is the terminal's to choose.
    private static func contrast(_ first: Color, _ second: Color) -> Double? {
        guard let first = luminance(first), let second = luminance(second) else { return nil }
        return (max(first, second) + 0.05) / (min(first, second) + 0.05)
    }

    private static func luminance(_ color: Color) -> Double? {
        guard case .rgb(let red, let green, let blue) = color else { return nil }
        func linear(_ value: UInt8) -> Double {
            let part = Double(value) / 255
            return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
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
