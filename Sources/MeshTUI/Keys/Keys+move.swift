extension KeyTable {
    /// Within a pane or a text, and from pane to pane.
    static let moveKeys: [KeyBinding] =
        [
            KeyBinding(
                "down", [.down, .character("j")],
                in: [.list, .text, .menu, .jump, .options, .dialog, .proof, .drafts, .conflict], .move, "One row down"
            ) { $0.move(.by(1)) },
            KeyBinding(
                "up", [.up, .character("k")],
                in: [.list, .text, .menu, .jump, .options, .dialog, .proof, .drafts, .conflict], .move, "One row up"
            ) {
                $0.move(.by(-1))
            },
            KeyBinding(
                "page down", [.pageDown], in: [.list, .text, .dialog, .proof, .help, .conflict], .move, "One page down"
            ) {
                $0.move(.pages(1))
            },
            KeyBinding(
                "page up", [.pageUp], in: [.list, .text, .dialog, .proof, .help, .conflict], .move, "One page up"
            ) {
                $0.move(.pages(-1))
            },
            KeyBinding("half page down", [.control("d")], in: [.list, .text, .dialog, .proof], .move, "Half a page down") {
                $0.move(.pages(0.5))
            },
            KeyBinding("half page up", [.control("u")], in: [.list, .text, .dialog, .proof], .move, "Half a page up") {
                $0.move(.pages(-0.5))
            },
            KeyBinding(
                "top", [.character("g"), .home], in: [.list, .text, .menu, .jump, .dialog, .proof, .conflict], .move,
                "To the first row"
            ) { $0.move(.top) },
            KeyBinding(
                "bottom", [.character("G"), .end], in: [.list, .text, .menu, .jump, .dialog, .proof, .conflict], .move,
                "To the last row"
            ) { $0.move(.bottom) },
            KeyBinding("left", [.left, .character("h")], in: [.list, .text], .move, "Scroll columns to the left") {
                $0.moveSideways(-8)
            },
            KeyBinding("right", [.right, .character("l")], in: [.list, .text], .move, "Scroll columns to the right") {
                $0.moveSideways(8)
            },
        ]
        + Panes.all.map { pane in
            let key = Character(String(pane.id.number))
            return KeyBinding("focus \(pane.id.name)", [.character(key)], .move, "To \(pane.title)") {
                $0.focus(on: pane.id)
            }
        } + [
            KeyBinding("next pane", [.tab], .move, "To the next pane") { $0.focusNext(1) },
            KeyBinding("previous pane", [.backTab], .move, "To the previous pane") { $0.focusNext(-1) },
        ]
}

/// A way to go within something that scrolls.
enum Move: Sendable, Hashable {
    case by(Int)
    case pages(Double)
    case top, bottom

    /// The row that is come to from another one, not yet bounded.
    func target(from index: Int, visible: Int, count: Int) -> Int {
        switch self {
        case .by(let rows): index + rows
        case .pages(let pages): index + Int((pages * Double(max(1, visible))).rounded(.awayFromZero))
        case .top: 0
        case .bottom: count - 1
        }
    }
}

extension AppModel {
    mutating func move(_ move: Move) -> [Effect] {
        switch scope {
        case .list:
            if current.isWatching { stopWatching() }
            let visible = visibleRows(of: focus)
            let index = current.selectedIndex ?? 0
            current.select(move.target(from: index, visible: visible, count: current.rows.count), visible: visible)
        case .text: withTop(TextLayer.self) { $0.scroll(move, $1) }
        case .dialog, .proof: withTop(ConfirmDialog.self) { $0.scroll(move, $1) }
        case .menu: moveInMenu(move)
        case .options: withTop(OptionsLayer.self) { layer, _ in layer.move(move) }
        case .jump: withTop(JumpMenu.self) { layer, _ in layer.move(move) }
        case .drafts: withTop(DraftsLayer.self) { layer, _ in layer.move(move) }
        case .conflict: withTop(ConflictLayer.self) { $0.move(move, $1) }
        case .help: withTop(HelpLayer.self) { $0.scroll(move, $1) }
        case .prompt, .form: break
        }
        return []
    }

    mutating func moveSideways(_ columns: Int) -> [Effect] {
        if scope == .text {
            withTop(TextLayer.self) { $0.scrollSideways(columns, $1) }
        } else if let box = layout.box(of: focus) {
            let most = RowLayout(pane: pane, box: box, state: current).mostSideways
            current.sideways = min(max(0, current.sideways + columns), most)
        }
        return []
    }

    mutating func focus(on id: PaneID) -> [Effect] {
        focus = id
        revealAll()
        return []
    }

    mutating func focusNext(_ step: Int) -> [Effect] {
        let all = Panes.all.map(\.id)
        let index = all.firstIndex(of: focus) ?? 0
        return focus(on: all[(index + step + all.count) % all.count])
    }
}
