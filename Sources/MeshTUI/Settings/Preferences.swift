/// How the console looks and listens: what the operator can change while it runs.
public struct Preferences: Sendable, Hashable {
    public var theme: Theme
    public var color: ColorChoice
    public var ascii: Bool
    public var mouse: Bool

    public init(theme: Theme = .defaultDark, color: ColorChoice = .auto, ascii: Bool = false, mouse: Bool = false) {
        self.theme = theme
        self.color = color
        self.ascii = ascii
        self.mouse = mouse
    }

    /// What is used of what a terminal can show.
    public func capabilities(of terminal: Capabilities) -> Capabilities {
        Capabilities(colors: min(terminal.colors, color.mostColors), unicode: terminal.unicode && !ascii)
    }
}
