import CTerminal
public import MeshTUI

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
        case .trueColor, .ansi16, .indexed256: true
        case .never: false
        }
    }

    /// Whether colours of 24 bits are used: where they are asked for, where COLORTERM says that the terminal has them, and
    /// where the terminal database does. GNU screen hands the variable on and does not understand the colours.
    func directColor(colorTerm: String?, name: String) -> mt_direct {
        switch color {
        case .trueColor: return MT_DIRECT_ALWAYS
        case .auto:
            let isSaid = ["truecolor", "24bit"].contains(colorTerm ?? "") && !name.hasPrefix("screen")
            return isSaid ? MT_DIRECT_ALWAYS : MT_DIRECT_IF_SAID
        case .indexed256, .ansi16, .never: return MT_DIRECT_BY_NAME
        }
    }

    /// Whether terminals of this name know the question for their background, or at least do not show it.
    static func tellsBackground(name: String) -> Bool {
        ["xterm", "tmux", "rxvt", "foot", "alacritty", "konsole", "vte", "gnome", "wezterm", "kitty", "ghostty"].contains {
            name.hasPrefix($0)
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
        return Capabilities(colors: min(available, color.mostColors), unicode: isUTF8 && !ascii)
    }
}
