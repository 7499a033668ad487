import Glibc
import MeshState

/// How a list of a snapshot differs from the same list of an earlier one, so that only what is other than before costs
/// more than a comparison.
struct RowChanges: Sendable {
    /// A row that is new or other than before.
    struct Change: Sendable {
        /// Its place in the earlier list; nil when it was not there.
        var old: Int?
        var new: Int
    }

    private(set) var changed: [Change] = []
    /// Places in the earlier list of rows that have gone.
    private(set) var gone: [Int] = []
    /// The present place of each row of the earlier list, -1 for one that has gone; nil when all have kept their places.
    private(set) var places: [Int]?
    let oldCount: Int

    /// Compares two lists; rows that stand between the same neighbours as before are compared once, others are looked up.
    init<Row: Identifiable & Equatable>(from old: [Row], to new: [Row]) where Row.ID: Hashable {
        oldCount = old.count
        guard !Self.isSameStorage(old, new) else { return }
        let old = RowMemory(old)
        let new = RowMemory(new)
        let common = min(old.count, new.count)
        var head = 0
        while head < common {
            if !old.isSame(head, as: head, in: new) {
                guard old[head].id == new[head].id else { break }
                changed.append(Change(old: head, new: head))
            }
            head += 1
        }
        if head == old.count, head == new.count { return }
        var tail = 0
        while tail < common - head {
            let (before, after) = (old.count - 1 - tail, new.count - 1 - tail)
            if !old.isSame(before, as: after, in: new) {
                guard old[before].id == new[after].id else { break }
                changed.append(Change(old: before, new: after))
            }
            tail += 1
        }
        compareMiddle(old, head..<old.count - tail, new, head..<new.count - tail)
    }

    private mutating func compareMiddle<Row: Identifiable & Equatable>(
        _ old: RowMemory<Row>, _ oldRange: Range<Int>, _ new: RowMemory<Row>, _ newRange: Range<Int>
    ) where Row.ID: Hashable {
        var places = Array(0..<old.count)
        for place in oldRange { places[place] = -1 }
        for place in oldRange.upperBound..<old.count { places[place] += new.count - old.count }
        var known = Dictionary(oldRange.map { (old[$0].id, $0) }, uniquingKeysWith: { first, _ in first })
        for place in newRange {
            let before = known.removeValue(forKey: new[place].id)
            if let before { places[before] = place }
            if before.map({ !old.isSame($0, as: place, in: new) }) ?? true { changed.append(Change(old: before, new: place)) }
        }
        gone = oldRange.filter { places[$0] < 0 }
        self.places = places
    }

    /// Lists that a snapshot took over from the one before it are the same memory.
    private static func isSameStorage<Row>(_ left: [Row], _ right: [Row]) -> Bool {
        left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
                left.baseAddress == right.baseAddress && left.count == right.count
            }
        }
    }
}

/// A list whose rows are compared as the memory that they are before anything in them is looked at: rows that a list took
/// over from another one are the same bytes, which is told many times sooner.
private struct RowMemory<Row: Equatable> {
    private let rows: [Row]

    init(_ rows: [Row]) { self.rows = rows }

    var count: Int { rows.count }

    subscript(place: Int) -> Row { rows[place] }

    func isSame(_ place: Int, as other: Int, in list: RowMemory) -> Bool {
        let stride = MemoryLayout<Row>.stride
        let isSameMemory = rows.withUnsafeBytes { mine in
            list.rows.withUnsafeBytes { theirs in
                guard let mine = mine.baseAddress, let theirs = theirs.baseAddress else { return false }
                return memcmp(mine + place * stride, theirs + other * stride, MemoryLayout<Row>.size) == 0
            }
        }
        return isSameMemory || rows[place] == list.rows[other]
    }
}
