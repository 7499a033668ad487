import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// Taking in what has changed must come to the same as making everything anew.
@Suite struct RowChangesTests {
    private struct Row: Identifiable, Equatable {
        var id: Int
        var value = 0
    }

    private static func rows(_ text: String) -> [Row] {
        text.split(separator: " ").map { word in
            let parts = word.split(separator: "=").compactMap { Int($0) }
            return Row(id: parts[0], value: parts.count > 1 ? parts[1] : 0)
        }
    }

    @Test(arguments: [
        ("1 2 3", "1 2 3", "", "", nil),
        ("1 2 3", "1 2=7 3", "1>1", "", nil),
        ("1 2 3", "1 3", "", "1", [0, -1, 1]),
        ("1 3", "1 2 3", ">1", "", [0, 2]),
        ("1 2 3", "3 2 1", "", "", [2, 1, 0]),
        ("1 2 3", "3=9 4 1", "2>0 >1", "1", [2, -1, 0]),
        ("", "1 2", ">0 >1", "", []),
        ("1 2", "", "", "0 1", [-1, -1]),
        ("1 2 3 4", "0 2 3=5 4", "2>2 >0", "0", [-1, 1, 2, 3]),
    ] as [(String, String, String, String, [Int]?)])
    func compared(_ old: String, _ new: String, changed: String, gone: String, places: [Int]?) {
        let changes = RowChanges(from: Self.rows(old), to: Self.rows(new))
        let told = changes.changed.map { "\($0.old.map(String.init) ?? "")>\($0.new)" }.joined(separator: " ")
        #expect(told == changed)
        #expect(changes.gone.map(String.init).joined(separator: " ") == gone)
        #expect(changes.places == places)
    }

    @Test(arguments: ["from", "to", "live", "rate"], [false, true])
    func amendingIsMakingAnew(_ column: String, isFiltered: Bool) {
        var random = RandomTests.Generator(state: 7)
        let pane = ConnectionsPane()
        var state = PaneState(sort: SortOrder(column: column, descending: column == "live"))
        if isFiltered { state.filter = Filter("to:host-1 !idle", keys: pane.filterKeys) }
        var fresh = state
        var connections = (0..<80).map { Self.connection($0, &random) }
        var next = 80
        var old: MeshSnapshot?
        var amended = 0
        for step in 0..<60 {
            for _ in 0..<Int.random(in: 0...9, using: &random) {
                let index = Int.random(in: connections.indices, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: connections.remove(at: index)
                case 1: 
                    next += 1
                    connections.insert(Self.connection(next, &random), at: index)
                default:
                    connections[index].live = .random(in: 0...3, using: &random)
                    connections[index].total.connections = UInt64.random(in: 0...2, using: &random)
                }
            }
            let snapshot = World.snapshot { $0.connections = connections }
            let context = RowContext(snapshot: snapshot, now: World.now)
            state.rebuild(pane: pane, context: context, visible: 10, holding: false, since: old)
            fresh.rebuild(pane: pane, context: context, visible: 10, holding: false)
            if let old, let changes = pane.changes(from: old, to: snapshot), changes.changed.count < 20 { amended += 1 }
            guard state.rows == fresh.rows, state.total == fresh.total else {
                Issue.record("step \(step): \(state.rows.map(\.index)) of \(state.total), not \(fresh.rows.map(\.index))")
                return
            }
            old = snapshot
        }
        #expect(amended > 20)
    }

    private static func connection(_ number: Int, _ random: inout RandomTests.Generator) -> Connection {
        World.connection(
            "w-\(number % 17)-\(number)", "outbound|80||host-\(number % 13).example.com",
            live: .random(in: 0...3, using: &random), connections: .random(in: 0...2, using: &random),
            perSecond: Double.random(in: 0...9, using: &random))
    }

    @Test func whileTheOrderIsHeldRowsStayAndNewOnesComeLast() {
        var model = World.model(focus: .connections)
        model.type(">>j")
        #expect(model.current.sort.column == "live")
        let before = model.current.rows.map(\.id)
        _ = update(
            &model,
            .snapshot(
                World.snapshot { snapshot in
                    snapshot.connections[0].live = 9
                    snapshot.connections.append(World.connection("zeta", "outbound|80||new.example", live: 5, connections: 1))
                }))
        #expect(Array(model.current.rows.map(\.id).prefix(before.count)) == before)
        #expect(model.current.isUnordered)
        #expect(model.nextDue == World.now.addingTimeInterval(1))
        _ = update(&model, .tick(World.now.addingTimeInterval(2)))
        #expect(model.current.rows.map { model.latest?.connections[$0.index].live } == [9, 5, 2, 1, 0])
    }

    @Test func aMeshAtRestNeedsATickAMinute() {
        var model = World.model()
        // 14:02:31; sources would be stale in three intervals, but each poll puts that off.
        #expect(model.nextDue == World.now.addingTimeInterval(3))
        _ = update(&model, .snapshot(World.snapshot { $0.sources = World.sources(at: World.now.addingTimeInterval(60)) }))
        #expect(model.nextDue == World.now.addingTimeInterval(29))
        model.type("p")
        #expect(model.nextDue == World.now.addingTimeInterval(1))
    }
}
