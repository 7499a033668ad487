import Foundation
import MeshState
import Testing

@testable import CursesTerminal
@testable import MeshTUI

/// Whole screens, cell by cell, at every size, colour level and character set.
@Suite struct FrameTests {
    @Test(arguments: FrameScene.all) func isAsItWas(_ scene: FrameScene) throws {
        var texts: [String] = []
        for size in FrameScene.sizes {
            let model = try scene.model(size)
            let frame = render(model, size: size, capabilities: Capabilities(colors: .trueColor, unicode: true))
            texts.append(Golden.keptText(frame))
            let plain = render(model, size: size, capabilities: Capabilities(colors: .mono, unicode: false))
            expect(plain, toBeASCIIOf: frame)
        }
        let text = texts.joined(separator: "\n")
        // No frame has a look that is not in the legend, so that the legend tells what all of them are at every level.
        #expect(!text.contains(Golden.unknown))
        try Golden.compare(text, with: scene.name)
    }

    @Test func noneIsLeftOver() throws {
        if Golden.isRecording { return }
        let kept = try FileManager.default.contentsOfDirectory(atPath: Golden.folder.path).sorted()
        let wanted = FrameScene.all.map(\.name) + ["looks", "ascii"]
        #expect(kept == wanted.map { "\($0).txt" }.sorted())
        #expect(Set(wanted).count == wanted.count)
    }

    // MARK: ASCII

    @Test func asciiStandsForEveryGlyph() throws {
        let lines = Glyph.allCases.map { "\($0.rawValue) \($0.ascii)\n" }
        try Golden.compare(lines.joined(), with: "ascii")
    }

    private static let ascii: [String: String] = {
        let file = Golden.folder.appending(path: "ascii.txt")
        let lines = ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n")
        return Dictionary(uniqueKeysWithValues: lines.map { (String($0.prefix(1)), String($0.suffix(1))) })
    }()

    /// One character for another is all that may be different.
    private func expect(_ plain: Frame, toBeASCIIOf frame: Frame) {
        if Golden.isRecording { return }
        #expect(plain.size == frame.size && plain.cursor == frame.cursor)
        let others = zip(plain.cells, frame.cells).filter { plain, cell in
            plain.role != cell.role || plain.emphasis != cell.emphasis || plain.text.utf8.count != 1
                || plain.text != Self.ascii[cell.text] ?? cell.text
        }
        #expect(others.isEmpty, "\(Golden.text(plain))")
    }

    // MARK: Colour levels

    /// What is sent for a look: attributes, then the numbers or values of the colours.
    private struct Sent {
        let title: String
        let level: ColorLevel
        let colors: Int

        static let all = [
            Sent(title: "mono", level: .mono, colors: 0), Sent(title: "8", level: .ansi16, colors: 8),
            Sent(title: "16", level: .ansi16, colors: 16), Sent(title: "256", level: .indexed256, colors: 256),
            Sent(title: "true", level: .trueColor, colors: 1 << 24),
        ]

        /// The words for one look after the other, by way of what the terminal draws with.
        func words(_ theme: Theme) -> (Look) -> String {
            var table = LookTable(palette: theme.palette(level: level), level: level, colors: colors)
            let isHexadecimal = level == .trueColor
            func number(_ color: Int32) -> String {
                isHexadecimal && color > 7 ? "#" + String(color, radix: 16) : String(color)
            }
            return { look in
                var words: [String] = []
                let sent = table.look(look.role, look.emphasis) { foreground, background in
                    if foreground >= 0 { words.append(number(foreground)) }
                    if background >= 0 { words.append("on \(number(background))") }
                    return 0
                }
                for (name, bit) in Self.attributes where sent.attributes & bit != 0 { words.append(name) }
                return words.isEmpty ? "plain" : words.joined(separator: " ")
            }
        }

        private static let attributes: [(String, UInt32)] = {
            func bits(_ style: Style) -> UInt32 {
                var table = LookTable(palette: Palette(styles: [.text: style]), level: .mono, colors: 0)
                return table.look(.text, []) { _, _ in 0 }.attributes
            }
            return [
                ("bold", bits(Style(emphasis: .bold))), ("reverse", bits(Style(emphasis: .reverse))),
                ("underline", bits(Style(emphasis: .underline))), ("dim", bits(Style(isDim: true))),
            ]
        }()
    }

    /// The letters of the kept frames, with what each is on terminals of each level.
    private static func legend() -> [String] {
        let levels = Sent.all.map { ($0.title, $0.words(.defaultDark)) }
        return Golden.looks.map { letter, look in
            let attributes = look.emphasis.isEmpty ? "" : look.emphasis.contains(.bold) ? " bold" : ""
            let more = [(Emphasis.reverse, " reverse"), (.underline, " underline")].filter { look.emphasis.contains($0.0) }
            let name = look.role.rawValue + attributes + more.map(\.1).joined()
            return ([letter, name] + levels.map { "\($0): \($1(look))" }).joined(separator: " | ")
        }
    }

    @Test func eachLookIsSentAsItWas() throws {
        try Golden.compare(Self.legend().map { "\($0)\n" }.joined(), with: "looks")
    }

    /// What must be told from what stands around it where there is no colour.
    @Test func withoutColourNothingIsLost() {
        let words = Sent.all[0].words(.defaultDark)
        func look(_ role: Role, _ emphasis: Emphasis = []) -> String { words(Look(role, emphasis)) }
        #expect(look(.selection, .reverse).contains("reverse") && look(.badge, .reverse).contains("reverse"))
        #expect(look(.borderFocus) != look(.border))
        #expect(Set([Role.text, .warn, .error].map { look($0) }).count == 3)
        for role in [Role.dim, .match, .key, .title, .stale, .removed, .blocked] { #expect(look(role) != look(.text)) }
        #expect(look(.added) != look(.removed))
    }
}
