import CTerminal
import MeshTUI

/// curses' attributes and colour pair of a role with its emphasis.
struct CellLook: Hashable {
    var attributes: UInt32
    var pair: Int32

    static let plain = CellLook(attributes: 0, pair: 0)
}

/// The looks of one palette, each worked out when it is first drawn.
struct LookTable {
    private let palette: Palette
    private let level: ColorLevel
    private let colors: Int
    private var looks: [Key: CellLook] = [:]

    private struct Key: Hashable {
        var role: Role
        var emphasis: Emphasis
    }

    init(palette: Palette, level: ColorLevel, colors: Int) {
        self.palette = palette
        self.level = level
        self.colors = colors
    }

    func isFor(_ other: Palette, _ level: ColorLevel) -> Bool { palette == other && self.level == level }

    /// The look of a cell; `pairOf` gives curses' number for a foreground and a background.
    mutating func look(_ role: Role, _ emphasis: Emphasis, pairOf: (Int32, Int32) -> Int32) -> CellLook {
        let key = Key(role: role, emphasis: emphasis)
        if let known = looks[key] { return known }
        let style = palette[role]
        let foreground = style.foreground.mapped(to: level, count: colors)
        let background = style.background.mapped(to: level, count: colors)
        var attributes = Self.attributes(style.emphasis.union(emphasis), isDim: style.isDim)
        if foreground.needsBold { attributes |= UInt32(MT_BOLD) }
        let look = CellLook(attributes: attributes, pair: pairOf(foreground.number, background.number))
        looks[key] = look
        return look
    }

    private static func attributes(_ emphasis: Emphasis, isDim: Bool) -> UInt32 {
        var result: Int = 0
        if emphasis.contains(.bold) { result |= MT_BOLD }
        if emphasis.contains(.reverse) { result |= MT_REVERSE }
        if emphasis.contains(.underline) { result |= MT_UNDERLINE }
        if isDim { result |= MT_DIM }
        return UInt32(result)
    }
}
