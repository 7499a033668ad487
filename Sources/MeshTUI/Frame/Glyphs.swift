/// Every character beyond ASCII that meshtop itself draws, with what stands for it where only ASCII is shown.
///
/// All of them take one column in both forms, so that nothing moves between the two.
enum Glyph: Character, CaseIterable {
    case on = "●"
    case off = "○"
    case waiting = "◌"
    case warning = "!"
    case mark = "■"
    case arrow = "→"
    case context = "▸"
    case ellipsis = "…"
    case times = "×"
    case dot = "·"
    case ascending = "↑"
    case descending = "↓"
    case moreAbove = "▲"
    case moreBelow = "▼"
    case horizontal = "─"
    case vertical = "│"
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
        case .mark: "#"
        case .arrow, .context: ">"
        case .ellipsis: "~"
        case .times: "x"
        case .dot: "-"
        case .ascending, .moreAbove: "^"
        case .descending, .moreBelow: "v"
        case .horizontal: "-"
        case .vertical: "|"
        case .topLeft, .topRight, .bottomLeft, .bottomRight, .teeRight, .teeLeft: "+"
        }
    }

    var text: String { String(rawValue) }
}
