import CTerminal
import Foundation
import MeshTUI
import Testing

@testable import CursesTerminal

@Suite struct OptionsTests {
    @Test(arguments: [
        (ColorChoice.auto, nil, true), (.auto, "", true), (.auto, "1", false), (.never, nil, false),
        (.ansi16, "1", true), (.indexed256, "1", true), (.trueColor, "1", true),
    ])
    func wantsColor(choice: ColorChoice, noColor: String?, wants: Bool) {
        #expect(TerminalOptions(color: choice).wantsColor(noColor: noColor) == wants)
    }

    @Test(arguments: [
        (ColorChoice.auto, 0, ColorLevel.mono), (.auto, 8, .ansi16), (.auto, 16, .ansi16), (.auto, 256, .indexed256),
        (.auto, 1 << 24, .trueColor), (.ansi16, 256, .ansi16), (.indexed256, 8, .ansi16),
        (.indexed256, 1 << 24, .indexed256), (.never, 256, .mono),
    ])
    func colorLevel(choice: ColorChoice, colors: Int, level: ColorLevel) {
        let capabilities = TerminalOptions(color: choice).capabilities(colors: colors, isUTF8: true)
        #expect(capabilities == Capabilities(colors: level, unicode: true))
    }

    @Test(arguments: [
        (.auto, "truecolor", "xterm-256color", MT_DIRECT_ALWAYS),
        (.auto, "24bit", "tmux-256color", MT_DIRECT_ALWAYS), (.auto, nil, "xterm-256color", MT_DIRECT_IF_SAID),
        (.auto, "truecolor", "screen-256color", MT_DIRECT_IF_SAID), (.auto, "yes", "xterm", MT_DIRECT_IF_SAID),
        (.trueColor, nil, "xterm-256color", MT_DIRECT_ALWAYS), (.indexed256, "truecolor", "xterm", MT_DIRECT_BY_NAME),
        (.never, "truecolor", "xterm", MT_DIRECT_BY_NAME),
    ] as [(ColorChoice, String?, String, mt_direct)])
    func directColor(choice: ColorChoice, colorTerm: String?, name: String, direct: mt_direct) {
        #expect(TerminalOptions(color: choice).directColor(colorTerm: colorTerm, name: name) == direct)
    }

    @Test(arguments: [(false, true, true), (true, true, false), (false, false, false), (true, false, false)])
    func unicode(ascii: Bool, isUTF8: Bool, unicode: Bool) {
        #expect(TerminalOptions(ascii: ascii).capabilities(colors: 8, isUTF8: isUTF8).unicode == unicode)
    }

    @Test func choicesAreWhatTheUserTypes() {
        #expect(ColorChoice.allCases.map(\.rawValue) == ["auto", "truecolor", "256", "16", "never"])
    }
}

@Suite struct ColorMappingTests {
    @Test(arguments: [
        (Color.terminal, ColorLevel.trueColor, 1 << 24, Int32(-1)),
        (.rgb(255, 175, 0), .trueColor, 1 << 24, 0xFFAF00),
        (.rgb(0, 0, 3), .trueColor, 1 << 24, 8),
        (.indexed(3), .trueColor, 1 << 24, 3),
        (.indexed(196), .trueColor, 1 << 24, 0xFF0000),
        (.rgb(255, 175, 0), .indexed256, 256, 214),
        (.rgb(8, 8, 8), .indexed256, 256, 232),
        (.rgb(255, 255, 255), .indexed256, 256, 231),
        (.indexed(9), .indexed256, 256, 9),
        (.indexed(196), .ansi16, 256, 9),
        (.indexed(22), .ansi16, 256, 0),
        (.rgb(0, 200, 0), .ansi16, 16, 2),
        (.indexed(12), .ansi16, 16, 12),
        (.indexed(196), .mono, 0, -1),
    ])
    func number(color: Color, level: ColorLevel, count: Int, number: Int32) {
        #expect(color.mapped(to: level, count: count) == TerminalColor(number: number))
    }

    @Test func brightColorsAreBoldWhereThereAreOnlyEight() {
        #expect(Color.indexed(9).mapped(to: .ansi16, count: 8) == TerminalColor(number: 1, needsBold: true))
        #expect(Color.indexed(1).mapped(to: .ansi16, count: 8) == TerminalColor(number: 1))
    }

    @Test func everyColorOfTheCubeIsNearestToItself() {
        for index in UInt8(17)...230 {
            let color = ColorComponents(paletteIndex: index)
            #expect(ColorComponents(paletteIndex: color.nearest(among: 16...255)) == color)
        }
    }
}

@Suite struct TerminalErrorTests {
    @Test(arguments: [
        TerminalError.notATerminal, .terminalNotNamed, .terminalNotKnown("x"), .terminalTooSimple("dumb"), .system("x"),
    ])
    func namesTheWayOut(error: TerminalError) {
        #expect(error.description.contains("--once"))
    }
}

@Suite struct ClipboardTests {
    @Test func plainly() {
        #expect(ClipboardSequence.make("copied", isInTmux: false, isInScreen: false) == "\u{1B}]52;c;Y29waWVk\u{07}")
    }

    @Test func tmuxGetsBothOfItsForms() {
        let sequence = ClipboardSequence.make("copied", isInTmux: true, isInScreen: false)
        #expect(
            sequence
                == "\u{1B}]52;c;Y29waWVk\u{07}\u{1B}Ptmux;\u{1B}\u{1B}]52;c;Y29waWVk\u{07}\u{1B}\\")
    }

    @Test func screenGetsItInPieces() {
        let text = String(repeating: "long ", count: 500)
        let pieces = ClipboardSequence.make(text, isInTmux: false, isInScreen: true).split(separator: "\u{1B}\\")
        #expect(pieces.count > 4)
        #expect(pieces.allSatisfy { $0.hasPrefix("\u{1B}P") && $0.utf8.count < 768 })
        let whole = pieces.map { $0.dropFirst(2) }.joined()
        #expect(whole == ClipboardSequence.make(text, isInTmux: false, isInScreen: false))
    }
}
