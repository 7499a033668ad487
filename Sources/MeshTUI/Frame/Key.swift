/// A key as the terminal reports it.
public enum Key: Sendable, Hashable {
    case character(Character)
    /// A letter held with Ctrl, in lower case: `.control("l")`.
    case control(Character)
    case function(Int)
    case enter, escape, tab, backTab, backspace, delete, insert
    case up, down, left, right, home, end, pageUp, pageDown
}
