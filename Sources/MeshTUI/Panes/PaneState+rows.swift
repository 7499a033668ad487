import MeshState

/// What orders the rows of a pane: the key of the chosen column, then the IDs.
private struct RowOrder {
    let pane: any Pane
    let sort: SortOrder
    let snapshot: MeshSnapshot

    func key(_ index: Int) -> SortKey { pane.sortKey(sort.column, of: index, in: snapshot) }

    /// What goes before what by the keys alone; nil when they are equal.
    func precedes(_ left: SortKey, _ right: SortKey) -> Bool? {
        left == right ? nil : (left < right) != sort.descending
    }

    /// Rows with their keys, in order.
    func sorted(_ rows: [RowRef]) -> [(key: SortKey, row: RowRef)] {
        // Rows are heavy: their keys and places are sorted in their stead.
        let keyed = rows.indices.map { (key: key(rows[$0].index), place: $0) }
        return keyed.sorted { left, right in
            precedes(left.key, right.key) ?? (rows[left.place].id < rows[right.place].id)
        }.map { ($0.key, rows[$0.place]) }
    }

    /// Where a row belongs among rows that are in order.
    func place(of key: SortKey, _ id: RowID, in rows: [RowRef], from start: Int) -> Int {
        var (low, high) = (start, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if precedes(self.key(rows[middle].index), key) ?? (rows[middle].id < id) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}

extension PaneState {
    /// Makes all rows; returns who is to be selected if the selected row is not among them.
    mutating func makeRows(pane: any Pane, context: RowContext, holding: Bool) -> RowID? {
        let old = rows
        let oldIndex = selectedIndex ?? 0
        let snapshot = context.snapshot
        let members = pane.members(of: snapshot)
        total = members.count
        rows = members.map { RowRef(id: pane.id(of: $0, in: snapshot), index: $0) }
        if !marks.isEmpty {
            let here = Set(rows.map(\.id))
            dropMarks { here.contains($0) }
        }
        if !filter.isEmpty {
            let matcher = Filter.Matcher(filter)
            let kept = kept
            rows.removeAll { $0.id != kept && !matcher.passes(pane, $0.index, context) }
        }
        rows = RowOrder(pane: pane, sort: sort, snapshot: snapshot).sorted(rows).map(\.row)
        isUnordered = holding && !old.isEmpty
        if isUnordered {
            // While the order is held, rows that were there keep their places and new ones come last.
            let places = Dictionary(old.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
            let known = rows.filter { places[$0.id] != nil }.sorted {
                places[$0.id, default: 0] < places[$1.id, default: 0]
            }
            rows = known + rows.filter { places[$0.id] == nil }
        }
        guard let selection, !rows.contains(where: { $0.id == selection }) else { return nil }
        let left = Set(rows.map(\.id))
        let heirs = old.dropFirst(oldIndex + 1) + old.prefix(oldIndex).reversed()
        return heirs.first { left.contains($0.id) }?.id
    }

    /// The row that is shown whatever the filter says.
    private var kept: RowID? { isFollowing ? selection : nil }

    /// What becomes of a row that was shown.
    private enum Fate: UInt8 {
        case stays
        /// It has gone, or does not pass the filter any more.
        case leaves
        /// It is other than before, and shown still if it was.
        case changed
        /// Its place in the order is another one.
        case moves
    }

    /// Takes in what is other than before, and leaves all other rows where they are; returns who is to be selected if the
    /// selected row has left.
    mutating func amend(
        _ changes: RowChanges, pane: any Pane, context: RowContext, since old: MeshSnapshot, holding: Bool
    ) -> RowID? {
        let order = RowOrder(pane: pane, sort: sort, snapshot: context.snapshot)
        let before = RowOrder(pane: pane, sort: sort, snapshot: old)
        let matcher = filter.isEmpty ? nil : Filter.Matcher(filter)
        var fates = [Fate](repeating: .stays, count: changes.oldCount)
        var changed: [Int: Int] = [:]
        var arriving: [RowRef] = []
        func row(_ index: Int) -> RowRef { RowRef(id: pane.id(of: index, in: context.snapshot), index: index) }
        for place in changes.gone {
            fates[place] = .leaves
            if pane.isMember(place, of: old) { total -= 1 }
            if !marks.isEmpty {
                let id = pane.id(of: place, in: old)
                dropMarks { $0 != id }
            }
        }
        for change in changes.changed {
            let isMember = pane.isMember(change.new, of: context.snapshot)
            let wasMember = change.old.map { pane.isMember($0, of: old) } ?? false
            total += (isMember ? 1 : 0) - (wasMember ? 1 : 0)
            let isShown =
                isMember
                && (matcher?.passes(pane, change.new, context) != false
                    || pane.id(of: change.new, in: context.snapshot) == kept)
            if let place = change.old {
                fates[place] = isShown ? .changed : .leaves
                if isShown { changed[place] = change.new }
            } else if isShown {
                arriving.append(row(change.new))
            }
        }
        // What has changed may have been shown or not: the rows tell.
        for place in changed.isEmpty ? [] : rows.map(\.index) where fates[place] == .changed {
            guard let now = changed.removeValue(forKey: place) else { continue }
            let isInPlace = order.key(now) == before.key(place)
            if !isInPlace, holding { isUnordered = true }
            fates[place] = isInPlace || holding ? .stays : .moves
            if fates[place] == .moves { arriving.append(row(now)) }
        }
        arriving += changed.values.map(row)

        let heir = heir { fates[$0.index] == .leaves }
        if fates.contains(where: { $0 != .stays }) {
            rows.removeAll { fates[$0.index] == .leaves || fates[$0.index] == .moves }
        }
        if let places = changes.places {
            for index in rows.indices { rows[index].index = places[rows[index].index] }
        }
        insert(order.sorted(arriving), order, holding: holding)
        return heir
    }

    /// The neighbour that takes the place of the selected row if that leaves.
    private func heir(leaves: (RowRef) -> Bool) -> RowID? {
        guard let index = selectedIndex, leaves(rows[index]) else { return nil }
        return rows[(index + 1)...].first { !leaves($0) }?.id ?? rows[..<index].last { !leaves($0) }?.id
    }

    private mutating func insert(_ arriving: [(key: SortKey, row: RowRef)], _ order: RowOrder, holding: Bool) {
        guard !arriving.isEmpty else { return }
        if holding {
            rows += arriving.map(\.row)
            isUnordered = true
            return
        }
        var merged: [RowRef] = []
        merged.reserveCapacity(rows.count + arriving.count)
        var next = 0
        for (key, row) in arriving {
            let place = order.place(of: key, row.id, in: rows, from: next)
            merged += rows[next..<place]
            merged.append(row)
            next = place
        }
        rows = merged + rows[next...]
    }
}

extension Filter.Matcher {
    fileprivate func passes(_ pane: any Pane, _ index: Int, _ context: RowContext) -> Bool {
        passes(
            text: { pane.columns.map { pane.cell($0.id, of: index, in: context).text }.joined(separator: " ") },
            values: { pane.filterValues($0, of: index, in: context.snapshot) })
    }
}
