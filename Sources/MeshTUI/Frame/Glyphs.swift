/// Every character beyond ASCII that meshtop itself draws, with what stands for it where only ASCII is shown.
///
/// All of them take one column in both forms, so that nothing moves between the two.
enum Glyph: Character, CaseIterable {
    case on = "●"
    case off = "○"
    case waiting = "◌"
    case warning = "!"
    case failed = "✗"
    case mark = "■"
    case bar1 = "▁", bar2 = "▂", bar3 = "▃", bar4 = "▄", bar5 = "▅", bar6 = "▆", bar7 = "▇", bar8 = "█"
    case arrow = "→"
    case context = "▸"
    case ellipsis = "…"
    case times = "×"
    case dot = "·"
    case minus = "−"
    case ascending = "↑"
    case descending = "↓"
    case moreAbove = "▲"
    case moreBelow = "▼"
    case horizontal = "─"
    case double = "═"
    case vertical = "│"
    case teeDown = "┬"
    case topLeft = "┌"
    case topRight = "┐"
    case bottomLeft = "└"
    case bottomRight = "┘"
    case teeRight = "├"
    case teeLeft = "┤"

    var ascii: Character {
        switch self {
        case .on: "*"
        case .off: "o"
        case .waiting: "."
        case .warning: "!"
        case .failed: "x"
        case .mark, .bar8: "#"
        case .bar1: "_"
        case .bar2: "."
        case .bar3: "-"
        case .bar4: ":"
        case .bar5: "="
        case .bar6: "+"
        case .bar7: "*"
        case .arrow, .context: ">"
        case .ellipsis: "~"
        case .times: "x"
        case .dot, .minus: "-"
        case .ascending, .moreAbove: "^"
        case .descending, .moreBelow: "v"
        case .horizontal: "-"
        case .double: "="
        case .vertical: "|"
        case .teeDown, .topLeft, .topRight, .bottomLeft, .bottomRight, .teeRight, .teeLeft: "+"
        }
    }

    var text: String { String(rawValue) }
}
