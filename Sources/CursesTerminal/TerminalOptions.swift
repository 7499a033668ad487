import MeshTUI

/// How many colours the user allows.
public enum ColorChoice: String, Sendable, Hashable, CaseIterable {
    /// What the terminal has; none if NO_COLOR is set and not empty.
    case auto
    case ansi16 = "16"
    case indexed256 = "256"
    case never
}

/// What the user says about the terminal.
public struct TerminalOptions: Sendable, Hashable {
    /// Draw with ASCII only, even if the locale is UTF-8.
    public var ascii: Bool
    public var color: ColorChoice

    public init(ascii: Bool = false, color: ColorChoice = .auto) {
        self.ascii = ascii
        self.color = color
    }

    /// Whether colour is wanted at all; a choice of a number overrides NO_COLOR, as <https://no-color.org> asks.
    func wantsColor(noColor: String?) -> Bool {
        switch color {
        case .auto: noColor?.isEmpty ?? true
        case .ansi16, .indexed256: true
        case .never: false
        }
    }

    /// What a terminal of `colors` colours in a locale with or without UTF-8 can show under these options.
    func capabilities(colors: Int, isUTF8: Bool) -> Capabilities {
        let available: ColorLevel =
            switch colors {
            case ..<8: .mono
            case ..<256: .ansi16
            case ..<(1 << 24): .indexed256
            default: .trueColor
            }
        let allowed: ColorLevel =
            switch color {
            case .auto: .trueColor
            case .indexed256: .indexed256
            case .ansi16: .ansi16
            case .never: .mono
            }
        return Capabilities(colors: min(available, allowed), unicode: isUTF8 && !ascii)
    }
}
