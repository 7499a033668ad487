import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// The selection is an ID: it stays with its row, and the row stays on its line.
@Suite struct SelectionTests {
    /// Services `s000`, `s001` and so on.
    private func snapshot(_ numbers: [Int], seconds: Double = 0) -> MeshSnapshot {
        World.snapshot { snapshot in
            snapshot.time = World.now.addingTimeInterval(seconds)
            snapshot.services = numbers.map { World.service(Self.name($0)) }
        }
    }

    private static func name(_ number: Int) -> String {
        let digits = String(number)
        return "s" + String(repeating: "0", count: 3 - digits.count) + digits
    }

    private func selected(_ model: AppModel) -> String? {
        guard case .object(let key) = model.current.selection else { return nil }
        return key.name
    }

    private func line(_ model: AppModel) -> Int? { model.current.selectedIndex.map { $0 - model.current.top } }

    private func model(_ numbers: [Int], moving: Int) -> AppModel {
        var model = AppModel(size: Size(columns: 80, rows: 24), now: World.now, contextName: "lab", user: "olga")
        _ = update(&model, .snapshot(snapshot(numbers)))
        for _ in 0..<moving { model.type(.down) }
        return model
    }

    @Test func rowsAboveDoNotMoveIt() {
        var model = model(Array(20..<60), moving: 5)
        #expect(selected(model) == "s025")
        #expect(line(model) == 5)
        _ = update(&model, .tick(World.now.addingTimeInterval(3)))
        _ = update(&model, .snapshot(snapshot(Array(0..<60), seconds: 3)))
        #expect(selected(model) == "s025")
        #expect(line(model) == 5)
        _ = update(&model, .snapshot(snapshot(Array(22..<60), seconds: 4)))
        #expect(selected(model) == "s025")
        // Only three rows are left above it: it cannot stay on the sixth line.
        #expect(line(model) == 3)
    }

    @Test func theOrderIsHeldForTwoSecondsAfterAKey() {
        var model = model(Array(20..<24), moving: 1)
        _ = update(&model, .snapshot(snapshot(Array(18..<24), seconds: 1)))
        let held = model.current.rows.map(\.index)
        #expect(held == [2, 3, 4, 5, 0, 1])
        _ = update(&model, .tick(World.now.addingTimeInterval(2)))
        #expect(model.current.rows.map(\.index) == [0, 1, 2, 3, 4, 5])
        #expect(selected(model) == "s021")
    }

    @Test func theNeighbourFollowsARowThatHasGoneAndThatIsSaid() {
        var model = model(Array(20..<30), moving: 4)
        _ = update(&model, .snapshot(snapshot([20, 21, 22, 23, 26, 27], seconds: 3)))
        #expect(selected(model) == "s026")
        #expect(model.message?.text == "s024 has gone; selected s026")
        _ = update(&model, .snapshot(snapshot([20, 21], seconds: 4)))
        #expect(selected(model) == "s021")
        _ = update(&model, .snapshot(snapshot([], seconds: 5)))
        #expect(selected(model) == nil)
        #expect(model.message?.text == "s021 has gone")
    }

    @Test func untilTheFirstKeyTheTopRowCounts() {
        var model = World.model(focus: .blocked)
        model = World.model(80, 24)
        #expect(model[.blocked].selection == nil)
        let newer = World.snapshot { snapshot in
            snapshot.blocked.insert(
                World.blocked(
                    "sleep", "en.wikipedia.org", 443, .tls, destination: "203.0.113.9:443", name: "en.wikipedia.org",
                    source: .sni, count: 1, first: 0, last: 0), at: 0)
        }
        _ = update(&model, .snapshot(newer))
        #expect(model[.blocked].selected?.index == 0)
        #expect(model[.blocked].top == 0)
    }

    @Test func changesAreBoldForOneTick() {
        var model = World.model(focus: .blocked)
        _ = update(&model, .snapshot(World.snapshot { $0.blocked[0].count = 42 }))
        #expect(model.current.changed == [.blocked(World.mysql.id): ["count"]])
        let frame = render(model, size: model.size, capabilities: Capabilities(colors: .trueColor, unicode: true))
        #expect(frame.cells.contains { $0.text == "×" && $0.emphasis.contains(.bold) })
        _ = update(&model, .tick(World.now.addingTimeInterval(0.9)))
        #expect(model.current.changed.count == 1)
        _ = update(&model, .tick(World.now.addingTimeInterval(1)))
        #expect(model.current.changed == [:])
    }

    @Test func columnsKeepTheirWidthUntilRedraw() {
        var model = World.model(focus: .services)
        let wide = World.snapshot { $0.services[0].live = 1_000_000 }
        _ = update(&model, .snapshot(wide))
        _ = update(&model, .snapshot(World.snapshot()))
        #expect(model[.services].widths["live"] == 7)
        model.type(.control("l"))
        #expect(model[.services].widths["live"] == 4)
    }

    @Test func resizeKeepsTheSelectionVisible() {
        var model = model(Array(0..<100), moving: 40)
        for size in [Size(columns: 20, rows: 5), Size(columns: 120, rows: 40), Size(columns: 80, rows: 24)] {
            _ = update(&model, .resize(size))
            let visible = model.visibleRows(of: .services)
            #expect(selected(model) == "s040")
            #expect((0..<visible).contains(line(model) ?? -1))
        }
    }
}
