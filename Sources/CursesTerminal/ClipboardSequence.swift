import FoundationEssentials

/// The bytes that ask a terminal to put a text into its clipboard (OSC 52).
enum ClipboardSequence {
    /// GNU screen takes no longer pieces of a sequence that is meant for the terminal around it.
    private static let longestPiece = 76 * 8

    /// Inside tmux both ways are taken: tmux hands on its own clipboard with `set-clipboard on`, and what is wrapped with
    /// `allow-passthrough on`; the one that is not allowed is dropped.
    static func make(_ text: String, isInTmux: Bool, isInScreen: Bool) -> String {
        let plain = "\u{1B}]52;c;" + Data(text.utf8).base64EncodedString() + "\u{07}"
        if isInTmux {
            return plain + "\u{1B}Ptmux;" + plain.replacing("\u{1B}", with: "\u{1B}\u{1B}") + "\u{1B}\\"
        }
        guard isInScreen else { return plain }
        var rest = Substring(plain)
        var wrapped = ""
        while !rest.isEmpty {
            wrapped += "\u{1B}P" + rest.prefix(longestPiece) + "\u{1B}\\"
            rest = rest.dropFirst(longestPiece)
        }
        return wrapped
    }
}
