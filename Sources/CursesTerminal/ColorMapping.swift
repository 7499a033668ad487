import MeshTUI

/// A colour in the terms of one terminal.
struct TerminalColor: Hashable {
    /// curses' number; -1 is the terminal's own foreground or background.
    var number: Int32
    /// On terminals of eight colours the bright eight are the others in bold.
    var needsBold = false

    static let own = TerminalColor(number: -1)
}

extension Color {
    /// The nearest colour that a terminal of `count` colours has, used at `level`.
    func mapped(to level: ColorLevel, count: Int) -> TerminalColor {
        if case .terminal = self { return .own }
        switch level {
        case .mono: return .own
        case .ansi16:
            let index = ansiIndex
            return count < 16 && index >= 8
                ? TerminalColor(number: Int32(index - 8), needsBold: true) : TerminalColor(number: Int32(index))
        case .indexed256: return TerminalColor(number: Int32(paletteIndex))
        case .trueColor:
            // Terminals of direct colour keep the numbers 0 to 7 for the ANSI colours.
            if case .indexed(let index) = self, index < 8 { return TerminalColor(number: Int32(index)) }
            return TerminalColor(number: max(8, components.packed))
        }
    }

    /// One of the 256; an RGB value becomes the nearest of those that no user has changed, which begin at 16.
    private var paletteIndex: UInt8 {
        switch self {
        case .terminal: 0
        case .indexed(let index): index
        case .rgb: components.nearest(among: 16...255)
        }
    }

    /// One of the first sixteen.
    private var ansiIndex: UInt8 {
        if case .indexed(let index) = self, index < 16 { return index }
        return components.nearest(among: 0...15)
    }

    private var components: ColorComponents {
        switch self {
        case .terminal: ColorComponents(paletteIndex: 0)
        case .indexed(let index): ColorComponents(paletteIndex: index)
        case .rgb(let red, let green, let blue): ColorComponents(red: Int(red), green: Int(green), blue: Int(blue))
        }
    }
}

/// Red, green and blue from 0 to 255.
struct ColorComponents: Hashable {
    var red: Int
    var green: Int
    var blue: Int

    init(red: Int, green: Int, blue: Int) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// What xterm shows for one of its 256 colours: sixteen of ANSI, a cube of six steps an axis, 24 greys.
    init(paletteIndex: UInt8) {
        let index = Int(paletteIndex)
        switch index {
        case 0..<16:
            self = Self.ansi[index]
        case 16..<232:
            let steps = [0, 95, 135, 175, 215, 255]
            let place = index - 16
            self.init(red: steps[place / 36], green: steps[place / 6 % 6], blue: steps[place % 6])
        default:
            let grey = 8 + 10 * (index - 232)
            self.init(red: grey, green: grey, blue: grey)
        }
    }

    var packed: Int32 { Int32(red << 16 | green << 8 | blue) }

    func nearest(among indices: ClosedRange<UInt8>) -> UInt8 {
        indices.min { distance(to: Self(paletteIndex: $0)) < distance(to: Self(paletteIndex: $1)) }
            ?? indices.lowerBound
    }

    /// The eye sees a difference in green best and in blue least.
    private func distance(to other: Self) -> Int {
        let (red, green, blue) = (red - other.red, green - other.green, blue - other.blue)
        return 3 * red * red + 4 * green * green + 2 * blue * blue
    }

    private static let ansi = [
        (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
        (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
        (255, 255, 255),
    ].map { ColorComponents(red: $0.0, green: $0.1, blue: $0.2) }
}
