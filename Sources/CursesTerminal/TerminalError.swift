/// Why the console cannot be shown on this terminal; the description is for the user and names the way out.
public enum TerminalError: Error, Hashable, CustomStringConvertible {
    /// Standard input or output is a file or a pipe.
    case notATerminal
    /// TERM is missing or empty.
    case terminalNotNamed
    /// The terminal database has no entry of this name.
    case terminalNotKnown(String)
    /// A terminal that cannot place text, as `dumb`.
    case terminalTooSimple(String)
    /// The process has a screen already.
    case alreadyOpen
    /// The system refused; the text is its own reason.
    case system(String)

    public var description: String {
        switch self {
        case .notATerminal:
            "standard input or output is not a terminal; use --once to print what the console would show"
        case .terminalNotNamed:
            "TERM is not set, so there is no telling how to draw on this terminal; set it (TERM=xterm-256color suits most), "
                + "or use --once to print without drawing"
        case .terminalNotKnown(let name):
            "TERM is '\(name)', which this machine's terminal database does not know; set one that it knows "
                + "(TERM=xterm-256color suits most), or use --once to print without drawing"
        case .terminalTooSimple(let name):
            "TERM is '\(name)', a terminal that cannot place text on a screen; use --once to print without drawing"
        case .alreadyOpen:
            "this process has opened its terminal already"
        case .system(let reason):
            "the terminal could not be opened: \(reason); use --once to print without drawing"
        }
    }
}
