/// A colour as a theme names it.
public enum Color: Sendable, Hashable {
    /// The terminal's own foreground or background.
    case terminal
    /// One of the terminal's 256 colours; the first sixteen are the ANSI colours.
    case indexed(UInt8)
    case rgb(UInt8, UInt8, UInt8)
}

/// How a role looks.
public struct Style: Sendable, Hashable {
    public var foreground: Color
    public var background: Color
    public var emphasis: Emphasis
    /// Half-bright, where the terminal can.
    public var isDim: Bool

    public init(foreground: Color = .terminal, background: Color = .terminal, emphasis: Emphasis = [], isDim: Bool = false) {
        self.foreground = foreground
        self.background = background
        self.emphasis = emphasis
        self.isDim = isDim
    }
}

/// A theme made ready for one colour level: a style for every role.
public struct Palette: Sendable, Hashable {
    public var styles: [Role: Style]

    public init(styles: [Role: Style]) { self.styles = styles }

    public subscript(role: Role) -> Style { styles[role] ?? Style() }
}
