/// How every role looks, by colour level; a value read from a theme file or compiled in.
public struct Theme: Sendable, Hashable {
    public var name: String
    /// Looks for true colour, from which the other levels are derived.
    public var roles: [Role: Style]
    /// Looks that a level has of its own instead of the derived ones.
    public var overrides: [ColorLevel: [Role: Style]]

    public init(name: String, roles: [Role: Style], overrides: [ColorLevel: [Role: Style]] = [:]) {
        self.name = name
        self.roles = roles
        self.overrides = overrides
    }

    /// The styles for a terminal that shows this many colours: the theme's own for that level, else the nearest colours,
    /// and attributes alone where there is no colour.
    public func palette(level: ColorLevel) -> Palette {
        var styles: [Role: Style] = [:]
        for role in Role.allCases {
            if let own = overrides[level]?[role] {
                styles[role] = own
                continue
            }
            var style = roles[role] ?? Style()
            style.foreground = style.foreground.reduced(to: level)
            style.background = style.background.reduced(to: level)
            styles[role] = style
        }
        return Palette(styles: styles)
    }
}

extension Color {
    /// The nearest colour that a terminal of this level shows.
    func reduced(to level: ColorLevel) -> Color {
        switch (self, level) {
        case (_, .mono): .terminal
        case (.terminal, _), (_, .trueColor): self
        case (.rgb(let red, let green, let blue), .indexed256):
            // The first sixteen are left out: users give them colours of their own.
            .indexed(Self.nearest(red, green, blue, among: 16...255))
        case (.indexed, .indexed256): self
        case (.indexed(let index), .ansi16) where index < 16: self
        case (.indexed(let index), .ansi16):
            Color.rgb(Self.table[Int(index)].0, Self.table[Int(index)].1, Self.table[Int(index)].2).reduced(to: .ansi16)
        case (.rgb(let red, let green, let blue), .ansi16): .indexed(Self.nearest(red, green, blue, among: 0...15))
        }
    }

    private static func nearest(_ red: UInt8, _ green: UInt8, _ blue: UInt8, among: ClosedRange<UInt8>) -> UInt8 {
        func distance(_ index: UInt8) -> Int {
            let other = table[Int(index)]
            let (dr, dg, db) = (Int(red) - Int(other.0), Int(green) - Int(other.1), Int(blue) - Int(other.2))
            // Weights of the eye: it tells greens apart best.
            return 2 * dr * dr + 4 * dg * dg + 3 * db * db
        }
        return among.min { distance($0) < distance($1) } ?? among.lowerBound
    }

    /// xterm's 256 colours: sixteen named ones, a cube of six steps, and greys.
    private static let table: [(UInt8, UInt8, UInt8)] = {
        var colors: [(UInt8, UInt8, UInt8)] = [
            (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205),
            (229, 229, 229),
            (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
            (255, 255, 255),
        ]
        let steps: [UInt8] = [0, 95, 135, 175, 215, 255]
        for red in steps { for green in steps { for blue in steps { colors.append((red, green, blue)) } } }
        for grey in 0..<24 { colors.append((UInt8(8 + 10 * grey), UInt8(8 + 10 * grey), UInt8(8 + 10 * grey))) }
        return colors
    }()
}
