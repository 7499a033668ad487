import FoundationEssentials
import MeshState

extension KeyTable {
    /// From a row to what it refers to, and rows that are followed.
    static let findKeys: [KeyBinding] = [
        KeyBinding(
            "jump", [.character("J")], in: [.list, .text], .look, "To what the row refers to",
            reason: { $0.relations.isEmpty ? "it refers to nothing that is shown" : nil }
        ) { $0.jump() },
        KeyBinding(
            "jump back", [.character("B")], in: [.list, .text], .look, "Back to where the last jump began",
            reason: { $0.trail.isEmpty ? "there was no jump" : nil }
        ) { $0.jumpBack() },
        KeyBinding("jump there", [.enter], in: [.jump], .look, hint: "go there", "To the marked row") { model in
            guard let menu = model.layers.popLast() as? JumpMenu else { return [] }
            model.jump(to: menu.chosen)
            return []
        },
        KeyBinding("close list", [.escape, .character("q")], in: [.jump], .look, hint: "back", "Close") { model in
            model.layers.removeLast()
            return []
        },
        KeyBinding(
            "follow", [.character("F")], .look, "Keep the selected row in view, whatever the filter says", reason: noRow
        ) { model in
            model.current.isFollowing.toggle()
            model.rebuild(model.pane, isSnapshot: false)
            model.say(model.current.isFollowing ? "The selected row stays in view" : "Rows follow the filter again")
            return []
        },
        KeyBinding(
            "watch", [.character("w")], panes: [.blocked], .look, hint: "watch",
            "Newest at the bottom, always in view; any move stops it"
        ) { model in
            if model.current.isWatching {
                model.stopWatching()
                return model.sort(by: model.pane.defaultSort)
            }
            model.watch()
            return []
        },
    ]
}

extension AppModel {
    /// Shows blocked calls as a stream.
    public mutating func watch() {
        focus = .blocked
        current.isWatching = true
        current.heldUntil = nil
        var order = pane.defaultSort
        order.descending = false
        _ = sort(by: order)
    }

    mutating func stopWatching() {
        current.isWatching = false
        current.pin()
    }

    /// What the row that is looked at refers to.
    var relations: [Relation] {
        guard let subject else { return [] }
        let all = subject.pane.relations(of: subject.index, in: subject.snapshot)
        return all.filter { relation in
            Panes.all.contains { $0.id == relation.pane && $0.index(of: relation.row, in: subject.snapshot) != nil }
        }
    }

    mutating func jump() -> [Effect] {
        let relations = relations
        if relations.count == 1 {
            jump(to: relations[0])
        } else {
            layers.append(JumpMenu(relations))
        }
        return []
    }

    /// Goes to another row, and remembers where this began; what lies over the panes is closed.
    mutating func jump(to relation: Relation) {
        trail.append(Place(pane: focus, row: current.selected?.id))
        trail.removeFirst(max(0, trail.count - 32))
        go(to: Place(pane: relation.pane, row: relation.row))
    }

    mutating func jumpBack() -> [Effect] {
        if let place = trail.popLast() { go(to: place) }
        return []
    }

    private mutating func go(to place: Place) {
        layers = []
        _ = focus(on: place.pane)
        freshen()
        guard let row = place.row else { return }
        if !current.rows.contains(where: { $0.id == row }), !current.filter.text.isEmpty {
            setFilter("", of: focus)
            freshen()
            say("The filter hid it and is cleared")
        }
        guard let index = current.rows.firstIndex(where: { $0.id == row }) else {
            say("the row has gone", isError: true)
            return
        }
        current.select(index, visible: visibleRows(of: focus))
        current.heldUntil = now.addingTimeInterval(2)
    }
}

/// Lists what a row refers to.
struct JumpMenu: Layer {
    private let relations: [Relation]
    private var index = 0
    let scope = KeyScope.jump

    init(_ relations: [Relation]) { self.relations = relations }

    var chosen: Relation { relations[index] }

    mutating func move(_ move: Move) {
        let target = move.target(from: index, visible: relations.count, count: relations.count)
        index = min(max(0, target), relations.count - 1)
    }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let title = "Jump to"
        let width = max(relations.map(\.label.columns).max() ?? 0, title.columns + 2) + 4
        let area = Popup.area(width: width, height: relations.count + 2, in: model.size)
        let inside = Popup.frame(area, title: title, on: &canvas)
        let top = max(0, index - inside.height + 1)
        for (offset, relation) in relations.dropFirst(top).prefix(inside.height).enumerated() {
            let look = top + offset == index ? Look(.selection, .reverse) : Look()
            let text = relation.label.truncated(to: inside.width, .middle).padded(to: inside.width)
            canvas.put(text, column: inside.column, row: inside.row + offset, width: inside.width, look: look)
        }
    }
}
