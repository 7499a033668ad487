/// How many colours a terminal shows.
public enum ColorLevel: Int, Sendable, Hashable, Comparable, CaseIterable {
    case mono, ansi16, indexed256, trueColor

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What a terminal can show.
public struct Capabilities: Sendable, Hashable {
    public var colors: ColorLevel
    /// Whether box drawing, glyphs and names may go beyond ASCII.
    public var unicode: Bool

    public init(colors: ColorLevel, unicode: Bool) {
        self.colors = colors
        self.unicode = unicode
    }
}

/// How many colours the user allows.
public enum ColorChoice: String, Sendable, Hashable, CaseIterable {
    /// What the terminal has; none if NO_COLOR is set and not empty.
    case auto
    case trueColor = "truecolor"
    case indexed256 = "256"
    case ansi16 = "16"
    case never

    /// The most colours that it allows.
    public var mostColors: ColorLevel {
        switch self {
        case .auto, .trueColor: .trueColor
        case .indexed256: .indexed256
        case .ansi16: .ansi16
        case .never: .mono
        }
    }
}
