public import MeshTUI

/// What a terminal reports.
public enum TerminalEvent: Sendable, Hashable {
    case key(Key)
    /// Only after `setMouse(true)`.
    case mouse(MouseInput)
    /// Only after `askBackground()`, and from a terminal that tells.
    case background(isLight: Bool)
    /// The size is another one, or the screen has to be drawn again at the same size after a stop.
    case resize(Size)
    /// HUP, INT, QUIT or TERM asks for an orderly end; `Terminal.end(by:)` makes it.
    case signal(Int32)
    /// The terminal is gone: its window was closed or the connection dropped. Comes once, with or without `signal(SIGHUP)`
    /// before or after it; `Terminal.end(by: SIGHUP)` suits both.
    case closed
}
