/// Which rows of a list, kept in the order of their IDs, are to be made anew: only they cost something.
struct StaleRows<ID: Hashable & Comparable & Sendable>: Sendable {
    private var ids: Set<ID> = []

    mutating func insert(_ id: ID) { ids.insert(id) }

    mutating func formUnion(_ other: some Sequence<ID>) { ids.formUnion(other) }

    /// Makes the stale rows of a list anew; `make` gives nil for one that has gone.
    mutating func refresh<Row: Identifiable>(_ rows: inout [Row], _ make: (ID) -> Row?) where Row.ID == ID {
        guard !ids.isEmpty else { return }
        defer { ids.removeAll() }
        guard ids.count <= 8 + rows.count / 8 else {
            rows.removeAll { ids.contains($0.id) }
            rows += ids.compactMap(make)
            rows.sort { $0.id < $1.id }
            return
        }
        for id in ids {
            let place = rows.firstPlace { $0.id >= id }
            let isThere = place < rows.count && rows[place].id == id
            switch (make(id), isThere) {
            case (let row?, true): rows[place] = row
            case (let row?, false): rows.insert(row, at: place)
            case (nil, true): rows.remove(at: place)
            case (nil, false): break
            }
        }
    }
}

extension Array {
    /// The first place from which on a condition holds, in a list in which it holds for none before and all after.
    package func firstPlace(where holds: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
