import FoundationEssentials
import MeshState

/// Takes in an event and returns what is to be done about it; the only way in which the model changes.
public func update(_ model: inout AppModel, _ event: Event) -> [Effect] {
    var effects: [Effect] = []
    switch event {
    case .key(let key): effects = model.press(key)
    case .resize(let size): model.resize(to: size)
    case .snapshot(let snapshot): model.take(snapshot)
    case .tick(let now):
        model.tick(now)
        effects = model.enforceExpiries()
    case .changeFinished(let request, let result):
        effects = model.finish(request, result)
        model.refreshLayers()
    case .rights(let namespace, let denied): model.denied[namespace] = denied
    case .answered(let question, let findings):
        model.take(.found(findings), to: question)
        model.refreshLayers()
    case .notAnswered(let question, let reason):
        model.take(.failed(reason), to: question)
        model.refreshLayers()
    case .read(let id, let readings): model.take(readings, for: id)
    case .foreseen(let id, let foresight): model.review(id) { $0.take(foresight) }
    case .drafts(let drafts): model.offer(drafts)
    case .edited(let job, let outcome): effects = model.take(outcome, of: job)
    case .hangUp: return model.keepForms(isForced: true)
    case .undo(let actions, let readings): effects = model.openUndo(actions, readings)
    case .gathered(let work, let gathering): effects = model.take(gathering, for: work)
    case .paths(let typed, let paths): model.take(paths, for: typed)
    case .past(let snapshot): model.look(at: snapshot)
    case .message(let text, let isError): model.say(text, isError: isError)
    case .mouse(let mouse): effects = model.take(mouse)
    case .surroundings(let surroundings):
        model.surroundings = surroundings
        model.refreshLayers()
    case .theme(let theme): model.preferences.theme = theme
    case .standardTheme(let theme):
        model.preferences.theme = theme
        // Not chosen, and so nothing to be written to a file.
        model.savedOptions[Setting.theme.key] = theme.name
    case .remembered(let history): model.history = history
    case .switched(let context, let readOnly):
        model.switchMesh(to: context, readOnly: readOnly)
        effects = [.setInterval(model.interval)]
    }
    if case .key = event { model.freshen(onlyIfNeeded: true) } else { model.freshen() }
    let questions = model.askQuestions()
    if !questions.isEmpty { model.refreshLayers() }
    model.measure()
    return model.keepForms() + effects + questions + model.takeUnlogged()
}

extension AppModel {
    mutating func press(_ key: Key) -> [Effect] {
        if message?.isError == true { message = nil }
        arrival = nil
        if let index = layers.indices.last {
            var layer = layers[index]
            let answer = layer.handle(key, &self)
            if answer == .closed {
                layers.remove(at: index)
                return []
            }
            layers[index] = layer
            if answer == .consumed { return [] }
        }
        let scope = scope
        guard let binding = keys.binding(for: key, scope: scope, pane: focus) else { return [] }
        // A stream goes on until something else than its own key moves it.
        if scope == .list, !current.isWatching {
            current.pin()
            current.heldUntil = now.addingTimeInterval(2)
        }
        if let reason = binding.reason(self) {
            say("\(key.label): \(reason)", isError: true)
            return []
        }
        return binding.run(&self)
    }

    mutating func resize(to size: Size) {
        self.size = size
        revealAll()
        refreshLayers()
    }

    /// Keeps every selected row on the screen after panes have changed their size.
    mutating func revealAll() {
        for box in layout.boxes {
            guard let index = self[box.id].selectedIndex else { continue }
            let visible = box.visibleRows
            self[box.id].top = max(0, min(self[box.id].top, self[box.id].rows.count - visible))
            self[box.id].reveal(index, visible: visible)
        }
    }

    mutating func tick(_ time: Date) {
        now = time
        if let shown = message, !shown.isError, now.timeIntervalSince(shown.shownAt) >= 5 { message = nil }
        progress = progress.filter { !$0.value.isOver(at: now) }
        for pane in Panes.all {
            self[pane.id].forgetChanges(until: now.addingTimeInterval(-interval))
            if let held = self[pane.id].heldUntil, held <= now {
                self[pane.id].heldUntil = nil
                if self[pane.id].isUnordered { rebuild(pane, isSnapshot: false) }
            }
        }
        judge()
    }

    mutating func take(_ snapshot: MeshSnapshot) {
        let old = shown.map { _ in context }
        latest = snapshot
        now = max(now, snapshot.time)
        observeProgress(in: snapshot)
        noteExpiries(in: snapshot)
        if pause != nil || past != nil {
            let unseen = pause?.snapshot.map { snapshot.differences(from: $0) } ?? 0
            pause?.unseen = unseen
        } else {
            let visible = Set(layout.boxes.map(\.id))
            for pane in Panes.all {
                guard visible.contains(pane.id) else {
                    self[pane.id].isBehind = true
                    continue
                }
                let before = old.map { visibleCells(of: pane, in: $0) } ?? [:]
                rebuild(pane, isSnapshot: true, since: old?.snapshot)
                self[pane.id].forgetChanges(until: now.addingTimeInterval(-interval))
                if old != nil { self[pane.id].note(changes: changes(of: pane, since: before), at: now) }
            }
        }
        welcome()
        judge()
        refreshLayers()
    }

    /// Selects the entry that was just made, once it is there.
    private mutating func welcome() {
        guard let arrival, pause == nil, past == nil else { return }
        if self[.entries].isBehind { rebuild(Panes.pane(.entries), isSnapshot: true) }
        guard let place = self[.entries].rows.firstIndex(where: { $0.id == arrival }) else { return }
        self.arrival = nil
        self[.entries].select(place, visible: visibleRows(of: .entries))
    }

    /// Gives a pane another order or filter. The rows of a long one are made once the key has been answered: it stays as it
    /// is until the next tick, which is due at once.
    mutating func renew(_ pane: any Pane) {
        if self[pane.id].total > Self.mostAtOnce {
            self[pane.id].isPending = true
        } else {
            rebuild(pane, isSnapshot: false)
        }
    }

    private static let mostAtOnce = 2000

    /// Makes the rows that nobody has made: of panes that have come onto the screen and, unless only what is needed to
    /// draw is to be done, of those that wait for it.
    mutating func freshen(onlyIfNeeded: Bool = false) {
        for box in layout.boxes where self[box.id].isBehind || self[box.id].isPending && !onlyIfNeeded {
            rebuild(Panes.pane(box.id), isSnapshot: self[box.id].isBehind)
        }
    }

    private mutating func observeProgress(in snapshot: MeshSnapshot) {
        guard !progress.isEmpty else { return }
        for id in progress.keys { progress[id]?.observe(snapshot, now: now) }
        for row in snapshot.blocked { progress[.blocked(row.id)]?.observe(row, now: now) }
        progress = progress.filter { !$0.value.isOver(at: now) }
    }

    /// Judges anew how old everything is.
    mutating func judge() {
        health = DataState(sources: (latest?.sources ?? [:]).values, noun: "sources", now: now)
        for pane in Panes.all { self[pane.id].data = DataState(pane: pane, snapshot: shown, now: shownNow) }
    }

    mutating func refreshLayers() {
        for index in layers.indices {
            var layer = layers[index]
            layer.refresh(self)
            layers[index] = layer
        }
    }

    /// Gives a pane its rows anew; says so when the row that was selected has gone with a snapshot. `old` is what the
    /// present rows were made from, if only the mesh has changed since.
    mutating func rebuild(_ pane: any Pane, isSnapshot: Bool, since old: MeshSnapshot? = nil) {
        guard let shown else { return }
        let old = self[pane.id].isBehind || self[pane.id].isPending ? nil : old
        self[pane.id].isBehind = false
        self[pane.id].isPending = false
        let isHolding = self[pane.id].heldUntil.map { $0 > now } ?? false
        let context = context
        let visible = visibleRows(of: pane.id)
        // In place, as a copy of the rows would cost more than what is done to them.
        let hasMoved = panes[pane.id, default: PaneState(sort: pane.defaultSort)].rebuild(
            pane: pane, context: context, visible: visible, holding: isHolding, since: old)
        self[pane.id].summary = pane.summary(of: context, rows: self[pane.id].total)
        guard hasMoved, isSnapshot, pane.id == focus else { return }
        let heir = self[pane.id].selected.map { "; selected \(pane.name(of: $0.index, in: shown))" } ?? ""
        say("\(self[pane.id].selectedName ?? "the row") has gone\(heir)")
    }

    /// The texts of visible cells whose changes are marked, by row.
    private func visibleCells(of pane: any Pane, in context: RowContext) -> [RowID: [String: String]] {
        let state = self[pane.id]
        let marked = pane.columns.filter(\.marksChange).map(\.id)
        var cells: [RowID: [String: String]] = [:]
        for row in state.rows.dropFirst(state.top).prefix(visibleRows(of: pane.id)) {
            var texts: [String: String] = [:]
            for column in marked { texts[column] = pane.cell(column, of: row.index, in: context).text }
            cells[row.id] = texts
        }
        return cells
    }

    private func changes(of pane: any Pane, since before: [RowID: [String: String]]) -> [RowID: Set<String>] {
        var changes: [RowID: Set<String>] = [:]
        for (id, texts) in visibleCells(of: pane, in: context) {
            guard let old = before[id] else { continue }
            let changed = texts.filter { old[$0.key] != $0.value }.map(\.key)
            if !changed.isEmpty { changes[id] = Set(changed) }
        }
        return changes
    }

    /// Widens columns to what is on the screen, so that they never shrink from one tick to the next, and notes the names
    /// of the selected rows.
    mutating func measure() {
        guard let shown else { return }
        var context = context
        for box in layout.boxes {
            let pane = Panes.pane(box.id)
            context.columns = box.inside.width
            var state = self[box.id]
            let rows = state.rows.dropFirst(state.top).prefix(box.visibleRows)
            for column in pane.columns {
                var width = state.widths[column.id] ?? (box.hasHeading ? column.title.columns : 0)
                if box.hasHeading { width = max(width, column.title.columns) }
                for row in rows { width = max(width, pane.cell(column.id, of: row.index, in: context).text.columns) }
                state.widths[column.id] = width
            }
            state.selectedName = state.selected.map { pane.name(of: $0.index, in: shown) }
            self[box.id] = state
        }
    }
}

extension MeshSnapshot {
    /// How many rows of any pane differ from those of an earlier snapshot: added, removed, or other than before. Rates,
    /// which never stand still, do not count.
    func differences(from old: MeshSnapshot) -> Int {
        func count<Row: Identifiable & Equatable, Mark: Equatable>(
            _ old: [Row], _ new: [Row], _ mark: (Row) -> Mark
        ) -> Int where Row.ID: Hashable {
            let changes = RowChanges(from: old, to: new)
            return changes.gone.count
                + changes.changed.count { change in
                    change.old.map { mark(old[$0]) } != mark(new[change.new])
                }
        }
        return count(old.services, services) { $0 } + count(old.entries, entries) { $0 }
            + count(old.connections, connections) { [UInt64($0.live), $0.total.connections, $0.total.requests] }
            + count(old.blocked, blocked) { $0.count }
    }
}
