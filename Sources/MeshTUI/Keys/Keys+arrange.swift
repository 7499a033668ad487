import FoundationEssentials
import MeshState

extension KeyTable {
    /// What is shown, in which order, and how fresh.
    static let arrangeKeys: [KeyBinding] = [
        KeyBinding(
            "filter", [.character("/"), .function(4)], .arrange, hint: "filter",
            "Filter: word !word ~regex key:value a|b; blanks mean and"
        ) { model in
            let before = model.current.filter
            model.layers.append(PromptLayer(.filter(model.focus, before: before), text: before.text))
            return []
        },
        KeyBinding(
            "pause", [.character("p"), .character("Z")], .arrange, hint: "pause", "Hold the screen still, and go on"
        ) {
            $0.togglePause()
        },
        KeyBinding(
            "zoom", [.character("z")], .arrange, hint: "zoom", "This pane on the whole screen, and back",
            reason: { Layout(size: $0.size, focus: $0.focus, isZoomed: false).boxes.count > 1 ? nil : "it has the whole screen" }
        ) { model in
            model.isZoomed.toggle()
            model.current.sideways = 0
            model.revealAll()
            return []
        },
        KeyBinding("sort", [.character("s"), .function(6)], .arrange, "Choose the column to sort by") { model in
            model.layers.append(SortMenu(pane: model.pane, sort: model.current.sort))
            return []
        },
        KeyBinding(
            "choose line", [.enter], in: [.menu], .arrange, hint: "choose", "Take the marked line",
            reason: { $0.layers.last is InfoLayer ? "there is nothing to choose" : nil }
        ) { $0.chooseFromMenu() },
        KeyBinding("sort previous", [.character("<")], .arrange, "Sort by the column before") { $0.sortNext(-1) },
        KeyBinding("sort next", [.character(">")], .arrange, "Sort by the column after") { $0.sortNext(1) },
        KeyBinding("invert", [.character("I")], .arrange, "Sort the other way round") { model in
            var sort = model.current.sort
            sort.descending.toggle()
            return model.sort(by: sort)
        },
        KeyBinding(
            "refresh", [.character("r"), .function(5), .control("r")], in: [.list, .text], .arrange,
            "Ask every source again now"
        ) { model in
            model.say("Asking every source again")
            return [.refresh]
        },
        KeyBinding("slower", [.character("+"), .character("=")], .arrange, "Longer between two polls") {
            $0.changeInterval(1)
        },
        KeyBinding("faster", [.character("-")], .arrange, "Shorter between two polls") { $0.changeInterval(-1) },
        KeyBinding("back", [.escape], .arrange, "One step back: filter, then marks, then zoom, then the present") { $0.stepBack() },
    ]

    static let intervals: [Double] = [0.5, 1, 2, 5, 10, 30, 60]
}

extension AppModel {
    mutating func togglePause() -> [Effect] {
        if let old = pause {
            pause = nil
            for pane in Panes.all {
                rebuild(pane, isSnapshot: true, since: old.snapshot)
                self[pane.id].forgetChanges()
            }
            judge()
            refreshLayers()
        } else {
            pause = Pause(since: now, snapshot: latest)
        }
        return []
    }

    mutating func sort(by order: SortOrder) -> [Effect] {
        current.sort = order
        current.heldUntil = nil
        renew(pane)
        return []
    }

    mutating func sortNext(_ step: Int) -> [Effect] {
        let columns = pane.columns.map(\.id)
        let index = columns.firstIndex(of: current.sort.column) ?? 0
        return sort(by: pane.naturalOrder(columns[(index + step + columns.count) % columns.count]))
    }

    mutating func changeInterval(_ step: Int) -> [Effect] {
        let all = KeyTable.intervals
        let index = all.lastIndex { $0 <= interval } ?? 0
        interval = all[min(max(0, index + step), all.count - 1)]
        return [.setInterval(interval)]
    }

    mutating func stepBack() -> [Effect] {
        if !current.filter.isEmpty || !current.filter.text.isEmpty {
            setFilter("", of: focus)
        } else if !current.marks.isEmpty {
            current.clearMarks()
        } else if isZoomed {
            isZoomed = false
            revealAll()
        } else if past != nil, !isReplay {
            look(at: nil)
            return [.seek(.present)]
        } else {
            message = nil
        }
        return []
    }

    mutating func setFilter(_ text: String, of id: PaneID) {
        let pane = Panes.pane(id)
        self[id].filter = Filter(text, keys: pane.filterKeys)
        renew(pane)
    }
}

extension Pane {
    /// The order that is meant when a column is chosen: numbers from the largest, texts from A.
    func naturalOrder(_ column: String) -> SortOrder {
        if column == defaultSort.column { return defaultSort }
        return SortOrder(column: column, descending: self.column(column).alignment == .right)
    }
}
