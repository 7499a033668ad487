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
